import dataclasses
from typing import Any

from tests.policies.parts import ROLE, TRUST, allow, document, tags
from tests.policies.scenes import UNKNOWN, Declared, Scene, Twins

GITHUB = "token.actions.githubusercontent.com"
PROVIDER = {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{GITHUB}"}
CLUSTER = "oidc.eks.eu-central-1.amazonaws.com/id/0F7F3C1E"


def federated(provider: str = GITHUB, **condition: tuple[str, Any]) -> Scene:
    tests = {name: {f"{provider}:{key}": value} for name, (key, value) in condition.items()}
    statement = allow(PROVIDER, "sts:AssumeRoleWithWebIdentity", Condition=tests)
    return (ROLE.but("assumeRolePolicy", document(statement)),)


def trusting(name: str, environment: str = "dev") -> Scene:
    policy = document(allow({"AWS": f"arn:aws:iam::111122223333:role/{name}"}, "sts:AssumeRole"))
    return (ROLE.but("assumeRolePolicy", policy).but("tags", tags(environment=environment)),)


def other(environment: str) -> Declared:
    return ROLE.named("other").but("tags", tags(environment=environment))


BY_OUTPUT = dataclasses.replace(
    ROLE.but("assumeRolePolicy", document(allow({"Service": "ec2.amazonaws.com"}, "sts:*"))),
    depends={"assumeRolePolicy": ("other",)},
)

TWINS = {
    "bulkhead-iam-scope-federation": Twins(
        good=federated(StringEquals=("sub", "repo:acme/models:ref:refs/heads/main")),
        bad=federated(StringEquals=("aud", "sts.amazonaws.com")),
        unknown=(ROLE.but("assumeRolePolicy", UNKNOWN),),
        more_good={
            "any branch": federated(StringLike=("sub", "repo:acme/models:*")),
            "one service account": federated(
                CLUSTER, StringEquals=("sub", "system:serviceaccount:doc-summary:server")
            ),
            "an identity pool": federated(
                "cognito-identity.amazonaws.com", StringEquals=("aud", "eu-central-1:0f7f3c1e")
            ),
            "no web identity": (ROLE.but("assumeRolePolicy", TRUST),),
        },
        more_bad={
            "any repository": federated(StringLike=("sub", "repo:acme/*:ref:refs/heads/main")),
            "anybody": federated(StringLike=("sub", "*")),
            "one of many": federated(StringLike=("sub", ["repo:acme/models:*", "repo:*"])),
            "any service account": federated(
                CLUSTER, StringLike=("sub", "system:serviceaccount:doc-summary:*")
            ),
        },
    ),
    "bulkhead-iam-part-environments": Twins(
        good=trusting("dev/builder"),
        bad=trusting("dev/builder", "prod"),
        unknown=(ROLE.but("assumeRolePolicy", UNKNOWN),),
        settled=(other("dev"), BY_OUTPUT),
        more_good={"says no environment": trusting("builder", "prod")},
        more_bad={
            "by output": (other("prod"), BY_OUTPUT),
            "by name": trusting("acme-prod-pipeline"),
        },
    ),
}

"""Pipelines preview or deploy and never both, by what GitHub says of the workflow (IAM-2)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from bulkhead import PipelineRoles
from bulkhead.domain.repositories import AUDIENCE, ISSUER
from tests.foundation.samples import ADMIN, planned, refusal, scope
from tests.iam.applied import parsed
from tests.iam.cast import ALL, somebody
from tests.iam.documents import Documents, documents
from tests.iam.evaluation import Evaluator
from tests.iam.model import Policy, Principal, Request
from tests.iam.proofs import HERE
from tests.iam.writing import ACCOUNT, KEY, ROOT, allow, policy

PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
ELSEWHERE = "arn:aws:iam::444455556666:role/elsewhere"
STATE_KEY = KEY.replace("1234abcd", "5678abcd")
ARGS: Any = {
    "scope": scope(environment="prod"),
    "tier": "confidential",
    "repository": "example/platform",
    "repository_id": "123456789",
    "deployer_arn": ADMIN,
    "state": {"bucket": "example-pulumi-state", "key_arns": [STATE_KEY]},
}
PREVIEW, DEPLOY = "prod-ci-preview", "prod-ci-deploy"


def pipelines(**changes: Any) -> PipelineRoles:
    return PipelineRoles("pipelines", {**ARGS, **changes})


@pytest.fixture(scope="module")
def found() -> Documents:
    """The roles, and a deployer with the trust policy that they ask for."""
    trust: list[Any] = []

    def program() -> None:
        pipelines().deployer_trust.apply(lambda text: trust.append(text))

    read = documents(planned(program, assume_applied=True), assumed=HERE)
    policies = {
        **read.world.resource_policies,
        ADMIN: Policy("deployer", parsed(trust[0], "trust")),
        STATE_KEY: policy(allow("kms:*", principal=ROOT), name="state"),
        KEY: policy(allow("kms:*", principal=ROOT), name="opened"),
        ELSEWHERE: policy(allow("sts:AssumeRole", principal=ROOT, resource=None), name="elsewhere"),
    }
    return replace(read, world=replace(read.world, resource_policies=policies))


def token(subject: str, ref: str, **claims: str) -> dict[str, str]:
    """What GitHub puts into a workflow's token."""
    said = {"aud": AUDIENCE, "sub": subject, "ref": ref, "repository_id": "123456789", **claims}
    return {f"{ISSUER}:{claim}": value for claim, value in said.items()}


MAIN, REPO = "refs/heads/main", "repo:example/platform"
TOKENS: dict[str, tuple[dict[str, str], set[str]]] = {
    "a pull request": (token(f"{REPO}:pull_request", "refs/pull/7/merge"), {PREVIEW}),
    "the branch": (token(f"{REPO}:ref:{MAIN}", MAIN), {PREVIEW}),
    "the environment, on the branch": (token(f"{REPO}:environment:prod", MAIN), {DEPLOY}),
    "the environment, on another branch": (
        token(f"{REPO}:environment:prod", "refs/heads/feature"),
        set(),
    ),
    "the environment, by a pull request": (
        token(f"{REPO}:environment:prod", "refs/pull/7/merge"),
        set(),
    ),
    "another environment": (token(f"{REPO}:environment:dev", MAIN), set()),
    "another branch": (token(f"{REPO}:ref:refs/heads/feature", "refs/heads/feature"), set()),
    "a branch named like it": (token(f"{REPO}:ref:{MAIN}-2", f"{MAIN}-2"), set()),
    "a tag": (token(f"{REPO}:ref:refs/tags/main", "refs/tags/main"), set()),
    "another repository": (token("repo:example/other:environment:prod", MAIN), set()),
    "a repository named like it": (token("repo:example/platform-2:pull_request", MAIN), set()),
    "another owner": (token("repo:attacker/platform:environment:prod", MAIN), set()),
    "one that took over the name": (
        token(f"{REPO}:environment:prod", MAIN, repository_id="987654321"),
        set(),
    ),
    "a token for somebody else": (
        token(f"{REPO}:environment:prod", MAIN, aud="https://github.com/example"),
        set(),
    ),
    "a token that says nothing": ({f"{ISSUER}:aud": AUDIENCE}, set()),
}


def takes_on(
    evaluator: Evaluator, found: Documents, who: Principal, claims: Mapping[str, str]
) -> set[str]:
    """The roles that whoever holds a token takes on."""
    requests = [
        Request(who, "sts:AssumeRoleWithWebIdentity", found.principal(role).arn, claims)
        for role in (PREVIEW, DEPLOY)
    ]
    return {
        decision.request.resource.rpartition("/")[2]
        for decision in evaluator.evaluate(requests, found.world)
        if decision.allowed
    }


@pytest.mark.parametrize(("claims", "roles"), TOKENS.values(), ids=TOKENS)
def test_a_workflow_takes_on_the_role_that_its_token_is_for(
    evaluator: Evaluator, found: Documents, claims: dict[str, str], roles: set[str]
) -> None:
    assert takes_on(evaluator, found, Principal(PROVIDER), claims) == roles


def test_another_identity_provider_vouches_for_nobody(
    evaluator: Evaluator, found: Documents
) -> None:
    stranger = Principal(f"arn:aws:iam::{ACCOUNT}:oidc-provider/gitlab.com")
    claims, _ = TOKENS["the environment, on the branch"]
    assert takes_on(evaluator, found, stranger, claims) == set()


def test_deploying_is_becoming_the_deployer_and_nothing_else_gets_in(
    evaluator: Evaluator, found: Documents
) -> None:
    def becomes(who: Principal) -> bool:
        return evaluator.evaluate([Request(who, "sts:AssumeRole", ADMIN)], found.world)[0].allowed

    assert becomes(found.principal(DEPLOY))
    assert not becomes(found.principal(PREVIEW))
    assert not becomes(somebody("developer"))
    opened = found.principal(PREVIEW)
    assert not becomes(replace(opened, identity_policies=(*opened.identity_policies, ALL)))


OBJECT = "arn:aws:s3:::prod-confidential-models/x"
STATE = "arn:aws:s3:::example-pulumi-state/x"
SEES = [
    Request(Principal("x"), "ec2:DescribeVpcs"),
    Request(Principal("x"), "iam:GetRole", ADMIN),
    Request(Principal("x"), "s3:GetBucketPolicy", "arn:aws:s3:::prod-confidential-models"),
    Request(Principal("x"), "s3:GetObject", STATE),
    Request(Principal("x"), "kms:Decrypt", STATE_KEY),
]
DOES_NOT = [
    Request(Principal("x"), "s3:GetObject", OBJECT),
    Request(Principal("x"), "kms:Decrypt", KEY),
    Request(
        Principal("x"),
        "secretsmanager:GetSecretValue",
        f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:x-a1b2c3",
    ),
    Request(Principal("x"), "sts:AssumeRole", ELSEWHERE),
]
CHANGES = [
    Request(Principal("x"), "s3:PutBucketPolicy", "arn:aws:s3:::prod-confidential-models"),
    Request(Principal("x"), "iam:PutRolePolicy", ADMIN),
    Request(Principal("x"), "s3:PutObject", STATE),
    Request(Principal("x"), "kms:PutKeyPolicy", KEY),
]


def outcome(evaluator: Evaluator, found: Documents, *, opened: bool) -> list[bool]:
    """Whether the preview role gets through with all that it should see, and should not."""
    who = found.principal(PREVIEW)
    if opened:
        who = replace(who, identity_policies=(*who.identity_policies, ALL))
    asked = [replace(each, principal=who) for each in (*SEES, *DOES_NOT, *CHANGES)]
    return [decision.allowed for decision in evaluator.evaluate(asked, found.world)]


def test_a_preview_sees_settings_and_state_and_no_content(
    evaluator: Evaluator, found: Documents
) -> None:
    closed = [True] * len(SEES) + [False] * len(DOES_NOT)
    assert outcome(evaluator, found, opened=False) == closed + [False] * len(CHANGES)
    assert outcome(evaluator, found, opened=True)[: len(closed)] == closed


def test_a_deployment_sees_nothing_by_itself(evaluator: Evaluator, found: Documents) -> None:
    who = found.principal(DEPLOY)
    asked = [replace(each, principal=who) for each in (*SEES, *DOES_NOT, *CHANGES)]
    assert not any(decision.allowed for decision in evaluator.evaluate(asked, found.world))


def test_every_statement_is_needed(evaluator: Evaluator, found: Documents) -> None:
    def whole(documents: Documents) -> list[Any]:
        workflows = [
            takes_on(evaluator, documents, Principal(PROVIDER), claims)
            for claims, _ in TOKENS.values()
        ]
        deploy = Request(documents.principal(DEPLOY), "sts:AssumeRole", ADMIN)
        return [
            *workflows,
            *outcome(evaluator, documents, opened=False),
            *outcome(evaluator, documents, opened=True),
            evaluator.evaluate([deploy], documents.world)[0].allowed,
        ]

    before = whole(found)
    assert not [name for name, weaker in found.weakened() if whole(weaker) == before]


def test_the_policies_are_sound(evaluator: Evaluator, found: Documents) -> None:
    assert [str(finding) for finding in evaluator.lint(found.policies)] == []


def test_an_account_has_one_provider_for_all_its_environments() -> None:
    plan = planned(lambda: pipelines(provider_exists=True))
    assert [*plan.of_type("aws:iam/openIdConnectProvider:OpenIdConnectProvider")] == []
    own = planned(pipelines).of_type("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    assert [each.inputs["url"] for each in own] == [f"https://{ISSUER}"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"repository": "example/*"},
            "pipelines.repository: not a repository, got 'example/*'; allowed: owner/name, "
            "without wildcards",
        ),
        (
            {"branch": "release/*"},
            "pipelines.branch: not a branch, got 'release/*'; allowed: the name of one branch, "
            "without wildcards",
        ),
        (
            {"repository_id": "platform"},
            "pipelines.repository_id: not a repository ID, got 'platform'; allowed: a number, "
            "as a string",
        ),
        (
            {"deployer_arn": "platform-deployer"},
            "pipelines.deployer_arn: not the ARN of an IAM role, got 'platform-deployer'; "
            "allowed: arn:aws:iam::<account>:role/<path and name>",
        ),
    ],
)
def test_claims_that_would_match_more_than_one_are_refused(
    changes: dict[str, Any], sentence: str
) -> None:
    assert refusal(lambda: pipelines(**changes)) == sentence

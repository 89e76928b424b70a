"""Duties are kept apart: what each role may do, and what it may not whatever is attached to it.

Every role is asked as the stack makes it, and again with a policy that allows everything attached
to it by mistake; the second must not change what separates the duties (IAM-2, IAM-3, KEY-2).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Any, ClassVar

import pytest

from bulkhead import KeyPartition, PartitionStores, PlatformRoles
from bulkhead.domain.environments import Environment
from bulkhead.domain.partitions import Purpose, key_alias
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.alarm_patterns import alarms
from bulkhead.foundation.arguments import read_scope
from tests.foundation.samples import ADMIN, planned, refusal, scope
from tests.iam.cast import ALL
from tests.iam.documents import Documents, documents
from tests.iam.evaluation import Evaluator
from tests.iam.model import Decision, Principal, Request
from tests.iam.proofs import HERE
from tests.iam.writing import ACCOUNT

SIGNED_IN = f"arn:aws:iam::{ACCOUNT}:role/sso"
USER = f"arn:aws:iam::{ACCOUNT}:user"
HOLDERS: Any = {
    "builder": [f"{SIGNED_IN}/ml-engineers"],
    "approver": [f"{SIGNED_IN}/model-risk"],
    "key_custodian": [f"{USER}/custodian"],
    "operator": [f"{SIGNED_IN}/on-call"],
    "auditor": [f"{SIGNED_IN}/audit"],
    "break_glass": [f"{USER}/emergency"],
}
TIERS = ["internal", "confidential"]
PLACE: Any = {"scope": scope(environment="prod"), "administrators": [ADMIN]}

PROD = read_scope(PLACE["scope"], where="scope")


def roles(**changes: Any) -> None:
    PlatformRoles("people", {**PLACE, "tiers": TIERS, "holders": HOLDERS, **changes})


def program() -> None:
    for tier in TIERS:
        keys = KeyPartition(f"keys-{tier}", {**PLACE, "tier": tier})
        place: Any = {"scope": PLACE["scope"], "tier": tier}
        PartitionStores(f"stores-{tier}", {**place, "key_arns": keys.arns})
    roles()


@pytest.fixture(scope="module")
def found() -> Documents:
    return documents(planned(program, assume_applied=True), assumed=HERE)


def bucket(store: str, tier: str = "confidential", key: str = "/x") -> str:
    return f"arn:aws:s3:::prod-{tier}-{store}-{ACCOUNT}-eu-central-1{key}"


def regional(service: str, resource: str) -> str:
    return f"arn:aws:{service}:eu-central-1:{ACCOUNT}:{resource}"


def key(purpose: str, tier: str = "confidential", environment: str = "prod") -> str:
    """The alias of a key, in place of its ARN, which AWS makes up."""
    return key_alias(Environment(environment), Tier(tier), Purpose(purpose))


MFA = {"aws:MultiFactorAuthPresent": "true"}
INSIDE = {"aws:VpceAccount": ACCOUNT, "aws:SourceVpc": "vpc-1", "s3:TlsVersion": "1.3"}
THROUGH_S3 = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}


def in_bucket(store: str, tier: str = "confidential") -> dict[str, str]:
    """What KMS is told when S3 opens an object."""
    return {**THROUGH_S3, "kms:EncryptionContext:aws:s3:arn": bucket(store, tier, "")}


PACKAGE = regional("sagemaker", "model-package/prod-confidential-summary/3")
STATUS = "sagemaker:ModelApprovalStatus"
APPROVAL = {"aws:TagKeys": ["bulkhead:removal-approved"]}
OTHER_TAGS = {"aws:TagKeys": ["bulkhead:environment"]}
APPROVED = {"aws:ResourceTag/bulkhead:removal-approved": "true"}
NODE = regional("ec2", "instance/i-1")
AUDIT_LOG = regional("logs", "log-group:/aws/eks/prod-shared/cluster")


@dataclass(frozen=True)
class Ask:
    """A request of a role; where it names a key's alias, of that key."""

    action: str
    resource: str = "*"
    context: Mapping[str, Any] | None = None


ALLOWED: dict[str, dict[str, Ask]] = {
    "confidential-builder": {
        "reads datasets": Ask("s3:GetObject", bucket("datasets"), INSIDE),
        "opens datasets": Ask("kms:Decrypt", key("data"), in_bucket("datasets")),
        "writes models": Ask("s3:PutObject", bucket("models"), INSIDE),
        "encrypts models": Ask("kms:GenerateDataKey", key("model"), in_bucket("models")),
        "lists models": Ask("s3:ListBucket", bucket("models", key=""), INSIDE),
        "signs": Ask("kms:Sign", key("signing")),
        "pushes images": Ask("ecr:PutImage", regional("ecr", "repository/prod/confidential/vllm")),
        "signs in to registries": Ask("ecr:GetAuthorizationToken"),
        "submits": Ask("sagemaker:CreateModelPackage", PACKAGE, {STATUS: "PendingManualApproval"}),
    },
    "approver": {
        "reviews": Ask("sagemaker:DescribeModelPackage", PACKAGE),
        "lists": Ask("sagemaker:ListModelPackages", PACKAGE),
        "approves": Ask("sagemaker:UpdateModelPackage", PACKAGE, {STATUS: "Approved"}),
        "rejects": Ask("sagemaker:UpdateModelPackage", PACKAGE, {STATUS: "Rejected"}),
        "verifies": Ask("kms:Verify", key("signing")),
        "approves a key's removal": Ask("kms:TagResource", key("data"), APPROVAL),
        "takes it back": Ask("kms:UntagResource", key("signing"), APPROVAL),
    },
    "key-custodian": {
        "removes an approved key": Ask("kms:ScheduleKeyDeletion", key("data"), {**MFA, **APPROVED}),
    },
    "operator": {
        "reaches clusters": Ask("eks:AccessKubernetesApi", regional("eks", "cluster/prod-shared")),
        "resizes pools": Ask(
            "eks:UpdateNodegroupConfig", regional("eks", "nodegroup/prod-shared/gpu/1")
        ),
        "reads the cluster's log": Ask("logs:FilterLogEvents", AUDIT_LOG),
        "sees alarms": Ask("cloudwatch:DescribeAlarms", regional("cloudwatch", "alarm:prod-queue")),
        "replaces a node": Ask(
            "ec2:TerminateInstances", NODE, {"aws:ResourceTag/bulkhead:environment": "prod"}
        ),
    },
    "confidential-auditor": {
        "reads evidence": Ask("s3:GetObject", bucket("evidence"), INSIDE),
        "lists evidence": Ask("s3:ListBucket", bucket("evidence", key=""), INSIDE),
        "opens evidence": Ask("kms:Decrypt", key("log"), in_bucket("evidence")),
        "reads access logs": Ask("s3:GetObject", bucket("access-logs"), INSIDE),
        "reads key policies": Ask("kms:GetKeyPolicy", key("data")),
        "reads roles": Ask("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/any"),
    },
    "confidential-break-glass": {
        f"reads {store}": Ask("s3:GetObject", bucket(store), {**INSIDE, **MFA})
        for store in ("datasets", "features", "checkpoints", "models", "evidence")
    }
    | {
        "lists": Ask("s3:ListBucket", bucket("models", key=""), {**INSIDE, **MFA}),
        "opens": Ask("kms:Decrypt", key("model"), {**in_bucket("models"), **MFA}),
    },
}
"""What each role needs."""

TOUCHES_CONTENTS = {
    "reads datasets": Ask("s3:GetObject", bucket("datasets"), {**INSIDE, **MFA}),
    "overwrites models": Ask("s3:PutObject", bucket("models"), {**INSIDE, **MFA}),
    "opens datasets": Ask("kms:Decrypt", key("data"), in_bucket("datasets")),
    "queries vectors": Ask(
        "s3vectors:QueryVectors",
        regional(
            "s3vectors", f"bucket/prod-confidential-embeddings-{ACCOUNT}-eu-central-1/index/a"
        ),
        {"aws:SourceVpce": "vpce-1"},
    ),
    "reads a secret": Ask(
        "secretsmanager:GetSecretValue", regional("secretsmanager", "secret:prod-prompts-a1b2c3")
    ),
    "opens a shell on a node": Ask("ssm:StartSession", NODE),
    "reads a queue": Ask("sqs:ReceiveMessage", regional("sqs", "prod-requests")),
    "reads a table": Ask("dynamodb:GetItem", regional("dynamodb", "table/prod-catalog")),
}
BUILDS = {
    "signs": Ask("kms:Sign", key("signing")),
    "submits": Ask("sagemaker:CreateModelPackage", PACKAGE, {STATUS: "PendingManualApproval"}),
    "pushes images": Ask("ecr:PutImage", regional("ecr", "repository/prod/confidential/vllm")),
}
APPROVES = {
    "approves": Ask("sagemaker:UpdateModelPackage", PACKAGE, {STATUS: "Approved"}),
    "approves a key's removal": Ask("kms:TagResource", key("data"), APPROVAL),
}
REMOVES = {"removes a key": Ask("kms:ScheduleKeyDeletion", key("data"), {**MFA, **APPROVED})}

DENIED: dict[str, dict[str, Ask]] = {
    "confidential-builder": {
        **APPROVES,
        **REMOVES,
        "submits as approved": Ask("sagemaker:CreateModelPackage", PACKAGE, {STATUS: "Approved"}),
        "opens datasets without S3": Ask("kms:ReEncryptFrom", key("secret")),
        "signs for another tier": Ask("kms:Sign", key("signing", "internal")),
    },
    "internal-builder": {
        "reads a higher tier": Ask("s3:GetObject", bucket("datasets"), INSIDE),
        "opens a higher tier": Ask("kms:Decrypt", key("data"), in_bucket("datasets")),
        "signs for a higher tier": BUILDS["signs"],
    },
    "approver": {**BUILDS, **TOUCHES_CONTENTS, **REMOVES},
    "key-custodian": {
        **BUILDS,
        **APPROVES,
        **TOUCHES_CONTENTS,
        "removes what nobody approved": Ask("kms:ScheduleKeyDeletion", key("data"), MFA),
        "removes without a second factor": Ask("kms:ScheduleKeyDeletion", key("data"), APPROVED),
    },
    "operator": {**BUILDS, **APPROVES, **TOUCHES_CONTENTS, **REMOVES},
    "confidential-auditor": {
        **BUILDS,
        **APPROVES,
        **TOUCHES_CONTENTS,
        **REMOVES,
        "reads models": Ask("s3:GetObject", bucket("models"), INSIDE),
        "deletes evidence": Ask("s3:DeleteObjectVersion", bucket("evidence"), INSIDE),
    },
    "confidential-break-glass": {
        **BUILDS,
        **APPROVES,
        **REMOVES,
        "overwrites models": TOUCHES_CONTENTS["overwrites models"],
        "deletes evidence": Ask("s3:DeleteObjectVersion", bucket("evidence"), {**INSIDE, **MFA}),
        "reads from outside": Ask(
            "s3:GetObject", bucket("models"), {"s3:TlsVersion": "1.3", **MFA}
        ),
    },
}
"""What separates the duties, tiers among them."""

UNDER_ITS_OWN_POLICY = {
    "confidential-builder": {
        "reads evidence": Ask("s3:GetObject", bucket("evidence"), INSIDE),
        "deletes images": Ask(
            "ecr:BatchDeleteImage", regional("ecr", "repository/prod/confidential/vllm")
        ),
    },
    "operator": {
        "replaces another environment's node": Ask(
            "ec2:TerminateInstances", NODE, {"aws:ResourceTag/bulkhead:environment": "dev"}
        ),
        "becomes somebody else": Ask("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/any"),
    },
    "approver": {"changes other labels": Ask("kms:TagResource", key("data"), OTHER_TAGS)},
    "confidential-break-glass": {
        "reads without a second factor": Ask("s3:GetObject", bucket("models"), INSIDE),
        "opens without a second factor": Ask("kms:Decrypt", key("model"), in_bucket("models")),
    },
}
"""What no statement allows, so that only the roles as they are made are held."""


def request(found: Documents, who: Principal, ask: Ask) -> Request:
    resource = ask.resource
    if resource.startswith("alias/"):
        [resource] = [
            arn
            for arn, context in found.world.resource_context.items()
            if resource in context.get("kms:ResourceAliases", [])
        ]
    return Request(who, ask.action, resource, ask.context or {})


def cases(table: Mapping[str, Mapping[str, Ask]]) -> list[Any]:
    return [
        pytest.param(role, ask, id=f"{role} {name}")
        for role, asks in table.items()
        for name, ask in asks.items()
    ]


def decided(evaluator: Evaluator, found: Documents, who: Principal, ask: Ask) -> Decision:
    return evaluator.evaluate([request(found, who, ask)], found.world)[0]


@pytest.mark.parametrize(("role", "ask"), cases(ALLOWED))
def test_a_role_does_its_duty(evaluator: Evaluator, found: Documents, role: str, ask: Ask) -> None:
    decision = decided(evaluator, found, found.principal(f"prod-{role}"), ask)
    assert decision.allowed, str(decision)


@pytest.mark.parametrize("opened", [False, True], ids=["as made", "with everything attached"])
@pytest.mark.parametrize(("role", "ask"), cases(DENIED))
def test_a_role_does_not_do_another_duty(
    evaluator: Evaluator, found: Documents, role: str, ask: Ask, opened: bool
) -> None:
    who = found.principal(f"prod-{role}")
    if opened:
        who = replace(who, identity_policies=(*who.identity_policies, ALL))
    decision = decided(evaluator, found, who, ask)
    assert not decision.allowed, str(decision)


@pytest.mark.parametrize(("role", "ask"), cases(UNDER_ITS_OWN_POLICY))
def test_a_role_has_no_more_than_its_duty_needs(
    evaluator: Evaluator, found: Documents, role: str, ask: Ask
) -> None:
    decision = decided(evaluator, found, found.principal(f"prod-{role}"), ask)
    assert not decision.allowed, str(decision)


def test_every_statement_of_the_roles_is_needed(evaluator: Evaluator, found: Documents) -> None:
    asked = [(role, ask, ()) for role, asks in ALLOWED.items() for ask in asks.values()]
    asked += [(role, ask, (ALL,)) for role, asks in DENIED.items() for ask in asks.values()]

    def outcome(documents: Documents) -> list[bool]:
        requests = []
        for role, ask, more in asked:
            who = documents.principal(f"prod-{role}")
            who = replace(who, identity_policies=(*who.identity_policies, *more))
            requests.append(request(documents, who, ask))
        return [each.allowed for each in evaluator.evaluate(requests, documents.world)]

    whole = outcome(found)
    idle = [
        removed
        for removed, weaker in found.weakened()
        if removed.partition("/")[0] in PERMISSIONS and outcome(weaker) == whole
    ]
    assert not idle, "\n".join(idle)


PERMISSIONS = {f"{role}-permissions" for role in ALLOWED}


class TestTakingOn:
    """Who may take on the roles, and when."""

    FRESH: ClassVar = {**MFA, "aws:MultiFactorAuthAge": "60"}

    @pytest.mark.parametrize(
        ("role", "holder", "context"),
        [
            ("internal-builder", f"{SIGNED_IN}/ml-engineers", {}),
            ("approver", f"{SIGNED_IN}/model-risk", {}),
            ("operator", f"{SIGNED_IN}/on-call", {}),
            ("internal-auditor", f"{SIGNED_IN}/audit", {}),
            ("key-custodian", f"{USER}/custodian", FRESH),
            ("confidential-break-glass", f"{USER}/emergency", FRESH),
        ],
    )
    def test_its_holder_does_and_nobody_else(
        self,
        evaluator: Evaluator,
        found: Documents,
        role: str,
        holder: str,
        context: dict[str, str],
    ) -> None:
        everybody = [arn for holders in HOLDERS.values() for arn in holders]
        everybody += [ADMIN, found.principal("prod-operator").arn, f"{SIGNED_IN}/developers"]
        everybody += ["arn:aws:iam::444455556666:role/sso/model-risk"]
        arn = found.principal(f"prod-{role}").arn
        allowed = {
            who
            for who in everybody
            if evaluator.evaluate(
                [
                    Request(
                        Principal(who, identity_policies=(ALL,)),
                        "sts:AssumeRole",
                        arn,
                        context or self.FRESH,
                    )
                ],
                found.world,
            )[0].allowed
        }
        assert allowed == {holder}

    @pytest.mark.parametrize("role", ["confidential-break-glass", "key-custodian"])
    @pytest.mark.parametrize(
        "stale", [{}, MFA, {**MFA, "aws:MultiFactorAuthAge": "901"}], ids=["none", "no age", "old"]
    )
    def test_not_without_a_fresh_second_factor(
        self, evaluator: Evaluator, found: Documents, role: str, stale: dict[str, str]
    ) -> None:
        holder = "custodian" if role == "key-custodian" else "emergency"
        who = Principal(f"{USER}/{holder}", identity_policies=(ALL,))
        asked = Request(who, "sts:AssumeRole", found.principal(f"prod-{role}").arn, stale)
        assert not evaluator.evaluate([asked], found.world)[0].allowed

    def test_tags_can_not_be_put_on_a_session(self, evaluator: Evaluator, found: Documents) -> None:
        who = Principal(f"{SIGNED_IN}/ml-engineers", identity_policies=(ALL,))
        asked = Request(who, "sts:TagSession", found.principal("prod-internal-builder").arn)
        assert not evaluator.evaluate([asked], found.world)[0].allowed


def test_sessions_end_within_an_hour_and_break_glass_is_alarmed_by_its_name() -> None:
    made = list(planned(roles, assume_applied=True).of_type("aws:iam/role:Role"))
    assert {role.inputs["maxSessionDuration"] for role in made} == {3600}
    [alarm] = [each for each in alarms(PROD) if each.name == "break-glass-used"]
    pattern = alarm.pattern["detail"]["requestParameters"]["roleArn"][0]["wildcard"]
    arns = {
        f"arn:aws:iam::{ACCOUNT}:role{role.inputs['path']}{role.inputs['name']}" for role in made
    }
    alarmed = {arn.rpartition("/")[2] for arn in arns if fnmatchcase(arn, pattern)}
    assert alarmed == {"prod-internal-break-glass", "prod-confidential-break-glass"}


def test_the_policies_are_sound(evaluator: Evaluator, found: Documents) -> None:
    assert [str(finding) for finding in evaluator.lint(found.policies)] == []


def test_a_duty_that_nobody_has_gets_no_role() -> None:
    plan = planned(lambda: roles(holders={"operator": HOLDERS["operator"]}))
    assert [role.inputs["name"] for role in plan.of_type("aws:iam/role:Role")] == ["prod-operator"]


@pytest.mark.parametrize(
    ("holders", "sentence"),
    [
        ({}, "people.holders: nobody has a duty; allowed: at least one holder"),
        (
            {"operator": [ADMIN]},
            "people.holders.operator: an administrator of the keys can't hold a duty, got "
            f"'{ADMIN}'",
        ),
        (
            {"builder": HOLDERS["builder"], "approver": HOLDERS["builder"]},
            f"people.holders.approver: it already is builder, got '{SIGNED_IN}/ml-engineers'; "
            "allowed: an identity of its own for each duty",
        ),
        (
            {"break_glass": [f"arn:aws:iam::{ACCOUNT}:root"]},
            "people.holders.break_glass: not the ARN of an IAM role or user, got "
            f"'arn:aws:iam::{ACCOUNT}:root'; allowed: arn:aws:iam::<account>:role/<path and name> "
            "or …:user/<path and name>",
        ),
        (
            {"janitor": []},
            "people.holders: unknown argument, got 'janitor'; allowed: approver, auditor, "
            "break_glass, builder, key_custodian, operator",
        ),
    ],
)
def test_holders_of_two_duties_are_refused(holders: Any, sentence: str) -> None:
    assert refusal(lambda: roles(holders=holders)) == sentence


def test_a_tier_that_stands_twice_is_refused() -> None:
    assert refusal(lambda: roles(tiers=["internal", "internal"])) == (
        "people.tiers: not a list of different tiers, got 'internal, internal'; "
        "allowed: one or more, each once"
    )

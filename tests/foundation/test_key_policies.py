"""What key policies decide, evaluated as AWS would (KEY-1, KEY-2).

Whoever asks holds every permission that IAM can give, so that the key's policy alone decides.
"""

from collections.abc import Callable
from typing import Any

import pytest

from bulkhead.domain.environments import Environment
from bulkhead.domain.partitions import Purpose, keys_of
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.key_policies import APPROVED_TAG, key_policy
from tests.foundation.samples import ACCOUNT, ADMIN, KEY, REGION
from tests.iam.cast import labels, member, person, somebody
from tests.iam.model import Policy, Principal, Request, World
from tests.iam.writing import Decide, allow

Ask = Callable[..., str]

ADMINISTRATOR = somebody(ADMIN.partition(":role/")[2])
AUTOSCALING = somebody(
    "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling", identity_policies=()
)
OPENED = allow("kms:*", sid="Opened", principal=f"arn:aws:iam::{ACCOUNT}:root")
"""What AWS' console puts into a key's policy. A grant does no more for its grantee."""


def via(service: str) -> dict[str, str]:
    return {"kms:ViaService": f"{service}.{REGION}.amazonaws.com"}


def context(**pairs: str) -> dict[str, str]:
    return {
        f"kms:EncryptionContext:{key.replace('__', ':')}": value for key, value in pairs.items()
    }


S3 = via("s3") | context(aws__s3__arn="arn:aws:s3:::dev-internal-models-x")
FOR_SERVICE = {"kms:GrantIsForAWSResource": "true"}
FREE = {"kms:GrantIsForAWSResource": "false"}
APPROVAL = {APPROVED_TAG: "true"}
MFA = {"aws:MultiFactorAuthPresent": "true"}


@pytest.fixture
def ask(decide: Decide) -> Ask:
    """Ask a key: ``allow``, or ``deny`` where a statement says so, or ``nothing``."""

    def asked(
        who: Principal,
        action: str,
        request: dict[str, Any] | None = None,
        *,
        environment: str = "dev",
        tier: str = "internal",
        purpose: Purpose = Purpose.DATA,
        tags: dict[str, str] | None = None,
        opened: bool = False,
    ) -> str:
        scope = Scope(Environment(environment), REGION, ACCOUNT, "owner", "cc-1", "platform")
        purposes = next(found for found in keys_of(Tier(tier)).values() if purpose in found)
        document = key_policy(scope, Tier(tier), purposes, [ADMIN])
        if opened:
            document = {**document, "Statement": [*document["Statement"], OPENED]}
        of_key = {f"aws:ResourceTag/{key}": value for key, value in (tags or {}).items()}
        world = World(ACCOUNT, {KEY: Policy("key", document)}, {KEY: of_key})
        verdict = decide(Request(who, action, KEY, request or {}), world).verdict
        return {"Allowed": "allow", "ExplicitlyDenied": "deny", "ImplicitlyDenied": "nothing"}[
            verdict
        ]

    return asked


def test_a_role_of_the_partition_opens_what_lies_in_its_own_buckets_through_s3(ask: Ask) -> None:
    assert ask(member("dev", "internal"), "kms:Decrypt", S3) == "allow"
    assert ask(member("dev", "regulated"), "kms:Decrypt", S3) == "allow"


@pytest.mark.parametrize(
    "elsewhere",
    [
        {},
        {**S3, **via("dynamodb")},
        {**S3, **context(aws__s3__arn="arn:aws:s3:::dev-public-models-x")},
        {**S3, **context(aws__s3__arn="arn:aws:s3:::prod-internal-models-x")},
    ],
    ids=["directly", "through another service", "in another tier", "in another environment"],
)
def test_it_opens_nothing_directly_nor_in_other_buckets(ask: Ask, elsewhere: Any) -> None:
    assert ask(member("dev", "internal"), "kms:Decrypt", elsewhere) == "nothing"


INSIDE = labels("dev", "internal")
OUTSIDERS = {
    "of prod": member("prod", "internal"),
    "of staging, highest tier": member("staging", "regulated"),
    "of a lower tier": member("dev", "public"),
    "a developer": somebody("a-developer"),
    "a developer who put on the tags": somebody("a-developer", INSIDE),
    "of prod who put on the tags": member("prod", "internal", tags=INSIDE),
    "of prod in a tagged session": member("prod", "internal", session_tags=INSIDE),
    "of a lower tier in a tagged session": member("dev", "public", session_tags=INSIDE),
    "of the right path without tags": member("dev", "internal", tags={}),
    "of the right path with other tags": member("dev", "internal", tags=labels("prod", "internal")),
    "of the right path with a lower tier's tag": member(
        "dev", "internal", tags=labels("dev", "public")
    ),
    "a person": person("dev", "operator"),
    "the account's root user": Principal(f"arn:aws:iam::{ACCOUNT}:root"),
}


@pytest.mark.parametrize(
    "action",
    [
        "kms:Decrypt",
        "kms:ReEncryptFrom",
        "kms:CreateGrant",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
        "kms:TagResource",
    ],
)
@pytest.mark.parametrize("opened", [False, True], ids=["as it is", "opened"])
def test_nobody_outside_the_partition_touches_the_key_even_if_it_is_opened(
    ask: Ask, action: str, opened: bool
) -> None:
    verdicts = {
        name: ask(who, action, S3 | FOR_SERVICE, opened=opened) for name, who in OUTSIDERS.items()
    }
    assert verdicts == dict.fromkeys(OUTSIDERS, "deny")


@pytest.mark.parametrize("action", ["kms:PutKeyPolicy", "kms:DescribeKey", "kms:EnableKeyRotation"])
@pytest.mark.parametrize("purpose", [Purpose.DATA, Purpose.SIGNING])
def test_administrators_administer(ask: Ask, action: str, purpose: Purpose) -> None:
    assert ask(ADMINISTRATOR, action, purpose=purpose) == "allow"


@pytest.mark.parametrize("purpose", [Purpose.DATA, Purpose.SIGNING])
def test_the_tiers_auditor_sees_how_a_key_is_kept(ask: Ask, purpose: Purpose) -> None:
    for action in ("kms:GetKeyPolicy", "kms:ListGrants"):
        for tier, verdict in {"internal": "allow", "regulated": "nothing"}.items():
            auditor = member("dev", tier, f"dev-{tier}-auditor")
            assert ask(auditor, action, purpose=purpose) == verdict
        assert ask(member("prod", "internal"), action, purpose=purpose) == "deny"


@pytest.mark.parametrize("opened", [False, True], ids=["as it is", "opened"])
@pytest.mark.parametrize(
    "action", ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"]
)
def test_administrators_do_not_use_the_key_even_when_they_carry_the_right_tags(
    ask: Ask, action: str, opened: bool
) -> None:
    tagged = somebody(ADMIN.partition(":role/")[2], INSIDE)
    assert ask(tagged, action, S3, opened=opened) == "deny"
    assert ask(tagged, action, opened=opened) == "deny"


@pytest.mark.parametrize(
    ("purpose", "service"),
    [
        (Purpose.DATA, "dynamodb"),
        (Purpose.DATA, "elasticfilesystem"),
        (Purpose.DATA, "fsx"),
        (Purpose.LOG, "backup"),
        (Purpose.VOLUME, "elasticfilesystem"),
    ],
)
def test_services_use_the_key_to_set_something_up_for_administrators(
    ask: Ask, purpose: Purpose, service: str
) -> None:
    def asked(through: dict[str, str]) -> str:
        return ask(ADMINISTRATOR, "kms:GenerateDataKey", through, tier="regulated", purpose=purpose)

    assert asked(via(service)) == "allow"
    assert asked(via("s3")) == "deny"
    assert asked({}) == "deny"


@pytest.mark.parametrize(
    "who", [ADMINISTRATOR, AUTOSCALING, member("dev", "internal")], ids=["admin", "scaling", "role"]
)
def test_grants_are_for_services_only(ask: Ask, who: Principal) -> None:
    assert ask(who, "kms:CreateGrant", via("ec2") | FREE) == "deny"
    assert ask(who, "kms:CreateGrant", via("ec2")) == "deny"
    assert ask(who, "kms:CreateGrant", via("ec2") | FOR_SERVICE) == "allow"


def test_auto_scaling_encrypts_the_disks_of_nodes_and_ec2_keeps_its_grant(ask: Ask) -> None:
    infrastructure = somebody("aws:ec2-infrastructure", identity_policies=())
    assert ask(AUTOSCALING, "kms:GenerateDataKey") == "allow"
    assert ask(infrastructure, "kms:Decrypt") == "nothing"


QUEUE, TOPIC = f"arn:aws:sqs:{REGION}:{ACCOUNT}:", f"arn:aws:sns:{REGION}:{ACCOUNT}:"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"
VECTORS = f"arn:aws:s3vectors:{REGION}:{ACCOUNT}:bucket/"


@pytest.mark.parametrize(
    ("purpose", "service", "good", "bad"),
    [
        (
            Purpose.DATA,
            "s3vectors",
            context(aws__s3vectors__arn=f"{VECTORS}dev-internal-embeddings/index/a"),
            context(aws__s3vectors__arn=f"{VECTORS}prod-internal-embeddings/index/a"),
        ),
        (
            Purpose.DATA,
            "dynamodb",
            context(aws__dynamodb__tableName="dev-catalog"),
            context(aws__dynamodb__tableName="prod-catalog"),
        ),
        (
            Purpose.DATA,
            "sqs",
            context(aws__sqs__arn=f"{QUEUE}dev-work"),
            context(aws__sqs__arn=f"{QUEUE}prod-work"),
        ),
        (
            Purpose.LOG,
            "sns",
            context(aws__sns__topicArn=f"{TOPIC}dev-alarms"),
            context(aws__sns__topicArn=f"{TOPIC}prod-alarms"),
        ),
        (
            Purpose.SECRET,
            "secretsmanager",
            context(SecretARN=f"{SECRET}dev-token-a1b2c3"),
            context(SecretARN=f"{SECRET}prod-token-a1b2c3"),
        ),
        (
            Purpose.SECRET,
            "secretsmanager",
            context(SecretARN=f"{SECRET}bulkhead/dev/token-a1b2c3"),
            context(SecretARN=f"{SECRET}bulkhead/prod/token-a1b2c3"),
        ),
        (Purpose.DATA, "elasticfilesystem", {}, None),
        (Purpose.DATA, "fsx", {}, None),
        (Purpose.VOLUME, "elasticfilesystem", {}, None),
        (Purpose.VOLUME, "ec2", {}, None),
        (Purpose.MODEL, "ecr", {}, None),
        (Purpose.LOG, "backup", {}, None),
    ],
)
def test_a_role_uses_a_key_through_the_services_of_its_purpose_for_its_environments_resources(
    ask: Ask, purpose: Purpose, service: str, good: dict[str, str], bad: dict[str, str] | None
) -> None:
    def asked(request: dict[str, str], purpose: Purpose = purpose) -> str:
        who = member("dev", "regulated")
        return ask(who, "kms:Decrypt", request, tier="regulated", purpose=purpose)

    assert asked(via(service) | good) == "allow"
    assert asked(good) == "nothing"
    if bad is not None:
        assert asked(via(service) | bad) == "nothing"
    foreign = Purpose.SECRET if purpose is not Purpose.SECRET else Purpose.DATA
    assert asked(via(service) | good, foreign) == "nothing"


SOURCE = {"aws:SourceAccount": ACCOUNT}
OTHER_SOURCE = {"aws:SourceAccount": "444455556666"}
TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/"


@pytest.mark.parametrize(
    ("service", "purpose", "action", "good", "bad"),
    [
        (
            f"logs.{REGION}",
            Purpose.LOG,
            "kms:GenerateDataKey",
            context(aws__logs__arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/bulkhead/dev/flow"),
            context(
                aws__logs__arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/bulkhead/prod/flow"
            ),
        ),
        (
            f"logs.{REGION}",
            Purpose.LOG,
            "kms:Decrypt",
            context(
                aws__logs__arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/eks/dev-a/cluster"
            ),
            context(
                aws__logs__arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/eks/prod-a/cluster"
            ),
        ),
        (
            f"logs.{REGION}",
            Purpose.LOG,
            "kms:GenerateDataKey",
            context(
                aws__logs__arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:aws-waf-logs-dev-edge"
            ),
            context(
                aws__logs__arn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:aws-waf-logs-prod-edge"
            ),
        ),
        (
            "cloudtrail",
            Purpose.LOG,
            "kms:GenerateDataKey",
            {**SOURCE, "aws:SourceArn": f"{TRAIL}dev-audit"},
            {**SOURCE, "aws:SourceArn": f"{TRAIL}prod-audit"},
        ),
        ("config", Purpose.LOG, "kms:GenerateDataKey", SOURCE, OTHER_SOURCE),
        (
            "cloudwatch",
            Purpose.LOG,
            "kms:GenerateDataKey",
            context(aws__sns__topicArn=f"{TOPIC}dev-alarms"),
            context(aws__sns__topicArn=f"{TOPIC}prod-alarms"),
        ),
        (
            "events",
            Purpose.LOG,
            "kms:GenerateDataKey",
            context(aws__sns__topicArn=f"{TOPIC}dev-alarms"),
            {**context(aws__sns__topicArn=f"{TOPIC}dev-alarms"), **OTHER_SOURCE},
        ),
        (
            "sns",
            Purpose.DATA,
            "kms:Decrypt",
            context(aws__sqs__arn=f"{QUEUE}dev-work"),
            context(aws__sqs__arn=f"{QUEUE}staging-work"),
        ),
        (
            "indexing.s3vectors",
            Purpose.DATA,
            "kms:Decrypt",
            {
                **SOURCE,
                "aws:SourceArn": f"{VECTORS}dev-internal-x",
                **context(aws__s3vectors__arn=f"{VECTORS}dev-internal-x"),
            },
            {
                **OTHER_SOURCE,
                "aws:SourceArn": f"{VECTORS}dev-internal-x",
                **context(aws__s3vectors__arn=f"{VECTORS}dev-internal-x"),
            },
        ),
    ],
)
def test_services_use_a_key_for_the_environments_own_resources(
    ask: Ask,
    service: str,
    purpose: Purpose,
    action: str,
    good: dict[str, str],
    bad: dict[str, str],
) -> None:
    who = Principal(f"{service}.amazonaws.com")
    assert ask(who, action, good, tier="regulated", purpose=purpose) == "allow"
    assert ask(who, action, bad, tier="regulated", purpose=purpose) == "nothing"
    stranger = Principal("lambda.amazonaws.com")
    assert ask(stranger, action, good, tier="regulated", purpose=purpose) == "nothing"


def test_the_control_plane_alone_encrypts_kubernetes_secrets(ask: Ask) -> None:
    for workload, verdict in {"control-plane": "allow", "node": "nothing"}.items():
        who = member("dev", "internal", workload=workload)
        assert ask(who, "kms:Encrypt", purpose=Purpose.SECRET) == verdict


class TestSigning:
    """Signatures of model artifacts and evidence: one signs, all of the environment verify."""

    BUILDER = member("dev", "internal", "dev-internal-builder")

    def test_the_tiers_builder_signs(self, ask: Ask) -> None:
        assert ask(self.BUILDER, "kms:Sign", purpose=Purpose.SIGNING) == "allow"

    @pytest.mark.parametrize("opened", [False, True], ids=["as it is", "opened"])
    @pytest.mark.parametrize(
        "who",
        [
            member("dev", "internal"),
            member("dev", "regulated", "dev-regulated-builder"),
            member("prod", "internal", "prod-internal-builder"),
            person("dev", "approver"),
            ADMINISTRATOR,
        ],
        ids=str,
    )
    def test_nobody_else_does(self, ask: Ask, who: Principal, opened: bool) -> None:
        assert ask(who, "kms:Sign", purpose=Purpose.SIGNING, opened=opened) == "deny"

    @pytest.mark.parametrize(
        "who",
        [member("dev", "internal"), member("dev", "public"), person("dev", "approver"), BUILDER],
        ids=str,
    )
    def test_all_of_the_environment_verify(self, ask: Ask, who: Principal) -> None:
        for action in ("kms:Verify", "kms:GetPublicKey"):
            assert ask(who, action, purpose=Purpose.SIGNING) == "allow"

    def test_another_environment_does_not(self, ask: Ask) -> None:
        for who in (member("prod", "internal"), member("prod", "internal", tags=INSIDE)):
            assert ask(who, "kms:Verify", purpose=Purpose.SIGNING, opened=True) == "deny"


class TestRemoval:
    """Where data is protected, it takes two persons to remove a key (KEY-2)."""

    APPROVER, CUSTODIAN = person("prod", "approver"), person("prod", "key-custodian")

    def ask(self, ask: Ask, who: Principal, action: str, *context: Any, **more: Any) -> str:
        request = {key: value for part in context for key, value in part.items()}
        return ask(who, action, request, environment="prod", **more)

    @pytest.mark.parametrize("action", ["kms:ScheduleKeyDeletion", "kms:DisableKey"])
    @pytest.mark.parametrize("purpose", [Purpose.DATA, Purpose.SIGNING])
    def test_the_custodian_removes_what_is_approved_with_a_second_factor(
        self, ask: Ask, action: str, purpose: Purpose
    ) -> None:
        def asked(*context: Any, **more: Any) -> str:
            return self.ask(ask, self.CUSTODIAN, action, *context, purpose=purpose, **more)

        assert asked(MFA, tags=APPROVAL) == "allow"
        assert asked(tags=APPROVAL) == "nothing"
        assert asked(MFA) == "nothing"
        assert asked(MFA, tags={APPROVED_TAG: "false"}) == "nothing"

    @pytest.mark.parametrize("opened", [False, True], ids=["as it is", "opened"])
    @pytest.mark.parametrize("action", ["kms:ScheduleKeyDeletion", "kms:DisableKey"])
    @pytest.mark.parametrize("who", [ADMINISTRATOR, APPROVER, member("prod", "internal")], ids=str)
    def test_nobody_else_removes_a_key(
        self, ask: Ask, action: str, who: Principal, opened: bool
    ) -> None:
        assert self.ask(ask, who, action, MFA, tags=APPROVAL, opened=opened) == "deny"

    def test_the_approver_approves_and_changes_no_other_tag(self, ask: Ask) -> None:
        def asked(*keys: str) -> str:
            return self.ask(ask, self.APPROVER, "kms:TagResource", {"aws:TagKeys": keys})

        assert asked(APPROVED_TAG) == "allow"
        assert asked("bulkhead:environment") == "nothing"
        assert asked(APPROVED_TAG, "bulkhead:environment") == "nothing"

    @pytest.mark.parametrize("opened", [False, True], ids=["as it is", "opened"])
    @pytest.mark.parametrize("who", [ADMINISTRATOR, CUSTODIAN, member("prod", "internal")], ids=str)
    def test_nobody_else_approves(self, ask: Ask, who: Principal, opened: bool) -> None:
        keys = {"aws:TagKeys": [APPROVED_TAG, "bulkhead:owner"]}
        assert self.ask(ask, who, "kms:TagResource", keys, opened=opened) == "deny"

    @pytest.mark.parametrize("who", [APPROVER, CUSTODIAN], ids=str)
    def test_neither_of_the_two_uses_the_key(self, ask: Ask, who: Principal) -> None:
        assert self.ask(ask, who, "kms:Decrypt", S3, opened=True) == "deny"

    def test_administrators_label_keys_as_before(self, ask: Ask) -> None:
        keys = {"aws:TagKeys": ["bulkhead:owner"]}
        assert self.ask(ask, ADMINISTRATOR, "kms:TagResource", keys) == "allow"

    def test_a_custodian_of_another_environment_removes_nothing(self, ask: Ask) -> None:
        who = person("dev", "key-custodian")
        asked = self.ask(ask, who, "kms:ScheduleKeyDeletion", MFA, tags=APPROVAL, opened=True)
        assert asked == "deny"

    def test_administrators_tear_down_dev(self, ask: Ask) -> None:
        assert ask(ADMINISTRATOR, "kms:ScheduleKeyDeletion") == "allow"
        assert ask(member("dev", "internal"), "kms:ScheduleKeyDeletion", opened=True) == "deny"

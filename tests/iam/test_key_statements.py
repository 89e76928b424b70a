"""Every statement of a key's policy and of the tenants' boundary decides something (KEY-1).

For each statement there is a request that it decides: removed, statement by statement, the answer
changes. Denials are asked of a key that is opened to the whole account, as a grant or an
administrator would leave it: that is what they are for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bulkhead.domain.environments import Environment
from bulkhead.domain.tiers import Tier
from tests.iam.cast import ALL, labels, member, person, somebody
from tests.iam.evaluation import Evaluator
from tests.iam.matrix import APPROVED, MFA, REGION, Platform
from tests.iam.model import Policy, Principal, Request, World
from tests.iam.writing import ACCOUNT, ROOT, allow, policy

OPENED = allow("kms:*", sid="Opened", principal=ROOT)
ENVIRONMENT, TIER = Environment.PROD, Tier.CONFIDENTIAL


def via(service: str, **inside: str) -> dict[str, str]:
    """What KMS is told of a service, and the encryption context that it sends."""
    context = {
        f"kms:EncryptionContext:{key.replace('__', ':')}": value for key, value in inside.items()
    }
    return {"kms:ViaService": f"{service}.{REGION}.amazonaws.com", **context}


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


@dataclass(frozen=True)
class Ask:
    """A request that one statement decides."""

    who: Principal
    action: str
    context: Mapping[str, Any] = field(default_factory=dict)


ROLE = member("prod", "confidential")
ADMINISTRATOR = somebody("prod-deployer")
BUILDER = member("prod", "confidential", "prod-confidential-builder")
AUDITOR = member("prod", "confidential", "prod-confidential-auditor")
APPROVER, CUSTODIAN = person("prod", "approver"), person("prod", "key-custodian")
SCALING = somebody(
    "aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling", identity_policies=()
)
FOR_SERVICE = {"kms:GrantIsForAWSResource": "true"}
REMOVAL_TAG = {"aws:TagKeys": ["bulkhead:removal-approved"]}
SOURCE = {"aws:SourceAccount": ACCOUNT}
VECTORS = arn("s3vectors", "bucket/prod-confidential-embeddings")
QUEUE, TOPIC = arn("sqs", "prod-requests"), arn("sns", "prod-alarms")
OTHER_ENVIRONMENT = labels("dev", "confidential")
LOWER_TIER = labels("prod", "internal")

ALLOWED = {
    "AdministerWithoutUse": Ask(ADMINISTRATOR, "kms:PutKeyPolicy"),
    "InspectAsAuditor": Ask(AUDITOR, "kms:GetKeyPolicy"),
    "ApproveRemoval": Ask(APPROVER, "kms:TagResource", REMOVAL_TAG),
    "RemoveOnceApproved": Ask(CUSTODIAN, "kms:ScheduleKeyDeletion", {**MFA, **APPROVED}),
    "LetServicesHoldGrantsForAdministrators": Ask(ADMINISTRATOR, "kms:CreateGrant", FOR_SERVICE),
    "LetServicesSetUpForAdministrators": Ask(
        ADMINISTRATOR, "kms:GenerateDataKey", via("elasticfilesystem")
    ),
    "UseThroughS3": Ask(
        ROLE, "kms:Decrypt", via("s3", aws__s3__arn="arn:aws:s3:::prod-confidential-models-x")
    ),
    "UseThroughS3Vectors": Ask(
        ROLE, "kms:Decrypt", via("s3vectors", aws__s3vectors__arn=f"{VECTORS}/index/a")
    ),
    "UseByVectorIndexing": Ask(
        Principal("indexing.s3vectors.amazonaws.com"),
        "kms:Decrypt",
        {
            **SOURCE,
            "aws:SourceArn": VECTORS,
            "kms:EncryptionContext:aws:s3vectors:arn": VECTORS,
        },
    ),
    "UseThroughDynamoDb": Ask(
        ROLE, "kms:Decrypt", via("dynamodb", aws__dynamodb__tableName="prod-catalog")
    ),
    "UseThroughSqs": Ask(ROLE, "kms:Decrypt", via("sqs", aws__sqs__arn=QUEUE)),
    "UseThroughSns": Ask(ROLE, "kms:Decrypt", via("sns", aws__sns__topicArn=TOPIC)),
    "UseBySendersToQueues": Ask(
        Principal("sns.amazonaws.com"),
        "kms:GenerateDataKey",
        {"kms:EncryptionContext:aws:sqs:arn": QUEUE},
    ),
    "UseByPublishersToTopics": Ask(
        Principal("cloudwatch.amazonaws.com"),
        "kms:GenerateDataKey",
        {"kms:EncryptionContext:aws:sns:topicArn": TOPIC},
    ),
    "UseThroughFiles": Ask(ROLE, "kms:Decrypt", via("elasticfilesystem")),
    "UseThroughEcr": Ask(ROLE, "kms:Decrypt", via("ecr")),
    "UseThroughBackup": Ask(ROLE, "kms:Decrypt", via("backup")),
    "UseThroughEc2": Ask(ROLE, "kms:Decrypt", via("ec2")),
    "UseThroughSecretsManager": Ask(
        ROLE,
        "kms:Decrypt",
        via("secretsmanager", SecretARN=arn("secretsmanager", "secret:prod-prompts-a1b2c3")),
    ),
    "UseByCloudWatchLogs": Ask(
        Principal(f"logs.{REGION}.amazonaws.com"),
        "kms:GenerateDataKey",
        {"kms:EncryptionContext:aws:logs:arn": arn("logs", "log-group:/bulkhead/prod/flow-logs")},
    ),
    "UseByCloudTrail": Ask(
        Principal("cloudtrail.amazonaws.com"),
        "kms:GenerateDataKey",
        {**SOURCE, "aws:SourceArn": arn("cloudtrail", "trail/prod-audit")},
    ),
    "UseByConfig": Ask(Principal("config.amazonaws.com"), "kms:GenerateDataKey", SOURCE),
    "UseByKubernetesControlPlane": Ask(
        member("prod", "confidential", workload="control-plane"), "kms:Encrypt"
    ),
    "LetEc2HoldGrantsForVolumesOfPods": Ask(ROLE, "kms:CreateGrant", {**via("ec2"), **FOR_SERVICE}),
    "UseForVolumesOfNodes": Ask(SCALING, "kms:GenerateDataKey"),
    "LetEc2HoldGrantsForVolumesOfNodes": Ask(SCALING, "kms:CreateGrant", FOR_SERVICE),
    "SignAsBuilder": Ask(BUILDER, "kms:Sign"),
    "Verify": Ask(ROLE, "kms:Verify"),
}
DENIED = {
    "DenyOtherPaths": Ask(somebody("developer", labels("prod", "confidential")), "kms:Decrypt"),
    "DenyOtherEnvironments": Ask(
        member("prod", "confidential", tags=OTHER_ENVIRONMENT), "kms:Decrypt"
    ),
    "DenyLowerTiers": Ask(member("prod", "confidential", tags=LOWER_TIER), "kms:Decrypt"),
    "DenyGrantsToOthersThanServices": Ask(ROLE, "kms:CreateGrant"),
    "DenyRemovalByOthers": Ask(ADMINISTRATOR, "kms:ScheduleKeyDeletion", {**MFA, **APPROVED}),
    "DenyApprovalByOthers": Ask(ADMINISTRATOR, "kms:TagResource", REMOVAL_TAG),
    "DenyUseByAdministrators": Ask(ADMINISTRATOR, "kms:Decrypt"),
    "DenySecretValuesToAdministrators": Ask(
        ADMINISTRATOR, "kms:Decrypt", via("secretsmanager", SecretVersionId="a1b2c3")
    ),
    "DenySigningByOthers": Ask(ROLE, "kms:Sign"),
}
SIGNING = {
    "DenyOtherPaths": replace(DENIED["DenyOtherPaths"], action="kms:Verify"),
    "DenyOtherEnvironments": replace(DENIED["DenyOtherEnvironments"], action="kms:Verify"),
}
"""What is asked of a key that signs in the place of decrypting."""


@pytest.fixture(scope="module")
def of() -> Platform:
    return Platform({ENVIRONMENT: ACCOUNT}, [TIER])


def removals(found: Policy, *more: dict[str, Any]) -> list[tuple[str, Policy, Policy]]:
    """For each statement of a policy: its Sid, the policy, and what is left without it.

    Both have the statements in ``more`` beside.
    """
    statements = found.document["Statement"]

    def of(some: list[Any]) -> Policy:
        return Policy(found.name, {**found.document, "Statement": [*some, *more]})

    return [
        (removed["Sid"], of(statements), of([each for each in statements if each is not removed]))
        for removed in statements
    ]


def test_every_statement_of_every_key_decides_something(evaluator: Evaluator, of: Platform) -> None:
    seen: set[str] = set()
    world = of.documents[ENVIRONMENT].world
    for purpose in ("data", "model", "log", "secret", "volume", "signing"):
        key = of.arns[f"alias/bulkhead/{ENVIRONMENT}/{TIER}/{purpose}"]
        found = world.resource_policies[key]
        for sid, _, _ in removals(found):
            seen.add(sid)
            allows = sid in ALLOWED
            asks = {**ALLOWED, **DENIED, **(SIGNING if purpose == "signing" else {})}
            more = () if allows else (OPENED,)
            whole, weaker = next(
                (one, other) for name, one, other in removals(found, *more) if name == sid
            )
            ask = set_up(asks[sid], sid, purpose)
            request = Request(ask.who, ask.action, key, ask.context)
            for variant, expected in ((whole, allows), (weaker, not allows)):
                [decision] = evaluator.evaluate([request], World(ACCOUNT, {key: variant}))
                assert decision.allowed is expected, f"{purpose} {sid}: {decision}"
    assert seen == {*ALLOWED, *DENIED}


def set_up(ask: Ask, sid: str, purpose: str) -> Ask:
    """The request with the service that sets something up under the key of a purpose."""
    if sid != "LetServicesSetUpForAdministrators":
        return ask
    trying = {"SecretVersionId": "RequestToValidateKeyAccess"}
    others = {"log": via("backup"), "secret": via("secretsmanager", **trying)}
    return replace(ask, context=others.get(purpose, ask.context))


POD = member("prod", "confidential", session_tags={"kubernetes-namespace": "acme"})
SERVER = replace(POD, tags={**POD.tags, "bulkhead:tenant": "acme", "bulkhead:plane": "inference"})
TRAINER = replace(POD, tags={**SERVER.tags, "bulkhead:plane": "training"})
CHECKPOINT = "arn:aws:s3:::prod-confidential-checkpoints-x/acme/step-1"
OWN_ACCOUNT = {"aws:ResourceAccount": ACCOUNT}
BUCKET_OBJECT = "arn:aws:s3:::prod-confidential-models-x/y"
SECRET = arn("secretsmanager", "secret:bulkhead/prod/confidential/acme/token-a1b2c3")
KEYS = {
    arn("kms", f"key/{number}"): {
        "kms:ResourceAliases": [f"alias/bulkhead/prod/confidential/{name}"]
    }
    for number, name in enumerate(("model", "sealed-ranker"))
}
MODEL_KEY, SEALED_KEY = KEYS
WORKSPACE = arn("aps", "workspace/ws-1")
SENDERS = {"SendMetrics": SERVER}
"""Statements of servers; the others hold for trainers too, or for them alone."""
BOUNDED: dict[str, tuple[str, str, Mapping[str, Any]]] = {
    "ReadArtifacts": ("s3:GetObject", BUCKET_OBJECT, {"aws:ResourceAccount": ACCOUNT}),
    "ReadOwnSecrets": ("secretsmanager:GetSecretValue", SECRET, {}),
    "OpenArtifactsAndSecrets": ("kms:Decrypt", MODEL_KEY, via("secretsmanager")),
    "WriteCheckpoints": ("s3:PutObject", CHECKPOINT, OWN_ACCOUNT),
    "EncryptCheckpoints": ("kms:GenerateDataKey", MODEL_KEY, via("s3")),
    "OpenSealed": ("kms:Decrypt", SEALED_KEY, {}),
    "SendMetrics": ("aps:RemoteWrite", WORKSPACE, {}),
}
OUTSIDE: dict[str, tuple[str, str, Mapping[str, Any]]] = {
    "another environment's bucket": (
        "s3:GetObject",
        "arn:aws:s3:::dev-confidential-models-x/y",
        {},
    ),
    "writing": ("s3:PutObject", BUCKET_OBJECT, {}),
    "writing a model": ("s3:PutObject", BUCKET_OBJECT.replace("/y", "/acme/y"), OWN_ACCOUNT),
    "another tenant's checkpoint": (
        "s3:PutObject",
        CHECKPOINT.replace("acme", "globex"),
        OWN_ACCOUNT,
    ),
    "another account's checkpoints": (
        "s3:PutObject",
        CHECKPOINT,
        {"aws:ResourceAccount": "444455556666"},
    ),
    "deleting a checkpoint": ("s3:DeleteObject", CHECKPOINT, OWN_ACCOUNT),
    "encrypting directly": ("kms:GenerateDataKey", MODEL_KEY, {}),
    "another account's bucket": (
        "s3:GetObject",
        BUCKET_OBJECT,
        {"aws:ResourceAccount": "444455556666"},
    ),
    "another tenant's secret": (
        "secretsmanager:GetSecretValue",
        SECRET.replace("acme", "globex"),
        {},
    ),
    "a key directly": ("kms:Decrypt", MODEL_KEY, {}),
    "metrics of a trainer": ("aps:RemoteWrite", WORKSPACE, {}),
    "another role": ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/any", {}),
}


def let_through(
    evaluator: Evaluator,
    boundary: Policy,
    asked: tuple[str, str, Mapping[str, Any]],
    pod: Principal = TRAINER,
) -> bool:
    """Whether a pod with every permission gets through, where only its boundary decides."""
    action, resource, context = asked
    pod = replace(pod, identity_policies=(ALL,), boundary=boundary)
    keys = dict.fromkeys(KEYS, policy(OPENED, name="opened"))
    request = Request(pod, action, resource, context)
    return evaluator.evaluate([request], World(ACCOUNT, keys, KEYS))[0].allowed


def boundary_of(of: Platform) -> Policy:
    [found] = [each for kind, each in of.documents[ENVIRONMENT].policies if kind == "managed"]
    return found


def test_every_statement_of_the_tenants_boundary_decides_something(
    evaluator: Evaluator, of: Platform
) -> None:
    each = removals(boundary_of(of))
    assert BOUNDED.keys() == {sid for sid, _, _ in each}
    for sid, whole, weaker in each:
        pod = SENDERS.get(sid, TRAINER)
        assert let_through(evaluator, whole, BOUNDED[sid], pod), sid
        assert not let_through(evaluator, weaker, BOUNDED[sid], pod), sid


@pytest.mark.parametrize("asked", OUTSIDE.values(), ids=OUTSIDE)
def test_the_tenants_boundary_lets_nothing_else_through(
    evaluator: Evaluator, of: Platform, asked: tuple[str, str, Mapping[str, Any]]
) -> None:
    assert not let_through(evaluator, boundary_of(of), asked)


@pytest.mark.parametrize("sid", ["WriteCheckpoints", "EncryptCheckpoints"])
def test_nobody_but_trainers_writes_checkpoints(
    evaluator: Evaluator, of: Platform, sid: str
) -> None:
    assert let_through(evaluator, boundary_of(of), BOUNDED[sid], TRAINER)
    assert not let_through(evaluator, boundary_of(of), BOUNDED[sid], SERVER)


def test_servers_send_metrics_and_read_none(evaluator: Evaluator, of: Platform) -> None:
    assert let_through(evaluator, boundary_of(of), BOUNDED["SendMetrics"], SERVER)
    for action, resource in (
        ("aps:QueryMetrics", WORKSPACE),
        ("aps:RemoteWrite", WORKSPACE.replace(ACCOUNT, "444455556666")),
    ):
        assert not let_through(evaluator, boundary_of(of), (action, resource, {}), SERVER)

"""Stores let in whom they are for, and every statement of their policies stops somebody."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from bulkhead import (
    AccessLogBucket,
    EncryptedBucket,
    EncryptedQueue,
    EncryptedTable,
    EncryptedTopic,
    ImageRegistry,
    SharedFileSystem,
    VectorStore,
)
from tests.iam.evaluation import Evaluator
from tests.iam.model import ANONYMOUS, Principal
from tests.iam.proofs import MEMBER, PATH, Proof, who
from tests.iam.writing import ACCOUNT, KEY, OTHER_ACCOUNT

SCOPE: Any = {
    "environment": MEMBER["environment"],
    "region": "eu-central-1",
    "account_id": ACCOUNT,
    "owner": "platform-team",
    "cost_center": "cc-100",
}
PLACE: Any = {"scope": SCOPE, "tier": MEMBER["tier"]}
STRANGER = who("stranger", account=OTHER_ACCOUNT)
DEV, LOWER = who("dev", environment="dev"), who("lower", tier="internal")
UNLABELLED = who("unlabelled", environment="", tier="")
HIGHER = who("higher", path="bulkhead/prod/regulated", tier="regulated")
DISGUISED = who("disguised", path="bulkhead/dev/confidential")
PERSON = who("operator", path="bulkhead/prod/people")

INSIDE = {"aws:VpceAccount": ACCOUNT, "aws:SourceVpc": "vpc-1", "s3:TlsVersion": "1.3"}
"""Through a VPC endpoint of the account."""


def inside(**changes: Any) -> dict[str, Any]:
    """The context of a request through the account's VPC endpoint; None takes a key away."""
    changed = {key.replace("__", ":"): value for key, value in changes.items()}
    return {key: value for key, value in {**INSIDE, **changed}.items() if value is not None}


OUTSIDE = inside(aws__VpceAccount=None, aws__SourceVpc=None)
THROUGH_OTHERS = inside(aws__VpceAccount=OTHER_ACCOUNT, aws__SourceVpc="vpc-2")
METHOD, KEY_ID = (
    "s3:x-amz-server-side-encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
)
LOG_DELIVERY = {
    "aws:SourceAccount": ACCOUNT,
    "aws:PrincipalServiceName": "logging.s3.amazonaws.com",
    "aws:PrincipalIsAWSService": "true",
    "aws:SourceArn": f"arn:aws:s3:::prod-confidential-models-{ACCOUNT}-eu-central-1",
    "s3:TlsVersion": "1.3",
}
S3_LOGS = Principal("logging.s3.amazonaws.com")


def physical(store: str) -> str:
    return f"arn:aws:s3:::prod-confidential-{store}-{ACCOUNT}-eu-central-1"


def bucket(store: str, **args: Any) -> Any:
    told = {**PLACE, "store": store, "key_arn": KEY, "access_log_bucket": "logs", **args}
    return lambda: EncryptedBucket("bucket", told)


CONTENTS_DENIED = {
    "DenyPlainHttp": {
        "plain HTTP": (who(), "s3:GetObject /x", inside(aws__SecureTransport="false"))
    },
    "DenyOldTls": {"old TLS": (who(), "s3:GetObject /x", inside(s3__TlsVersion="1.1"))},
    "DenyOtherPaths": {
        "tags put on by another environment": (DISGUISED, "s3:GetObject /x", INSIDE),
        "tags put on by a person": (PERSON, "s3:GetObject /x", INSIDE),
    },
    "DenyOtherEnvironments": {
        "another environment reads": (DEV, "s3:GetObject /x", INSIDE),
        "another environment deletes": (DEV, "s3:DeleteObjectVersion /x", INSIDE),
    },
    "DenyLowerTiers": {
        "a lower tier reads": (LOWER, "s3:GetObject /x", INSIDE),
        "a lower tier locks": (LOWER, "s3:PutObjectRetention /x", INSIDE),
    },
    "DenyOtherNetworks": {
        "from the internet": (who(), "s3:GetObject /x", OUTSIDE),
        "through another's endpoint": (who(), "s3:GetObject /x", THROUGH_OTHERS),
    },
}
UPLOADS_DENIED = {
    "DenyForeignKeys": {
        "a foreign key": (
            who(),
            "s3:PutObject /x",
            inside(**{METHOD: "aws:kms", KEY_ID: KEY.replace(ACCOUNT, OTHER_ACCOUNT)}),
        ),
    },
    "DenyOtherEncryption": {
        "no KMS": (who(), "s3:PutObject /x", inside(**{METHOD: "AES256"})),
    },
}
CONTENTS_ALLOWED = {
    "read": (who(), "s3:GetObject /x", INSIDE),
    "write": (who(), "s3:PutObject /x", INSIDE),
    "write with the account's key": (
        who(),
        "s3:PutObject /x",
        inside(**{METHOD: "aws:kms", KEY_ID: KEY}),
    ),
    "a higher tier reads": (HIGHER, "s3:GetObject /x", INSIDE),
    "a service for the principal": (
        who(),
        "s3:GetObject /x",
        {**OUTSIDE, "aws:ViaAWSService": "true"},
    ),
    "who deploys sets the policy from outside": (UNLABELLED, "s3:PutBucketPolicy", OUTSIDE),
    "who deploys looks": (UNLABELLED, "s3:ListBucket", OUTSIDE),
}
CI = f"arn:aws:iam::{ACCOUNT}:role/{PATH}/ci"

PROOFS = {
    "bucket": Proof(
        bucket("datasets"),
        physical("datasets"),
        allowed=CONTENTS_ALLOWED,
        denied={**CONTENTS_DENIED, **UPLOADS_DENIED},
    ),
    "bucket of one VPC": Proof(
        bucket("datasets", vpc_id="vpc-1"),
        physical("datasets"),
        allowed=CONTENTS_ALLOWED,
        denied={
            **CONTENTS_DENIED,
            **UPLOADS_DENIED,
            "DenyOtherNetworks": {
                "another VPC of the account": (
                    who(),
                    "s3:GetObject /x",
                    inside(aws__SourceVpc="vpc-2"),
                )
            },
        },
    ),
    "bucket with a way in": Proof(
        bucket(
            "models",
            outside_access=[
                {
                    "role_arn": CI,
                    "owner": "ml-platform",
                    "reason": "Hosted runners upload until they move into the VPC.",
                    "expires": date.today().isoformat(),
                }
            ],
        ),
        physical("models"),
        allowed={**CONTENTS_ALLOWED, "the role": (who("ci"), "s3:PutObject /x", OUTSIDE)},
        denied={
            **CONTENTS_DENIED,
            **UPLOADS_DENIED,
            "DenyLowerTiers": {
                "its lower twin": (who("ci", tier="internal"), "s3:PutObject /x", OUTSIDE)
            },
        },
    ),
    "evidence": Proof(
        bucket("evidence"),
        physical("evidence"),
        allowed={
            **CONTENTS_ALLOWED,
            "a longer lock": (
                who(),
                "s3:PutObjectRetention /x",
                {**INSIDE, "s3:object-lock-remaining-retention-days": "1097"},
            ),
        },
        denied={
            **CONTENTS_DENIED,
            **UPLOADS_DENIED,
            "DenyLiftingLocks": {"lifting": (who(), "s3:BypassGovernanceRetention /x", INSIDE)},
            "DenyShorterLocks": {
                "a shorter lock": (
                    who(),
                    "s3:PutObjectRetention /x",
                    {**INSIDE, "s3:object-lock-remaining-retention-days": "1"},
                )
            },
        },
    ),
    "access logs": Proof(
        lambda: AccessLogBucket("logs", PLACE),
        physical("access-logs"),
        allowed={
            "S3 delivers": (S3_LOGS, "s3:PutObject /x", LOG_DELIVERY),
            "read": (who(), "s3:GetObject /x", INSIDE),
        },
        denied={
            **CONTENTS_DENIED,
            "DenyForgedLogs": {"forged": (who(), "s3:PutObject /x", INSIDE)},
            "": {
                "for another account's bucket": (
                    S3_LOGS,
                    "s3:PutObject /x",
                    {**LOG_DELIVERY, "aws:SourceAccount": OTHER_ACCOUNT},
                ),
                "for another environment's bucket": (
                    S3_LOGS,
                    "s3:PutObject /x",
                    {**LOG_DELIVERY, "aws:SourceArn": "arn:aws:s3:::dev-confidential-models"},
                ),
            },
        },
    ),
}

VPCE = {"aws:SourceVpce": "vpce-1"}


def fenced(action: str, context: dict[str, Any], beneath: str = "") -> dict[str, Any]:
    """What every store that is no bucket denies, asked for with one of its actions."""
    what = f"{action} {beneath}".rstrip()
    return {
        "DenyPlainHttp": {"plain HTTP": (who(), what, {**context, "aws:SecureTransport": "false"})},
        "DenyOtherEnvironments": {"another environment": (DEV, what, context)},
        "DenyLowerTiers": {"a lower tier": (LOWER, what, context)},
        "DenyOtherPaths": {
            "tags put on by another environment": (DISGUISED, what, context),
            "tags put on by a person": (PERSON, what, context),
            "another account": (STRANGER, what, context),
        },
    }


PROOFS["vectors"] = Proof(
    lambda: VectorStore("vectors", {**PLACE, "key_arn": KEY}),
    f"arn:aws:s3vectors:eu-central-1:{ACCOUNT}:bucket/"
    f"prod-confidential-embeddings-{ACCOUNT}-eu-central-1",
    allowed={
        "query": (who(), "s3vectors:QueryVectors /index/handbook", VPCE),
        "a higher tier queries": (HIGHER, "s3vectors:GetVectors /index/handbook", VPCE),
        "a service for the principal": (
            who(),
            "s3vectors:QueryVectors /index/handbook",
            {"aws:ViaAWSService": "true"},
        ),
        "who deploys makes an index": (UNLABELLED, "s3vectors:CreateIndex /index/handbook", {}),
        "who deploys sets the policy": (UNLABELLED, "s3vectors:PutVectorBucketPolicy", {}),
    },
    denied={
        **fenced("s3vectors:QueryVectors", VPCE, "/index/handbook"),
        "DenyTheInternet": {
            "from the internet": (who(), "s3vectors:PutVectors /index/handbook", {})
        },
    },
)

NAMED: Any = {**PLACE, "name": "lineage", "plane": "control", "key_arn": KEY}
SNS = Principal("sns.amazonaws.com")
ALARMS = f"arn:aws:sns:eu-central-1:{ACCOUNT}:prod-alarms"
FOR_ALARMS = {
    "aws:SourceAccount": ACCOUNT,
    "aws:SourceArn": ALARMS,
    "aws:PrincipalIsAWSService": "true",
}
SENDER = {"service": "sns.amazonaws.com", "source_arn": ALARMS}


def service_denied(action: str) -> dict[str, Any]:
    """What a service that is let in for one source may not do for others."""
    theirs = ALARMS.replace(ACCOUNT, OTHER_ACCOUNT)
    return {
        "for another source": (
            SNS,
            action,
            {**FOR_ALARMS, "aws:SourceArn": ALARMS.replace("prod", "dev")},
        ),
        "for another account": (
            SNS,
            action,
            {**FOR_ALARMS, "aws:SourceArn": theirs, "aws:SourceAccount": OTHER_ACCOUNT},
        ),
    }


def arn(service: str, rest: str) -> str:
    return f"arn:aws:{service}:eu-central-1:{ACCOUNT}:{rest}"


PROOFS["table"] = Proof(
    lambda: EncryptedTable("table", {**NAMED, "hash_key": "dataset"}),
    arn("dynamodb", "table/prod-confidential-lineage"),
    allowed={
        "read": (who(), "dynamodb:GetItem", {}),
        "query an index": (who(), "dynamodb:Query /index/by-model", {}),
        "a higher tier writes": (HIGHER, "dynamodb:PutItem", {}),
        "who deploys looks": (UNLABELLED, "dynamodb:DescribeTable", {}),
        "who deploys sets the policy": (UNLABELLED, "dynamodb:PutResourcePolicy", {}),
    },
    denied=fenced("dynamodb:Query", {}, "/index/by-model"),
)
QUEUE_ALLOWED = {
    "send": (who(), "sqs:SendMessage", {}),
    "a higher tier receives": (HIGHER, "sqs:ReceiveMessage", {}),
    "who deploys looks": (UNLABELLED, "sqs:GetQueueAttributes", {}),
    "who deploys sets the policy": (UNLABELLED, "sqs:SetQueueAttributes", {}),
}
QUEUE_DENIED = fenced("sqs:ReceiveMessage", {})
PROOFS["queue"] = Proof(
    lambda: EncryptedQueue("queue", {**NAMED, "senders": [SENDER]}),
    arn("sqs", "prod-confidential-lineage"),
    allowed={**QUEUE_ALLOWED, "the service sends": (SNS, "sqs:SendMessage", FOR_ALARMS)},
    denied={**QUEUE_DENIED, "": service_denied("sqs:SendMessage")},
)
PROOFS["failed messages"] = Proof(
    lambda: EncryptedQueue("queue", NAMED),
    arn("sqs", "prod-confidential-lineage-failed"),
    allowed=QUEUE_ALLOWED,
    denied={
        **QUEUE_DENIED,
        "": {"the service": (SNS, "sqs:SendMessage", FOR_ALARMS)},
    },
)
TO_QUEUE = {"sns:Protocol": "sqs"}
PROOFS["topic"] = Proof(
    lambda: EncryptedTopic("topic", {**NAMED, "publishers": [SENDER]}),
    arn("sns", "prod-confidential-lineage"),
    allowed={
        "publish": (who(), "sns:Publish", {}),
        "subscribe": (HIGHER, "sns:Subscribe", TO_QUEUE),
        "the service publishes": (SNS, "sns:Publish", FOR_ALARMS),
        "who deploys looks": (UNLABELLED, "sns:GetTopicAttributes", {}),
        "who deploys sets the policy": (UNLABELLED, "sns:SetTopicAttributes", {}),
    },
    denied={
        **fenced("sns:Publish", {}),
        "DenyOtherEnvironments": {"another environment hears": (DEV, "sns:Subscribe", TO_QUEUE)},
        "DenyOtherProtocols": {
            "a mailbox": (who(), "sns:Subscribe", {"sns:Protocol": "email"}),
            "plain HTTP": (who(), "sns:Subscribe", {"sns:Protocol": "http"}),
        },
        "": service_denied("sns:Publish"),
    },
)
SCANNER = replace(
    UNLABELLED,
    arn=f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/inspector2.amazonaws.com/"
    "AWSServiceRoleForAmazonInspector2",
)
PROOFS["images"] = Proof(
    lambda: ImageRegistry("images", {**PLACE, "key_arn": KEY, "repositories": ["vllm"]}),
    arn("ecr", "repository/prod/confidential/vllm"),
    allowed={
        "pull": (who(), "ecr:BatchGetImage", {}),
        "push": (who(), "ecr:PutImage", {}),
        "a higher tier pulls": (HIGHER, "ecr:GetDownloadUrlForLayer", {}),
        "AWS scans": (SCANNER, "ecr:BatchGetImage", {}),
        "who deploys looks": (UNLABELLED, "ecr:DescribeRepositories", {}),
        "who deploys sets the policy": (UNLABELLED, "ecr:SetRepositoryPolicy", {}),
    },
    denied={
        "DenyOtherEnvironments": {
            "another environment pulls": (DEV, "ecr:BatchGetImage", {}),
            "another environment pushes": (DEV, "ecr:PutImage", {}),
        },
        "DenyLowerTiers": {"a lower tier pulls": (LOWER, "ecr:BatchGetImage", {})},
        "DenyOtherPaths": {
            "tags put on by another environment": (DISGUISED, "ecr:BatchGetImage", {}),
            "tags put on by a person": (PERSON, "ecr:PutImage", {}),
            "another account": (STRANGER, "ecr:BatchGetImage", {}),
        },
    },
)
MOUNTED = {
    "elasticfilesystem:AccessPointArn": arn("elasticfilesystem", "access-point/fsap-1"),
    "elasticfilesystem:AccessedViaMountTarget": "true",
}
MOUNT = "elasticfilesystem:ClientMount"


def without(context: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: v for k, v in context.items() if k != key}


def files() -> None:
    more: Any = {
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2", "subnet-3"],
        "client_security_group_ids": ["sg-1"],
        "tenants": [{"name": "doc-summary", "user_id": 2001}],
    }
    SharedFileSystem("files", {**without(NAMED, "plane"), **more})


PROOFS["files"] = Proof(
    files,
    arn("elasticfilesystem", "file-system/*"),
    allowed={
        "mount": (who(), MOUNT, MOUNTED),
        "write": (HIGHER, "elasticfilesystem:ClientWrite", MOUNTED),
        "who deploys looks": (UNLABELLED, "elasticfilesystem:DescribeFileSystemPolicy", {}),
        "who deploys sets the policy": (UNLABELLED, "elasticfilesystem:PutFileSystemPolicy", {}),
    },
    denied={
        **fenced(MOUNT, MOUNTED),
        "DenyRoot": {"root": (who(), "elasticfilesystem:ClientRootAccess", MOUNTED)},
        "DenyWithoutAccessPoint": {
            "past the access points": (
                who(),
                MOUNT,
                without(MOUNTED, "elasticfilesystem:AccessPointArn"),
            )
        },
        "DenyWithoutMountTarget": {
            "past the mount targets": (
                who(),
                MOUNT,
                {**MOUNTED, "elasticfilesystem:AccessedViaMountTarget": "false"},
            )
        },
        "": {
            "another account": (STRANGER, MOUNT, MOUNTED),
            "nobody": (Principal(ANONYMOUS), MOUNT, MOUNTED),
        },
    },
)


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
def test_the_store_lets_in_whom_it_is_for(evaluator: Evaluator, proof: Proof) -> None:
    world = proof.documents().world
    decisions = evaluator.evaluate(proof.requests(proof.allowed.values(), world), world)
    assert [str(decision) for decision in decisions if not decision.allowed] == []


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
def test_nobody_else_gets_in(evaluator: Evaluator, proof: Proof) -> None:
    world = proof.documents().world
    for sid, asks in proof.denied.items():
        for decision in evaluator.evaluate(proof.requests(asks.values(), world), world):
            assert not decision.allowed, str(decision)
            assert not sid or decision.sids == {sid}, str(decision)


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
def test_every_statement_is_needed(evaluator: Evaluator, proof: Proof) -> None:
    found = proof.documents()
    whole = proof.allowed_in(evaluator, found.world)
    _, policy = proof.policy(found.world)
    for removed, weaker in found.weakened():
        if not removed.startswith(f"{policy.name}/"):
            continue  # of another resource that comes with this one
        assert proof.allowed_in(evaluator, weaker.world) != whole, f"{removed} changes nothing"


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
def test_the_policy_is_sound(evaluator: Evaluator, proof: Proof) -> None:
    assert [str(finding) for finding in evaluator.lint(proof.documents().policies)] == []

"""Stores let in whom they are for, and every statement of their policies stops somebody."""

from datetime import date
from typing import Any

import pytest

from bulkhead import AccessLogBucket, EncryptedBucket, VectorStore
from tests.iam.evaluation import Evaluator
from tests.iam.model import Principal
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


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
def test_the_store_lets_in_whom_it_is_for(evaluator: Evaluator, proof: Proof) -> None:
    world = proof.documents().world
    decisions = evaluator.evaluate([proof.request(ask) for ask in proof.allowed.values()], world)
    assert [str(decision) for decision in decisions if not decision.allowed] == []


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
def test_nobody_else_gets_in(evaluator: Evaluator, proof: Proof) -> None:
    world = proof.documents().world
    for sid, asks in proof.denied.items():
        requests = [proof.request(ask) for ask in asks.values()]
        for decision in evaluator.evaluate(requests, world):
            assert not decision.allowed, str(decision)
            assert decision.sids == ({sid} if sid else set()), str(decision)


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
def test_every_statement_is_needed(evaluator: Evaluator, proof: Proof) -> None:
    found = proof.documents()
    whole = proof.allowed_in(evaluator, found.world)
    for removed, weaker in found.weakened():
        assert proof.allowed_in(evaluator, weaker.world) != whole, f"{removed} changes nothing"


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
def test_the_policy_is_sound(evaluator: Evaluator, proof: Proof) -> None:
    assert [str(finding) for finding in evaluator.lint(proof.documents().policies)] == []

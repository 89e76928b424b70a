"""Records of what happened are written by one service and deleted by nobody (AUD-1)."""

from typing import Any

import pytest

from bulkhead import AuditTrail
from tests.iam.cast import ALL, somebody
from tests.iam.evaluation import Evaluator
from tests.iam.model import Principal
from tests.iam.proofs import Proof, who
from tests.iam.test_stores import (
    DEV,
    DISGUISED,
    HIGHER,
    INSIDE,
    LOWER,
    OUTSIDE,
    PLACE,
    STRANGER,
    UNLABELLED,
    inside,
    physical,
)
from tests.iam.writing import ACCOUNT, KEY, OTHER_ACCOUNT

CLOUDTRAIL = Principal("cloudtrail.amazonaws.com")
TRAIL = f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/prod-audit"
DELIVERY = {
    "aws:SourceAccount": ACCOUNT,
    "aws:SourceArn": TRAIL,
    "aws:PrincipalServiceName": "cloudtrail.amazonaws.com",
    "aws:PrincipalIsAWSService": "true",
    "s3:TlsVersion": "1.3",
}
RECORD = f"/AWSLogs/{ACCOUNT}/CloudTrail/x"
ROOT_USER = Principal(f"arn:aws:iam::{ACCOUNT}:root", identity_policies=(ALL,))
DEPLOYER = somebody("platform-deployer")


def trail() -> None:
    args: Any = {**PLACE, "key_arn": KEY, "access_log_bucket": "logs"}
    AuditTrail("audit", args)


PROOF = Proof(
    trail,
    physical("audit-trail"),
    allowed={
        "CloudTrail looks": (CLOUDTRAIL, "s3:GetBucketAcl", DELIVERY),
        "CloudTrail writes": (CLOUDTRAIL, f"s3:PutObject {RECORD}", DELIVERY),
        "read": (who(), f"s3:GetObject {RECORD}", INSIDE),
        "a higher tier reads": (HIGHER, f"s3:GetObject {RECORD}", INSIDE),
        "who deploys looks": (UNLABELLED, "s3:GetBucketPolicy", OUTSIDE),
    },
    denied={
        "DenyForgedRecords": {
            "a member forges": (who(), f"s3:PutObject {RECORD}", INSIDE),
            "who deploys forges": (DEPLOYER, f"s3:PutObject {RECORD}", INSIDE),
        },
        "DenyDeletion": {
            f"{name}: {action}": (principal, f"s3:{action} {RECORD}", INSIDE)
            for name, principal in (
                ("member", who()),
                ("who deploys", DEPLOYER),
                ("the root user", ROOT_USER),
            )
            for action in (
                "DeleteObject",
                "DeleteObjectVersion",
                "BypassGovernanceRetention",
                "PutObjectRetention",
                "PutObjectLegalHold",
            )
        },
        "DenyOtherEnvironments": {"dev reads": (DEV, f"s3:GetObject {RECORD}", INSIDE)},
        "DenyLowerTiers": {"a lower tier reads": (LOWER, f"s3:GetObject {RECORD}", INSIDE)},
        "DenyOtherPaths": {
            "disguised": (DISGUISED, f"s3:GetObject {RECORD}", INSIDE),
            "another account": (STRANGER, f"s3:GetObject {RECORD}", INSIDE),
        },
        "DenyOtherNetworks": {"from the internet": (who(), f"s3:GetObject {RECORD}", OUTSIDE)},
        "DenyPlainHttp": {
            "plain HTTP": (who(), f"s3:GetObject {RECORD}", inside(aws__SecureTransport="false"))
        },
        "DenyOldTls": {"old TLS": (who(), f"s3:GetObject {RECORD}", inside(s3__TlsVersion="1.1"))},
        "": {
            f"another {what}": (CLOUDTRAIL, f"s3:PutObject {RECORD}", {**DELIVERY, key: value})
            for what, key, value in (
                ("trail", "aws:SourceArn", TRAIL.replace("prod", "dev")),
                ("account", "aws:SourceAccount", OTHER_ACCOUNT),
            )
        }
        | {
            "CloudTrail writes elsewhere": (CLOUDTRAIL, "s3:PutObject /x", DELIVERY),
            "CloudTrail reads": (CLOUDTRAIL, f"s3:GetObject {RECORD}", DELIVERY),
        },
    },
)


def test_cloudtrail_writes_and_the_partition_reads(evaluator: Evaluator) -> None:
    world = PROOF.documents().world
    decisions = evaluator.evaluate(PROOF.requests(PROOF.allowed.values(), world), world)
    assert [str(decision) for decision in decisions if not decision.allowed] == []


@pytest.mark.parametrize("sid", PROOF.denied)
def test_nobody_else_writes_reads_or_deletes(evaluator: Evaluator, sid: str) -> None:
    world = PROOF.documents().world
    requests = PROOF.requests(PROOF.denied[sid].values(), world)
    for decision in evaluator.evaluate(requests, world):
        assert not decision.allowed, str(decision)
        assert not sid or decision.sids == {sid}, str(decision)


def test_every_statement_is_needed(evaluator: Evaluator) -> None:
    found = PROOF.documents()
    whole = PROOF.allowed_in(evaluator, found.world)
    _, policy = PROOF.policy(found.world)
    for removed, weaker in found.weakened():
        if removed.startswith(f"{policy.name}/"):
            assert PROOF.allowed_in(evaluator, weaker.world) != whole, removed

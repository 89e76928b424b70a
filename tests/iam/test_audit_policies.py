"""Records of what happened are written by one service and deleted by nobody (AUD-1)."""

from typing import Any

import pytest

from bulkhead import AuditTrail, ConfigurationRecord, PartitionBackups
from tests.foundation.samples import ADMIN
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


CONFIG = Principal("config.amazonaws.com")
CONFIG_DELIVERY = {
    "aws:SourceAccount": ACCOUNT,
    "aws:PrincipalServiceName": "config.amazonaws.com",
    "aws:PrincipalIsAWSService": "true",
    "s3:TlsVersion": "1.3",
}


def configurations() -> None:
    args: Any = {**PLACE, "key_arn": KEY, "access_log_bucket": "logs"}
    ConfigurationRecord("record", args)


def backups(tier: str) -> None:
    args: Any = {**PLACE, "tier": tier, "key_arn": KEY, "administrators": [ADMIN]}
    PartitionBackups("backups", args)


def vault(tier: str) -> str:
    return f"arn:aws:backup:eu-central-1:{ACCOUNT}:backup-vault:prod-{tier}-backups"


BREAK_GLASS = somebody("bulkhead/prod/restricted/prod-restricted-break-glass")
OPERATOR = somebody("bulkhead/prod/people/prod-operator")
ENDS = ["DeleteBackupVault", "DeleteRecoveryPoint", "UpdateRecoveryPointLifecycle"]

PROOFS = {
    "trail": PROOF,
    "configurations": Proof(
        configurations,
        physical("configurations"),
        allowed={
            "AWS Config looks": (CONFIG, "s3:ListBucket", CONFIG_DELIVERY),
            "AWS Config writes": (CONFIG, f"s3:PutObject {RECORD}", CONFIG_DELIVERY),
            "read": (who(), f"s3:GetObject {RECORD}", INSIDE),
        },
        denied={
            **{sid: asks for sid, asks in PROOF.denied.items() if sid},
            "": {
                "another account": (
                    CONFIG,
                    f"s3:PutObject {RECORD}",
                    {**CONFIG_DELIVERY, "aws:SourceAccount": OTHER_ACCOUNT},
                ),
                "CloudTrail": (CLOUDTRAIL, f"s3:PutObject {RECORD}", DELIVERY),
            },
        },
    ),
    "locked vault": Proof(
        lambda: backups("restricted"),
        vault("restricted"),
        allowed={
            "who deploys restores": (DEPLOYER, "backup:StartRestoreJob", {}),
            "who deploys sets the policy": (DEPLOYER, "backup:PutBackupVaultAccessPolicy", {}),
            "break-glass restores": (BREAK_GLASS, "backup:StartRestoreJob", {}),
            "an operator looks": (OPERATOR, "backup:DescribeBackupVault", {}),
        },
        denied={
            "DenyDeletion": {
                f"{name}: {action}": (principal, f"backup:{action}", {})
                for name, principal in (("who deploys", DEPLOYER), ("an operator", OPERATOR))
                for action in ENDS
            },
            "DenyRestoresByOthers": {
                "an operator restores": (OPERATOR, "backup:StartRestoreJob", {}),
                "an operator copies": (OPERATOR, "backup:CopyFromBackupVault", {}),
            },
            "DenyOpening": {
                "an operator opens": (OPERATOR, "backup:PutBackupVaultAccessPolicy", {}),
                "break-glass opens": (BREAK_GLASS, "backup:DeleteBackupVaultAccessPolicy", {}),
            },
        },
    ),
    "vault": Proof(
        lambda: backups("confidential"),
        vault("confidential"),
        allowed={"who deploys deletes": (DEPLOYER, "backup:DeleteRecoveryPoint", {})},
        denied={
            "DenyDeletion": {"an operator": (OPERATOR, "backup:DeleteRecoveryPoint", {})},
            "DenyRestoresByOthers": {
                "break-glass of another tier": (BREAK_GLASS, "backup:StartRestoreJob", {})
            },
            "DenyOpening": {"an operator": (OPERATOR, "backup:PutBackupVaultAccessPolicy", {})},
        },
    ),
}


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
def test_who_should_gets_in(evaluator: Evaluator, proof: Proof) -> None:
    world = proof.documents().world
    decisions = evaluator.evaluate(proof.requests(proof.allowed.values(), world), world)
    assert [str(decision) for decision in decisions if not decision.allowed] == []


@pytest.mark.parametrize("proof", PROOFS.values(), ids=PROOFS)
def test_nobody_else_writes_reads_or_deletes(evaluator: Evaluator, proof: Proof) -> None:
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
        if removed.startswith(f"{policy.name}/"):
            assert proof.allowed_in(evaluator, weaker.world) != whole, removed

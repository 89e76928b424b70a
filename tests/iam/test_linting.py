"""Linting finds what AWS refuses, and what it accepts although it can't do what was meant."""

from typing import Any

import pytest

from tests.iam.evaluation import Evaluator
from tests.iam.model import Policy
from tests.iam.writing import ACCOUNT, BUCKET, KEY, ROOT, allow, deny, policy

TOKEN = "token.actions.githubusercontent.com"  # noqa: S105
PROVIDER = {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{TOKEN}"}


def given(operator: str, key: str, value: Any) -> dict[str, Any]:
    """A condition, as an argument of a statement."""
    return {"condition": {operator: {key: value}}}


def rules(evaluator: Evaluator, kind: str, *statements: dict[str, Any]) -> set[str]:
    """The rules that a policy of these statements breaks."""
    return {finding.rule for finding in evaluator.lint([(kind, policy(*statements))])}


@pytest.mark.parametrize(
    ("kind", "statement"),
    [
        ("identity", allow("kms:Decrypt", resource=KEY)),
        ("identity", allow(["s3:GetObject", "s3:ListBucket"], resource=[BUCKET, f"{BUCKET}/*"])),
        ("identity", allow("s3:GetObject", resource=f"{BUCKET}/${{aws:PrincipalTag/tenant}}/*")),
        ("identity", allow(not_action=["iam:*"])),
        ("identity", allow("ec2:DeleteSnapshot", resource="arn:aws:ec2:*:*:snapshot/*")),
        (
            "identity",
            allow("s3vectors:PutVectors", **given("StringEquals", "aws:SourceVpc", "vpc-1")),
        ),
        (
            "resource",
            deny(
                "kms:*",
                principal="*",
                **given("StringNotEquals", "aws:PrincipalTag/bulkhead:environment", "prod"),
            ),
        ),
        (
            "resource",
            allow(
                ["kms:Decrypt", "kms:GenerateDataKey"],
                principal="*",
                **given("StringLike", "kms:EncryptionContext:aws:s3:arn", f"{BUCKET}*"),
            ),
        ),
        (
            "resource",
            allow(
                "kms:Decrypt",
                principal=ROOT,
                **given("StringEquals", "kms:RecipientAttestation:NitroTPMPCR4", "ab"),
            ),
        ),
        ("endpoint", allow("s3:GetObject", principal="*", resource=f"{BUCKET}/*")),
        (
            "trust",
            allow(
                ["sts:AssumeRole", "sts:TagSession"],
                resource=None,
                principal={"Service": "pods.eks.amazonaws.com"},
            ),
        ),
        (
            "trust",
            allow(
                "sts:AssumeRoleWithWebIdentity",
                resource=None,
                principal=PROVIDER,
                **given("StringEquals", f"{TOKEN}:sub", "repo:acme/platform"),
            ),
        ),
        ("scp", deny("kms:ScheduleKeyDeletion")),
    ],
    ids=str,
)
def test_a_sound_policy_has_no_findings(
    evaluator: Evaluator, kind: str, statement: dict[str, Any]
) -> None:
    assert rules(evaluator, kind, statement) == set()


@pytest.mark.parametrize(
    ("kind", "statement", "rule"),
    [
        ("identity", allow("kms:Decript"), "action"),
        ("identity", allow("keys:Decrypt"), "action"),
        ("identity", allow(not_action=["imm:*"]), "action"),
        ("identity", allow("s3:GetObject", resource=BUCKET), "resource"),
        ("identity", allow("kms:CreateKey", resource=KEY), "resource"),
        ("identity", allow("kms:Decrypt", resource=[KEY, BUCKET]), "resource"),
        (
            "identity",
            allow("kms:Decrypt", **given("StringEquals", "aws:SourceVpx", "a")),
            "condition-key",
        ),
        (
            "identity",
            allow("kms:PutKeyPolicy", **given("StringEquals", "kms:EncryptionContext:a", "b")),
            "condition-key",
        ),
        (
            "identity",
            deny(
                ["kms:CreateGrant", "kms:Decrypt"],
                **given("Bool", "kms:GrantIsForAWSResource", "false"),
            ),
            "condition-key",
        ),
        (
            "trust",
            allow(
                "sts:AssumeRole",
                resource=None,
                principal=ROOT,
                **given("StringEquals", f"{TOKEN}:sub", "repo:acme/platform"),
            ),
            "condition-key",
        ),
        (
            "identity",
            allow("kms:TagResource", **given("StringEquals", "aws:TagKeys", "a")),
            "operator",
        ),
        (
            "identity",
            allow("kms:TagResource", **given("ForAllValues:StringEquals", "aws:TagKeys", "a")),
            "operator",
        ),
        (
            "identity",
            allow("kms:Decrypt", **given("ForAllValues:StringEquals", "aws:SourceVpc", "a")),
            "operator",
        ),
        (
            "identity",
            allow("kms:Decrypt", **given("NumericEquals", "aws:SecureTransport", "1")),
            "operator",
        ),
        ("identity", allow("s3:GetObject", resource=f"{BUCKET}/${{aws:Tenant}}/*"), "variable"),
        (
            "identity",
            allow("kms:*", **given("StringEquals", "aws:SourceVpc", "${aws:Tenant}")),
            "variable",
        ),
        (
            "identity",
            allow("kms:Decrypt", resource="arn:aws:kms:*:${aws:PrincipalAccount}:key/*"),
            "variable",
        ),
        ("resource", allow("kms:*", principal=f"arn:aws:iam::{ACCOUNT}:role/*"), "principal"),
        ("resource", allow("kms:*", principal="arn:aws:iam::1111:root"), "principal"),
        ("resource", deny("s3:*", not_principal=ROOT), "not-principal"),
        ("resource", allow("s3:GetObject", resource=f"{BUCKET}/*"), "syntax"),
        ("identity", allow("kms:*", principal="*"), "syntax"),
        ("trust", allow("sts:AssumeRole", principal=ROOT), "syntax"),
        ("endpoint", allow("s3:*", principal=ROOT), "syntax"),
        ("rcp", allow("s3:*", principal="*"), "syntax"),
        ("managed", allow("kms:Decrypt", resource=[KEY] * 100), "size"),
    ],
    ids=str,
)
def test_a_flawed_policy_is_found(
    evaluator: Evaluator, kind: str, statement: dict[str, Any], rule: str
) -> None:
    assert rules(evaluator, kind, statement) == {rule}


def test_a_policy_of_the_old_version_is_found(evaluator: Evaluator) -> None:
    statement = allow("kms:Decrypt", resource=KEY)
    for version in ("2008-10-17", None):
        old = (
            {"Version": version, "Statement": [statement]} if version else {"Statement": statement}
        )
        assert "version" in {f.rule for f in evaluator.lint([("identity", Policy("old", old))])}


def test_two_statements_of_one_name_are_found(evaluator: Evaluator) -> None:
    twins = allow("kms:Decrypt", sid="Keys"), allow("kms:Encrypt", sid="Keys")
    assert rules(evaluator, "resource", *(one | {"Principal": "*"} for one in twins)) == {"syntax"}


def test_a_null_check_makes_for_all_values_sound(evaluator: Evaluator) -> None:
    condition = {
        "ForAllValues:StringEquals": {"aws:TagKeys": "a"},
        "Null": {"aws:TagKeys": "false"},
    }
    assert rules(evaluator, "identity", allow("kms:TagResource", condition=condition)) == set()


def test_a_finding_says_where_and_what(evaluator: Evaluator) -> None:
    flawed = policy(allow("kms:Decript", sid="Keys"), name="dev")
    found = evaluator.lint([("identity", flawed), ("identity", policy(allow()))])
    assert [str(one) for one in found] == ["dev/Keys: AWS has no action kms:Decript [action]"]

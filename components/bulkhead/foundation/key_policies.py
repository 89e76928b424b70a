"""Key policies: who may administer a key, who may use it, and who can never.

No statement delegates to the account without a condition. Principals are recognised by the paths
and tags of the platform's roles and by the ARNs of the administrators, and explicit denies fence
the partition whatever IAM policies and grants allow (AWS KMS Developer Guide, "Key policies").
"""

from collections.abc import Mapping, Sequence

from bulkhead.domain.duties import Duty
from bulkhead.domain.labels import TAG_PREFIX
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.documents import (
    EVERYBODY,
    Document,
    Statement,
    by,
    condition,
    deny_outside_partition,
    deny_unless,
    document,
    inside_environment,
    unless_by,
)
from bulkhead.foundation.identity import ATTESTED_USE
from bulkhead.foundation.key_uses import CRYPTOGRAPHY, FOR_SERVICES, SET_UP, uses, via

ADMINISTRATION = [
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
]
"""What administrators do; none of it uses the key."""

INSPECTION = [
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
]
"""What shows how a key is kept."""

REMOVAL = ["kms:DisableKey", "kms:ScheduleKeyDeletion"]
"""What makes ciphertext unreadable, or signatures unverifiable."""

VERSION_CONTEXT, TRYING = "kms:EncryptionContext:SecretVersionId", "RequestToValidateKeyAccess"
"""What Secrets Manager tells KMS of a secret's version, and what instead when it only tries."""

VERIFICATION = ["kms:DescribeKey", "kms:GetPublicKey", "kms:Verify"]
"""What checks a signature."""

SEALING = ["kms:Encrypt", "kms:GenerateDataKeyWithoutPlaintext"]
"""What puts something under a sealed key, and shows its author no plaintext that it hadn't."""

UNATTESTED = ["kms:CreateGrant", "kms:GenerateDataKeyPair*", "kms:ReEncrypt*"]
"""What hands the use of a key on, or takes ciphertext out from under it."""

APPROVED_TAG = f"{TAG_PREFIX}removal-approved"
"""The tag without which nobody may disable or delete a key."""


def key_policy(
    scope: Scope, tier: Tier, purposes: Sequence[Purpose], administrators: Sequence[str]
) -> Document:
    """The policy of a key that serves ``purposes`` in one environment and tier."""
    if Purpose.SIGNING in purposes:
        return _signing_policy(scope, tier, administrators)
    allowed: dict[str, Statement] = {}
    for purpose in purposes:
        allowed |= {statement["Sid"]: statement for statement in uses(scope, tier, purpose)}
    set_up = sorted({service for purpose in purposes for service in SET_UP.get(purpose, ())})
    services = [arns.autoscaling_role(scope), arns.ec2_infrastructure_role(scope)]
    return document(
        *_administration(scope, tier, administrators),
        _allow(
            scope,
            "LetServicesHoldGrantsForAdministrators",
            ["kms:CreateGrant"],
            condition(by(*administrators), FOR_SERVICES),
        ),
        *_set_up(scope, administrators, set_up),
        *allowed.values(),
        *deny_outside_partition(
            scope,
            tier,
            ["kms:*"],
            "*",
            except_for=[*administrators, *_removal_roles(scope), *services],
        ),
        *_fences(scope, administrators),
        _deny(
            "DenyUseByAdministrators",
            CRYPTOGRAPHY,
            condition(
                by(*administrators, *_removal_roles(scope)),
                {"StringNotEquals": {"kms:ViaService": via(scope, *set_up)}} if set_up else {},
            ),
        ),
        *(_no_secret_values(scope, administrators) if Purpose.SECRET in purposes else []),
    )


def sealed_policy(
    scope: Scope,
    tier: Tier,
    users: Sequence[str],
    administrators: Sequence[str],
    attested: Mapping[str, str],
) -> Document:
    """The policy of a key that opens for ``users`` with an attestation that says ``attested``.

    Each measurement has a deny of its own, which an absent one meets as well as a wrong one (AWS
    KMS Developer Guide, "Condition keys for AWS Nitro Enclaves", "for NitroTPM").
    """
    builder = arns.duty_role(scope, Duty.BUILDER, tier)
    return document(
        *_administration(scope, tier, administrators),
        _allow(scope, "SealAsBuilder", SEALING, by(builder)),
        _allow(
            scope,
            "OpenWhenAttested",
            ATTESTED_USE,
            condition(by(*users), {"StringEqualsIgnoreCase": dict(attested)}),
        ),
        *deny_outside_partition(
            scope, tier, ["kms:*"], "*", except_for=[*administrators, *_removal_roles(scope)]
        ),
        *_fences(scope, administrators)[1:],
        _deny("DenySealingByOthers", SEALING, unless_by(builder)),
        _deny("DenyOpeningByOthers", ATTESTED_USE, unless_by(*users)),
        *(
            _deny(
                f"DenyOther{key.rpartition(':')[2]}",
                ATTESTED_USE,
                {"StringNotEqualsIgnoreCase": {key: value}},
            )
            for key, value in attested.items()
        ),
        _deny("DenyWhatIsNotAttested", UNATTESTED, {}),
    )


def _signing_policy(scope: Scope, tier: Tier, administrators: Sequence[str]) -> Document:
    """The policy of a key that signs: the tier's builder does, all of the environment verify."""
    builder, inside = arns.duty_role(scope, Duty.BUILDER, tier), inside_environment(scope)
    return document(
        *_administration(scope, tier, administrators),
        _allow(scope, "SignAsBuilder", ["kms:Sign"], by(builder)),
        _allow(scope, "Verify", VERIFICATION, inside),
        *deny_unless(inside, ["kms:*"], "*", except_for=administrators),
        *_fences(scope, administrators),
        _deny("DenySigningByOthers", ["kms:Sign"], unless_by(builder)),
    )


def _allow(scope: Scope, sid: str, actions: Sequence[str], conditions: Statement) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"AWS": arns.root(scope)},
        "Action": list(actions),
        "Resource": "*",
        "Condition": conditions,
    }


def _deny(sid: str, actions: Sequence[str], conditions: Statement) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": EVERYBODY,
        "Action": list(actions),
        "Resource": "*",
        "Condition": conditions,
    }


def _removal_roles(scope: Scope) -> list[str]:
    """Who removes a key where data is protected: the one approves, the other does it."""
    return [arns.duty_role(scope, duty) for duty in (Duty.APPROVER, Duty.KEY_CUSTODIAN)]


def _administration(scope: Scope, tier: Tier, administrators: Sequence[str]) -> list[Statement]:
    """Administration without use, inspection by the tier's auditor, and removal.

    Where the environment protects its data, removal takes two persons: the approver puts a tag on
    the key, and only then may the custodian, with a second factor, disable or delete it. Neither
    can do the other's part, nor can an administrator do either.
    """
    auditor = arns.duty_role(scope, Duty.AUDITOR, tier)
    inspection = _allow(scope, "InspectAsAuditor", INSPECTION, by(auditor))
    if not scope.rules.protect_data:
        every = [*ADMINISTRATION, *REMOVAL]
        return [_allow(scope, "AdministerWithoutUse", every, by(*administrators)), inspection]
    approver, custodian = _removal_roles(scope)
    return [
        _allow(scope, "AdministerWithoutUse", ADMINISTRATION, by(*administrators)),
        inspection,
        _allow(
            scope,
            "ApproveRemoval",
            ["kms:TagResource", "kms:UntagResource"],
            condition(
                by(approver),
                {
                    "ForAllValues:StringEquals": {"aws:TagKeys": APPROVED_TAG},
                    "Null": {"aws:TagKeys": "false"},
                },
            ),
        ),
        _allow(
            scope,
            "RemoveOnceApproved",
            REMOVAL,
            condition(
                by(custodian),
                {
                    "StringEquals": {f"aws:ResourceTag/{APPROVED_TAG}": "true"},
                    "Bool": {"aws:MultiFactorAuthPresent": "true"},
                },
            ),
        ),
    ]


def _set_up(
    scope: Scope, administrators: Sequence[str], services: Sequence[str]
) -> list[Statement]:
    """Use through services that make something encrypted in their creator's name.

    It gives the creator no plaintext: reading is another call, of an action that the service's own
    permissions hold.
    """
    if not services:
        return []
    through = {"StringEquals": {"kms:ViaService": via(scope, *services)}}
    conditions = condition(by(*administrators), through)
    return [_allow(scope, "LetServicesSetUpForAdministrators", CRYPTOGRAPHY, conditions)]


def _no_secret_values(scope: Scope, administrators: Sequence[str]) -> list[Statement]:
    """Administrators make secrets and never open one, though through the same service.

    Secrets Manager tries the key in the creator's name, and marks that it only tries (AWS Secrets
    Manager User Guide, "Secret encryption and decryption").
    """
    return [
        _deny(
            "DenySecretValuesToAdministrators",
            CRYPTOGRAPHY,
            condition(
                by(*administrators, *_removal_roles(scope)),
                {"StringEquals": {"kms:ViaService": via(scope, "secretsmanager")}},
                {"StringNotEquals": {VERSION_CONTEXT: TRYING}},
            ),
        )
    ]


def _fences(scope: Scope, administrators: Sequence[str]) -> list[Statement]:
    """What neither an IAM policy nor a grant may lift, whatever the key is for."""
    approver, custodian = _removal_roles(scope)
    removers = [custodian] if scope.rules.protect_data else administrators
    return [
        _deny(
            "DenyGrantsToOthersThanServices",
            ["kms:CreateGrant"],
            {"BoolIfExists": {"kms:GrantIsForAWSResource": "false"}},
        ),
        _deny("DenyRemovalByOthers", REMOVAL, unless_by(*removers)),
        _deny(
            "DenyApprovalByOthers",
            ["kms:TagResource"],
            condition(
                unless_by(approver), {"ForAnyValue:StringEquals": {"aws:TagKeys": APPROVED_TAG}}
            ),
        ),
    ]

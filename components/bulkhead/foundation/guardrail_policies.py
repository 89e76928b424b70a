"""What nobody of an account may do to the platform's keys, roles and watchers, whatever IAM allows.

Key policies hold against everyone but those who may rewrite them. The same denials stand here as a
service control policy, for accounts of an organization, and as a permissions boundary, for one
account by itself: an administrator who opens a key's policy still can't use the key, nor grant its
use, nor become somebody who can (AWS Organizations User Guide, "Service control policies"; IAM User
Guide, "Permissions boundaries for IAM entities").
"""

from collections.abc import Sequence

from bulkhead.domain.duties import Duty
from bulkhead.domain.environments import Environment
from bulkhead.domain.labels import TAG_PREFIX
from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns
from bulkhead.foundation.documents import (
    ENVIRONMENT_RESOURCE_TAG,
    Document,
    Statement,
    by,
    condition,
    document,
    unless_by,
)
from bulkhead.foundation.key_policies import APPROVED_TAG, REMOVAL, TRYING, VERSION_CONTEXT
from bulkhead.foundation.key_uses import CRYPTOGRAPHY, SET_UP, via

RECASTING = [
    "iam:AttachRolePolicy",
    "iam:CreatePolicyVersion",
    "iam:CreateRole",
    "iam:DeletePolicy*",
    "iam:DeleteRole*",
    "iam:DetachRolePolicy",
    "iam:PassRole",
    "iam:PutRole*",
    "iam:SetDefaultPolicyVersion",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
]
"""What makes a role of the platform, changes what it is or may do, or lends it to a service."""

EMPOWERING = [
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateRole",
    "iam:CreateUser",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:PutUserPermissionsBoundary",
    "iam:PutUserPolicy",
    "iam:UpdateAssumeRolePolicy",
]
"""What makes an identity, or gives it more; IAM tells the identity's boundary with each."""

IMPERSONATING = [
    "iam:AddUserToGroup",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteUserPermissionsBoundary",
    "iam:UpdateLoginProfile",
]
"""What makes one into another identity, or takes its boundary away."""

REWRITING = [
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
]

SILENCING = [
    "cloudtrail:DeleteTrail",
    "cloudtrail:PutEventSelectors",
    "cloudtrail:StopLogging",
    "cloudtrail:UpdateTrail",
    "config:DeleteConfigurationRecorder",
    "config:StopConfigurationRecorder",
    "guardduty:DeleteDetector",
    "guardduty:UpdateDetector",
]
"""What blinds those who watch (AUD-1)."""

SHARED_WITH_STRANGERS = ["kms:*", "s3:*", "secretsmanager:*", "sqs:*", "sts:AssumeRole"]
"""What resource control policies can keep inside the organization; pipelines come from outside of
it by ``sts:AssumeRoleWithWebIdentity``, and their roles' trust judges them."""


def service_control(
    scope: Scope, administrators: Sequence[str], other_keys: Sequence[str]
) -> Document:
    """The policy of the environment's account in an organization."""
    return document(
        *_denials(scope, administrators, other_keys),
        _deny("DenyRootUser", ["*"], {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}),
        _deny("DenyLeaving", ["organizations:LeaveOrganization"]),
    )


def resource_control(organization_id: str) -> Document:
    """The policy that keeps other organizations' identities out of what the account has."""
    return document(
        {
            **_deny(
                "DenyStrangers",
                SHARED_WITH_STRANGERS,
                {
                    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": organization_id},
                    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
                },
            ),
            "Principal": "*",
        }
    )


def permissions_boundary(
    scope: Scope, administrators: Sequence[str], other_keys: Sequence[str], own_arn: str
) -> Document:
    """The same for an account by itself, as the boundary of people's and pipelines' roles.

    It holds for those who carry it, so that it also denies making an identity without it, becoming
    one, and rewriting it; and since environments may share the account, what belongs to another.
    """
    others = [str(each) for each in Environment if each is not scope.environment]
    theirs = [
        arn
        for each in others
        for arn in (
            arns.bucket(f"{each}-*"),
            f"arn:aws:iam::{scope.account_id}:policy/bulkhead/{each}/*",
            f"arn:aws:iam::{scope.account_id}:role/bulkhead/{each}/*",
        )
    ]
    return document(
        {"Sid": "LeaveTheRestToPolicies", "Effect": "Allow", "Action": "*", "Resource": "*"},
        *_denials(scope, administrators, other_keys),
        _on(theirs, _deny("DenyOtherEnvironments", ["*"])),
        _deny("DenyOtherLabels", ["*"], {"StringEquals": {ENVIRONMENT_RESOURCE_TAG: others}}),
        {
            "Sid": "DenyIdentitiesWithoutBoundary",
            "Effect": "Deny",
            "Action": EMPOWERING,
            "NotResource": f"arn:aws:iam::{scope.account_id}:role/bulkhead/*",
            "Condition": {"StringNotEquals": {"iam:PermissionsBoundary": own_arn}},
        },
        _deny("DenyBecomingOthers", IMPERSONATING),
        _on([own_arn], _deny("DenyRewritingThis", REWRITING)),
    )


def _denials(
    scope: Scope, administrators: Sequence[str], other_keys: Sequence[str]
) -> list[Statement]:
    """What both have in common."""
    platform = [arns.every_role(scope), arns.ec2_infrastructure_role(scope)]
    services = sorted({service for some in SET_UP.values() for service in some})
    using = [*CRYPTOGRAPHY, "kms:Sign"]
    others: Statement = {"ArnNotLike": {"aws:PrincipalArn": platform}}
    directly: Statement = {"StringNotEquals": {"kms:ViaService": via(scope, *services)}}
    secrets: Statement = {
        "StringEquals": {"kms:ViaService": via(scope, "secretsmanager")},
        "StringNotEquals": {VERSION_CONTEXT: TRYING},
    }
    policies, roles = (
        f"arn:aws:iam::{scope.account_id}:{kind}/bulkhead/*" for kind in ("policy", "role")
    )
    custodian = [arns.duty_role(scope, Duty.KEY_CUSTODIAN)]
    removers = custodian if scope.rules.protect_data else administrators
    approver = arns.duty_role(scope, Duty.APPROVER)
    approving: Statement = {"ForAnyValue:StringEquals": {"aws:TagKeys": APPROVED_TAG}}
    disguise: Statement = {"ForAnyValue:StringLike": {"aws:TagKeys": f"{TAG_PREFIX}*"}}
    return [
        _spare(_deny("DenyKeyUse", using, condition(others, directly)), other_keys),
        _spare(_deny("DenySecretValues", CRYPTOGRAPHY, condition(others, secrets)), other_keys),
        _deny(
            "DenyGrants",
            ["kms:CreateGrant"],
            {"BoolIfExists": {"kms:GrantIsForAWSResource": "false"}},
        ),
        _deny("DenyKeyPolicies", ["kms:PutKeyPolicy"], unless_by(*administrators)),
        _deny(
            "DenyLockouts",
            ["kms:CreateKey", "kms:PutKeyPolicy"],
            {"Bool": {"kms:BypassPolicyLockoutSafetyCheck": "true"}},
        ),
        _deny("DenyKeyRemoval", REMOVAL, unless_by(*removers)),
        _deny(
            "DenyRemovalApproval", ["kms:TagResource"], condition(unless_by(approver), approving)
        ),
        _on([policies, roles], _deny("DenyRecasting", RECASTING, unless_by(*administrators))),
        _on([roles], _deny("DenyBecomingPlatform", ["sts:AssumeRole"], by(*administrators))),
        _deny("DenyDisguise", ["sts:TagSession"], disguise),
        _deny("DenySilencing", SILENCING, unless_by(*administrators)),
    ]


def _on(resources: Sequence[str], statement: Statement) -> Statement:
    """The statement on ``resources`` alone."""
    return {**statement, "Resource": list(resources)}


def _spare(statement: Statement, resources: Sequence[str]) -> Statement:
    """The statement on all but ``resources``."""
    if not resources:
        return statement
    kept = {key: value for key, value in statement.items() if key != "Resource"}
    return {**kept, "NotResource": list(resources)}


def _deny(sid: str, actions: Sequence[str], conditions: Statement | None = None) -> Statement:
    found = {"Sid": sid, "Effect": "Deny", "Action": list(actions), "Resource": "*"}
    return {**found, "Condition": conditions} if conditions else found

"""IAM roles: who may take them on, and the most that they may ever do (IAM-1)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pulumi
import pulumi_aws as aws

from bulkhead.domain.duties import SECOND_FACTOR_MINUTES
from bulkhead.domain.labels import Labels
from bulkhead.domain.names import IAM_ROLE, fit
from bulkhead.domain.partitions import Purpose, key_alias
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.documents import (
    Document,
    Statement,
    by,
    condition,
    document,
    render,
)

ATTESTED_USE = ["kms:Decrypt", "kms:GenerateDataKey"]
"""What opens under a sealed key: operations that KMS can bind to an attestation."""

ARTIFACT_READING = ["s3:GetObject", "s3:GetObjectVersion"]
"""What reads an artifact."""

CHECKPOINT_WRITING = ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"]
"""What writes a checkpoint, in parts as they are large. Nothing is deleted: checkpoints expire."""

SECRET_READING = ["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"]
"""What the driver calls that mounts secrets (AWS Secrets Manager User Guide, "Use AWS Secrets and
Configuration Provider CSI with Pod Identity for Amazon EKS")."""

METRICS_WRITING = ["aps:RemoteWrite"]
"""What sends metrics to Amazon Managed Service for Prometheus (AMP User Guide, "IAM permissions and
policies")."""


def service_trust(scope: Scope, service: str, source_arn: str) -> Document:
    """Trust for an AWS service acting for one of the account's own resources.

    The conditions keep the service from being talked into using the role for somebody else (IAM
    User Guide, "The confused deputy problem").
    """
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": scope.account_id},
                "ArnLike": {"aws:SourceArn": source_arn},
            },
        }
    )


def ec2_trust() -> Document:
    """Trust for EC2 instances."""
    return sourceless_trust("ec2.amazonaws.com")


def sourceless_trust(service: str) -> Document:
    """Trust for a service that sends no source to check."""
    return document(
        {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    )


def pod_trust(cluster_name: str, namespace: str, service_account: str) -> Document:
    """Trust for the pods of one service account through EKS Pod Identity.

    The session tags are set by EKS, so that an association made elsewhere can't borrow the role
    (EKS User Guide, "Create IAM role with trust policy required by EKS Pod Identity").
    """
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "pods.eks.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Condition": {
                "StringEquals": {
                    "aws:RequestTag/eks-cluster-name": cluster_name,
                    "aws:RequestTag/kubernetes-namespace": namespace,
                    "aws:RequestTag/kubernetes-service-account": service_account,
                }
            },
        }
    )


def people_trust(holders: Sequence[str], *, second_factor: bool) -> Document:
    """Trust for the roles or users that people signed in as, of whatever account.

    Tags can't be set on the session. Where a second factor is asked for, it must be fresh: the
    session of an identity provider shows none, so that such a role is for IAM users with a hardware
    key (AWS Well-Architected, SEC03-BP03 "Establish emergency access process").
    """
    roots = sorted({f"arn:aws:iam::{arn.split(':')[4]}:root" for arn in holders})
    age = str(SECOND_FACTOR_MINUTES * 60)
    fresh: Statement = {
        "Bool": {"aws:MultiFactorAuthPresent": "true"},
        "NumericLessThanEquals": {"aws:MultiFactorAuthAge": age},
    }
    return document(
        {
            "Sid": "LetHoldersIn",
            "Effect": "Allow",
            "Principal": {"AWS": roots},
            "Action": "sts:AssumeRole",
            "Condition": condition(by(*holders), fresh if second_factor else {}),
        }
    )


def allow_key(
    scope: Scope,
    tier: Tier,
    purpose: Purpose,
    actions: str | Sequence[str],
    **conditions: Mapping[str, str],
) -> Statement:
    """Permission to use the partition's key for one purpose, named by its alias.

    The alias is known before the key exists, so that the policy can be read and judged at preview,
    and a key that is replaced needs no new one (AWS KMS Developer Guide, "Use aliases to control
    access to KMS keys"). It opens nothing by itself: the key's policy must agree.
    """
    alias = key_alias(scope.environment, tier, purpose)
    return {
        "Effect": "Allow",
        "Action": actions,
        "Resource": arns.every_key(scope),
        "Condition": {
            "ForAnyValue:StringEquals": {"kms:ResourceAliases": alias},
            **conditions,
        },
    }


def make_role(
    name: str,
    *,
    scope: Scope,
    labels: Labels,
    trust: Document,
    opts: pulumi.ResourceOptions,
    description: pulumi.Input[str],
    statements: Sequence[Statement] = (),
    managed: Mapping[str, str] | None = None,
    boundary_arn: pulumi.Input[str] | None = None,
    part: str | None = None,
) -> "MadeRole":
    """Register a role with its permissions.

    Its physical name is ``<environment>-<name>`` under the IAM path of its environment and tier, or
    of ``part`` in the tier's place, and its tags are ``labels``: key and bucket policies recognise
    it by both. ``managed`` are AWS managed policies by a word for the logical name; ``statements``
    are what else it may do.
    """
    role = aws.iam.Role(
        name,
        name=fit(scope.named(name), IAM_ROLE),
        path=arns.path(scope, part or labels.tier),
        description=description,
        assume_role_policy=render(trust),
        permissions_boundary=boundary_arn,
        max_session_duration=3600,
        tags=labels.tags(name),
        opts=opts,
    )
    permissions: list[Any] = [
        aws.iam.RolePolicyAttachment(
            f"{name}-{word}",
            role=role.name,
            policy_arn=f"arn:aws:iam::aws:policy/{policy}",
            opts=opts,
        )
        for word, policy in (managed or {}).items()
    ]
    if statements:
        permissions.append(
            aws.iam.RolePolicy(
                f"{name}-permissions",
                role=role.name,
                policy=render(document(*statements)),
                opts=opts,
            )
        )
    return MadeRole(role, permissions)


def make_pod_role(
    name: str,
    *,
    cluster_name: str,
    namespace: str,
    service_account: str,
    scope: Scope,
    labels: Labels,
    opts: pulumi.ResourceOptions,
    description: str,
    statements: Sequence[Statement],
    boundary_arn: pulumi.Input[str] | None = None,
) -> "MadePodRole":
    """Register the role of the pods of one service account, and hand it to them.

    They have it once it may do what it is for. Its name ends with the service account's.
    """
    full_name = f"{name}-{service_account}"
    role = make_role(
        full_name,
        scope=scope,
        labels=labels,
        trust=pod_trust(cluster_name, namespace, service_account),
        description=description,
        statements=statements,
        boundary_arn=boundary_arn,
        opts=opts,
    )
    association = aws.eks.PodIdentityAssociation(
        full_name,
        cluster_name=cluster_name,
        namespace=namespace,
        service_account=service_account,
        role_arn=role.ready_arn(),
        tags=labels.tags(full_name),
        opts=opts,
    )
    return MadePodRole(role.arn, role.name, association)


def role_arn(scope: Scope, name: str, tier: Tier) -> str:
    """ARN of the role that ``make_role`` registers, before it exists."""
    return arns.role(scope, fit(scope.named(name), IAM_ROLE), tier)


class MadePodRole(NamedTuple):
    """A role of pods, and what must exist before the first of them starts."""

    arn: pulumi.Output[str]
    name: pulumi.Output[str]
    association: pulumi.Resource


class MadeRole:
    """A role and the resources that give it its permissions."""

    def __init__(self, role: Any, permissions: list[Any]) -> None:
        self.arn: pulumi.Output[str] = role.arn
        self.name: pulumi.Output[str] = role.name
        self.permissions = permissions
        """What must exist before something that takes on the role can work."""

    def ready_arn(self) -> pulumi.Output[str]:
        """The role's ARN, once its permissions are there: for users in other components."""
        return pulumi.Output.all(self.arn, *(made.id for made in self.permissions)).apply(
            lambda values: str(values[0])
        )

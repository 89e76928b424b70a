"""The most that tenants' pods may do (IAM-1)."""

from bulkhead.domain.labels import Plane
from bulkhead.domain.partitions import SEALED
from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import Store
from bulkhead.foundation import arns
from bulkhead.foundation.documents import (
    NAMESPACE_TAG,
    PLANE_TAG,
    TENANT_TAG,
    Document,
    document,
)
from bulkhead.foundation.identity import (
    ARTIFACT_READING,
    ATTESTED_USE,
    CHECKPOINT_WRITING,
    METRICS_WRITING,
    SECRET_READING,
)


def workload_boundary(scope: Scope) -> Document:
    """The most that any tenant's pod may do in one environment, whatever its role allows.

    It reads artifacts of the environment's stores and the secrets of the namespace that EKS Pod
    Identity vouches for, opens what the environment's keys encrypt through their services, writes
    checkpoints of the tenant of its role where it trains, uses sealed keys, whose policies ask for
    an attestation, and sends metrics where it serves. Boundaries grant nothing (IAM User Guide,
    "Permissions boundaries").
    """
    namespace = f"${{{NAMESPACE_TAG}}}"
    return document(
        {
            "Sid": "ReadArtifacts",
            "Effect": "Allow",
            "Action": [*ARTIFACT_READING, "s3:ListBucket"],
            "Resource": [
                arns.bucket(f"{scope.environment}-*"),
                arns.bucket(f"{scope.environment}-*/*"),
            ],
            "Condition": {"StringEquals": {"aws:ResourceAccount": scope.account_id}},
        },
        {
            "Sid": "ReadOwnSecrets",
            "Effect": "Allow",
            "Action": SECRET_READING,
            "Resource": arns.regional(
                scope,
                "secretsmanager",
                f"secret:bulkhead/{scope.environment}/*/{namespace}/*",
            ),
        },
        {
            "Sid": "OpenArtifactsAndSecrets",
            "Effect": "Allow",
            "Action": "kms:Decrypt",
            "Resource": arns.every_key(scope),
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": [
                        f"{service}.{scope.region}.amazonaws.com"
                        for service in ("s3", "secretsmanager")
                    ]
                },
                "ForAnyValue:StringLike": {
                    "kms:ResourceAliases": f"alias/bulkhead/{scope.environment}/*"
                },
            },
        },
        {
            "Sid": "WriteCheckpoints",
            "Effect": "Allow",
            "Action": CHECKPOINT_WRITING,
            "Resource": arns.bucket(
                f"{scope.environment}-*-{Store.CHECKPOINTS}-*/${{{TENANT_TAG}}}/*"
            ),
            "Condition": {
                "StringEquals": {
                    "aws:ResourceAccount": scope.account_id,
                    PLANE_TAG: str(Plane.TRAINING),
                }
            },
        },
        {
            "Sid": "EncryptCheckpoints",
            "Effect": "Allow",
            "Action": "kms:GenerateDataKey",
            "Resource": arns.every_key(scope),
            "Condition": {
                "StringEquals": {
                    "kms:ViaService": f"s3.{scope.region}.amazonaws.com",
                    PLANE_TAG: str(Plane.TRAINING),
                },
                "ForAnyValue:StringLike": {
                    "kms:ResourceAliases": f"alias/bulkhead/{scope.environment}/*/"
                    f"{Store.CHECKPOINTS.purpose}"
                },
            },
        },
        {
            "Sid": "OpenSealed",
            "Effect": "Allow",
            "Action": ATTESTED_USE,
            "Resource": arns.every_key(scope),
            "Condition": {
                "ForAnyValue:StringLike": {
                    "kms:ResourceAliases": f"alias/bulkhead/{scope.environment}/*/{SEALED}*"
                },
            },
        },
        {
            "Sid": "SendMetrics",
            "Effect": "Allow",
            "Action": METRICS_WRITING,
            "Resource": arns.regional(scope, "aps", "workspace/*"),
            "Condition": {"StringEquals": {PLANE_TAG: str(Plane.INFERENCE)}},
        },
    )

"""VPC endpoints: what a cluster without a way to the internet reaches, and what through them."""

from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns
from bulkhead.foundation.documents import EVERYBODY, Document, document

INTERFACE_SERVICES = (
    "autoscaling",
    "ec2",
    "ecr.api",
    "ecr.dkr",
    "eks",
    "eks-auth",
    "elasticloadbalancing",
    "kms",
    "logs",
    "sts",
)
"""What nodes and controllers of a private EKS cluster call (EKS User Guide, "Deploy private
clusters with limited internet access"); ``eks-auth`` serves Pod Identity. ``ssm`` is left out:
nodes have no right to it, and nobody logs into them."""

ARTIFACT_USE = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:GetBucketLocation",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
]
ARTIFACT_READING = ["s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"]


def service_name(scope: Scope, service: str) -> str:
    """The endpoint service of an AWS service in the scope's Region."""
    return f"com.amazonaws.{scope.region}.{service}"


def s3_gateway_policy(scope: Scope) -> Document:
    """The account's own principals on its own buckets, and the layers of container images.

    Nobody carries data into another account's bucket this way. ECR serves layers from its own
    buckets, to presigned requests that no account condition fits (Amazon ECR User Guide, "Amazon
    ECR interface VPC endpoints").
    """
    return document(
        _own_buckets(scope, ARTIFACT_USE),
        {
            "Sid": "PullImageLayers",
            "Effect": "Allow",
            "Principal": EVERYBODY,
            "Action": "s3:GetObject",
            "Resource": arns.bucket(f"prod-{scope.region}-starport-layer-bucket/*"),
        },
    )


def s3_interface_policy(scope: Scope) -> Document:
    """Reading only: this is the endpoint that pods reach."""
    return document(_own_buckets(scope, ARTIFACT_READING))


def _own_buckets(scope: Scope, actions: list[str]) -> dict[str, object]:
    return {
        "Sid": "OwnBuckets",
        "Effect": "Allow",
        "Principal": EVERYBODY,
        "Action": actions,
        "Resource": "*",
        "Condition": {
            "StringEquals": {
                "aws:PrincipalAccount": scope.account_id,
                "aws:ResourceAccount": scope.account_id,
            }
        },
    }


def service_policy(scope: Scope, service: str) -> Document:
    """The account's own principals, for one service.

    The resources' account is left open: EKS add-ons pull their images from AWS's own registries.
    """
    return document(
        {
            "Sid": "OwnPrincipals",
            "Effect": "Allow",
            "Principal": EVERYBODY,
            "Action": f"{service.partition('.')[0]}:*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:PrincipalAccount": scope.account_id}},
        }
    )

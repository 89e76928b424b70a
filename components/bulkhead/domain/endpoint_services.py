"""AWS services that a closed network reaches through interface endpoints (NET-1)."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError


class EndpointService(StrEnum):
    """The last part of an endpoint service's name, after the Region.

    AWS PrivateLink Guide, "AWS services that integrate with AWS PrivateLink".
    """

    APS_WORKSPACES = "aps-workspaces"
    AUTOSCALING = "autoscaling"
    BEDROCK_RUNTIME = "bedrock-runtime"
    EC2 = "ec2"
    ECR_API = "ecr.api"
    ECR_DKR = "ecr.dkr"
    EKS = "eks"
    EKS_AUTH = "eks-auth"
    ELASTICFILESYSTEM = "elasticfilesystem"
    ELASTICLOADBALANCING = "elasticloadbalancing"
    EVENTS = "events"
    GUARDDUTY_DATA = "guardduty-data"
    KMS = "kms"
    LOGS = "logs"
    MONITORING = "monitoring"
    S3 = "s3"
    S3VECTORS = "s3vectors"
    SAGEMAKER_API = "sagemaker.api"
    SAGEMAKER_RUNTIME = "sagemaker.runtime"
    SECRETSMANAGER = "secretsmanager"
    SNS = "sns"
    SQS = "sqs"
    SSM = "ssm"
    STATES = "states"
    STS = "sts"
    XRAY = "xray"


ALWAYS = (
    EndpointService.AUTOSCALING,
    EndpointService.EC2,
    EndpointService.ECR_API,
    EndpointService.ECR_DKR,
    EndpointService.EKS,
    EndpointService.EKS_AUTH,
    EndpointService.ELASTICLOADBALANCING,
    EndpointService.KMS,
    EndpointService.LOGS,
    EndpointService.S3,
    EndpointService.STS,
)
"""What nodes and controllers of a private EKS cluster call (EKS User Guide, "Deploy private
clusters with limited internet access"); ``eks-auth`` serves Pod Identity. ``ssm`` is left out:
nodes have no right to it, and nobody logs into them."""

ABSENT: Mapping[EndpointService, frozenset[str]] = {
    EndpointService.S3VECTORS: frozenset({"ap-northeast-3", "sa-east-1", "us-west-1"}),
}
"""Regions of the catalogue in which a service has no endpoint; every other is in all of them (S3
User Guide, "S3 Vectors AWS Regions and endpoints"). ``aws ec2 describe-vpc-endpoint-services``
tells what a Region has today; what is listed here in error is refused, never made in vain."""

ACTION_PREFIXES: Mapping[EndpointService, str] = {
    EndpointService.APS_WORKSPACES: "aps",
    EndpointService.BEDROCK_RUNTIME: "bedrock",
    EndpointService.ECR_API: "ecr",
    EndpointService.ECR_DKR: "ecr",
    EndpointService.MONITORING: "cloudwatch",
    EndpointService.SAGEMAKER_API: "sagemaker",
    EndpointService.SAGEMAKER_RUNTIME: "sagemaker",
}
"""Prefixes of the actions of services whose endpoints are called otherwise (Service Authorization
Reference)."""


def check_services(names: Iterable[str], region: str, *, where: str) -> tuple[EndpointService, ...]:
    """The services that get an interface endpoint: those always needed, and those of ``names``.

    Raises:
        RefusedError: one is unknown, or has no endpoint in the Region.
    """
    asked = [parsing.choice(EndpointService, name, where=where) for name in names]
    for service in asked:
        absent = ABSENT.get(service, frozenset())
        if region in absent:
            raise RefusedError(
                f"the service has no endpoint in {region}",
                given=service,
                allowed=f"it in every region but {', '.join(sorted(absent))}",
                where=where,
            )
    return tuple(dict.fromkeys((*ALWAYS, *asked)))

"""Amazon Resource Names that are known before the resource exists.

The partition is always ``aws``: the Regions of the catalogue are commercial ones.
"""

from bulkhead.domain.scope import Scope


def root(scope: Scope) -> str:
    """The account; as a principal, whatever the account's own IAM policies allow."""
    return f"arn:aws:iam::{scope.account_id}:root"


def role_path(scope: Scope) -> str:
    """IAM path of the platform's roles in one environment."""
    return f"/bulkhead/{scope.environment}/"


def event_rule(scope: Scope, name: str, *, region: str | None = None) -> str:
    """A rule of the default event bus."""
    return f"arn:aws:events:{region or scope.region}:{scope.account_id}:rule/{name}"


def event_bus(scope: Scope) -> str:
    """The default event bus."""
    return f"arn:aws:events:{scope.region}:{scope.account_id}:event-bus/default"


def topic(scope: Scope, name: str) -> str:
    """An SNS topic."""
    return f"arn:aws:sns:{scope.region}:{scope.account_id}:{name}"


def queue(scope: Scope, name: str) -> str:
    """An SQS queue."""
    return f"arn:aws:sqs:{scope.region}:{scope.account_id}:{name}"


def every_role(scope: Scope) -> str:
    """The platform's roles in one environment."""
    return f"arn:aws:iam::{scope.account_id}:role{role_path(scope)}*"


def log_group(scope: Scope, name: str) -> str:
    """A CloudWatch log group."""
    return f"arn:aws:logs:{scope.region}:{scope.account_id}:log-group:{name}"


def eks_cluster(scope: Scope, name: str) -> str:
    """An EKS cluster by its physical name."""
    return f"arn:aws:eks:{scope.region}:{scope.account_id}:cluster/{name}"


def every_key(scope: Scope) -> str:
    """The KMS keys of account and Region, where a condition narrows them down."""
    return f"arn:aws:kms:{scope.region}:{scope.account_id}:key/*"


def table(scope: Scope, name: str) -> str:
    """A DynamoDB table."""
    return f"arn:aws:dynamodb:{scope.region}:{scope.account_id}:table/{name}"


def bucket(name: str) -> str:
    """A bucket."""
    return f"arn:aws:s3:::{name}"


def autoscaling_role(scope: Scope) -> str:
    """The service-linked role with which EC2 Auto Scaling launches nodes."""
    return (
        f"arn:aws:iam::{scope.account_id}:role/aws-service-role/autoscaling.amazonaws.com/"
        "AWSServiceRoleForAutoScaling"
    )


def ec2_infrastructure_role(scope: Scope) -> str:
    """The principal as which EC2 itself decrypts an attached volume, by the grant it was given.

    No customer can make a role of this name: IAM forbids the colon.
    """
    return f"arn:aws:iam::{scope.account_id}:role/aws:ec2-infrastructure"


def vector_bucket(scope: Scope, name: str) -> str:
    """A vector bucket."""
    return f"arn:aws:s3vectors:{scope.region}:{scope.account_id}:bucket/{name}"

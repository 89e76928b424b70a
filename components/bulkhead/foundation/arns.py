"""Amazon Resource Names that are known before the resource exists.

The partition is always ``aws``: the Regions of the catalogue are commercial ones.
"""

from bulkhead.domain.duties import Duty, role_name
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier


def root(scope: Scope) -> str:
    """The account; as a principal, whatever the account's own IAM policies allow."""
    return f"arn:aws:iam::{scope.account_id}:root"


def path(scope: Scope, part: str = "") -> str:
    """IAM path of what the platform has in one environment, or in a part of it.

    The part is a tier for what machines run as, and ``people`` or ``ci`` for the others. A path,
    unlike a tag, can't be changed once the role is made, so that key and bucket policies tell
    partitions apart by it.
    """
    return f"/bulkhead/{scope.environment}/{part}/" if part else f"/bulkhead/{scope.environment}/"


def role(scope: Scope, name: str, part: str = "") -> str:
    """A role of the platform by its physical name."""
    return f"arn:aws:iam::{scope.account_id}:role{path(scope, part)}{name}"


def policy(scope: Scope, name: str) -> str:
    """A managed policy of the platform by its physical name."""
    return f"arn:aws:iam::{scope.account_id}:policy{path(scope)}{name}"


def identity_provider(scope: Scope, issuer: str) -> str:
    """The account's OpenID Connect provider for an issuer, of which IAM takes one."""
    return f"arn:aws:iam::{scope.account_id}:oidc-provider/{issuer}"


PEOPLE, PIPELINES = "people", "ci"
"""Parts of the path for roles that reach no artifact."""


def duty_role(scope: Scope, duty: Duty, tier: Tier = Tier.PUBLIC) -> str:
    """The role of a duty; ``tier`` counts for duties that have a role in each."""
    return role(scope, scope.named(role_name(duty, tier)), duty_part(duty, tier))


def duty_part(duty: Duty, tier: Tier) -> str:
    """The part of the IAM path that the role of a duty stands in.

    What reads or writes stores stands with its tier, as what machines run as does; the others reach
    no artifact and stand apart.
    """
    return str(tier) if duty.per_tier else PEOPLE


ROTATION = "secret-rotation"
"""What the function that rotates the secrets of a tier is called."""


def rotation_role(scope: Scope, tier: Tier, word: str = ROTATION) -> str:
    """The role that rotates the secrets of a tier."""
    return role(scope, scope.named(f"{tier}-{word}"), tier)


def event_rule(scope: Scope, name: str, *, region: str | None = None) -> str:
    """A rule of the default event bus."""
    return f"arn:aws:events:{region or scope.region}:{scope.account_id}:rule/{name}"


def event_bus(scope: Scope) -> str:
    """The default event bus."""
    return f"arn:aws:events:{scope.region}:{scope.account_id}:event-bus/default"


def trail(scope: Scope, name: str) -> str:
    """A CloudTrail trail."""
    return regional(scope, "cloudtrail", f"trail/{name}")


def topic(scope: Scope, name: str) -> str:
    """An SNS topic."""
    return f"arn:aws:sns:{scope.region}:{scope.account_id}:{name}"


def queue(scope: Scope, name: str) -> str:
    """An SQS queue."""
    return f"arn:aws:sqs:{scope.region}:{scope.account_id}:{name}"


def every_role(scope: Scope) -> str:
    """The platform's roles in one environment."""
    return f"arn:aws:iam::{scope.account_id}:role{path(scope)}*"


def log_group(scope: Scope, name: str) -> str:
    """A CloudWatch log group."""
    return regional(scope, "logs", f"log-group:{name}")


def eks_cluster(scope: Scope, name: str) -> str:
    """An EKS cluster by its physical name."""
    return regional(scope, "eks", f"cluster/{name}")


def every_key(scope: Scope) -> str:
    """The KMS keys of account and Region, where a condition narrows them down."""
    return regional(scope, "kms", "key/*")


def regional(scope: Scope, service: str, resource: str) -> str:
    """What the account has of a service in the Region; ``resource`` may be a pattern."""
    return f"arn:aws:{service}:{scope.region}:{scope.account_id}:{resource}"


def table(scope: Scope, name: str) -> str:
    """A DynamoDB table."""
    return f"arn:aws:dynamodb:{scope.region}:{scope.account_id}:table/{name}"


def bucket(name: str) -> str:
    """A bucket."""
    return f"arn:aws:s3:::{name}"


def autoscaling_role(scope: Scope) -> str:
    """The service-linked role with which EC2 Auto Scaling launches nodes."""
    return service_linked_role(scope, "autoscaling.amazonaws.com", "AWSServiceRoleForAutoScaling")


def ec2_infrastructure_role(scope: Scope) -> str:
    """The principal as which EC2 itself decrypts an attached volume, by the grant it was given.

    No customer can make a role of this name: IAM forbids the colon.
    """
    return f"arn:aws:iam::{scope.account_id}:role/aws:ec2-infrastructure"


def vector_bucket(scope: Scope, name: str) -> str:
    """A vector bucket."""
    return f"arn:aws:s3vectors:{scope.region}:{scope.account_id}:bucket/{name}"


def service_linked_role(scope: Scope, service: str, name: str) -> str:
    """The role that an AWS service makes for itself."""
    return f"arn:aws:iam::{scope.account_id}:role/aws-service-role/{service}/{name}"


def service_linked_roles(scope: Scope) -> str:
    """The roles that AWS services make for themselves; no customer can make one."""
    return f"arn:aws:iam::{scope.account_id}:role/aws-service-role/*"

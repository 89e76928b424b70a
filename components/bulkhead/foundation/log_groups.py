"""Log groups."""

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels
from bulkhead.domain.tiers import CATALOGUE


def make_log_group(
    name: str,
    group: str,
    *,
    labels: Labels,
    key_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> "aws.cloudwatch.LogGroup":
    """Register a log group that keeps what it gets as long as the tier of ``labels`` asks."""
    return aws.cloudwatch.LogGroup(
        name,
        name=group,
        retention_in_days=CATALOGUE[labels.tier].retention.log_days,
        kms_key_id=key_arn,
        tags=labels.tags(name),
        opts=opts,
    )

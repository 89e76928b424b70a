"""What a public edge writes down, and as whom."""

from collections.abc import Callable

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels
from bulkhead.domain.scope import Scope
from bulkhead.foundation.identity import make_role, sourceless_trust
from bulkhead.foundation.log_groups import make_log_group
from bulkhead.foundation.network_logs import log_group_name

LOG_PUSHING = "service-role/AmazonAPIGatewayPushToCloudWatchLogs"
"""What API Gateway asks of the role by which it logs; it refuses one that may do less."""

Child = Callable[..., pulumi.ResourceOptions]
"""Makes the options of a component's child."""


def make_access_log(
    name: str,
    scope: Scope,
    labels: Labels,
    key_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> "aws.cloudwatch.LogGroup":
    """Register the log group of requests."""
    return make_log_group(
        f"{name}-access",
        log_group_name(scope, name, "access"),
        labels=labels,
        key_arn=key_arn,
        opts=opts,
    )


def make_log_role(name: str, scope: Scope, labels: Labels, child: Child) -> pulumi.Resource:
    """Register the one role by which API Gateway logs in this account and Region."""
    role = make_role(
        f"{name}-logs",
        scope=scope,
        labels=labels,
        trust=sourceless_trust("apigateway.amazonaws.com"),
        description="API Gateway, writing its logs.",
        managed={"push": LOG_PUSHING},
        opts=child(),
    )
    made: pulumi.Resource = aws.apigateway.Account(
        name, cloudwatch_role_arn=role.arn, opts=child(depends_on=role.permissions)
    )
    return made

"""Logs of a network: its flows, the names that it asks for, and what its firewall drops."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels
from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns
from bulkhead.foundation.documents import Document, document, render
from bulkhead.foundation.identity import make_role, service_trust
from bulkhead.foundation.log_groups import make_log_group

FLOWS, QUERIES, ALERTS = "flow-logs", "dns-queries", "firewall-alerts"
"""Kinds of logs, as the last part of their group's name."""


def log_group_name(scope: Scope, network: str, kind: str) -> str:
    """Physical name of a log group, by which the partition's key knows the environment's."""
    return f"/bulkhead/{scope.environment}/{network}/{kind}"


def make_logs(
    name: str,
    kinds: Sequence[str],
    *,
    scope: Scope,
    labels: Labels,
    vpc_id: pulumi.Input[str],
    key_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> "dict[str, aws.cloudwatch.LogGroup]":
    """Log a VPC's flows; return a log group for each of ``kinds``, which AWS delivers to."""
    groups = {
        kind: make_log_group(
            f"{name}-{kind}",
            log_group_name(scope, name, kind),
            labels=labels.but(workload=kind),
            key_arn=key_arn,
            opts=opts,
        )
        for kind in (FLOWS, *kinds)
    }
    _log_flows(name, scope, labels.but(workload=FLOWS), vpc_id, groups.pop(FLOWS), opts)
    aws.cloudwatch.LogResourcePolicy(
        f"{name}-delivery",
        policy_name=scope.named(f"{name}-delivery"),
        policy_document=render(
            delivery_policy(scope, [log_group_name(scope, name, kind) for kind in kinds])
        ),
        opts=opts,
    )
    return groups


def _log_flows(
    name: str,
    scope: Scope,
    labels: Labels,
    vpc_id: pulumi.Input[str],
    group: "aws.cloudwatch.LogGroup",
    opts: pulumi.ResourceOptions,
) -> None:
    """Log flows, accepted and rejected, within a minute."""
    role = make_role(
        f"{name}-{FLOWS}",
        scope=scope,
        labels=labels,
        trust=service_trust(
            scope,
            "vpc-flow-logs.amazonaws.com",
            f"arn:aws:ec2:{scope.region}:{scope.account_id}:vpc-flow-log/*",
        ),
        description=f"Writes the flow logs of {name}.",
        statements=[
            {
                "Effect": "Allow",
                "Action": [
                    "logs:CreateLogStream",
                    "logs:DescribeLogStreams",
                    "logs:PutLogEvents",
                ],
                "Resource": f"{arns.log_group(scope, log_group_name(scope, name, FLOWS))}:*",
            }
        ],
        opts=opts,
    )
    aws.ec2.FlowLog(
        name,
        vpc_id=vpc_id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        max_aggregation_interval=60,
        tags=labels.tags(name),
        opts=opts,
    )


def delivery_policy(scope: Scope, groups: Sequence[str]) -> Document:
    """Let AWS's log delivery write what the account's own resources say.

    Without it the service that delivers would write one of its own, for every group (CloudWatch
    Logs User Guide, "Enable logging from AWS services").
    """
    return document(
        {
            "Sid": "LetLogDeliveryWrite",
            "Effect": "Allow",
            "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [f"{arns.log_group(scope, group)}:log-stream:*" for group in groups],
            "Condition": {
                "StringEquals": {"aws:SourceAccount": scope.account_id},
                "ArnLike": {"aws:SourceArn": f"arn:aws:logs:{scope.region}:{scope.account_id}:*"},
            },
        }
    )

"""Alarms on what a cluster pays for (TRN-5)."""

import json

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels

LEAST_USED_PERCENT = 80
"""Share of a reservation below which it is cheaper to give some of it back."""

PERIOD_SECONDS, PERIODS = 300, 12
"""An hour of five minutes each, the interval of the metric: shorter gaps are nodes that restart."""


HOST_EVENTS = {
    "source": ["aws.health"],
    "detail-type": ["AWS Health Event"],
    "detail": {"service": ["EC2"], "eventTypeCategory": ["scheduledChange", "issue"]},
}
"""What AWS Health tells about EC2 (AWS Health User Guide, "Reference: AWS Health events Amazon
EventBridge schema")."""


def alarm_on_idle_reservation(
    name: str,
    reservation_id: str,
    *,
    labels: Labels,
    topic_arn: pulumi.Input[str] | None,
    opts: pulumi.ResourceOptions,
) -> "aws.cloudwatch.MetricAlarm":
    """Register an alarm that a capacity reservation is under-used.

    A reservation without instances may send no data; that is the worst use, and alarms too (EC2
    User Guide, "Monitor Capacity Reservations usage with CloudWatch metrics").
    """
    actions = [topic_arn] if topic_arn is not None else None
    return aws.cloudwatch.MetricAlarm(
        f"{name}-idle-reservation",
        alarm_description=f"Less than {LEAST_USED_PERCENT}% of {reservation_id} is used.",
        namespace="AWS/EC2CapacityReservations",
        metric_name="InstanceUtilization",
        dimensions={"CapacityReservationId": reservation_id},
        statistic="Average",
        period=PERIOD_SECONDS,
        evaluation_periods=PERIODS,
        comparison_operator="LessThanThreshold",
        threshold=LEAST_USED_PERCENT,
        treat_missing_data="breaching",
        alarm_actions=actions,
        ok_actions=actions,
        tags=labels.tags(f"{name}-idle-reservation"),
        opts=opts,
    )


def tell_of_host_events(
    name: str,
    *,
    labels: Labels,
    topic_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> None:
    """Register a rule that tells people of maintenance that AWS schedules for hosts.

    AWS Health says so weeks before; where EC2 doesn't move the instances by itself, they stop when
    the time has come (EC2 User Guide, "Host maintenance").
    """
    rule = aws.cloudwatch.EventRule(
        f"{name}-host-events",
        description="AWS schedules maintenance of an EC2 host.",
        event_pattern=json.dumps(HOST_EVENTS),
        tags=labels.tags(f"{name}-host-events"),
        opts=opts,
    )
    aws.cloudwatch.EventTarget(f"{name}-host-events", rule=rule.name, arn=topic_arn, opts=opts)

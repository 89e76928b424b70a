"""Alarms on what a cluster pays for (TRN-5)."""

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels

LEAST_USED_PERCENT = 80
"""Share of a reservation below which it is cheaper to give some of it back."""

PERIOD_SECONDS, PERIODS = 300, 12
"""An hour of five minutes each, the interval of the metric: shorter gaps are nodes that restart."""


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

"""Queues."""

import json
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.errors import RefusedError
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.store_arguments import Placed, ServiceAccessArgs, read_services
from bulkhead.foundation.store_policies import queue_policy

DAY = 24 * 3600
DEAD_DAYS = 14
"""How long a message that failed waits to be looked at; the most that SQS keeps one."""

RETENTION_DAYS, ATTEMPTS, VISIBILITY_SECONDS = 4, 5, 30
"""Defaults: SQS's own retention and visibility, and enough attempts to outlast a restart."""

LONGEST_VISIBILITY, MOST_ATTEMPTS = 12 * 3600, 1000
"""The most that SQS takes (Amazon SQS Developer Guide, "Message quotas")."""


class EncryptedQueueArgs(TypedDict):
    """What an ``EncryptedQueue`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the queue."""
    tier: str
    """Sensitivity tier of its messages."""
    name: str
    """Name of the queue behind ``<environment>-<tier>-``."""
    plane: str
    """The plane it belongs to: control, data, model, inference or training."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for what the messages tell of."""
    fifo: NotRequired[bool | None]
    """Whether messages keep their order and come once. Default: false."""
    visibility_seconds: NotRequired[int | None]
    """How long a message that was received is hidden from others, 1 to 43200; at least as long as
    it takes to handle one. Default: 30."""
    retention_days: NotRequired[int | None]
    """How long a message waits, 1 to 13 days; those that failed are kept for 14. Default: 4."""
    attempts: NotRequired[int | None]
    """How often a message is received before it counts as failed, 1 to 1000. Default: 5."""
    senders: NotRequired[list[ServiceAccessArgs] | None]
    """AWS services that send, each with what it sends for. Default: none."""


class EncryptedQueue(Component):
    """A queue with one for the messages that failed (STO-2).

    Both are encrypted with the partition's key, take TLS only, and are fenced to principals of the
    environment and of its tier or above, and to the named services acting for the named sources.

    A message's age counts from when it was first sent, so that the queue for failed ones keeps them
    longer than the other (Amazon SQS Developer Guide, "Using dead-letter queues").

    Example:
        from bulkhead import EncryptedQueue

        EncryptedQueue(
            "purge-requests",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "name": "purge-requests",
                "plane": "data",
                "key_arn": "arn:aws:kms:eu-central-1:111122223333:"
                "key/1234abcd-12ab-34cd-56ef-1234567890ab",
            },
        )
    """

    queue_url: pulumi.Output[str]
    """URL of the queue."""
    queue_arn: pulumi.Output[str]
    """ARN of the queue."""
    dead_letter_queue_url: pulumi.Output[str]
    """URL of the queue of failed messages."""
    dead_letter_queue_arn: pulumi.Output[str]
    """ARN of the queue of failed messages."""

    def __init__(
        self, name: str, args: EncryptedQueueArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the queues.

        Raises:
            RefusedError: the scope, the tier, the name, the plane, a time or a sender is refused.
        """
        args = checked(args, EncryptedQueueArgs, where=name)
        place = Placed(args["scope"], args["tier"], args["name"], args["plane"], where=name)
        visibility = _within(
            args.get("visibility_seconds", VISIBILITY_SECONDS),
            LONGEST_VISIBILITY,
            "seconds",
            where=f"{name}.visibility_seconds",
        )
        days = _within(
            args.get("retention_days", RETENTION_DAYS),
            DEAD_DAYS - 1,
            "days",
            where=f"{name}.retention_days",
        )
        attempts = _within(
            args.get("attempts", ATTEMPTS), MOST_ATTEMPTS, "attempts", where=f"{name}.attempts"
        )
        senders = read_services(args.get("senders") or [], where=f"{name}.senders")
        super().__init__(name, opts)

        scope, fifo = place.scope, args.get("fifo", False)
        ending = ".fifo" if fifo else ""
        live, dead = f"{place.physical}{ending}", f"{place.physical}-failed{ending}"
        shared = {
            "fifo_queue": fifo or None,
            "kms_master_key_id": args["key_arn"],
            "tags": place.labels.tags(name),
        }
        failed = aws.sqs.Queue(
            f"{name}-failed",
            name=dead,
            message_retention_seconds=DEAD_DAYS * DAY,
            redrive_allow_policy=json.dumps(
                {"redrivePermission": "byQueue", "sourceQueueArns": [arns.queue(scope, live)]}
            ),
            opts=self._child(protect=scope.rules.protect_data),
            **shared,
        )
        queue = aws.sqs.Queue(
            name,
            name=live,
            visibility_timeout_seconds=visibility,
            message_retention_seconds=days * DAY,
            redrive_policy=json.dumps(
                {"deadLetterTargetArn": arns.queue(scope, dead), "maxReceiveCount": attempts}
            ),
            opts=self._child(depends_on=[failed], protect=scope.rules.protect_data),
            **shared,
        )
        for each, made, physical, sending in (
            (name, queue, live, senders),
            (f"{name}-failed", failed, dead, []),
        ):
            aws.sqs.QueuePolicy(
                each,
                queue_url=made.url,
                policy=render(
                    queue_policy(scope, place.tier, arns.queue(scope, physical), sending)
                ),
                opts=self._child(),
            )
        self._export(
            {
                "queue_url": queue.url,
                "queue_arn": queue.arn,
                "dead_letter_queue_url": failed.url,
                "dead_letter_queue_arn": failed.arn,
            }
        )


def _within(value: int | None, most: int, unit: str, *, where: str) -> int:
    if value is None or not 1 <= value <= most:
        raise RefusedError(
            "not what a queue takes", given=value, allowed=f"1 to {most} {unit}", where=where
        )
    return value

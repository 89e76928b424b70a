"""Topics."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.store_arguments import Placed, ServiceAccessArgs, read_services
from bulkhead.foundation.store_policies import topic_policy

UNLIMITABLE = {
    "events.amazonaws.com": "any other, since EventBridge publishes to no topic whose policy has a "
    'condition (EventBridge User Guide, "Amazon SNS permissions"); let it send to a queue'
}
"""Services that can't be limited to a source, and what would do instead."""


class EncryptedTopicArgs(TypedDict):
    """What an ``EncryptedTopic`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the topic."""
    tier: str
    """Sensitivity tier of its messages."""
    name: str
    """Name of the topic behind ``<environment>-<tier>-``."""
    plane: str
    """The plane it belongs to: control, data, model, inference or training."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for what the messages tell of."""
    fifo: NotRequired[bool | None]
    """Whether messages keep their order and come once. Default: false."""
    publishers: NotRequired[list[ServiceAccessArgs] | None]
    """AWS services that publish, each with what it publishes for. Default: none."""


class EncryptedTopic(Component):
    """A topic for messages between machines (STO-2).

    Encrypted with the partition's key, TLS only, and fenced to principals of the environment and of
    its tier or above, and to the named services acting for the named sources. It delivers to
    queues, functions, streams and HTTPS, and to no mailbox or phone: what people need to hear goes
    through ``AuditAlarms``.

    Example:
        from bulkhead import EncryptedTopic

        EncryptedTopic(
            "model-events",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "name": "model-events",
                "plane": "model",
                "key_arn": "arn:aws:kms:eu-central-1:111122223333:"
                "key/1234abcd-12ab-34cd-56ef-1234567890ab",
            },
        )
    """

    topic_arn: pulumi.Output[str]
    """ARN of the topic."""

    def __init__(
        self, name: str, args: EncryptedTopicArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the topic.

        Raises:
            RefusedError: the scope, the tier, the name, the plane or a publisher is refused.
        """
        args = checked(args, EncryptedTopicArgs, where=name)
        place = Placed(args["scope"], args["tier"], args["name"], args["plane"], where=name)
        publishers = read_services(
            args.get("publishers") or [], where=f"{name}.publishers", refused=UNLIMITABLE
        )
        super().__init__(name, opts)

        fifo = args.get("fifo", False)
        physical = place.physical + (".fifo" if fifo else "")
        topic = aws.sns.Topic(
            name,
            name=physical,
            fifo_topic=fifo or None,
            kms_master_key_id=args["key_arn"],
            signature_version=None if fifo else 2,
            tags=place.labels.tags(name),
            opts=self._child(protect=place.scope.rules.protect_data),
        )
        policy = aws.sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=render(
                topic_policy(place.scope, place.tier, arns.topic(place.scope, physical), publishers)
            ),
            opts=self._child(),
        )
        # Who takes the ARN from the policy subscribes and publishes once it stands.
        self._export({"topic_arn": policy.arn})

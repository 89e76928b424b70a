"""Where the gateway counts."""

import re
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Plane
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked
from bulkhead.foundation.component import Component
from bulkhead.foundation.counters_access import ENGINE, make_secret, make_user
from bulkhead.foundation.security_groups import open_to_clients
from bulkhead.foundation.store_arguments import Placed

PORT = 6379
"""Port of the store."""

ENGINE_VERSION, FAMILY = "8.1", "valkey8"
"""Of Valkey, which Envoy's rate-limit service speaks to as to Redis."""

NODES = 2
"""One that writes and one that takes over, in different zones."""

LONGEST = 40
"""Characters of a replication group's name, and of a user's."""

NODE_DEFAULT = "cache.t4g.small"
NODE_TYPE = re.compile(r"cache\.[a-z0-9-]+\.[a-z0-9]+")

SNAPSHOT_DAYS = 7
"""Counters of a month may be brought back for a week; older ones are worth nothing."""

ALARMS = {
    "memory": ("DatabaseMemoryUsagePercentage", "GreaterThanThreshold", 80),
    "processor": ("EngineCPUUtilization", "GreaterThanThreshold", 80),
    "sign-ins": ("AuthenticationFailures", "GreaterThanThreshold", 0),
}
"""What is told: by name, the metric, and when. A full store and a busy one refuse to count, and
requests with them; somebody who guesses passwords should not be there at all."""


class GatewayCountersArgs(TypedDict):
    """What ``GatewayCounters`` take."""

    scope: ScopeArgs
    """Environment, account and Region of the store."""
    tier: str
    """Highest tier of the tenants that are counted."""
    name: str
    """Name of the store behind ``<environment>-<tier>-``."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for data, which encrypts the counters."""
    secret_key_arn: pulumi.Input[str]
    """ARN of the partition's key for secrets, which encrypts the password."""
    log_key_arn: pulumi.Input[str]
    """ARN of the partition's key for logs, which encrypts what its rotation tells."""
    vpc_id: pulumi.Input[str]
    """ID of the VPC."""
    subnet_ids: Strings
    """Subnets of the inference plane, in two zones or more."""
    client_security_group_ids: list[pulumi.Input[str]]
    """Security groups of the nodes that run the service that counts; nothing else reaches it."""
    node_type: NotRequired[str]
    """Type of its two nodes. Default: ``cache.t4g.small``, a million counters."""
    alarm_topic_arn: NotRequired[pulumi.Input[str] | None]
    """ARN of the topic that alarms go to. Default: none; alarms change state and tell nobody."""


class GatewayCounters(Component):
    """The store of the gateway's counters, on Amazon ElastiCache for Valkey (INF-3, STO-2, KEY-4).

    Two nodes in two zones, encrypted with the partition's key at rest and over TLS on the way,
    reached by the cluster's nodes alone. Its one user may count and do nothing else. The password
    is made and changed by rotation, so that no program and no state ever holds it, and stands in
    Secrets Manager as ``<user>:<password>``. A full store refuses to count rather than forget
    counters, and the gateway then refuses requests. When a node is lost, the other takes over
    within a minute, and what was counted in the last second may be lost.

    Example:
        from bulkhead import GatewayCounters

        key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        GatewayCounters(
            "counters",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "name": "counters",
                "key_arn": key,
                "secret_key_arn": key,
                "log_key_arn": key,
                "vpc_id": "vpc-0123456789abcdef0",
                "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
                "client_security_group_ids": ["sg-0123456789abcdef0"],
            },
        )
    """

    address: pulumi.Output[str]
    """``<host>:<port>`` of the node that writes."""
    secret_name: pulumi.Output[str]
    """Name of the secret in Secrets Manager that holds ``<user>:<password>``."""
    store_arn: pulumi.Output[str]
    """ARN of the store."""

    def __init__(
        self, name: str, args: GatewayCountersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the store.

        Raises:
            RefusedError: the scope, the tier, the name or the type of nodes is refused, there is no
                client, or subnets of fewer than two zones.
        """
        args = checked(args, GatewayCountersArgs, where=name)
        place = Placed(args["scope"], args["tier"], args["name"], Plane.INFERENCE, where=name)
        _check(args, place.physical, where=name)
        super().__init__(name, opts)
        self._name, self._place = name, place

        subnets = aws.elasticache.SubnetGroup(
            name,
            name=place.physical,
            description="Subnets of the gateway's counters.",
            subnet_ids=args["subnet_ids"],
            tags=place.labels.tags(place.physical),
            opts=self._child(),
        )
        parameters = aws.elasticache.ParameterGroup(
            name,
            name=place.physical,
            family=FAMILY,
            description="Counters are never forgotten to make room.",
            parameters=[{"name": "maxmemory-policy", "value": "noeviction"}],
            tags=place.labels.tags(place.physical),
            opts=self._child(),
        )
        user = make_user(name, place, self._child())
        users = aws.elasticache.UserGroup(
            name,
            user_group_id=place.physical,
            engine=ENGINE,
            user_ids=[user.user_id],
            tags=place.labels.tags(place.physical),
            opts=self._child(),
        )
        store = aws.elasticache.ReplicationGroup(
            name,
            replication_group_id=place.physical,
            description="Counters of requests and tokens, by tenant and model.",
            engine=ENGINE,
            engine_version=ENGINE_VERSION,
            node_type=args.get("node_type", NODE_DEFAULT),
            num_cache_clusters=NODES,
            automatic_failover_enabled=True,
            multi_az_enabled=True,
            port=PORT,
            subnet_group_name=subnets.name,
            security_group_ids=[self._group(args)],
            parameter_group_name=parameters.name,
            at_rest_encryption_enabled=True,
            kms_key_id=args["key_arn"],
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            user_group_ids=[users.user_group_id],
            auto_minor_version_upgrade=True,
            snapshot_retention_limit=SNAPSHOT_DAYS,
            tags=place.labels.tags(place.physical),
            opts=self._child(protect=place.scope.rules.protect_data),
        )
        self._alarms(args.get("alarm_topic_arn"))
        secret = make_secret(
            name,
            place,
            args["name"],
            user,
            key_arn=args["secret_key_arn"],
            log_key_arn=args["log_key_arn"],
            opts=self._child(),
        )
        self._export(
            {
                "address": pulumi.Output.concat(store.primary_endpoint_address, f":{PORT}"),
                "secret_name": secret,
                "store_arn": store.arn,
            }
        )

    def _group(self, args: GatewayCountersArgs) -> pulumi.Output[str]:
        return open_to_clients(
            f"{self._name}-counters",
            args["client_security_group_ids"],
            port=PORT,
            vpc_id=args["vpc_id"],
            description="Counters of the gateway: TLS from the nodes.",
            who="The service that counts, on the nodes.",
            labels=self._place.labels,
            opts=self._child(),
        )

    def _alarms(self, topic_arn: pulumi.Input[str] | None) -> None:
        actions = None if topic_arn is None else [topic_arn]
        for word, (metric, comparison, threshold) in ALARMS.items():
            for node in range(1, NODES + 1):
                name = f"{self._name}-{word}-{node}"
                aws.cloudwatch.MetricAlarm(
                    name,
                    alarm_description=f"Counters of the gateway, {word} of node {node}.",
                    namespace="AWS/ElastiCache",
                    metric_name=metric,
                    dimensions={"CacheClusterId": f"{self._place.physical}-{node:03}"},
                    statistic="Maximum",
                    period=60,
                    evaluation_periods=5 if threshold else 1,
                    comparison_operator=comparison,
                    threshold=threshold,
                    treat_missing_data="notBreaching",
                    alarm_actions=actions,
                    ok_actions=actions,
                    tags=self._place.labels.tags(name),
                    opts=self._child(),
                )


def _check(args: GatewayCountersArgs, physical: str, *, where: str) -> None:
    if len(physical) > LONGEST:
        raise RefusedError(
            "a name too long for ElastiCache",
            given=physical,
            allowed=f"{LONGEST} characters with environment and tier",
            where=f"{where}.name",
        )
    node_type = args.get("node_type", NODE_DEFAULT)
    if NODE_TYPE.fullmatch(node_type) is None:
        raise RefusedError(
            "not a type of nodes",
            given=node_type,
            allowed=f"one of ElastiCache's, like {NODE_DEFAULT}",
            where=f"{where}.node_type",
        )
    if not args["client_security_group_ids"]:
        raise RefusedError(
            "a client is needed",
            allowed="at least one security group",
            where=f"{where}.client_security_group_ids",
        )
    subnets = args["subnet_ids"]
    if isinstance(subnets, list) and len(subnets) < NODES:
        raise RefusedError(
            "two nodes need two zones",
            given=len(subnets),
            allowed="two subnets or more",
            where=f"{where}.subnet_ids",
        )

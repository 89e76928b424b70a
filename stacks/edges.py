"""What the internet reaches of an environment's gateways, and until when."""

import datetime
from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Any, cast

import pulumi

from bulkhead import PublicEdge
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.risk import Audience
from bulkhead.domain.subnets import LAYOUT, SubnetGroup
from bulkhead.patterns.network import at
from bulkhead.workloads.public_edge import PublicEdgeArgs, read_edge
from stacks.config import PublicEdgeConfig, at_key
from stacks.environment import Platform
from stacks.layers import network_of

LATER: dict[str, Any] = {"log_key_arn": "", "topic_arn": "", "dead_letter_arn": ""}
PLACE: dict[str, Any] = {"vpc_id": "", "subnet_ids": []}
"""What only the foundation layer knows, while an edge is checked."""


def check_edges(platform: Platform, edges: Mapping[str, PublicEdgeConfig]) -> None:
    """Refuse edges that may not be opened, before anything is registered.

    Raises:
        RefusedError: an edge is of no cluster or of one that only insiders use, or see
            ``PublicEdge``.
    """
    where = at_key("public_edges")
    for name, config in edges.items():
        if name not in platform.clusters:
            raise RefusedError(
                "no such cluster", given=name, allowed=sorted(platform.clusters), where=where
            )
        _check_audience(platform, name, where=f"{where}.{name}")
        args = _arguments(platform, name, config, PLACE, LATER)
        read_edge(args, today=datetime.date.today(), where=f"{where}.{name}")


def _check_audience(platform: Platform, name: str, *, where: str) -> None:
    """Refuse an edge that no tenant's risk speaks of: isolation was judged without it (ISO-8)."""
    outside = [audience for audience in Audience if audience is not Audience.INTERNAL]
    if not any(tenant.audience in outside for tenant in platform.clusters[name].plan.tenants):
        raise RefusedError(
            "no tenant of the cluster is reached from outside",
            given=Audience.INTERNAL,
            allowed=f"a tenant with risk.audience {' or '.join(outside)}",
            where=where,
        )


def open_edges(
    platform: Platform,
    edges: Mapping[str, PublicEdgeConfig],
    foundation: pulumi.StackReference,
    opts: pulumi.ResourceOptions,
) -> dict[str, dict[str, pulumi.Output[Any]]]:
    """Register the edges; return what people need who point names and hand out keys."""
    made = {}
    for name, config in edges.items():
        network, tier = network_of(foundation, name), platform.clusters[name].plan.tier
        place = {
            "vpc_id": network.vpc_id,
            "subnet_ids": network.of(SubnetGroup.INFERENCE),
        }
        known = {
            "log_key_arn": at(foundation.require_output("key_arns"), str(tier), str(Purpose.LOG)),
            "topic_arn": foundation.require_output("alarm_topic_arn"),
            "dead_letter_arn": foundation.require_output("alarm_dead_letter_arn"),
        }
        made[name] = PublicEdge(
            f"{name}-edge", _arguments(platform, name, config, place, known), opts
        )
    return {
        name: {
            "host": edge.host,
            "target": edge.target,
            "closes": edge.closes,
            "key_ids": edge.key_ids,
        }
        for name, edge in made.items()
    }


def _arguments(
    platform: Platform,
    name: str,
    config: PublicEdgeConfig,
    place: Mapping[str, Any],
    known: Mapping[str, Any],
) -> PublicEdgeArgs:
    """What the edge of a cluster takes: what is written, and where the cluster stands."""
    cluster = platform.clusters[name]
    inference = LAYOUT[SubnetGroup.INFERENCE].within(IPv4Network(cluster.config.cidr))
    written = config.given()
    gateway = {**written["gateway"], "load_balancer_cidrs": [str(inference)], **place}
    return cast(
        PublicEdgeArgs,
        {
            **written,
            "scope": platform.args,
            "tier": str(cluster.plan.tier),
            "gateway": gateway,
            **known,
        },
    )

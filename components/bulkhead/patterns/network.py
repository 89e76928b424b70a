"""The network that a pattern's cluster stands in: made with it, or one that exists."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from bulkhead.domain.subnets import SubnetGroup
from bulkhead.foundation.network import PlaneNetwork
from bulkhead.patterns.arguments import NetworkArgs


@dataclass(frozen=True)
class Network:
    """The network that a cluster stands in; see ``NetworkArgs``."""

    vpc_id: pulumi.Output[str]
    subnet_ids: pulumi.Output[dict[str, list[str]]]
    cluster_cidrs: Any
    endpoint_cidrs: Any
    resolver_cidr: pulumi.Output[str]
    s3_endpoint_url: pulumi.Output[str]

    def of(self, group: SubnetGroup, place: int | None = None) -> pulumi.Output[list[str]]:
        """The subnets of a group: of all zones, or of the one at ``place``."""
        return self.subnet_ids.apply(
            lambda ids: ids[group] if place is None else [ids[group][place]]
        )


def made_network(made: PlaneNetwork) -> Network:
    """A network that was made with the cluster."""
    return Network(
        made.vpc_id,
        made.subnet_ids,
        made.cluster_cidrs,
        made.endpoint_cidrs,
        made.resolver_cidr,
        made.s3_endpoint_url,
    )


def existing_network(given: NetworkArgs) -> Network:
    """A network that exists already."""
    return Network(
        pulumi.Output.from_input(given["vpc_id"]),
        pulumi.Output.from_input(given["subnet_ids"]),
        given["cluster_cidrs"],
        given["endpoint_cidrs"],
        pulumi.Output.from_input(given["resolver_cidr"]),
        pulumi.Output.from_input(given["s3_endpoint_url"]),
    )


def at(value: Any, *keys: str) -> Any:
    """The value under nested keys.

    A plain mapping is looked into at once, so that what is found depends on nothing else in it.
    """
    for key in keys:
        if isinstance(value, Mapping):
            value = value[key]
        else:
            value = pulumi.Output.from_input(value).apply(
                lambda found, key=key: found[key]  # type: ignore[misc]
            )
    return value

"""What the benchmarks preview: patterns and foundations of any size, and the same bare."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from bulkhead.preview.plan import Plan, Resource, Secret
from bulkhead.preview.types import args_class, resource_class, wire_names

ADMINISTRATORS = ["arn:aws:iam::111122223333:role/platform-admin"]


def scope(environment: str = "dev") -> dict[str, str]:
    """Arguments of a scope."""
    return {
        "environment": environment,
        "region": "eu-west-1",
        "account_id": "111122223333",
        "owner": "platform",
        "cost_center": "cc-100",
    }


def tenant(number: int, pattern: str, tier: str) -> Any:
    """Arguments of one of many tenants."""
    return {
        "name": f"tenant-{number}",
        "tier": tier,
        "pattern": pattern,
        "owner": "team",
        "cost_center": "cc-200",
        "project": "bench",
    }


def platform_args(tenants: list[Any], pools: list[Any]) -> Any:
    """Arguments of a pattern."""
    return {
        "scope": scope(),
        "cidr": "10.20.0.0/16",
        "administrators": ADMINISTRATORS,
        "pools": pools,
        "tenants": tenants,
    }


def shared_cluster_args(tenants: int) -> Any:
    """Arguments of a ``SharedCluster`` large enough for so many tenants with small quotas."""
    return platform_args(
        [tenant(number, "shared-cluster", "internal") for number in range(tenants)],
        [
            {"name": "gpu", "instance_types": ["g6.xlarge"], "max_size": max(4, tenants)},
            {"name": "cpu", "instance_types": ["m7i.4xlarge"], "max_size": max(4, tenants)},
        ],
    )


def shared_cluster(tenants: int) -> Callable[[], None]:
    """A program with one ``SharedCluster`` of so many tenants."""

    def program() -> None:
        from bulkhead import SharedCluster

        SharedCluster("bench", shared_cluster_args(tenants))

    return program


def dedicated_node_pools(tenants: int) -> Callable[[], None]:
    """A program with one ``DedicatedNodePools`` of so many tenants, each with a pool of its own."""
    args = platform_args(
        [tenant(number, "dedicated-node-pools", "confidential") for number in range(tenants)],
        [
            {
                "name": f"pool-{number}",
                "instance_types": ["m7i.4xlarge"],
                "tenant": f"tenant-{number}",
            }
            for number in range(tenants)
        ],
    )

    def program() -> None:
        from bulkhead import DedicatedNodePools

        DedicatedNodePools("bench", args)

    return program


def foundation(partitions: int) -> Callable[[], None]:
    """A program with the keys and stores of so many partitions, environments times tiers."""

    def program() -> None:
        from bulkhead import KeyPartition, PartitionStores
        from bulkhead.domain.environments import Environment
        from bulkhead.domain.tiers import Tier

        places = itertools.product(Environment, Tier)
        for environment, tier in itertools.islice(places, partitions):
            place: Any = {"scope": scope(str(environment)), "tier": str(tier)}
            name = f"{environment}-{tier}"
            keys = KeyPartition(name, {**place, "administrators": ADMINISTRATORS})
            PartitionStores(name, {**place, "key_arns": keys.arns})

    return program


PROGRAMS: Mapping[str, Callable[[int], Callable[[], None]]] = {
    "dedicated-node-pools": dedicated_node_pools,
    "foundation": foundation,
    "shared-cluster": shared_cluster,
}
"""What is measured, by its name; the number is its size."""


def bare(plan: Plan) -> Callable[[], None]:
    """A program that registers what ``plan`` holds with the SDKs' own classes and no component.

    A property that depends on other resources is passed as an output of one of them, as a
    hand-written program would.
    """

    def program() -> None:
        made: dict[str, pulumi.Resource] = {}
        for resource in plan.resources:
            made[resource.urn] = _register(resource, made)

    return program


def _register(resource: Resource, made: Mapping[str, pulumi.Resource]) -> pulumi.Resource:
    opts = pulumi.ResourceOptions(parent=made.get(resource.parent or ""))
    declared = resource_class(resource.type)
    if not resource.custom or declared is None:
        return pulumi.ComponentResource(resource.type, resource.name, None, opts)
    properties = {key: _value(resource, key, made) for key in resource.inputs}
    arguments = args_class(resource.type)
    assert arguments is not None  # noqa: S101 (its resource class was found)
    names = {wire: python for python, wire in wire_names(arguments).items()}
    known = {names[key]: value for key, value in properties.items() if key in names}
    found: pulumi.Resource = declared(resource.name, opts=opts, **known)
    return found


def _value(resource: Resource, key: str, made: Mapping[str, pulumi.Resource]) -> Any:
    value = resource.inputs[key]
    if isinstance(value, Secret):
        return pulumi.Output.secret(value.value)
    for urn in resource.property_dependencies.get(key, []):
        if urn in made:
            return made[urn].urn.apply(lambda _: value)
    return value

"""What the benchmarks preview: a pattern with many tenants, and the same resources bare."""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

from bulkhead.preview.plan import Plan, Resource, Secret
from bulkhead.preview.types import args_class, resource_class, wire_names


def shared_cluster_args(tenants: int) -> Any:
    """Arguments of a ``SharedCluster`` large enough for so many tenants with small quotas."""
    return {
        "scope": {
            "environment": "dev",
            "region": "eu-west-1",
            "account_id": "111122223333",
            "owner": "platform",
            "cost_center": "cc-100",
        },
        "cidr": "10.20.0.0/16",
        "administrators": ["arn:aws:iam::111122223333:role/platform-admin"],
        "pools": [
            {"name": "gpu", "instance_types": ["g6.xlarge"], "max_size": max(4, tenants)},
            {"name": "cpu", "instance_types": ["m7i.4xlarge"], "max_size": max(4, tenants)},
        ],
        "tenants": [
            {
                "name": f"tenant-{number}",
                "tier": "internal",
                "pattern": "shared-cluster",
                "owner": "team",
                "cost_center": "cc-200",
                "project": "bench",
            }
            for number in range(tenants)
        ],
    }


def shared_cluster(tenants: int) -> Callable[[], None]:
    """A program with one ``SharedCluster`` of so many tenants."""

    def program() -> None:
        from bulkhead import SharedCluster

        SharedCluster("bench", shared_cluster_args(tenants))

    return program


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

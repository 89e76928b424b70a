"""Network policies of different programs made comparable: tenants and networks by what they are."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bulkhead.domain.admission import TENANT_LABEL
from bulkhead.domain.labels import PLATFORM, Plane
from bulkhead.domain.pools import PLANE_KEY
from bulkhead.domain.sandboxes import SANDBOXES_LABEL
from bulkhead.domain.subnets import SubnetGroup
from bulkhead.preview.plan import Plan
from docs.pod_flows import (
    API_ADDRESS,
    API_SERVER,
    ENDPOINTS,
    IDENTITY,
    RESOLVER,
    SANDBOXES,
    TENANT,
    TRAINING,
)
from tests.cluster_live.compartments import Manifest
from tests.cluster_live.networks import policies
from tests.control_plane.rendered import objects
from tests.foundation.reach import group

Networks = dict[frozenset[str], str]
"""What networks together are, by what stands in them."""

Shape = tuple[str, str, str]
"""Where a policy is, its name, and one thing that it says."""

GIVEN = "as given"
"""Networks that no part of bulkhead knows by itself."""


def shapes(plans: Sequence[Plan]) -> set[Shape]:
    """What the policies of one program say."""
    networks = networks_of(plans)
    made = [each for plan in plans for each in objects(plan)]
    return {
        shape for policy in policies(made) for shape in said(policy, place(policy, made), networks)
    }


def said(policy: Manifest, where: str, networks: Networks) -> Iterator[Shape]:
    """Each rule of a policy, and what it selects."""
    spec = policy["spec"]
    for way, key in (("ingress", "from"), ("egress", "to")):
        for rule in spec.get(way) or []:
            told = {"way": way, **rule, key: _peers(rule.get(key), networks)}
            yield where, policy["metadata"]["name"], json.dumps(told, sort_keys=True)
    selected = {"selects": spec["podSelector"], "types": sorted(spec["policyTypes"])}
    yield where, policy["metadata"]["name"], json.dumps(selected, sort_keys=True)


def _peers(peers: list[dict[str, Any]] | None, networks: Networks) -> list[Any] | None:
    if peers is None:
        return None
    blocks = frozenset(each["ipBlock"]["cidr"] for each in peers if "ipBlock" in each)
    others = [each for each in peers if "ipBlock" not in each]
    return [*others, *([networks.get(blocks, GIVEN)] if blocks else [])]


def networks_of(plans: Iterable[Plan]) -> Networks:
    """The networks that every cluster has, of the VPCs that are made or as documentation has them.

    A part of them is none of them.
    """
    parts: dict[tuple[str, str], set[str]] = {}
    for plan in plans:
        for vpc in plan.of_type("aws:ec2/vpc:Vpc"):
            base = vpc.inputs["cidrBlock"].partition("/")[0].removesuffix(".0")
            parts[vpc.inputs["cidrBlock"], RESOLVER.name] = {f"{base}.2/32"}
        for subnet in plan.of_type("aws:ec2/subnet:Subnet"):
            kind = {SubnetGroup.CLUSTER: API_SERVER, SubnetGroup.ENDPOINTS: ENDPOINTS}.get(
                SubnetGroup(group(subnet))
            )
            if kind:
                found = parts.setdefault((subnet.inputs["vpcId"], kind.name), set())
                found.add(subnet.inputs["cidrBlock"])
    known = {frozenset([each.network]): each.name for each in (API_ADDRESS, IDENTITY)}
    if parts:
        return known | {frozenset(found): name for (_, name), found in parts.items()}
    return known | {
        frozenset([each.network]): each.name for each in (API_SERVER, ENDPOINTS, RESOLVER)
    }


def place(manifest: Manifest, made: Iterable[Manifest]) -> str:
    """The kind of the namespace in which an object is."""
    name = str(manifest["metadata"]["namespace"])
    for each in made:
        if each["kind"] == "Namespace" and each["metadata"]["name"] == name:
            labels = each["metadata"]["labels"]
            if labels[TENANT_LABEL] == PLATFORM:
                return name
            if SANDBOXES_LABEL in labels:
                return SANDBOXES
            return TRAINING if labels[PLANE_KEY] == Plane.TRAINING else TENANT
    return name


def pods(plans: Sequence[Plan]) -> Iterator[tuple[str, dict[str, str]]]:
    """The kind of the namespace, and the labels, of all pods that the objects of a program make."""
    made = [each for plan in plans for each in objects(plan)]
    for each in made:
        if "namespace" in each["metadata"]:
            yield from ((place(each, made), labels) for labels in _pods(each))


def _pods(found: Any) -> Iterator[dict[str, str]]:
    if isinstance(found, dict):
        spec = found.get("spec")
        if isinstance(spec, dict) and "containers" in spec:
            yield found.get("metadata", {}).get("labels", {})
        found = list(found.values())
    if isinstance(found, list):
        for each in found:
            yield from _pods(each)

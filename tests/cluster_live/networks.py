"""One cluster with everything in it that has network policies, and what stands in for its peers.

The controllers are those of the components' own documentation, whose networks
``docs/pod_flows.py`` knows. Two tenants have all that a tenant may have.
"""

import functools
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.preview.plan import Plan
from bulkhead.preview.run import preview_function
from docs.pod_flows import (
    ADDRESSES,
    AGENT,
    ANY_TENANT,
    ENDPOINTS,
    FLOWS,
    LISTED,
    LISTED_PORT,
    PODS,
    STRANGER,
    Flow,
    Peer,
    Pods,
    Port,
)
from tests.cluster_live.compartments import QUOTA, S3, TRAINING, Manifest, image
from tests.cluster_live.programs import COMPONENTS, plans
from tests.control_plane.rendered import objects
from tests.foundation.samples import ACCOUNT, scope

TENANTS = ("acme", "globex")
API = "networking.k8s.io/v1"
UNNAMED: set[Port] = {(9, "TCP"), (9, "UDP")}
"""Ports that no rule names."""

OF_TENANTS = {"TenantNamespace", "TrainingNamespace", "AgentSandbox"}
"""Components that each tenant has of its own."""


def program() -> None:
    """All that tenants have."""
    from bulkhead import AgentSandbox, TenantNamespace, TrainingNamespace

    opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
    for name in TENANTS:
        described = {"name": name, "owner": f"team-{name}", "cost_center": "cc-42"}
        tenant: Any = {**described, "tier": "internal", "quota": QUOTA, "training": TRAINING}
        common: Any = {
            "scope": scope(),
            "tenant": tenant,
            "cluster_name": "dev-shared",
            "endpoint_cidrs": [ENDPOINTS.network],
            "boundary_arn": f"arn:aws:iam::{ACCOUNT}:policy/bulkhead/dev/boundary",
        }
        stores = {word: f"dev-{word}" for word in ("datasets", "models", "checkpoints")}
        artifacts: Any = {"bucket_name": "dev-models", "endpoint_url": S3}
        TenantNamespace(name, {**common, "artifacts": artifacts}, opts)
        stores["endpoint_url"] = S3
        TrainingNamespace(f"{name}-training", {**common, "stores": stores}, opts)
        AgentSandbox(
            f"{name}-sandbox",
            {
                "scope": scope(),
                "tenant": tenant,
                "runtime": "kata",
                "image": image(name),
                "egress": [{"cidr": LISTED.network, "port": LISTED_PORT}],
            },
            opts,
        )


@functools.cache
def cluster() -> list[Plan]:
    """What makes the cluster."""
    made = [plan for name in COMPONENTS if name not in OF_TENANTS for plan in plans(name)]
    return [*made, preview_function(program, assume_applied=True)]


@functools.cache
def rendered() -> list[Manifest]:
    """The cluster's objects."""
    return [each for plan in cluster() for each in objects(plan)]


def policies(made: Iterable[Manifest]) -> Iterator[Manifest]:
    """Every network policy, with those that the controller makes of sandboxes' templates."""
    for each in made:
        if "NetworkPolic" in each["kind"]:
            known = (each["apiVersion"], each["kind"]) == (API, "NetworkPolicy")
            assert known, f"{each['kind']} of {each['apiVersion']} is not computed"
            yield each
        elif each["kind"] == "SandboxTemplate":
            yield of_template(each)


def of_template(template: Manifest) -> Manifest:
    """The policy that agent-sandbox makes (its source, v0.5.6).

    It selects the template's own pods by a hash, for which their role stands in here.
    """
    told = template["spec"]["networkPolicy"]
    assert template["spec"]["networkPolicyManagement"] == "Managed"
    return {
        "apiVersion": API,
        "kind": "NetworkPolicy",
        "metadata": {
            "name": f"{template['metadata']['name']}-network-policy",
            "namespace": template["metadata"]["namespace"],
        },
        "spec": {
            "podSelector": {"matchLabels": dict(AGENT.labels)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": told.get("ingress", []),
            "egress": told.get("egress", []),
        },
    }


@functools.cache
def namespaces() -> dict[str, dict[str, str]]:
    """Labels of namespaces by name, with the one that the API server sets."""
    labels = {
        each["metadata"]["name"]: each["metadata"]["labels"]
        for each in rendered()
        if each["kind"] == "Namespace"
    }
    named = {end.namespace for end in ends() if end.namespace}
    return {
        name: {**labels.get(name, {}), "kubernetes.io/metadata.name": name}
        for name in named | labels.keys()
    }


def places(kind: Pods) -> list[str]:
    """The namespaces in which a kind of pods runs."""
    if ANY_TENANT not in kind.namespace:
        return [kind.namespace]
    return [kind.namespace.replace(ANY_TENANT, name) for name in TENANTS]


@dataclass(frozen=True)
class End:
    """One end of a connection: a pod, or an address that is none's.

    Attributes:
        kind: what it is, as the documentation has it.
        namespace: the pod's; empty for an address.
        labels: the pod's, as pairs.
        address: its IP address.
    """

    kind: Peer
    namespace: str
    labels: tuple[tuple[str, str], ...]
    address: str

    def __str__(self) -> str:
        return f"{self.namespace}: {self.kind.name}" if self.namespace else self.kind.name


class Question(NamedTuple):
    """Whether one end may connect to the other on a port."""

    source: End
    target: End
    port: Port

    def __str__(self) -> str:
        return f"{self.source} to {self.target} on {self.port[1]} {self.port[0]}"


@functools.cache
def ends() -> list[End]:
    """A pod of every kind in every namespace, impostors of all, and every address."""
    pods = [(kind, place, kind.labels) for kind in PODS for place in places(kind)]
    pods += [(STRANGER, STRANGER.namespace, tuple(labels.items())) for labels in impostors()]
    return [
        *(End(*pod, f"10.9.0.{number}") for number, pod in enumerate(pods, start=1)),
        *(End(each, "", (), each.address) for each in ADDRESSES),
    ]


def impostors() -> list[dict[str, str]]:
    """Labels of all kinds, on as few pods as have room for them.

    They stand where anybody may label pods as he likes, and open nothing there.
    """
    found: list[dict[str, str]] = []
    for kind in PODS:
        wanted = dict(kind.labels)
        fitting = (each for each in found if not each.keys() & wanted.keys())
        room = next(fitting, None)
        if room is None:
            room = {}
            found.append(room)
        room |= wanted
    return found


def questions(rules: Iterable[Manifest]) -> list[Question]:
    """Every pair of ends, on every port that makes a difference.

    On ports that no rule of either end's namespace names, all is alike: two of them stand for the
    rest. A pod and itself stand for two of its kind.
    """
    named: dict[str, set[Port]] = {}
    for rule in rules:
        named.setdefault(rule["metadata"]["namespace"], set()).update(_ports(rule["spec"]))
    return [
        Question(source, target, port)
        for source, target in itertools.product(ends(), repeat=2)
        if any(isinstance(end.kind, Pods) and end.kind != STRANGER for end in (source, target))
        for port in sorted(
            named.get(source.namespace, set()) | named.get(target.namespace, set()) | UNNAMED
        )
    ]


def _ports(spec: Manifest) -> Iterator[Port]:
    for rule in (*(spec.get("ingress") or []), *(spec.get("egress") or [])):
        for port in rule.get("ports") or []:
            assert isinstance(port["port"], int), port
            assert "endPort" not in port, port
            yield port["port"], port["protocol"]


def documented(asked: Iterable[Question]) -> set[Question]:
    """Of what is asked, what the documentation allows."""
    flows: dict[tuple[Peer, Peer], list[Flow]] = {}
    for flow in FLOWS:
        for pair in itertools.product(flow.sources, flow.targets):
            flows.setdefault(pair, []).append(flow)
    return {
        each
        for each in asked
        for flow in flows.get((each.source.kind, each.target.kind), [])
        if flow.ports is None or each.port in flow.ports
        if not flow.within or each.source.namespace == each.target.namespace
    }

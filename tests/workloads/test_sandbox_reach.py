"""What sandboxes reach, and what reaches them, by the policies that an example renders."""

import ipaddress
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_stack
from tests.control_plane.rendered import objects

EXAMPLE = Path(__file__).parents[2] / "examples" / "agent-sandbox"
Manifest = Mapping[str, Any]

OUTSIDE = {
    "instance metadata": ("169.254.169.254", 80),
    "Pod Identity agent": ("169.254.170.23", 80),
    "API server": ("172.20.0.1", 443),
    "the internet": ("1.1.1.1", 443),
    "a VPC endpoint": ("10.20.250.7", 443),
    "a tool's own server": ("10.64.30.4", 443),
}
"""Addresses that agents would like to reach."""

AGENT = {"bulkhead.dev/role": "agent-sandbox", "sandbox-template": "agent"}
PODS: dict[str, tuple[str, dict[str, str], int]] = {
    "own sandbox": ("code-assist-sandbox", AGENT, 8080),
    "other team's sandbox": ("data-analyst-sandbox", AGENT, 8080),
    "own server": ("code-assist", {"bulkhead.dev/role": "inference-server"}, 8000),
    "other team's server": ("data-analyst", {"bulkhead.dev/role": "inference-server"}, 8000),
    "own pod": ("code-assist", {}, 8080),
    "inference proxy": (
        "bulkhead-gateway",
        {"gateway.envoyproxy.io/owning-gateway-name": "inference"},
        10443,
    ),
    "tools": ("bulkhead-gateway", {"gateway.envoyproxy.io/owning-gateway-name": "tools"}, 8443),
    "tools' metrics": (
        "bulkhead-gateway",
        {"gateway.envoyproxy.io/owning-gateway-name": "tools"},
        19001,
    ),
    "names": ("kube-system", {"k8s-app": "kube-dns"}, 53),
    "storage driver": ("kube-system", {"app": "ebs-csi-controller"}, 443),
    "sandboxes' controller": ("agent-sandbox-system", {}, 9443),
}
"""Pods by namespace, labels and the port that they listen on."""


@pytest.fixture(scope="module")
def rendered() -> list[Manifest]:
    plan = preview_stack(load_project(EXAMPLE), "dev", Options(assume_applied=True))
    return list(objects(plan))


@pytest.fixture(scope="module")
def policies(rendered: list[Manifest]) -> list[Manifest]:
    """Every policy, and those that the controller makes of templates (its source, v0.5.6)."""
    found = [m for m in rendered if m["kind"] == "NetworkPolicy"]
    for template in (m for m in rendered if m["kind"] == "SandboxTemplate"):
        assert template["spec"]["networkPolicyManagement"] == "Managed"
        told = template["spec"]["networkPolicy"]
        spec = {
            "podSelector": {"matchLabels": {"sandbox-template": "agent"}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": told.get("ingress", []),
            "egress": told.get("egress", []),
        }
        found.append({"metadata": template["metadata"], "spec": spec})
    return found


@pytest.fixture(scope="module")
def namespaces(rendered: list[Manifest]) -> dict[str, dict[str, str]]:
    """The labels of each namespace."""
    return {
        name: {"kubernetes.io/metadata.name": name}
        | next(
            (
                m["metadata"]["labels"]
                for m in rendered
                if m["kind"] == "Namespace" and m["metadata"]["name"] == name
            ),
            {},
        )
        for name, _, _ in PODS.values()
    }


class Reach:
    """Who connects to whom, by Kubernetes' own rules: policies only ever add up."""

    def __init__(self, policies: list[Manifest], namespaces: dict[str, dict[str, str]]) -> None:
        self._policies, self._namespaces = policies, namespaces

    def pod_to_pod(self, source: str, target: str) -> bool:
        """Both ends must let the connection through."""
        return self._lets("egress", source, target) and self._lets("ingress", target, source,
                                                                   PODS[target][2])  # fmt: skip

    def pod_to_address(self, source: str, address: str, port: int) -> bool:
        return any(
            _on_port(rule, port) and any(_holds(peer, address) for peer in rule.get("to", []))
            for rule in self._rules("egress", source)
        )

    def _lets(self, way: str, pod: str, peer: str, port: int | None = None) -> bool:
        rules = list(self._rules(way, pod))
        if not self._bound(way, pod):
            return True
        key = "to" if way == "egress" else "from"
        return any(
            _on_port(rule, port or PODS[peer][2])
            and (key not in rule or any(self._is(each, pod, peer) for each in rule[key]))
            for rule in rules
        )

    def _bound(self, way: str, pod: str) -> bool:
        return any(way.title() in p["spec"]["policyTypes"] for p in self._of(pod))

    def _rules(self, way: str, pod: str) -> Iterator[Manifest]:
        for policy in self._of(pod):
            yield from policy["spec"].get(way) or []

    def _of(self, pod: str) -> Iterator[Manifest]:
        namespace, labels, _ = PODS[pod]
        for policy in self._policies:
            here = policy["metadata"]["namespace"] == namespace
            if here and _selects(policy["spec"]["podSelector"], labels):
                yield policy

    def _is(self, selectors: Manifest, pod: str, peer: str) -> bool:
        namespace, labels, _ = PODS[peer]
        if "ipBlock" in selectors:
            return False
        inside = (
            _selects(selectors["namespaceSelector"], self._namespaces[namespace])
            if "namespaceSelector" in selectors
            else namespace == PODS[pod][0]
        )
        return inside and _selects(selectors.get("podSelector", {}), labels)


def _selects(selector: Manifest, labels: Mapping[str, str]) -> bool:
    if any(labels.get(key) != value for key, value in selector.get("matchLabels", {}).items()):
        return False
    for each in selector.get("matchExpressions", []):
        value, values = labels.get(each["key"]), each.get("values", [])
        met = {
            "Exists": value is not None,
            "In": value in values,
            "NotIn": value not in values,
        }[each["operator"]]
        if not met:
            return False
    return True


def _on_port(rule: Manifest, port: int) -> bool:
    return "ports" not in rule or any(each["port"] == port for each in rule["ports"])


def _holds(peer: Manifest, address: str) -> bool:
    block = peer.get("ipBlock")
    return bool(block) and ipaddress.ip_address(address) in ipaddress.ip_network(block["cidr"])


@pytest.fixture(scope="module")
def reach(policies: list[Manifest], namespaces: dict[str, dict[str, str]]) -> Reach:
    return Reach(policies, namespaces)


def test_agents_reach_names_and_tools_and_no_other_pod(reach: Reach) -> None:
    reached = {target for target in PODS if reach.pod_to_pod("own sandbox", target)}
    assert reached == {"names", "tools"}


def test_agents_reach_no_address(reach: Reach) -> None:
    reached = {
        what
        for what, (address, port) in OUTSIDE.items()
        if reach.pod_to_address("own sandbox", address, port)
    }
    assert reached == set()


def test_nothing_reaches_an_agent(reach: Reach) -> None:
    assert not {source for source in PODS if reach.pod_to_pod(source, "own sandbox")}


def test_the_tenants_other_pods_are_opened_by_nothing_of_this(reach: Reach) -> None:
    assert not {
        source for source in PODS if "sandbox" in source and reach.pod_to_pod(source, "own server")
    }
    assert not reach.pod_to_pod("own pod", "tools")
    assert not reach.pod_to_pod("own server", "tools")


def test_the_tools_gateway_is_reached_by_agents_and_reaches_its_servers(reach: Reach) -> None:
    callers = {source for source in PODS if reach.pod_to_pod(source, "tools")}
    assert callers == {"own sandbox", "other team's sandbox"}
    assert reach.pod_to_address("tools", *OUTSIDE["a tool's own server"])
    assert not reach.pod_to_address("tools", *OUTSIDE["the internet"])

"""What separates every pair of tenants at every boundary, under each pattern (ISO-2).

Each separator is looked for in what is registered, and taken away once to see it missed.
"""

import base64
import copy
import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

import bulkhead
from bulkhead import TierFoundation
from bulkhead.domain.boundaries import SEPARATION, Boundary
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.patterns.pattern import COMPONENTS
from bulkhead.preview.plan import Plan, Resource
from tests.foundation.samples import planned
from tests.patterns.platforms import COMMON, PLATFORMS, build

ALONE = ("SingleTenantCluster", "DedicatedHosts")
"""Patterns whose tenants meet as neighbours of one account: two platforms in one program."""

Records = list[Resource]


def of(plan: Records, token: str) -> Records:
    return [r for r in plan if r.type == token]


def metadata(resource: Resource) -> dict[str, Any]:
    found: dict[str, Any] = resource.inputs.get("metadata") or {}
    return found


def inside(plan: Records, name: str, token: str) -> Records:
    return [r for r in of(plan, token) if metadata(r).get("namespace") == name]


def by_namespace(plan: Records, a: str, b: str) -> bool:
    """A namespace each, with a quota, held to the restricted standard, and no rights beyond it."""
    for name in (a, b):
        (space,) = [
            r for r in of(plan, "kubernetes:core/v1:Namespace") if metadata(r)["name"] == name
        ]
        restricted = metadata(space)["labels"].get("pod-security.kubernetes.io/enforce")
        quotas = inside(plan, name, "kubernetes:core/v1:ResourceQuota")
        groups = {
            subject["name"]
            for r in inside(plan, name, "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding")
            for subject in r.inputs["subjects"]
        }
        own = bool(groups) and all(group.startswith(f"{name}:") for group in groups)
        if restricted != "restricted" or not quotas or not own:
            return False
    return True


def by_node(plan: Records, a: str, b: str) -> bool:
    """Taints of their own, or their tiers', and admission that holds them."""
    bound = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding"
    held = {r.inputs["spec"]["policyName"] for r in of(plan, bound)}
    nodes = []
    for name in (a, b):
        (labels,) = [
            metadata(r)["labels"]
            for r in of(plan, "kubernetes:core/v1:Namespace")
            if metadata(r)["name"] == name
        ]
        key = f"bulkhead.dev/{labels.get('bulkhead.dev/nodes')}"
        value = labels.get(key)
        tainted = any(f"{key}={value}" in taints(r) for r in plan)
        nodes.append((key, value) if tainted else None)
    return None not in nodes and nodes[0] != nodes[1] and "bulkhead-pod-keep-to-pool" in held


def taints(pool: Resource) -> set[str]:
    if pool.type == "aws:eks/nodeGroup:NodeGroup":
        return {f"{t['key']}={t['value']}" for t in pool.inputs.get("taints") or []}
    if pool.type == "aws:ec2/launchTemplate:LaunchTemplate":
        told = base64.b64decode(pool.inputs["userData"]).decode()
        flags = told.partition("--register-with-taints=")[2].partition('"')[0]
        return {flag.removesuffix(":NoSchedule") for flag in flags.split(",")}
    return set()


def by_identity(plan: Records, a: str, b: str) -> bool:
    """A role each, which trusts the own namespace's pods alone."""
    roles = {}
    for name in (a, b):
        (trust,) = [
            json.loads(r.inputs["assumeRolePolicy"])["Statement"][0]
            for r in of(plan, "aws:iam/role:Role")
            if r.name.endswith(f"-{name}-inference-server")
        ]
        wanted = trust.get("Condition", {}).get("StringEquals", {})
        roles[name] = wanted.get("aws:RequestTag/kubernetes-namespace")
    return roles == {a: a, b: b}


def by_key(plan: Records, a: str, b: str) -> bool:
    """What a role opens lies under its own namespace's prefix."""
    for name in (a, b):
        (policy,) = [
            {s["Sid"]: s for s in json.loads(r.inputs["policy"])["Statement"]}
            for r in of(plan, "aws:iam/rolePolicy:RolePolicy")
            if r.name.endswith(f"-{name}-inference-server-permissions")
        ]
        prefix = "${aws:PrincipalTag/kubernetes-namespace}"
        via = policy["OpenArtifacts"]["Condition"].get("StringEquals", {})
        if f"/{prefix}/" not in policy["ReadOwnArtifacts"]["Resource"]:
            return False
        if via.get("kms:ViaService") != "s3.eu-central-1.amazonaws.com":
            return False
    return True


def by_network(plan: Records, a: str, b: str) -> bool:
    """Everything is denied, and nobody but the gateway is let in."""
    for name in (a, b):
        policies = inside(plan, name, "kubernetes:networking.k8s.io/v1:NetworkPolicy")
        specs = [r.inputs["spec"] for r in policies]
        denied = any(
            spec["podSelector"] == {}
            and set(spec["policyTypes"]) == {"Ingress", "Egress"}
            and not (spec.get("ingress") or spec.get("egress"))
            for spec in specs
        )
        peers = [
            peer
            for spec in specs
            for rule in spec.get("ingress") or []
            for peer in rule.get("from") or [{}]
        ]
        wanted = {"matchLabels": {"kubernetes.io/metadata.name": "bulkhead-gateway"}}
        if not denied or any(peer.get("namespaceSelector") != wanted for peer in peers):
            return False
    return True


def by_log(plan: Records, a: str, b: str) -> bool:
    """Log groups are encrypted, and no tenant's role reads any."""
    groups = of(plan, "aws:cloudwatch/logGroup:LogGroup")
    policies = [
        r.inputs["policy"]
        for r in of(plan, "aws:iam/rolePolicy:RolePolicy")
        if r.name.endswith("-inference-server-permissions")
    ]
    return (
        bool(groups)
        and all(group.inputs.get("kmsKeyId") for group in groups)
        and not any('"logs:' in policy for policy in policies)
    )


SEPARATORS: dict[Boundary, Callable[[Records, str, str], bool]] = {
    Boundary.NAMESPACE: by_namespace,
    Boundary.NODE: by_node,
    Boundary.IDENTITY: by_identity,
    Boundary.KEY: by_key,
    Boundary.NETWORK: by_network,
    Boundary.LOG: by_log,
}


def made(word: str) -> Plan:
    if word not in ALONE:
        return planned(lambda: build(word), assume_applied=True)

    def both() -> None:
        found = TierFoundation(
            "foundation",
            {
                "scope": COMMON["scope"],
                "tiers": ["regulated"],
                "administrators": COMMON["administrators"],
            },
        )
        for name in ("red", "blue"):
            told = {**PLATFORMS[word]["tenants"][0], "name": name}
            args = {**COMMON, **PLATFORMS[word], "tenants": [told], "foundation": found.shared()}
            getattr(bulkhead, word)(name, args)

    return planned(both, assume_applied=True)


PLANS = {word: made(word) for word in PLATFORMS}
CASES = [
    (word, a, b)
    for word, plan in PLANS.items()
    for a, b in itertools.combinations(
        [
            metadata(r)["name"]
            for r in of(plan.resources, "kubernetes:core/v1:Namespace")
            if metadata(r)["labels"]["bulkhead.dev/tenant"] != "platform"
        ],
        2,
    )
]
SHARES_NODES = {("SharedCluster", "red", "blue"), ("DedicatedNodePools", "green", "grey")}
"""Pairs that share nodes, as their pattern or their tier's pool says."""


@pytest.mark.parametrize("boundary", Boundary)
@pytest.mark.parametrize(("word", "a", "b"), CASES)
def test_every_pair_is_separated_at_every_boundary(
    word: str, a: str, b: str, boundary: Boundary
) -> None:
    shared = boundary is Boundary.NODE and (word, a, b) in SHARES_NODES
    assert SEPARATORS[boundary](PLANS[word].resources, a, b) is not shared


def test_every_pattern_and_boundary_is_looked_at_and_told() -> None:
    assert {word for word, *_ in CASES} == set(COMPONENTS.values())
    assert len([case for case in CASES if case[0] == "DedicatedNodePools"]) == 6
    for pattern in IsolationPattern:
        assert set(SEPARATION[pattern]) == set(Boundary) == set(SEPARATORS)


MISSING: list[tuple[Boundary, str, Callable[[Resource], bool]]] = [
    (Boundary.NAMESPACE, "quota", lambda r: r.type == "kubernetes:core/v1:ResourceQuota"),
    (Boundary.NODE, "taint", lambda r: r.type == "aws:eks/nodeGroup:NodeGroup"),
    (Boundary.NODE, "admission", lambda r: r.type.endswith("PolicyBinding")),
    (
        Boundary.NETWORK,
        "denial",
        lambda r: metadata(r).get("name") == "default-deny",
    ),
    (Boundary.LOG, "log group", lambda r: r.type == "aws:cloudwatch/logGroup:LogGroup"),
]


@pytest.mark.parametrize(("boundary", "what", "chosen"), MISSING)
def test_a_separator_that_is_missing_is_seen(
    boundary: Boundary, what: str, chosen: Callable[[Resource], bool]
) -> None:
    whole = PLANS["DedicatedNodePools"].resources
    rest = [r for r in whole if not chosen(r)]
    assert len(rest) < len(whole), what
    assert not SEPARATORS[boundary](rest, "red", "blue")


@pytest.mark.parametrize(
    ("boundary", "suffix", "field", "old", "new"),
    [
        (
            Boundary.IDENTITY,
            "red-inference-server",
            "assumeRolePolicy",
            '"aws:RequestTag/kubernetes-namespace": "red"',
            '"aws:RequestTag/kubernetes-namespace": "blue"',
        ),
        (
            Boundary.KEY,
            "red-inference-server-permissions",
            "policy",
            "/${aws:PrincipalTag/kubernetes-namespace}/*",
            "/*",
        ),
        (
            Boundary.LOG,
            "red-inference-server-permissions",
            "policy",
            '"s3:GetObject"',
            '"logs:Get"',
        ),
    ],
)
def test_a_role_that_reaches_further_is_seen(
    boundary: Boundary, suffix: str, field: str, old: str, new: str
) -> None:
    plan = copy.deepcopy(PLANS["DedicatedNodePools"].resources)
    (role,) = [r for r in plan if r.name.endswith(suffix) and field in r.inputs]
    assert old in role.inputs[field]
    role.inputs[field] = role.inputs[field].replace(old, new)
    assert not SEPARATORS[boundary](plan, "red", "blue")

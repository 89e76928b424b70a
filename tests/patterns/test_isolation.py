"""What separates every pair of tenants at every boundary, under each pattern (ISO-2).

Each separator is looked for in what is registered, and taken away once to see it missed.
"""

import copy
import itertools
from collections.abc import Callable

import pytest

import bulkhead
from bulkhead import TierFoundation
from bulkhead.domain.boundaries import SEPARATION, Boundary
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.patterns.pattern import COMPONENTS
from bulkhead.preview.plan import Plan, Resource
from tests.foundation.samples import planned
from tests.patterns.platforms import COMMON, PLATFORMS, build
from tests.patterns.separators import SEPARATORS, metadata, of

ALONE = ("SingleTenantCluster", "DedicatedHosts")
"""Patterns whose tenants meet as neighbours of one account: two platforms in one program."""


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

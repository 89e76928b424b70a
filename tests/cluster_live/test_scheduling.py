"""Where pods land: the real scheduler puts them on their tenant's nodes, and on no others.

The nodes are those that a platform's pools register, without machines.
"""

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from bulkhead.cluster.charts import on_system_nodes
from bulkhead.preview.plan import Plan
from tests.cluster_live.compartments import counted
from tests.control_plane import external
from tests.control_plane.api import Api, Manifest
from tests.control_plane.builds import build as built
from tests.control_plane.kwok import GPU, kwok, node, nodes, ready
from tests.control_plane.plane import ControlPlane
from tests.control_plane.rendered import applied, objects, wait
from tests.foundation.samples import ACCOUNT, planned
from tests.installation import Tell, UnavailableError, unavailable
from tests.patterns.platforms import build, pool, tenant

QUOTA = {"cpus": 24, "memory_gib": 64}
TENANT, TIER = "bulkhead.dev/tenant", "bulkhead.dev/tier"


def several(*names: tuple[str, str], gpus: int = 0, **more: Any) -> list[dict[str, Any]]:
    return [tenant(name, tier, quota={**QUOTA, "gpus": gpus}, **more) for name, tier in names]


SHARED = {
    "tenants": several(("red", "internal"), ("blue", "public"), gpus=1),
    "pools": [pool("general"), pool("gpus", "g6.4xlarge")],
}
POOLS = {
    "tenants": [
        *several(("red", "confidential"), gpus=1),
        *several(("blue", "confidential")),
        tenant("green", "internal"),
        tenant("grey", "internal"),
    ],
    "pools": [
        pool("red-gpu", "g6.4xlarge", tenant="red"),
        pool("blue-general", tenant="blue"),
        pool("inner", tier="internal"),
    ],
}  # fmt: skip
HOSTS = {
    "tenants": several(("red", "regulated"), risk={"regulation": "no-shared-hosts"}),
}

PLATFORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "shared": ("SharedCluster", SHARED),
    "pools": ("DedicatedNodePools", POOLS),
    "hosts": ("DedicatedHosts", HOSTS),
}

OWN = {
    ("shared", "red"): {"platform-general"},
    ("shared", "blue"): {"platform-general"},
    ("pools", "red"): {"platform-red-gpu"},
    ("pools", "blue"): {"platform-blue-general"},
    ("pools", "green"): {"platform-inner"},
    ("pools", "grey"): {"platform-inner"},
    ("hosts", "red"): {"platform-hosts"},
}
"""The nodes that each tenant's pods land on."""

NEEDS_GPU = {("pools", "red")}
"""Tenants whose only nodes have GPUs, which pods without one don't take up."""


@dataclass
class Floor:
    """A platform's nodes and namespaces on a control plane."""

    api: Api
    plan: Plan
    nodes: list[Manifest]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def tier(self, name: str) -> str:
        (space,) = [
            m for m in objects(self.plan)
            if m["kind"] == "Namespace" and m["metadata"]["name"] == name
        ]  # fmt: skip
        return str(space["metadata"]["labels"][TIER])

    @contextlib.contextmanager
    def pod(self, namespace: str, *, registry: str = "", **spec: Any) -> Iterator[Manifest]:
        """A pod that the tenant's admin makes, who writes no more than must be."""
        made = pod(f"p{next(self.numbers)}", namespace, registry or self.tier(namespace), **spec)
        admin = self.api.impersonate(f"{namespace}-admin", f"{namespace}:admin")
        (admin if not registry else self.api).create(made)
        try:
            yield made
        finally:
            self.gone(made)

    def gone(self, made: Manifest) -> None:
        with contextlib.suppress(Exception):
            self.api.delete(made, gracePeriodSeconds="0")

    def landed(self, made: Manifest) -> str:
        """The node that the pod runs on, once it runs."""
        wait(lambda: self._phase(made) == "Running", what=f"{self.api.get(made)['status']}")
        return str(self.api.get(made)["spec"]["nodeName"])

    def waits(self, made: Manifest) -> str:
        """Why the scheduler finds no node for the pod."""
        wait(lambda: bool(self._unscheduled(made)), what=f"the pod lands: {self.api.get(made)}")
        return self._unscheduled(made)

    def ended(self, made: Manifest) -> bool:
        """Whether the pod is gone, or going."""
        listed = self.api.call("GET", f"/api/v1/namespaces/{made['metadata']['namespace']}/pods")
        return made["metadata"]["name"] not in {
            each["metadata"]["name"]
            for each in listed["items"]
            if "deletionTimestamp" not in each["metadata"]
        }

    def _phase(self, made: Manifest) -> str:
        return str(self.api.get(made)["status"].get("phase"))

    def _unscheduled(self, made: Manifest) -> str:
        for condition in self.api.get(made)["status"].get("conditions") or []:
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                return str(condition["message"])
        return ""


def pod(name: str, namespace: str, tier: str, **spec: Any) -> dict[str, Any]:
    registry = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/dev/{tier}/platform"
    resources = spec.pop("resources", {"requests": {"cpu": "100m"}, "limits": {"cpu": "100m"}})
    container = {"name": "main", "image": f"{registry}@sha256:{'a' * 64}", "resources": resources}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": {"bulkhead.dev/workload": "probe"},
        },
        "spec": {"containers": [container], **spec},
    }


def amount(cpu: str, **more: str) -> dict[str, Any]:
    both = {"cpu": cpu, "memory": "1Gi", **more}
    return {"resources": {"requests": both, "limits": both}}


ONE_GPU = amount("1", **{GPU: "1"})


@pytest.fixture(scope="module")
def machines(plane: ControlPlane, tell: Tell) -> Iterator[ControlPlane]:
    """The control plane with kwok; not one that was there before, whose nodes are real."""
    if external.kubeconfig():
        pytest.skip("the nodes of the control plane of BULKHEAD_KUBECONFIG are its own")
    try:
        programs = built("kwok", tell)
    except UnavailableError as error:
        unavailable(error)
    with kwok(programs, plane):
        yield plane


@pytest.fixture(scope="module", params=PLATFORMS)
def floor(request: pytest.FixtureRequest, machines: ControlPlane) -> Iterator[tuple[str, Floor]]:
    component, arguments = PLATFORMS[request.param]
    plan = planned(lambda: build(component, **arguments), assume_applied=True)
    found = nodes(plan)
    with applied(machines.api, objects(plan)), ready(machines.api, found):
        made = Floor(machines.api, plan, found)
        for name, owner in OWN:
            if name == request.param:
                counted(machines.api, owner)
        yield request.param, made


def tenants(floor: tuple[str, Floor]) -> dict[str, set[str]]:
    return {owner: own for (name, owner), own in OWN.items() if name == floor[0]}


@contextlib.contextmanager
def cordoned(api: Api, names: set[str]) -> Iterator[None]:
    """No new pod lands on the nodes."""

    def change(*, closed: bool) -> None:
        for name in names:
            found = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
            api.patch(found, {"spec": {"unschedulable": closed or None}})

    change(closed=True)
    try:
        yield
    finally:
        change(closed=False)


def test_a_pod_lands_on_its_tenants_nodes_though_it_asks_for_none(
    floor: tuple[str, Floor],
) -> None:
    name, there = floor
    for owner, own in tenants(floor).items():
        asks = ONE_GPU if (name, owner) in NEEDS_GPU else {}
        with there.pod(owner, **asks) as made:
            assert there.landed(made) in own, owner


def test_a_pod_waits_rather_than_land_on_others_nodes(floor: tuple[str, Floor]) -> None:
    name, there = floor
    for owner, own in tenants(floor).items():
        asks = ONE_GPU if (name, owner) in NEEDS_GPU else {}
        with cordoned(there.api, own), there.pod(owner, **asks) as made:
            assert "nodes are available" in there.waits(made), owner


def test_a_pod_with_a_gpu_lands_where_gpus_are_and_one_without_does_not(
    floor: tuple[str, Floor],
) -> None:
    name, there = floor
    if name != "shared":
        pytest.skip("only this platform has nodes of both kinds for one tenant")
    with there.pod("red", **ONE_GPU) as made:
        assert there.landed(made) == "platform-gpus"
    with cordoned(there.api, {"platform-general"}), there.pod("red") as made:
        assert "untolerated taint" in there.waits(made)


STRANGER = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "stranger-system"}}


def test_a_pod_from_outside_of_the_compartments_finds_no_node_of_a_tenant(
    floor: tuple[str, Floor],
) -> None:
    name, there = floor
    if name == "shared":
        pytest.skip("the nodes of this platform are everybody's")
    closed = {n["metadata"]["name"] for n in there.nodes}
    with applied(there.api, [STRANGER]):
        with there.pod("stranger-system", registry="internal") as made:
            assert f"0/{len(closed)} nodes are available" in there.waits(made)
        untainted = node("open", "m7i.4xlarge", {TENANT: "red"}, [])
        with (
            ready(there.api, [untainted]),
            there.pod("stranger-system", registry="internal") as made,
        ):
            assert there.landed(made) == "open"


def test_controllers_land_on_the_systems_nodes_and_on_no_others(floor: tuple[str, Floor]) -> None:
    """ISO-2: what has rights over the cluster runs beside nobody's pods, on every pattern."""
    _, there = floor
    asks = {"registry": "internal", **on_system_nodes()}
    with applied(there.api, [STRANGER]):
        with there.pod("stranger-system", **asks) as made:
            assert there.landed(made) == "platform-system"
        with cordoned(there.api, {"platform-system"}), there.pod("stranger-system", **asks) as made:
            assert "nodes are available" in there.waits(made)


def test_production_ends_experiments_when_the_nodes_are_full(floor: tuple[str, Floor]) -> None:
    name, there = floor
    if name != "shared":
        pytest.skip("one platform shows it")
    half = amount("7")
    with contextlib.ExitStack() as stack:

        def start(owner: str, priority: str) -> Manifest:
            return stack.enter_context(there.pod(owner, priorityClassName=priority, **half))

        experiments = [start("red", "bulkhead-exploration") for _ in range(2)]
        assert {there.landed(each) for each in experiments} == {"platform-general"}
        more = start("blue", "bulkhead-exploration")
        assert "nodes are available" in there.waits(more)
        assert not any(there.ended(each) for each in experiments), "an experiment ends no other"
        served = start("blue", "bulkhead-inference")
        assert there.landed(served) == "platform-general"
        assert sum(there.ended(each) for each in experiments) == 1
        tuned = start("red", "bulkhead-fine-tuning")
        assert there.landed(tuned) == "platform-general"
        assert all(there.ended(each) for each in experiments)
        late = start("red", "bulkhead-fine-tuning")
        assert "nodes are available" in there.waits(late)
        assert not there.ended(served), "an experiment never ends production"

"""One environment with tenants on all five patterns: every pair at every boundary (ISO-2)."""

import itertools
from pathlib import Path

import pytest
import yaml

from bulkhead.domain.boundaries import Boundary
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.preview.plan import Plan, Resource
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment
from tests.patterns.separators import SEPARATORS, metadata, of
from tests.stacks.environments import HOME, every_pattern

ROOT = Path(__file__).parents[2]
PROJECT = load_project(ROOT)


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> list[Plan]:
    path = tmp_path_factory.mktemp("stacks") / "tenants.test.yaml"
    path.write_text(yaml.safe_dump(every_pattern()), "utf-8")
    options = Options(
        config={"bulkhead:tenants": str(path)},
        packs=[ROOT / "policies" / "packs" / "regulated"],
        assume_applied=True,
    )
    return list(preview_environment(PROJECT, "prod", options))


@pytest.fixture(scope="module")
def resources(plans: list[Plan]) -> list[Resource]:
    return [resource for plan in plans for resource in plan.resources]


def test_the_environment_previews_clean_with_tenants_on_every_pattern(plans: list[Plan]) -> None:
    assert [error.message for plan in plans for error in plan.errors] == []
    assert [(v.policy, v.urn) for plan in plans for v in plan.violations] == []
    workloads = plans[-1].outputs
    assert workloads["clusters"] == HOME
    patterns = {told["labels"]["bulkhead.dev/pattern"] for told in workloads["tenants"].values()}
    assert patterns == set(IsolationPattern)
    assert set(workloads["tenants"]["fraud-weights"]["sealed_key_arns"]) == {"enclaves"}


@pytest.mark.parametrize("boundary", Boundary)
def test_every_pair_is_separated_at_every_boundary(
    resources: list[Resource], boundary: Boundary
) -> None:
    """Tenants of the shared pattern share nodes, as it says, and no other two share anything."""
    together = {"support-assist", "doc-summary", "market-research"}
    missing = {
        (a, b)
        for a, b in itertools.combinations(HOME, 2)
        if not SEPARATORS[boundary](resources, a, b)
    }
    expected = set(itertools.combinations(HOME, 2)) if boundary is Boundary.NODE else set()
    assert missing == {(a, b) for a, b in expected if {a, b} <= together}


def test_clusters_share_neither_network_nor_keys_of_their_pods_nor_rules(
    resources: list[Resource],
) -> None:
    """ISO-5: what stands once for each cluster is there once for each."""
    clusters = set(HOME.values())
    assert {r.name for r in of(resources, "aws:eks/cluster:Cluster")} == clusters
    assert {r.name for r in of(resources, "aws:ec2/vpc:Vpc")} == clusters
    pools = of(resources, "aws:eks/nodeGroup:NodeGroup")
    subnets: dict[str, set[str]] = {}
    for pool in pools:
        subnets.setdefault(pool.inputs["clusterName"], set()).update(pool.inputs["subnetIds"])
    for a, b in itertools.combinations(subnets, 2):
        assert not subnets[a] & subnets[b], (a, b)
    bound = "kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding"
    keeping = [
        r
        for r in of(resources, bound)
        if r.inputs["spec"]["policyName"] == "bulkhead-pod-keep-to-pool"
    ]
    assert len(keeping) == len(clusters)
    spaces = list(of(resources, "kubernetes:core/v1:Namespace"))
    found = {metadata(r)["name"] for r in spaces if metadata(r)["name"] in HOME}
    assert found == set(HOME)


def test_roles_of_tenants_trust_the_pods_of_their_own_cluster(resources: list[Resource]) -> None:
    for tenant, cluster in HOME.items():
        (role,) = [
            r
            for r in of(resources, "aws:iam/role:Role")
            if r.name == f"{cluster}-{tenant}-inference-server"
        ]
        assert f"prod-{cluster}" in role.inputs["assumeRolePolicy"], tenant

"""Which pods reach which, computed by cyclonus from the policies that are rendered (ISO-2, INF-2).

The matrix is that of the documentation: inference servers are reached by the gateway alone, every
pod asks DNS, and nothing else leads from one pod to another. Taking away any policy changes it.
"""

import itertools
import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster_live.compartments import Manifest, rendered
from tests.control_plane.builds import build
from tests.installation import UnavailableError, teller, unavailable

SERVER = {"bulkhead.dev/role": "inference-server"}
PODS: dict[tuple[str, str], dict[str, str]] = {
    ("acme", "server"): SERVER,
    ("acme", "notebook"): {},
    ("globex", "server"): SERVER,
    ("globex", "notebook"): {},
    ("bulkhead-gateway", "proxy"): {"app": "proxy"},
    ("kube-system", "dns"): {"k8s-app": "kube-dns"},
    ("stranger-system", "pod"): {},
}
SERVING, DNS, OTHER = (8000, "TCP"), (53, "UDP"), (443, "TCP")
TENANTS = ("acme", "globex")

Pod = tuple[str, str]
Reach = tuple[Pod, Pod, int]


def policies() -> list[Manifest]:
    return [each for each in rendered() if each["kind"] == "NetworkPolicy"]


def documented() -> set[Reach]:
    """Every pair of pods with the port on which the first reaches the second."""
    closed = {*TENANTS, "bulkhead-gateway"}
    found: set[Reach] = set()
    for (source, target), (port, _) in itertools.product(
        itertools.permutations(PODS, 2), (SERVING, DNS, OTHER)
    ):
        to_dns = target == ("kube-system", "dns") and port == DNS[0]
        served = source[0] == "bulkhead-gateway" and port == SERVING[0]
        if (
            to_dns
            or (served and target[0] in TENANTS and target[1] == "server")
            or not {source[0], target[0]} & closed
        ):
            found.add((source, target, port))
    return found


@pytest.fixture(scope="session")
def cyclonus(request: pytest.FixtureRequest) -> Path:
    try:
        return build("cyclonus", teller(request.config)) / "cyclonus"
    except UnavailableError as error:
        unavailable(error)


def reached(cyclonus: Path, folder: Path, wanted: Iterable[Manifest]) -> set[Reach]:
    """What cyclonus computes of the policies."""
    rules = folder / "policies"
    rules.mkdir()
    for number, policy in enumerate(wanted):
        (rules / f"{number:03}.yaml").write_text(yaml.safe_dump(policy), "utf-8")
    model = folder / "model.json"
    model.write_text(json.dumps(_model()), "utf-8")
    command = [cyclonus, "analyze", "--mode", "probe", "--policy-path", rules]
    done = subprocess.run(
        [*command, "--probe-path", model], capture_output=True, text=True, check=True
    )
    # After the asked ones it prints one of the pods of a cluster, of which there is none.
    _, *tables = done.stdout.split("Combined:\n")
    found: set[Reach] = set()
    for (port, _), table in zip((SERVING, DNS, OTHER), tables, strict=False):
        found |= {(a, b, port) for a, b in _open(table.partition("\n\n")[0])}
    return found


def _model() -> dict[str, Any]:
    labels = {
        each["metadata"]["name"]: each["metadata"]["labels"]
        for each in rendered()
        if each["kind"] == "Namespace"
    }
    return {
        "Probes": [
            {"Port": port, "Protocol": protocol} for port, protocol in (SERVING, DNS, OTHER)
        ],
        "Resources": {
            "Namespaces": {
                name: {**labels.get(name, {}), "kubernetes.io/metadata.name": name}
                for name, _ in PODS
            },
            "Pods": [
                {
                    "Namespace": namespace,
                    "Name": name,
                    "Labels": own,
                    "IP": f"10.9.0.{number}",
                    "Containers": [
                        {"Name": f"c{port}", "Port": port, "Protocol": protocol}
                        for port, protocol in (SERVING, DNS, OTHER)
                    ],
                }
                for number, ((namespace, name), own) in enumerate(PODS.items(), start=1)
            ],
        },
    }


def _open(table: str) -> set[tuple[Pod, Pod]]:
    lines = [line for line in table.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    head, *body = rows
    names = [tuple(each.lower().split("/")) for each in head[1:] if each]  # written in capitals
    return {
        (tuple(row[0].split("/")), name)  # type: ignore[misc]
        for row in body
        for name, cell in zip(names, row[1:], strict=False)
        if cell == "." and tuple(row[0].split("/")) != name
    }


def test_pods_reach_what_the_documentation_says_and_nothing_else(
    cyclonus: Path, tmp_path: Path
) -> None:
    assert reached(cyclonus, tmp_path, policies()) == documented()


TO_ADDRESSES = {"allow-artifacts", "allow-metrics"}
"""Policies that lead to addresses outside of the cluster or of nodes (``tests/workloads``)."""

BETWEEN_PODS = [
    each
    for each in policies()
    if each["metadata"]["namespace"] in ("acme", "bulkhead-gateway")
    and each["metadata"]["name"] not in TO_ADDRESSES
]


@pytest.mark.parametrize(
    "policy",
    BETWEEN_PODS,
    ids=lambda p: f"{p['metadata']['namespace']}/{p['metadata']['name']}",
)
def test_without_any_one_policy_the_matrix_is_another(
    policy: Manifest, cyclonus: Path, tmp_path: Path
) -> None:
    less = [each for each in policies() if each is not policy]
    assert reached(cyclonus, tmp_path, less) != documented()

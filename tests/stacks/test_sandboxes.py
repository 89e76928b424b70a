"""Sandboxes, from the tenants file to nodes, controller and what tenants claim (ISO-11)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment
from tests.foundation.samples import one
from tests.stacks.environments import Edit, refusals

PROJECT = load_project(Path(__file__).parents[2])


def test_a_tenant_claims_sandboxes_that_its_cluster_makes() -> None:
    _, cluster, workloads = preview_environment(PROJECT, "dev", Options(assume_applied=True))
    assert workloads.outputs["sandboxes"] == {
        "doc-summary": {"namespace": "doc-summary-sandbox", "warm_pool": "agent"}
    }
    token = "kubernetes:extensions.agents.x-k8s.io/v1beta1:SandboxTemplate"  # noqa: S105 - a type
    spec = one(workloads, token).inputs["spec"]["podTemplate"]["spec"]
    assert spec["runtimeClassName"] == "kata"
    release = one(cluster, "kubernetes:helm.sh/v3:Release", "shared-sandboxes").inputs
    assert release["chart"].endswith("/charts/agent-sandbox")
    classes = [each.name for each in cluster.of_type("kubernetes:node.k8s.io/v1:RuntimeClass")]
    assert len(classes) == 1


def at_sandbox(**changes: Any) -> Edit:
    return lambda content: content["tenants"][1]["sandbox"].update(changes)


def at_cluster(edit: Edit) -> Edit:
    return lambda content: edit(content["clusters"]["shared"])


SANDBOX = "tenants.doc-summary.sandbox"


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            at_cluster(lambda cluster: cluster.pop("sandbox_controller")),
            f"{SANDBOX}: sandboxes on a cluster without their controller, got 'doc-summary'; "
            "allowed: sandbox_controller under clusters.shared",
        ),
        (
            at_cluster(lambda cluster: (cluster["pools"].pop(), cluster.pop("kata"))),
            f"{SANDBOX}.runtime: no pool of the tenant runs these sandboxes, got 'kata'; allowed: "
            "a pool with runtimes under clusters.shared",
        ),
        (
            at_sandbox(runtime="gvisor"),
            f"{SANDBOX}.runtime: no pool of the tenant runs these sandboxes, got 'gvisor'; "
            "allowed: kata",
        ),
        (
            lambda content: content["tenants"][1]["sandbox"].pop("runtime"),
            "tenants[1].sandbox.runtime: a missing key",
        ),
        (
            at_cluster(lambda cluster: cluster["sandbox_controller"].update(chart="agents")),
            "clusters.shared.sandbox_controller.chart: not a chart in a private registry, got "
            "'agents'; allowed: oci://<account>.dkr.ecr.<region>.amazonaws.com/<name>",
        ),
    ],
)
def test_sandboxes_that_do_not_fit_are_refused_with_their_path(
    edited: Callable[[Edit], str], edit: Edit, sentence: str
) -> None:
    assert refusals(edited(edit)) == [f"tenants.test.yaml: {sentence}"]

"""A node can't draw another tenant's pods onto itself."""

from collections.abc import Iterator

import pytest

from bulkhead.cluster.admission.nodes import KEEP_NODE_LABELS
from tests.cluster_live.compartments import Compartments, Manifest, sparing_label
from tests.cluster_live.refusals import refused_by
from tests.control_plane.api import Api
from tests.control_plane.rendered import applied

PROVOKED = {(KEEP_NODE_LABELS.name, 0)}


@pytest.fixture
def node(compartments: Compartments) -> Iterator[Manifest]:
    manifest = {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": "ip-10-0-0-1",
            "labels": {
                "bulkhead.dev/tenant": "acme",
                "bulkhead.dev/pool": "gpu",
                "karpenter.sh/nodepool": "gpu",
            },
        },
    }
    with applied(compartments.api, [manifest]):
        yield manifest


@pytest.fixture
def kubelet(compartments: Compartments) -> Api:
    return compartments.api.impersonate("system:node:ip-10-0-0-1", "system:nodes")


def relabelled(**labels: str | None) -> Manifest:
    return {"metadata": {"labels": {f"bulkhead.dev/{key}": each for key, each in labels.items()}}}


@pytest.mark.parametrize(
    "change",
    [
        relabelled(tenant="ledger"),
        relabelled(tenant=None),
        relabelled(tier="restricted"),
        relabelled(pool="confidential"),
        relabelled(plane="training"),
        {"metadata": {"labels": {"karpenter.sh/nodepool": "confidential"}}},
    ],
)
def test_a_node_keeps_the_labels_that_say_for_whom_it_is(
    change: Manifest, node: Manifest, kubelet: Api, compartments: Compartments
) -> None:
    with refused_by(KEEP_NODE_LABELS):
        kubelet.patch(node, change, dryRun="All")
    compartments.api.patch(node, change, dryRun="All")
    compartments.api.patch(node, {"metadata": {"labels": sparing_label(KEEP_NODE_LABELS.name)}})
    kubelet.patch(node, change, dryRun="All")


def test_a_node_may_label_itself_otherwise(node: Manifest, kubelet: Api) -> None:
    kubelet.patch(node, {"metadata": {"labels": {"example.com/driver": "570"}}}, dryRun="All")

"""Self-managed nodes are hardened as managed ones, and told how to join."""

import base64
import json
from typing import Any

import pytest

from bulkhead import NodePool, SelfManagedPool
from bulkhead.preview.plan import Plan
from tests.cluster.test_pools import ARGS, GROUP, TEMPLATE
from tests.foundation.samples import one, planned, refusal

AGENTS: dict[str, Any] = {"name": "agents", "instance_types": ["m7i.4xlarge"], "runtimes": ["kata"]}
JOIN = {"endpoint": "https://api.example", "certificate_authority": "Y2E="}
OWN: dict[str, Any] = {**AGENTS, "runtimes": ["gvisor"], "ami_id": "ami-0123456789abcdef0"}


def made(**changes: Any) -> Plan:
    return planned(
        lambda: SelfManagedPool("agents", {**ARGS, "pool": AGENTS, **JOIN, **changes}),
        assume_applied=True,
    )


def node_config(template: dict[str, Any]) -> Any:
    text = base64.b64decode(template["userData"]).decode()
    part = text.partition("Content-Type: application/node.eks.aws\n\n")[2].partition("\n\n--")[0]
    return json.loads(part)["spec"]


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return one(made(), TEMPLATE).inputs


def test_pods_do_not_reach_the_nodes_credentials(template: dict[str, Any]) -> None:
    assert template["metadataOptions"] == {
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "httpPutResponseHopLimit": 1,
    }
    assert all(m["ebs"]["encrypted"] == "true" for m in template["blockDeviceMappings"])


def test_nodes_come_with_the_labels_and_taints_by_which_sandboxes_find_them(
    template: dict[str, Any],
) -> None:
    labels, taints = node_config(template)["kubelet"]["flags"]
    assert "bulkhead.dev/runtime-kata=true" in labels
    assert taints == "--register-with-taints=bulkhead.dev/sandbox=true:NoSchedule"
    assert "containerd" not in node_config(template)


def test_gvisor_is_known_to_containerd_and_the_image_is_the_users() -> None:
    args = {**ARGS, **JOIN, "pool": OWN}
    plan = planned(lambda: NodePool("agents", args), assume_applied=True)
    template = one(plan, TEMPLATE).inputs
    config = node_config(template)["containerd"]["config"]
    assert "containerd.runtimes.runsc]" in config
    assert 'runtime_type = "io.containerd.runsc.v1"' in config
    assert template["imageId"] == OWN["ami_id"]
    assert one(plan, GROUP).inputs["amiType"] == "CUSTOM"


def test_others_nodes_are_refused() -> None:
    assert refusal(lambda: SelfManagedPool("agents", {**ARGS, **JOIN, "pool": OWN})) == (
        "agents.pool: such nodes are self-managed, and told how to join, got 'managed'; allowed: "
        "self-managed, endpoint and certificate_authority"
    )
    assert refusal(lambda: NodePool("agents", {**ARGS, **JOIN, "pool": AGENTS})) == (
        "agents.pool.provisioner: a managed node group does not take such a pool, got "
        "'self-managed'; allowed: managed"
    )
    system = {**ARGS, **JOIN, "pool": OWN, "system": True}
    assert refusal(lambda: NodePool("agents", system)) == (
        "agents.pool.runtimes: a system pool runs no sandboxes, got 'gvisor'"
    )

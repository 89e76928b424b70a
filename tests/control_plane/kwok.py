"""Nodes without machines: kwok answers for them, and runs the pods that are bound to them."""

import base64
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bulkhead.domain.instances import INSTANCES
from bulkhead.preview.plan import Plan, Resource
from tests.control_plane.api import Api, Manifest
from tests.control_plane.builds import MODULES, source
from tests.control_plane.plane import ControlPlane
from tests.control_plane.processes import running
from tests.control_plane.rendered import applied, wait

GPU = "nvidia.com/gpu"
READY_SECONDS = 60
PODS_OF_A_NODE = "110"
STAGES = ("node/fast", "node/heartbeat", "pod/fast")
"""What kwok does with nodes and pods: makes them ready, and takes deleted pods away."""


@contextlib.contextmanager
def kwok(programs: Path, plane: ControlPlane) -> Iterator[None]:
    """Run kwok for every node of the control plane, by the stages that it comes with."""
    settings = plane.folder / "kwok.yaml"
    stages = source(MODULES / "kwok", "sigs.k8s.io/kwok") / "kustomize" / "stage"
    files = [file for stage in STAGES for file in sorted((stages / stage).glob("*.yaml"))]
    texts = [file.read_text("utf-8") for file in files if file.name != "kustomization.yaml"]
    settings.write_text("\n---\n".join(texts), "utf-8")
    flags = [
        f"--kubeconfig={plane.kubeconfig}",
        "--manage-all-nodes=true",
        "--server-address=",
        f"--config={settings}",
    ]
    with running(programs / "kwok", *flags, log=plane.folder / "kwok.log"):
        yield


@contextlib.contextmanager
def ready(api: Api, wanted: list[Manifest]) -> Iterator[None]:
    """Nodes, once kwok has made them ready and Kubernetes has taken its own taints off them."""
    with applied(api, wanted):
        for node in wanted:
            wait(
                lambda node=node: _is_ready(api.get(node)),  # type: ignore[misc]
                what=f"{node['metadata']['name']} does not become ready",
                seconds=READY_SECONDS,
            )
        yield


def nodes(plan: Plan) -> list[Manifest]:
    """One node of each pool that a plan registers, with the labels and taints that it comes with.

    EKS sets those of a managed group, and a node's own settings those of nodes on hosts.
    """
    found = []
    for resource in plan.resources:
        if resource.type == "aws:eks/nodeGroup:NodeGroup" and resource.inputs.get("instanceTypes"):
            taints = [
                {**taint, "effect": "NoSchedule"} for taint in resource.inputs.get("taints") or []
            ]
            (kind, *_) = resource.inputs["instanceTypes"]
            found.append(node(resource.name, kind, resource.inputs["labels"], taints))
        elif flags := _flags(resource):
            taints = [_taint(text) for text in _flag(flags, "register-with-taints") if text]
            labels = dict(text.split("=", 1) for text in _flag(flags, "node-labels"))
            found.append(node(resource.name, resource.inputs["instanceType"], labels, taints))
    return found


def node(
    name: str, kind: str, labels: dict[str, str], taints: list[dict[str, str]]
) -> dict[str, Any]:
    """A node with what its instance type offers."""
    instance = INSTANCES[kind]
    offers = {
        "cpu": str(instance.vcpus),
        "memory": f"{instance.memory_gib}Gi",
        "ephemeral-storage": "100Gi",
        "pods": PODS_OF_A_NODE,
        **({GPU: str(instance.gpus)} if instance.gpus else {}),
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, **labels}},
        "spec": {"taints": taints},
        "status": {"capacity": offers, "allocatable": offers},
    }


def _is_ready(found: dict[str, Any]) -> bool:
    conditions = found.get("status", {}).get("conditions") or []
    own = [t for t in found["spec"].get("taints") or [] if t["key"].startswith("node.kubernetes")]
    return not own and any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def _flags(resource: Resource) -> str:
    """What nodes on hosts are told; a managed group's stand in the group too."""
    template = resource.type == "aws:ec2/launchTemplate:LaunchTemplate"
    if not template or not resource.inputs.get("instanceType"):
        return ""
    text = base64.b64decode(resource.inputs.get("userData") or "").decode()
    return text if "--register-with-taints=" in text else ""


def _flag(text: str, name: str) -> list[str]:
    return text.partition(f"--{name}=")[2].partition('"')[0].split(",")


def _taint(text: str) -> dict[str, str]:
    pair, _, effect = text.rpartition(":")
    key, _, value = pair.partition("=")
    return {"key": key, "value": value, "effect": effect}

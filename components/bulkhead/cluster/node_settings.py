"""User data: what a node is told when it starts."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pulumi

from bulkhead.domain.addresses import SERVICE_NETWORK
from bulkhead.domain.instances import INSTANCES
from bulkhead.domain.pods import Runtime
from bulkhead.domain.pools import Pool
from bulkhead.domain.provisioners import Image, Provisioner
from bulkhead.domain.runtimes import PROFILES
from bulkhead.domain.seals import Protection
from bulkhead.domain.sharing import SharingStrategy

BOTTLEROCKET = """\
[settings.host-containers.admin]
enabled = false
[settings.host-containers.control]
enabled = false
[settings.kubernetes]
seccomp-default = true
"""
"""Nobody logs into a node, and containers that name no seccomp profile get the runtime's."""

TIME_SLICING = """\
[settings.kubelet-device-plugins.nvidia]
device-sharing-strategy = "time-slicing"
[settings.kubelet-device-plugins.nvidia.time-slicing]
replicas = {replicas}
rename-by-default = false
fail-requests-greater-than-one = true
"""
"""Slices keep the name ``nvidia.com/gpu``, which quotas count."""

PARTITIONING = """\
[settings.kubelet-device-plugins.nvidia]
device-partitioning-strategy = "mig"
[settings.kubelet-device-plugins.nvidia.mig.profile]
"{model}" = "{replicas}"
"""

MIG_NAMES = {"A100": "a100.40gb", "H100": "h100.80gb", "H200": "h200.141gb"}
"""Bottlerocket's names of GPUs that it partitions; P4de's larger A100 has one of its own."""

LARGER_A100 = "a100.80gb"

BOUNDARY = "==BULKHEAD=="

ALLOCATOR = """\
#!/bin/bash
set -euo pipefail
dnf install --assumeyes aws-nitro-enclaves-cli
cat > /etc/nitro_enclaves/allocator.yaml <<'END'
---
memory_mib: {memory}
cpu_count: {cpus}
END
systemctl enable --now nitro-enclaves-allocator.service
"""
"""Sets a node's share for enclaves aside (AWS Nitro Enclaves User Guide, "Using Nitro Enclaves with
Amazon EKS"); kubelet starts after it and offers the huge pages."""

KUBELET: dict[str, Any] = {"seccompDefault": True}

Join = Mapping[str, pulumi.Input[str]]
"""How a node finds its cluster: ``name``, ``endpoint`` and ``certificate_authority``."""


GVISOR = f"""\
version = 3
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.{PROFILES[Runtime.GVISOR].handler}]
runtime_type = "io.containerd.runsc.v1"
"""
"""Makes gVisor known to containerd 2, which nodeadm merges into its own configuration (gVisor,
"Containerd Quick Start"; nodeadm, "Configuring containerd")."""


def user_data(
    pool: Pool, labels: Mapping[str, str], taints: Mapping[str, str], join: Join
) -> pulumi.Input[str]:
    """The user data of a pool's launch template, base64.

    Amazon EKS adds to that of managed groups how a node joins its cluster, unless the image is the
    user's own; nodes on hosts are told so here, with ``labels`` and ``taints`` (both by key).
    """
    if pool.image is Image.BOTTLEROCKET:
        return _encoded(BOTTLEROCKET + gpu_settings(pool))
    config: dict[str, Any] = {"kubelet": {"config": KUBELET}}
    if needs_join(pool):
        config["kubelet"]["flags"] = [
            "--node-labels=" + ",".join(f"{key}={value}" for key, value in labels.items()),
            "--register-with-taints="
            + ",".join(f"{key}={value}:NoSchedule" for key, value in taints.items()),
        ]
        config["cluster"] = {
            "name": join["name"],
            "apiServerEndpoint": join["endpoint"],
            "certificateAuthority": join["certificate_authority"],
            "cidr": str(SERVICE_NETWORK),
        }
    if Runtime.GVISOR in pool.runtimes:
        config["containerd"] = {"config": GVISOR}
    return pulumi.Output.json_dumps(_node_config(config), indent=2).apply(
        lambda text: _encoded(_mime(pool, text))
    )


def karpenter_user_data(pool: Pool) -> str:
    """The user data of a pool of Karpenter's, which adds how a node joins, labels and taints."""
    if pool.image is Image.BOTTLEROCKET:
        return BOTTLEROCKET
    return _mime(pool, json.dumps(_node_config({"kubelet": {"config": KUBELET}}), indent=2))


def needs_join(pool: Pool) -> bool:
    """Whether a node must be told how to join: EKS tells only its own, of its own images."""
    if pool.provisioner is Provisioner.KARPENTER:
        return False
    return pool.provisioner is not Provisioner.MANAGED or bool(pool.own_image)


def gpu_settings(pool: Pool) -> str:
    """Bottlerocket's settings of how pods share a GPU."""
    sharing = pool.sharing
    if sharing is None:
        return ""
    if sharing.strategy is SharingStrategy.TIME_SLICING:
        return TIME_SLICING.format(replicas=sharing.replicas)
    name = pool.instance_types[0]
    larger = name.startswith("p4de.")
    model = LARGER_A100 if larger else MIG_NAMES[INSTANCES[name].gpu]
    return PARTITIONING.format(model=model, replicas=sharing.replicas)


def _node_config(spec: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "node.eks.aws/v1alpha1", "kind": "NodeConfig", "spec": spec}


def _mime(pool: Pool, node_config: str) -> str:
    """Several parts, as cloud-init and nodeadm read them."""
    parts = [("application/node.eks.aws", node_config)]
    if pool.seal and pool.seal.protection is Protection.NITRO_ENCLAVES:
        script = ALLOCATOR.format(memory=pool.seal.enclave_memory_mib, cpus=pool.seal.enclave_cpus)
        parts.append(('text/x-shellscript; charset="us-ascii"', script))
    body = "".join(
        f"--{BOUNDARY}\nContent-Type: {kind}\n\n{text.rstrip()}\n\n" for kind, text in parts
    )
    head = f'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="{BOUNDARY}"\n\n'
    return f"{head}{body}--{BOUNDARY}--\n"


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()

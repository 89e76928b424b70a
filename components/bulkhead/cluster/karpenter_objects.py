"""What Karpenter is told of a pool: how a node is made, and how many of what kind there may be.

Karpenter, "NodeClasses" and "NodePools"; names and limits are those of its version 1.14.
"""

from collections.abc import Mapping
from typing import Any

import pulumi

from bulkhead.cluster.launch import METADATA, ROOT_DISK_GIB
from bulkhead.cluster.node_settings import karpenter_user_data
from bulkhead.cluster.pools import node_labels
from bulkhead.domain.features import EFA_INTERFACES
from bulkhead.domain.instances import Architecture
from bulkhead.domain.labels import Labels
from bulkhead.domain.pools import Pool
from bulkhead.domain.provisioners import IDLE_MINUTES, NODE_HOURS, UNAVAILABLE_PERCENT, Image
from bulkhead.domain.tenants import LONGEST_JOB_HOURS
from bulkhead.foundation.arguments import Strings

NODE_POOL, NODE_CLASS = "karpenter.sh/v1", "karpenter.k8s.aws/v1"
"""API versions of the two kinds."""

FAMILIES = {Image.BOTTLEROCKET: "Bottlerocket", Image.AL2023: "AL2023"}
"""How Karpenter calls an operating system."""

RESERVED_FIRST = 100
"""Weight of pools in a reservation, which is paid for: they fill before the tenant's others."""

GPU = "nvidia.com/gpu"
ARCHITECTURES = {Architecture.X86_64: "amd64", Architecture.ARM64: "arm64"}


def node_class(
    name: str,
    pool: Pool,
    *,
    labels: Labels,
    subnet_ids: Strings,
    security_group_id: pulumi.Input[str],
    instance_profile: pulumi.Input[str],
    volume_key_arn: pulumi.Input[str],
    placement_group: pulumi.Input[str] | None,
) -> dict[str, Any]:
    """The spec of an EC2NodeClass: nodes as hard as those of a ``NodePool``.

    An instance profile that exists and IDs of subnets and group: Karpenter needs no right to make
    the one, and no tag that somebody else sets leads it to the others.
    """
    spec: dict[str, Any] = {
        "amiFamily": FAMILIES[pool.image],
        "amiSelectorTerms": [_image(pool)],
        "instanceProfile": instance_profile,
        "subnetSelectorTerms": _ids(subnet_ids),
        "securityGroupSelectorTerms": [{"id": security_group_id}],
        "associatePublicIPAddress": False,
        "metadataOptions": {
            "httpEndpoint": METADATA["http_endpoint"],
            "httpProtocolIPv6": "disabled",
            "httpPutResponseHopLimit": METADATA["http_put_response_hop_limit"],
            "httpTokens": METADATA["http_tokens"],
        },
        "blockDeviceMappings": _disks(pool, volume_key_arn),
        "detailedMonitoring": True,
        "userData": karpenter_user_data(pool),
        "tags": labels.tags(name),
    }
    if pool.nested:
        spec["cpuOptions"] = {"nestedVirtualization": "enabled"}
    if pool.reservation:
        spec["capacityReservationSelectorTerms"] = [{"id": pool.reservation.id}]
    if pool.efa:
        spec["networkInterfaces"] = _interfaces(pool)
        spec["placementGroupSelector"] = {"name": placement_group}
    return spec


def node_pool(
    name: str, pool: Pool, *, labels: Labels, taints: Mapping[str, str]
) -> dict[str, Any]:
    """The spec of a NodePool whose nodes have the class ``name``.

    Its limits are the pool's largest size, in nodes and in what they would cost at most. Karpenter
    checks them eventually, so that many pods at once may overshoot them by a node or two.
    """
    ceiling = pool.ceiling()
    limits = {
        "nodes": str(pool.max_size),
        "cpu": str(ceiling.cpus),
        "memory": f"{ceiling.memory_gib}Gi",
    }
    if pool.has_gpus:
        limits[GPU] = str(ceiling.gpus)
    spec: dict[str, Any] = {
        "template": {
            "metadata": {"labels": node_labels(labels, pool)},
            "spec": {
                "nodeClassRef": {
                    "group": NODE_CLASS.partition("/")[0],
                    "kind": "EC2NodeClass",
                    "name": name,
                },
                "requirements": _requirements(pool),
                "taints": [
                    {"key": key, "value": value, "effect": "NoSchedule"}
                    for key, value in taints.items()
                ],
                "expireAfter": f"{NODE_HOURS}h",
                # A pod that may not be disrupted, or a budget of the tenant's, keeps an old node no
                # longer than the longest job.
                "terminationGracePeriod": f"{LONGEST_JOB_HOURS}h",
            },
        },
        "limits": limits,
        # Moving a model server for a cheaper node costs minutes of loading weights.
        "disruption": {
            "consolidationPolicy": "WhenEmpty",
            "consolidateAfter": f"{IDLE_MINUTES}m",
            "budgets": [{"nodes": f"{UNAVAILABLE_PERCENT}%"}],
        },
    }
    if pool.reservation:
        spec["weight"] = RESERVED_FIRST
    return spec


def _requirements(pool: Pool) -> list[dict[str, Any]]:
    wanted = {
        "kubernetes.io/arch": [ARCHITECTURES[pool.architecture]],
        "node.kubernetes.io/instance-type": list(pool.instance_types),
        "karpenter.sh/capacity-type": ["reserved" if pool.reservation else "on-demand"],
    }
    if pool.zone is not None:
        wanted["topology.kubernetes.io/zone"] = [pool.zone]
    return [{"key": key, "operator": "In", "values": values} for key, values in wanted.items()]


def _image(pool: Pool) -> dict[str, Any]:
    if pool.seal:
        return {"id": pool.seal.ami_id}
    return {"alias": f"{pool.image}@{pool.release}"}


def _ids(subnet_ids: Strings) -> Any:
    return pulumi.Output.from_input(subnet_ids).apply(lambda ids: [{"id": each} for each in ids])


def _disks(pool: Pool, key_arn: pulumi.Input[str]) -> list[dict[str, Any]]:
    sizes = {"/dev/xvda": pool.disk_gib}
    if pool.image is Image.BOTTLEROCKET:
        sizes = {"/dev/xvda": ROOT_DISK_GIB, "/dev/xvdb": pool.disk_gib}
    return [
        {
            "deviceName": device,
            "ebs": {
                "volumeType": "gp3",
                "volumeSize": f"{size}Gi",
                "encrypted": True,
                "kmsKeyID": key_arn,
                "deleteOnTermination": True,
            },
        }
        for device, size in sizes.items()
    ]


def _interfaces(pool: Pool) -> list[dict[str, Any]]:
    """One interface for addresses, and one for EFA alone on each of the type's cards."""
    cards = min(EFA_INTERFACES[kind] for kind in pool.instance_types)
    first = {"networkCardIndex": 0, "deviceIndex": 0, "interfaceType": "interface"}
    return [
        first,
        *(
            {"networkCardIndex": card, "deviceIndex": 1, "interfaceType": "efa-only"}
            for card in range(cards)
        ),
    ]

"""Launch templates: how a node is made, whoever starts it."""

from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.domain.features import EFA_INTERFACES
from bulkhead.domain.labels import Labels
from bulkhead.domain.pools import Pool
from bulkhead.domain.provisioners import Image
from bulkhead.domain.reservations import ReservationKind
from bulkhead.domain.runtimes import NITRO
from bulkhead.domain.seals import Protection

ROOT_DISK_GIB = 4
"""Bottlerocket's own volume; images and containers lie on the second one."""

METADATA = {
    "http_endpoint": "enabled",
    "http_tokens": "required",
    "http_put_response_hop_limit": 1,
}
"""Instance metadata by token and one hop only, so that pods can't take the node's credentials (FSBP
EC2.8)."""


def make_template(
    name: str,
    pool: Pool,
    *,
    labels: Labels,
    volume_key_arn: pulumi.Input[str],
    security_group_id: pulumi.Input[str],
    user_data: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    **more: Any,
) -> "aws.ec2.LaunchTemplate":
    """Register the launch template of a pool; ``more`` are further arguments of it."""
    if pool.efa:
        group = aws.ec2.PlacementGroup(name, strategy="cluster", tags=labels.tags(name), opts=opts)
        more["placement"] = {"group_name": group.name}
    return aws.ec2.LaunchTemplate(
        name,
        description=f"Nodes of pool {pool.name}.",
        update_default_version=True,
        block_device_mappings=_disks(pool, volume_key_arn),
        metadata_options=METADATA,
        network_interfaces=_interfaces(pool, security_group_id),
        monitoring={"enabled": True},
        user_data=user_data,
        # Default tags of the provider reach none of these.
        tag_specifications=[
            {"resource_type": kind, "tags": labels.tags(name)}
            for kind in ("instance", "volume", "network-interface")
        ],
        tags=labels.tags(name),
        opts=opts,
        **_reserved(pool),
        **{**_special(pool), **more},
    )


def _disks(pool: Pool, key_arn: pulumi.Input[str]) -> list[dict[str, Any]]:
    disk = {
        "volume_type": "gp3",
        "encrypted": "true",
        "kms_key_id": key_arn,
        "delete_on_termination": "true",
    }
    if pool.image is Image.AL2023:
        return [{"device_name": "/dev/xvda", "ebs": {**disk, "volume_size": pool.disk_gib}}]
    return [
        {"device_name": "/dev/xvda", "ebs": {**disk, "volume_size": ROOT_DISK_GIB}},
        {"device_name": "/dev/xvdb", "ebs": {**disk, "volume_size": pool.disk_gib}},
    ]


def _interfaces(pool: Pool, security_group_id: pulumi.Input[str]) -> list[dict[str, Any]]:
    """One interface, or with EFA as many as the type has, of which the first carries pods too.

    AWS asks the device index 1 of all but the first card (EC2 User Guide, "Maximize network
    bandwidth on Amazon EC2 instances with multiple network cards").
    """
    shared: dict[str, Any] = {
        "associate_public_ip_address": "false",
        "delete_on_termination": "true",
        "security_groups": [security_group_id],
    }
    if not pool.efa:
        return [{"device_index": 0, **shared}]
    count = min(EFA_INTERFACES[kind] for kind in pool.instance_types)
    return [
        {
            "device_index": min(card, 1),
            "network_card_index": card,
            "interface_type": "efa-only" if card else "efa",
            **shared,
        }
        for card in range(count)
    ]


def _reserved(pool: Pool) -> dict[str, Any]:
    """What keeps the nodes inside a reservation (TRN-5)."""
    if pool.reservation is None:
        return {}
    target: dict[str, Any] = {
        "instance_type": pool.instance_types[0],
        "capacity_reservation_specification": {
            "capacity_reservation_target": {"capacity_reservation_id": pool.reservation.id}
        },
    }
    if pool.reservation.kind is ReservationKind.CAPACITY_BLOCK:
        target["instance_market_options"] = {"market_type": "capacity-block"}
    return target


def _special(pool: Pool) -> dict[str, Any]:
    """What a seal and sandboxes ask of the processor, the Nitro System and the image."""
    options: dict[str, Any] = {"image_id": pool.own_image} if pool.own_image else {}
    if pool.seal and pool.seal.protection is Protection.SEV_SNP:
        options["cpu_options"] = {"amd_sev_snp": "enabled"}
    if pool.nested:
        options["cpu_options"] = {"nested_virtualization": "enabled"}
    enclaves = pool.seal is not None and pool.seal.protection is Protection.NITRO_ENCLAVES
    if enclaves or NITRO & set(pool.runtimes):
        options["enclave_options"] = {"enabled": True}
    return options

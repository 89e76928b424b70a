"""Dedicated Hosts: physical servers for one pool, and the group that places instances on them."""

from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels
from bulkhead.domain.pools import Pool

ONLY_ON_HOSTS = "#allowedTenancy=EC2-DedicatedHost"
"""Rule of the licence: what is launched under it starts on a Dedicated Host or not at all."""


def make_hosts(
    name: str, pool: Pool, *, physical: str, labels: Labels, opts: pulumi.ResourceOptions
) -> dict[str, Any]:
    """Register the hosts of a pool; returns what its launch template needs to start on them.

    EC2 places instances through a host resource group, and wants a licence counted by sockets or
    cores for that, even where nothing is licensed (License Manager User Guide, "Host resource
    groups"). The group neither allocates nor releases hosts by itself, so that capacity and cost
    stay what the pool says; automatic placement is off, so that nothing else in the account lands
    on them (ISO-6).
    """
    family = pool.instance_types[0].partition(".")[0]
    licence = aws.licensemanager.LicenseConfiguration(
        name,
        name=physical,
        description=f"Keeps the nodes of pool {pool.name} on its hosts.",
        license_counting_type="Socket",
        license_rules=[ONLY_ON_HOSTS],
        tags=labels.tags(name),
        opts=opts,
    )
    group = aws.resourcegroups.Group(
        name,
        name=physical,
        description=f"Hosts of pool {pool.name}.",
        configurations=[
            {
                "type": "AWS::EC2::HostManagement",
                "parameters": _parameters(
                    {
                        "allowed-host-based-license-configurations": licence.arn,
                        "allowed-host-families": family,
                        "auto-allocate-host": "false",
                        "auto-release-host": "false",
                    }
                ),
            },
            {
                "type": "AWS::ResourceGroups::Generic",
                "parameters": _parameters(
                    {
                        "allowed-resource-types": "AWS::EC2::Host",
                        "deletion-protection": "UNLESS_EMPTY",
                    }
                ),
            },
        ],
        tags=labels.tags(name),
        opts=opts,
    )
    members = []
    for number in range(1, pool.hosts + 1):
        host = aws.ec2.DedicatedHost(
            f"{name}-{number}",
            availability_zone=pool.zone,
            instance_family=family,
            auto_placement="off",
            host_recovery="off" if pool.has_gpus else "on",
            tags=labels.tags(f"{name}-{number}"),
            opts=opts,
        )
        members.append(
            aws.resourcegroups.Resource(
                f"{name}-{number}", group_arn=group.arn, resource_arn=host.arn, opts=opts
            )
        )
    # An instance that starts before its host is in the group finds no room.
    ready = pulumi.Output.all(group.arn, *(member.id for member in members)).apply(
        lambda values: str(values[0])
    )
    return {
        "placement": {"tenancy": "host", "host_resource_group_arn": ready},
        "license_specifications": [{"license_configuration_arn": licence.arn}],
    }


def _parameters(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": key, "values": [value]} for key, value in values.items()]

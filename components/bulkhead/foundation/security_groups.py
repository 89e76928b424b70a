"""Security groups of stores that the nodes of a cluster reach, and nothing else."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels


def open_to_clients(
    name: str,
    clients: Sequence[pulumi.Input[str]],
    *,
    port: int,
    vpc_id: pulumi.Input[str],
    description: str,
    who: str,
    labels: Labels,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """Register a group that lets the groups ``clients`` in on a TCP port; the group's ID."""
    group = aws.ec2.SecurityGroup(
        name, vpc_id=vpc_id, description=description, tags=labels.tags(name), opts=opts
    )
    for number, client in enumerate(clients):
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-{number}",
            security_group_id=group.id,
            description=who,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            referenced_security_group_id=client,
            tags=labels.tags(f"{name}-{number}"),
            opts=opts,
        )
    made: pulumi.Output[str] = group.id
    return made

"""Shared file systems."""

from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import PLATFORM, Labels
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.security_groups import open_to_clients
from bulkhead.foundation.store_arguments import Placed
from bulkhead.foundation.store_policies import file_system_policy

NFS_PORT = 2049

SMALLEST_ID, LARGEST_ID = 1000, 65533
"""POSIX users of people and programs; those below are the system's, the one above is nobody."""


class FileTenantArgs(TypedDict):
    """A tenant with a directory of its own."""

    name: str
    """Name of the tenant."""
    user_id: int
    """POSIX user and group that all its files belong to, 1000 to 65533, and of no other tenant."""


class SharedFileSystemArgs(TypedDict):
    """What a ``SharedFileSystem`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the file system."""
    tier: str
    """Sensitivity tier of the files."""
    name: str
    """Name of the file system behind ``<environment>-<tier>-``."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for data."""
    vpc_id: pulumi.Input[str]
    """ID of the VPC."""
    subnet_ids: Strings
    """Subnets in which it is mounted, one per zone."""
    zones: NotRequired[int | None]
    """How many subnets there are. Default: as many zones as the environment's networks span."""
    client_security_group_ids: list[pulumi.Input[str]]
    """Security groups of the nodes that mount it; nothing else reaches it."""
    tenants: list[FileTenantArgs]
    """Tenants, each with a directory that no other sees."""


class SharedFileSystem(Component):
    """Training data that many pods read and write at once, on Amazon EFS (STO-2, TRN-1).

    Encrypted with the partition's key, at rest and on the way. Clients mount it through their
    tenant's access point, which fixes their directory and POSIX user whatever they claim, and sign
    in with IAM: nobody without a role of the environment and of its tier or above, nobody as root,
    nobody past an access point. A tenant's role should allow ``elasticfilesystem:ClientMount`` and
    ``ClientWrite`` for its own access point alone. Files move to cheaper classes as the tier's do
    in buckets, and come back when they are read.

    EFS and not FSx for Lustre: Lustre is faster, but knows neither IAM nor access points, so that
    tenants on it are kept apart by the word of their nodes. What must be faster than this is read
    from the stores' buckets into the node's own disks.

    Where the tier lets AWS keep keys EFS makes backups by itself. Above, it would encrypt them with
    a key that AWS keeps: there AWS Backup finds the file system by its labels.

    Example:
        from bulkhead import PlaneNetwork, SharedFileSystem

        scope = {
            "environment": "dev",
            "region": "eu-central-1",
            "account_id": "111122223333",
            "owner": "platform-team",
            "cost_center": "cc-100",
        }
        key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        network = PlaneNetwork(
            "network",
            {"scope": scope, "tier": "internal", "cidr": "10.0.0.0/16", "log_key_arn": key},
        )
        SharedFileSystem(
            "training-data",
            {
                "scope": scope,
                "tier": "internal",
                "name": "training-data",
                "key_arn": key,
                "vpc_id": network.vpc_id,
                "subnet_ids": network.subnet_ids["training"],
                "client_security_group_ids": ["sg-0123456789abcdef0"],
                "tenants": [{"name": "doc-summary", "user_id": 2001}],
            },
        )
    """

    file_system_id: pulumi.Output[str]
    """ID of the file system, which the EFS CSI driver mounts."""
    file_system_arn: pulumi.Output[str]
    """ARN of the file system."""
    access_point_ids: pulumi.Output[dict[str, str]]
    """ID of each tenant's access point."""
    access_point_arns: pulumi.Output[dict[str, str]]
    """ARN of each tenant's access point, for the condition of its role."""

    def __init__(
        self, name: str, args: SharedFileSystemArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the file system.

        Raises:
            RefusedError: the scope, the tier, the name, a tenant or the number of zones is refused,
                or there is no tenant or no client.
        """
        args = checked(args, SharedFileSystemArgs, where=name)
        place = Placed(args["scope"], args["tier"], args["name"], "training", where=name)
        zones = _check_zones(args, place.scope.rules.zones, where=name)
        tenants = _check_tenants(args["tenants"], where=f"{name}.tenants")
        if not args["client_security_group_ids"]:
            raise RefusedError(
                "a client is needed",
                allowed="at least one security group",
                where=f"{name}.client_security_group_ids",
            )
        super().__init__(name, opts)

        protect = place.scope.rules.protect_data
        files = aws.efs.FileSystem(
            name,
            creation_token=place.physical,
            encrypted=True,
            kms_key_id=args["key_arn"],
            performance_mode="generalPurpose",
            throughput_mode="elastic",
            lifecycle_policies=lifecycle(place.tier),
            tags=place.labels.tags(place.physical),
            opts=self._child(protect=protect),
        )
        policy = aws.efs.FileSystemPolicy(
            name,
            file_system_id=files.id,
            policy=render(file_system_policy(place.scope, place.tier)),
            opts=self._child(),
        )
        aws.efs.BackupPolicy(
            name,
            file_system_id=files.id,
            backup_policy={
                "status": "DISABLED" if CATALOGUE[place.tier].keys.customer_managed else "ENABLED"
            },
            opts=self._child(),
        )
        self._mount(name, args, files, policy, zones, place.labels)
        points = {
            tenant.name: self._point(name, files, tenant, place.labels, protect=protect)
            for tenant in tenants
        }
        self._export(
            {
                "file_system_id": files.id,
                "file_system_arn": files.arn,
                "access_point_ids": {each: point.id for each, point in points.items()},
                "access_point_arns": {each: point.arn for each, point in points.items()},
            }
        )

    def _mount(
        self,
        name: str,
        args: SharedFileSystemArgs,
        files: "aws.efs.FileSystem",
        policy: "aws.efs.FileSystemPolicy",
        zones: int,
        labels: Labels,
    ) -> None:
        group = open_to_clients(
            f"{name}-files",
            args["client_security_group_ids"],
            port=NFS_PORT,
            vpc_id=args["vpc_id"],
            description="Mount targets: NFS from the nodes.",
            who="NFS from the nodes.",
            labels=labels,
            opts=self._child(),
        )
        subnets = pulumi.Output.from_input(args["subnet_ids"])
        for zone in range(zones):
            aws.efs.MountTarget(
                f"{name}-{zone}",
                file_system_id=files.id,
                subnet_id=subnets[zone],
                security_groups=[group],
                # Until it has a policy, EFS lets in whoever reaches a mount target.
                opts=self._child(depends_on=[policy]),
            )

    def _point(
        self,
        name: str,
        files: "aws.efs.FileSystem",
        tenant: "FileTenant",
        labels: Labels,
        *,
        protect: bool,
    ) -> "aws.efs.AccessPoint":
        return aws.efs.AccessPoint(
            f"{name}-{tenant.name}",
            file_system_id=files.id,
            posix_user={"uid": tenant.user_id, "gid": tenant.user_id},
            root_directory={
                "path": f"/tenants/{tenant.name}",
                "creation_info": {
                    "owner_uid": tenant.user_id,
                    "owner_gid": tenant.user_id,
                    "permissions": "0700",
                },
            },
            tags=labels.but(tenant=tenant.name).tags(f"{name}-{tenant.name}"),
            opts=self._child(protect=protect),
        )


@dataclass(frozen=True)
class FileTenant:
    """A tenant with its POSIX user."""

    name: str
    user_id: int


def lifecycle(tier: Tier) -> list[dict[str, str]]:
    """When files move to cheaper classes, and back."""
    rules = CATALOGUE[tier].storage
    return [
        {"transition_to_ia": f"AFTER_{rules.cool_days}_DAYS"},
        {"transition_to_archive": f"AFTER_{rules.archive_days}_DAYS"},
        {"transition_to_primary_storage_class": "AFTER_1_ACCESS"},
    ]


def _check_zones(args: SharedFileSystemArgs, usual: int, *, where: str) -> int:
    zones, given = args.get("zones", usual), args["subnet_ids"]
    if zones is None or zones < 1:
        raise RefusedError(
            "not a number of zones", given=zones, allowed="1 or more", where=f"{where}.zones"
        )
    if isinstance(given, list) and len(given) != zones:
        raise RefusedError(
            "not one subnet per zone",
            given=len(given),
            allowed=f"{zones} subnets, or another number of zones",
            where=f"{where}.subnet_ids",
        )
    return zones


def _check_tenants(asked: list[FileTenantArgs], *, where: str) -> list[FileTenant]:
    if not asked:
        raise RefusedError("a tenant is needed", allowed="at least one", where=where)
    tenants: list[FileTenant] = []
    for place, each in enumerate(asked):
        path = f"{where}[{place}]"
        each = checked(each, FileTenantArgs, where=path)
        tenant = FileTenant(parsing.name(each["name"], where=f"{path}.name"), each["user_id"])
        if tenant.name == PLATFORM or tenant.name in {other.name for other in tenants}:
            raise RefusedError(
                "a tenant stands twice or is the platform's own word",
                given=tenant.name,
                where=f"{path}.name",
            )
        if not SMALLEST_ID <= tenant.user_id <= LARGEST_ID:
            raise RefusedError(
                "not the POSIX user of a tenant",
                given=tenant.user_id,
                allowed=f"{SMALLEST_ID} to {LARGEST_ID}",
                where=f"{path}.user_id",
            )
        if tenant.user_id in {other.user_id for other in tenants}:
            raise RefusedError(
                "two tenants are one POSIX user", given=tenant.user_id, where=f"{path}.user_id"
            )
        tenants.append(tenant)
    return tenants

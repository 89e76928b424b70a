from typing import Any

import pytest

from bulkhead import SharedFileSystem
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.file_systems import lifecycle
from bulkhead.preview.plan import Plan
from tests.foundation.samples import KEY, one, planned, refusal, scope

FILES = "aws:efs/fileSystem:FileSystem"
MOUNT = "aws:efs/mountTarget:MountTarget"
POINT = "aws:efs/accessPoint:AccessPoint"
EFS_DAYS = (1, 7, 14, 30, 60, 90, 180, 270, 365)
"""The days that EFS takes."""


def arguments(**changes: Any) -> Any:
    told = {"scope": scope(), "tier": "internal", "name": "training-data", "key_arn": KEY}
    return {
        **told,
        "vpc_id": "vpc-1",
        "subnet_ids": ["subnet-1", "subnet-2"],
        "client_security_group_ids": ["sg-nodes", "sg-trainers"],
        "tenants": [{"name": "alpha", "user_id": 2001}, {"name": "beta", "user_id": 2002}],
        **changes,
    }


def files(**changes: Any) -> Plan:
    args = arguments(**changes)
    return planned(lambda: SharedFileSystem("files", args))


def test_it_is_encrypted_with_the_partitions_key_and_protected() -> None:
    prod = {"scope": scope(environment="prod"), "subnet_ids": ["a", "b", "c"]}
    made = one(files(**prod), FILES)
    assert made.inputs["encrypted"] is True
    assert made.inputs["kmsKeyId"] == KEY
    assert made.inputs["tags"]["bulkhead:plane"] == "training"
    assert made.options["protect"] is True


@pytest.mark.parametrize("tier", Tier)
def test_files_get_cheaper_when_the_catalogue_says_and_efs_takes_the_days(tier: Tier) -> None:
    inactive, archived, back = lifecycle(tier)
    days = {f"AFTER_{day}_DAY{'S' if day > 1 else ''}" for day in EFS_DAYS}
    assert inactive["transition_to_ia"] in days
    assert archived["transition_to_archive"] in days
    assert back == {"transition_to_primary_storage_class": "AFTER_1_ACCESS"}


@pytest.mark.parametrize(
    ("tier", "status"), [("internal", "ENABLED"), ("confidential", "DISABLED")]
)
def test_efs_makes_backups_itself_where_their_key_may_be_one_that_aws_keeps(
    tier: str, status: str
) -> None:
    backup = one(files(tier=tier), "aws:efs/backupPolicy:BackupPolicy").inputs
    assert backup["backupPolicy"] == {"status": status}


def test_it_is_mounted_in_every_zone_once_its_policy_stands_and_for_the_nodes_alone() -> None:
    plan = files()
    mounts = list(plan.of_type(MOUNT))
    assert [mount.inputs["subnetId"] for mount in mounts] == ["subnet-1", "subnet-2"]
    for mount in mounts:
        assert any("FileSystemPolicy" in urn for urn in mount.dependencies)
    rules = list(plan.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"))
    assert {rule.inputs["referencedSecurityGroupId"] for rule in rules} == {
        "sg-nodes",
        "sg-trainers",
    }
    assert {(rule.inputs["fromPort"], rule.inputs["toPort"]) for rule in rules} == {(2049, 2049)}
    assert "ingress" not in one(plan, "aws:ec2/securityGroup:SecurityGroup").inputs


def test_a_tenant_has_a_directory_and_a_posix_user_of_its_own() -> None:
    points = {point.name: point for point in files().of_type(POINT)}
    assert set(points) == {"files-alpha", "files-beta"}
    alpha = points["files-alpha"].inputs
    assert alpha["posixUser"] == {"uid": 2001, "gid": 2001}
    assert alpha["rootDirectory"] == {
        "path": "/tenants/alpha",
        "creationInfo": {"ownerUid": 2001, "ownerGid": 2001, "permissions": "0700"},
    }
    assert alpha["tags"]["bulkhead:tenant"] == "alpha"


ALPHA = {"name": "alpha", "user_id": 2001}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"subnet_ids": ["a"]}, "files.subnet_ids: not one subnet per zone, got '1'; allowed: 2 "),
        ({"zones": 0}, "files.zones: not a number of zones, got '0'"),
        ({"client_security_group_ids": []}, "files.client_security_group_ids: a client is needed"),
        ({"tenants": []}, "files.tenants: a tenant is needed"),
        ({"tenants": [{**ALPHA, "name": "../beta"}]}, "files.tenants[0].name: not a usable name"),
        ({"tenants": [{**ALPHA, "user_id": 0}]}, "files.tenants[0].user_id: not the POSIX user"),
        ({"tenants": [{**ALPHA, "user_id": 65534}]}, "files.tenants[0].user_id: not the POSIX"),
        ({"tenants": [ALPHA, ALPHA]}, "files.tenants[1].name: a tenant stands twice"),
        (
            {"tenants": [ALPHA, {"name": "beta", "user_id": 2001}]},
            "files.tenants[1].user_id: two tenants are one POSIX user, got '2001'",
        ),
        ({"tenants": [{**ALPHA, "name": "platform"}]}, "files.tenants[0].name: a tenant stands"),
        ({"name": "Data"}, "files.name: not a usable name"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], sentence: str) -> None:
    args = arguments(**changes)
    assert refusal(lambda: SharedFileSystem("files", args)).startswith(sentence)

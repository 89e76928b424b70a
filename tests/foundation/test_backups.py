"""Backups (STO-3)."""

import re
from typing import Any

import pytest

from bulkhead import PartitionBackups
from bulkhead.domain.environments import ENVIRONMENTS, Environment
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.foundation.backups import schedule
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ACCOUNT, ADMIN, KEY, REGION, one, planned, refusal, scope

VAULT, PLAN = "aws:backup/vault:Vault", "aws:backup/plan:Plan"
LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"


def arguments(environment: str = "prod", tier: str = "restricted", **changes: Any) -> Any:
    return {
        "scope": scope(environment=environment),
        "tier": tier,
        "key_arn": KEY,
        "administrators": [ADMIN],
        **changes,
    }


def made(**changes: Any) -> Plan:
    return planned(
        lambda: PartitionBackups("backups", arguments(**changes)),
        assume_applied=True,
        config={"aws:region": REGION},
    )


@pytest.mark.parametrize("tier", Tier)
def test_backups_are_made_as_often_and_kept_as_long_as_the_tier_asks(tier: Tier) -> None:
    plan, asked = made(tier=tier), CATALOGUE[tier].backup
    (rule,) = one(plan, PLAN).inputs["rules"]
    assert rule["lifecycle"] == {"deleteAfter": asked.keep_days}
    assert rule["targetVaultName"] == one(plan, VAULT).inputs["name"] == f"prod-{tier}-backups"
    hours = re.fullmatch(r"cron\(0 ([\d,]+) \* \* \? \*\)", rule["schedule"])
    assert hours is not None
    assert len(hours[1].split(",")) == 24 // asked.every_hours
    assert one(plan, VAULT).inputs["kmsKeyArn"] == KEY


@pytest.mark.parametrize(("every", "hours"), [(24, "3"), (12, "3,15"), (6, "3,9,15,21")])
def test_a_day_holds_as_many_backups_as_fit(every: int, hours: str) -> None:
    assert schedule(every) == f"cron(0 {hours} * * ? *)"


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("tier", Tier)
def test_a_vault_is_locked_where_its_tier_asks_and_for_ever_where_its_environment_does(
    tier: Tier, environment: Environment
) -> None:
    plan, asked = made(tier=tier, environment=environment), CATALOGUE[tier].backup
    locks = [lock.inputs for lock in plan.of_type(LOCK)]
    assert bool(locks) is asked.locked
    for lock in locks:
        assert lock["minRetentionDays"] == lock["maxRetentionDays"] == asked.keep_days
        assert ("changeableForDays" in lock) is ENVIRONMENTS[environment].watch.lock_vaults


def test_what_carries_the_partitions_labels_is_backed_up_and_nothing_else() -> None:
    selection = one(made(), "aws:backup/selection:Selection").inputs
    (condition,) = selection["conditions"]
    assert {each["key"]: each["value"] for each in condition["stringEquals"]} == {
        "aws:ResourceTag/bulkhead:environment": "prod",
        "aws:ResourceTag/bulkhead:tier": "restricted",
    }
    assert selection["resources"] == [
        f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/*",
        f"arn:aws:elasticfilesystem:{REGION}:{ACCOUNT}:file-system/*",
        f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/*",
    ]


def test_the_role_belongs_to_the_partition_whose_keys_it_uses() -> None:
    role = one(made(), "aws:iam/role:Role").inputs
    assert role["path"] == "/bulkhead/prod/restricted/"
    assert role["tags"]["bulkhead:tier"] == "restricted"


def test_no_administrator_is_refused() -> None:
    assert refusal(lambda: PartitionBackups("backups", arguments(administrators=[]))) == (
        "backups.administrators: an administrator is needed; allowed: at least one role"
    )

"""Backups of a partition."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.duties import Duty
from bulkhead.domain.labels import TAG_PREFIX, Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import CATALOGUE, BackupRules
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import Document, Statement, document, render, unless_by
from bulkhead.foundation.identity import make_role, sourceless_trust
from bulkhead.foundation.keys import check_administrators

FIRST_HOUR = 3
"""UTC hour of a day's first backup, when Europe and America sleep."""

START_MINUTES, COMPLETION_MINUTES = 60, 360
"""How long a backup may wait to begin, and take in all."""

GRACE_DAYS = 3
"""Days in which a vault's lock can still be taken back; the least that AWS Backup takes."""

DESTRUCTION = [
    "backup:DeleteBackupVault",
    "backup:DeleteRecoveryPoint",
    "backup:UpdateRecoveryPointLifecycle",
]
"""What ends a recovery point before its time; a vault's policy takes no wildcard."""

READING = ["backup:CopyFromBackupVault", "backup:StartCopyJob", "backup:StartRestoreJob"]
"""What gets data out of a vault."""


class PartitionBackupsArgs(TypedDict):
    """What ``PartitionBackups`` take."""

    scope: ScopeArgs
    """Environment, account and Region of what is backed up."""
    tier: str
    """Sensitivity tier of what is backed up."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for logs, which encrypts the vault."""
    administrators: list[str]
    """ARNs of the IAM roles that administer the vault; the role that deploys is one."""


class PartitionBackups(Component):
    """Backups of all tables, file systems and volumes of one environment and tier (STO-3).

    Chosen by their labels, so that none is forgotten, as often and for as long as the tier asks,
    into a vault under the partition's key. Administrators and the tier's break-glass role restore;
    nobody else gets data out. Where the tier asks, nobody ends a recovery point before its time:
    the vault is locked, and in an environment that asks for it so that no administrator and not
    AWS itself can ever lift the lock, once three days have passed (AWS Backup Developer Guide,
    "AWS Backup Vault Lock"). Buckets keep their own versions and locks, and are left out.

    Deleted data lives on in recovery points until they end (DAT-4).

    Example:
        from bulkhead import KeyPartition, PartitionBackups
        from bulkhead.domain.partitions import Purpose

        administrators = ["arn:aws:iam::111122223333:role/platform-deployer"]
        scope = {
            "environment": "dev",
            "region": "eu-central-1",
            "account_id": "111122223333",
            "owner": "platform-team",
            "cost_center": "cc-100",
        }
        place = {"scope": scope, "tier": "confidential"}
        keys = KeyPartition("keys", {**place, "administrators": administrators})
        PartitionBackups(
            "backups",
            {**place, "key_arn": keys.arn(Purpose.LOG), "administrators": administrators},
        )
    """

    vault_name: pulumi.Output[str]
    """Name of the vault: ``<environment>-<tier>-backups``."""
    vault_arn: pulumi.Output[str]
    """ARN of the vault."""

    def __init__(
        self, name: str, args: PartitionBackupsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make vault and plan.

        Raises:
            RefusedError: the scope, the tier or an administrator is refused, or there is none.
        """
        args = checked(args, PartitionBackupsArgs, where=name)
        scope, tier = read_place(args, where=name)
        administrators = check_administrators(args["administrators"], where=name)
        super().__init__(name, opts)
        rules = CATALOGUE[tier].backup
        labels = scope.labels(tier, Plane.CONTROL, "backups")
        physical = scope.named(f"{tier}-backups")
        vault = aws.backup.Vault(
            name,
            name=physical,
            kms_key_arn=args["key_arn"],
            force_destroy=False,
            tags=labels.tags(name),
            opts=self._child(protect=scope.rules.protect_data),
        )
        restorers = [*administrators, arns.duty_role(scope, Duty.BREAK_GLASS, tier)]
        policy = aws.backup.VaultPolicy(
            name,
            backup_vault_name=vault.name,
            policy=render(vault_policy(rules, administrators, restorers)),
            opts=self._child(),
        )
        if rules.locked:
            self._lock(name, scope, rules, vault.name)
        role = make_role(
            f"{name}-role",
            scope=scope,
            labels=labels,
            trust=sourceless_trust("backup.amazonaws.com"),
            description=f"AWS Backup, of the {tier} data of {scope.environment}.",
            managed={"backup": "service-role/AWSBackupServiceRolePolicyForBackup"},
            opts=self._child(),
        )
        plan = aws.backup.Plan(
            name,
            name=physical,
            rules=[
                {
                    "rule_name": f"every-{rules.every_hours}-hours",
                    "target_vault_name": policy.backup_vault_name,
                    "schedule": schedule(rules.every_hours),
                    "schedule_expression_timezone": "Etc/UTC",
                    "start_window": START_MINUTES,
                    "completion_window": COMPLETION_MINUTES,
                    "lifecycle": {"delete_after": rules.keep_days},
                    "recovery_point_tags": labels.tags(),
                }
            ],
            tags=labels.tags(name),
            opts=self._child(),
        )
        mine = {"environment": str(scope.environment), "tier": str(tier)}
        aws.backup.Selection(
            name,
            name=physical,
            plan_id=plan.id,
            iam_role_arn=role.ready_arn(),
            resources=selected(scope),
            conditions=[
                {
                    "string_equals": [
                        {"key": f"aws:ResourceTag/{TAG_PREFIX}{key}", "value": value}
                        for key, value in mine.items()
                    ]
                }
            ],
            opts=self._child(),
        )
        self._export({"vault_name": policy.backup_vault_name, "vault_arn": vault.arn})

    def _lock(self, name: str, scope: Scope, rules: BackupRules, vault: pulumi.Output[str]) -> None:
        for_ever = {"changeable_for_days": GRACE_DAYS} if scope.rules.watch.lock_vaults else {}
        aws.backup.VaultLockConfiguration(
            name,
            backup_vault_name=vault,
            min_retention_days=rules.keep_days,
            max_retention_days=rules.keep_days,
            opts=self._child(),
            **for_ever,
        )


def vault_policy(rules: BackupRules, administrators: list[str], restorers: list[str]) -> Document:
    """The policy of a vault: who ends its recovery points early, and who gets data out.

    AWS Backup Developer Guide, "Vault access policies".
    """
    everybody = {"Effect": "Deny", "Principal": "*", "Resource": "*"}
    early: Statement = {} if rules.locked else {"Condition": unless_by(*administrators)}
    return document(
        {"Sid": "DenyDeletion", **everybody, "Action": DESTRUCTION, **early},
        {
            "Sid": "DenyRestoresByOthers",
            **everybody,
            "Action": READING,
            "Condition": unless_by(*restorers),
        },
        {
            "Sid": "DenyOpening",
            **everybody,
            "Action": ["backup:DeleteBackupVaultAccessPolicy", "backup:PutBackupVaultAccessPolicy"],
            "Condition": unless_by(*administrators),
        },
    )


def schedule(every_hours: int) -> str:
    """A cron expression in UTC."""
    hours = ",".join(str(hour) for hour in range(FIRST_HOUR % every_hours, 24, every_hours))
    return f"cron(0 {hours if every_hours < 24 else FIRST_HOUR} * * ? *)"


def selected(scope: Scope) -> list[str]:
    """What is backed up if its labels fit."""
    return [
        arns.table(scope, "*"),
        arns.regional(scope, "elasticfilesystem", "file-system/*"),
        arns.regional(scope, "ec2", "volume/*"),
    ]

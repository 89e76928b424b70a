"""Buckets of the stores."""

import datetime
from typing import NotRequired, TypedDict

import pulumi

from bulkhead.domain import parsing
from bulkhead.domain.access import check_role_arn
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import Exemption
from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import BUCKETS, Store, check_retention, cooling, lock, undo_days
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.bucket_policies import bucket_policy
from bulkhead.foundation.buckets import BucketParts, physical_name
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render


class OutsideAccessArgs(TypedDict):
    """A role that reaches contents from outside of the account's VPCs, for a time."""

    role_arn: str
    """ARN of the role."""
    owner: str
    """Team that answers for it."""
    reason: str
    """Why it can't come through a VPC endpoint, as a sentence."""
    expires: str
    """Last day on which it may, as YYYY-MM-DD; at most a year ahead."""


class EncryptedBucketArgs(TypedDict):
    """What an ``EncryptedBucket`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the bucket."""
    tier: str
    """Sensitivity tier of what it holds."""
    store: str
    """What it holds: datasets, features, checkpoints, models or evidence. Decides plane, lifetime
    and key purpose."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for the store's purpose."""
    access_log_bucket: pulumi.Input[str]
    """Name of the ``AccessLogBucket`` of the same environment and tier."""
    retention_days: NotRequired[int | None]
    """Days that objects are kept. Default: the tier's, which is the least for evidence and the most
    for everything else; models have none."""
    vpc_id: NotRequired[pulumi.Input[str] | None]
    """ID of the only VPC from which contents are reached. Default: any VPC of the account."""
    outside_access: NotRequired[list[OutsideAccessArgs] | None]
    """Roles that reach contents from outside of a VPC until a day. Default: none."""


class EncryptedBucket(Component):
    """The bucket of one store, environment and tier (STO-1, STO-3).

    Encrypted with the partition's key through a bucket key, versioned, owner-enforced, closed to
    the public, TLS only, access-logged; customer-provided keys (SSE-C) are blocked. Objects get
    cheaper and expire as the tier's catalogue entry says. Evidence is locked against deletion in
    every tier, and everything else where the tier asks for Object Lock.

    Contents are fenced to principals of the environment and of its tier or above, and are reached
    through VPC endpoints of the account alone. Settings are not, so that whoever deploys may stand
    elsewhere, and AWS services that act for the account's principals come through.

    Example:
        from bulkhead import AccessLogBucket, EncryptedBucket

        scope = {
            "environment": "dev",
            "region": "eu-central-1",
            "account_id": "111122223333",
            "owner": "platform-team",
            "cost_center": "cc-100",
        }
        logs = AccessLogBucket("access-logs", {"scope": scope, "tier": "internal"})
        key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        EncryptedBucket(
            "datasets",
            {
                "scope": scope,
                "tier": "internal",
                "store": "datasets",
                "key_arn": key,
                "access_log_bucket": logs.bucket_name,
            },
        )
    """

    bucket_name: pulumi.Output[str]
    """Name of the bucket: ``<environment>-<tier>-<store>-<account>-<region>``."""
    bucket_arn: pulumi.Output[str]
    """ARN of the bucket."""

    def __init__(
        self, name: str, args: EncryptedBucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the bucket.

        Raises:
            RefusedError: the scope, the tier, the store, its retention or an outside access is
                unknown or refused.
        """
        args = checked(args, EncryptedBucketArgs, where=name)
        scope, tier = read_place(args, where=name)
        store = read_store(args["store"], where=f"{name}.store")
        days = check_retention(
            tier, store, args.get("retention_days"), where=f"{name}.retention_days"
        )
        outside = check_outside_access(
            args.get("outside_access") or [], where=f"{name}.outside_access"
        )
        super().__init__(name, opts)

        physical = physical_name(scope, tier, store)
        held = lock(scope.environment, tier, store, days)
        parts = BucketParts(
            name,
            physical,
            scope.labels(tier, store.plane, str(store)),
            self._child,
            lockable=held is not None,
            protect=scope.rules.protect_data,
        )
        parts.encrypt(
            {"sse_algorithm": "aws:kms", "kms_master_key_id": args["key_arn"]},
            bucket_key_enabled=True,
        )
        vpc_id = args.get("vpc_id")
        policy = bucket_policy(
            scope,
            tier,
            physical,
            evidence_lock=held if store is Store.EVIDENCE else None,
            vpc_id=vpc_id,
            outside_roles=outside,
        )
        # As a mapping only the VPC's ID is unknown at the first preview, and policies judge the
        # rest; JSON text with an unknown part is unknown whole.
        parts.close(render(policy) if vpc_id is None else policy)
        self._age(parts, scope, tier, store, days)
        parts.log_to(args["access_log_bucket"], physical)
        self._export({"bucket_name": parts.bucket.bucket, "bucket_arn": parts.bucket.arn})

    def _age(
        self, parts: BucketParts, scope: Scope, tier: Tier, store: Store, days: int | None
    ) -> None:
        versioning = parts.age(
            expiry=days,
            undo=undo_days(tier, store),
            cool=cooling(tier, store, days),
        )
        if held := lock(scope.environment, tier, store, days):
            parts.lock(held, versioning)


def read_store(value: str, *, where: str) -> Store:
    """The store that ``value`` names, which must be a bucket.

    Raises:
        RefusedError: it is unknown, or holds vectors.
    """
    store = parsing.choice(Store, value, where=where)
    if store not in BUCKETS:
        raise RefusedError("not a store of objects", given=value, allowed=BUCKETS, where=where)
    return store


def check_outside_access(asked: list[OutsideAccessArgs], *, where: str) -> list[str]:
    """The ARNs of the roles that may come from outside today.

    Raises:
        RefusedError: a role is none, or its access lacks owner, reason or a day, or has expired.
    """
    roles = []
    for place, each in enumerate(asked):
        path = f"{where}[{place}]"
        each = checked(each, OutsideAccessArgs, where=path)
        role = check_role_arn(each["role_arn"], where=f"{path}.role_arn")
        Exemption(
            rule="STO-1",
            subject=role,
            owner=each["owner"],
            reason=each["reason"],
            expires=parsing.date(each["expires"], where=f"{path}.expires"),
        ).check(today=datetime.date.today(), where=path)
        roles.append(role)
    return roles

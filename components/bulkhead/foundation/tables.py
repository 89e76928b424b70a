"""Tables."""

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.tiers import CATALOGUE
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.store_arguments import Placed
from bulkhead.foundation.store_policies import table_policy

KEY_TYPES = ("S", "N", "B")
"""What a key may be: a string, a number or bytes."""


class TableIndexArgs(TypedDict):
    """A second way to find items, which holds all of each."""

    name: str
    """Name of the index."""
    hash_key: str
    """Attribute that groups items."""
    range_key: NotRequired[str | None]
    """Attribute that orders them within a group. Default: none."""


class EncryptedTableArgs(TypedDict):
    """What an ``EncryptedTable`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the table."""
    tier: str
    """Sensitivity tier of its items."""
    name: str
    """Name of the table behind ``<environment>-<tier>-``."""
    plane: str
    """The plane it belongs to: control, data, model, inference or training."""
    key_arn: pulumi.Input[str]
    """ARN of the partition's key for what the items tell of."""
    hash_key: str
    """Attribute that groups items."""
    range_key: NotRequired[str | None]
    """Attribute that orders items within a group. Default: none, one item a group."""
    indexes: NotRequired[list[TableIndexArgs] | None]
    """Further ways to find items. Default: none."""
    key_types: NotRequired[dict[str, str] | None]
    """Type of each key attribute: S for strings, N for numbers, B for bytes. Default: S."""
    ttl_attribute: NotRequired[str | None]
    """Attribute with the second since 1970 at which an item goes. Default: items stay."""


class EncryptedTable(Component):
    """A DynamoDB table (STO-2).

    Encrypted with the partition's key and fenced to principals of the environment and of its tier
    or above. It can be restored to any second as far back as the tier keeps backups (FSBP
    DynamoDB.2), and where the environment protects its data neither Pulumi nor the API delete it
    (FSBP DynamoDB.6). Capacity follows demand (FSBP DynamoDB.1).

    Example:
        from bulkhead import EncryptedTable

        EncryptedTable(
            "lineage",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "name": "lineage",
                "plane": "control",
                "key_arn": "arn:aws:kms:eu-central-1:111122223333:"
                "key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "hash_key": "dataset",
                "range_key": "version",
                "key_types": {"version": "N"},
                "indexes": [{"name": "by-model", "hash_key": "model"}],
            },
        )
    """

    table_name: pulumi.Output[str]
    """Name of the table."""
    table_arn: pulumi.Output[str]
    """ARN of the table."""

    def __init__(
        self, name: str, args: EncryptedTableArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the table.

        Raises:
            RefusedError: the scope, the tier, the name, the plane, a key or an index is refused.
        """
        args = checked(args, EncryptedTableArgs, where=name)
        place = Placed(args["scope"], args["tier"], args["name"], args["plane"], where=name)
        types = _check_keys(args, where=name)
        super().__init__(name, opts)

        scope, ttl = place.scope, args.get("ttl_attribute")
        table = aws.dynamodb.Table(
            name,
            name=place.physical,
            billing_mode="PAY_PER_REQUEST",
            hash_key=args["hash_key"],
            range_key=args.get("range_key"),
            attributes=[{"name": key, "type": kind} for key, kind in sorted(types.items())],
            global_secondary_indexes=[
                {
                    "name": index["name"],
                    "key_schemas": [
                        {"attribute_name": key, "key_type": kind} for kind, key in _keys(index)
                    ],
                    "projection_type": "ALL",
                }
                for index in args.get("indexes") or []
            ],
            ttl={"attribute_name": ttl, "enabled": True} if ttl else None,
            server_side_encryption={"enabled": True, "kms_key_arn": args["key_arn"]},
            point_in_time_recovery={
                "enabled": True,
                "recovery_period_in_days": CATALOGUE[place.tier].backup.keep_days,
            },
            deletion_protection_enabled=scope.rules.protect_data,
            tags=place.labels.tags(name),
            opts=self._child(protect=scope.rules.protect_data),
        )
        policy = aws.dynamodb.ResourcePolicy(
            name,
            resource_arn=table.arn,
            policy=render(table_policy(scope, place.tier, arns.table(scope, place.physical))),
            opts=self._child(),
        )
        self._export({"table_name": table.name, "table_arn": policy.resource_arn})


def _keys(holder: Any) -> Iterator[tuple[str, str]]:
    yield "HASH", holder["hash_key"]
    if holder.get("range_key"):
        yield "RANGE", holder["range_key"]


def _check_keys(args: EncryptedTableArgs, *, where: str) -> dict[str, str]:
    """The type of every attribute that is a key; DynamoDB takes no others here.

    Raises:
        RefusedError: two indexes have one name, a type is unknown, or one is given for no key.
    """
    used = {key for _, key in _keys(args)}
    names: set[str] = set()
    for place, index in enumerate(args.get("indexes") or []):
        path = f"{where}.indexes[{place}]"
        index = checked(index, TableIndexArgs, where=path)
        if index["name"] in names:
            raise RefusedError("an index stands twice", given=index["name"], where=f"{path}.name")
        names.add(index["name"])
        used.update(key for _, key in _keys(index))
    types = dict.fromkeys(used, "S")
    for key, kind in (args.get("key_types") or {}).items():
        path = f"{where}.key_types.{key}"
        if key not in used:
            raise RefusedError(
                "a type for what is no key", given=key, allowed=sorted(used), where=path
            )
        if kind not in KEY_TYPES:
            raise RefusedError("not the type of a key", given=kind, allowed=KEY_TYPES, where=path)
        types[key] = kind
    return types

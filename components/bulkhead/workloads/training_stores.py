"""A trainer's way to its tenant's datasets, models and checkpoints (TRN-1)."""

from collections.abc import Sequence
from typing import Any, TypedDict

import pulumi

from bulkhead.domain.scope import Scope
from bulkhead.domain.stores import Store
from bulkhead.domain.tenants import Tenant
from bulkhead.foundation import arns
from bulkhead.foundation.documents import Statement
from bulkhead.foundation.identity import ARTIFACT_READING, CHECKPOINT_WRITING, allow_key

READ = (Store.DATASETS, Store.MODELS, Store.CHECKPOINTS)
"""What a trainer reads. It writes checkpoints alone: from there a pipeline promotes."""


class TrainingStoresArgs(TypedDict):
    """Where a tenant's training data and its results are; each tenant has a prefix of its name."""

    datasets: pulumi.Input[str]
    """Bucket of the tier's datasets."""
    models: pulumi.Input[str]
    """Bucket of the tier's models, from which a fine-tuning begins."""
    checkpoints: pulumi.Input[str]
    """Bucket of the tier's checkpoints."""
    endpoint_url: pulumi.Input[str]
    """Where pods reach S3."""


def statements(args: TrainingStoresArgs, scope: Scope, tenant: Tenant) -> list[Statement]:
    """Permissions to read what is the tenant's, and to write its checkpoints."""
    own = {store: _bucket(args, store).apply(_prefix(tenant)) for store in READ}
    through = {"kms:ViaService": f"s3.{scope.region}.amazonaws.com"}
    return [
        {
            "Sid": "ListOwnStores",
            "Effect": "Allow",
            "Action": "s3:ListBucket",
            "Resource": [_bucket(args, store) for store in READ],
            "Condition": {"StringLike": {"s3:prefix": f"{tenant.name}/*"}},
        },
        {
            "Sid": "ReadOwnStores",
            "Effect": "Allow",
            "Action": ARTIFACT_READING,
            "Resource": list(own.values()),
        },
        {
            "Sid": "WriteOwnCheckpoints",
            "Effect": "Allow",
            "Action": CHECKPOINT_WRITING,
            "Resource": own[Store.CHECKPOINTS],
        },
        *(
            {
                "Sid": f"Use{purpose.title()}Key",
                **allow_key(scope, tenant.tier, purpose, actions, StringEquals=through),
            }
            for purpose, actions in _key_uses()
        ),
    ]


def _key_uses() -> list[tuple[Any, str | Sequence[str]]]:
    return [
        (Store.DATASETS.purpose, "kms:Decrypt"),
        (Store.CHECKPOINTS.purpose, ["kms:Decrypt", "kms:GenerateDataKey"]),
    ]


def _bucket(args: TrainingStoresArgs, store: Store) -> pulumi.Output[str]:
    given: Any = args
    return pulumi.Output.from_input(given[str(store)]).apply(arns.bucket)


def _prefix(tenant: Tenant) -> Any:
    return lambda bucket: f"{bucket}/{tenant.name}/*"


def settings(args: TrainingStoresArgs, tenant: Tenant, region: str) -> dict[str, Any]:
    """What a trainer takes as environment variables to find its stores."""
    given: Any = args
    return {
        "AWS_ENDPOINT_URL_S3": args["endpoint_url"],
        "AWS_REGION": region,
        **{f"{str(store).upper()}_BUCKET": given[str(store)] for store in READ},
        "STORES_PREFIX": f"{tenant.name}/",
    }

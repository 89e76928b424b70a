"""Which tenants of a platform train, and whether it has what that takes."""

from collections.abc import Mapping, Sequence
from typing import Any

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import read_image
from bulkhead.domain.tenants import Tenant
from bulkhead.domain.training import Training
from bulkhead.foundation.arguments import checked
from bulkhead.foundation.tier_foundation import FoundationArgs
from bulkhead.patterns.arguments import PatternArgs, QueueImagesArgs
from bulkhead.workloads.training_arguments import read_training
from bulkhead.workloads.training_stores import READ


def read_trainers(
    args: PatternArgs, tenants: Sequence[Tenant], *, where: str, tenants_at: str
) -> dict[str, Training]:
    """How the tenants train that do, by their names.

    Raises:
        RefusedError: a tenant's training is refused, an image is missing or refused, or the given
            foundation lacks a store.
    """
    training = {
        tenant.name: read_training(
            described["training"], tenant, where=f"{tenants_at}.{tenant.name}.training"
        )
        for tenant, described in zip(tenants, args["tenants"], strict=True)
        if described.get("training") is not None
    }
    if not training:
        return training
    images = checked(
        args.get("queue_images") or QueueImagesArgs(kueue=""),
        QueueImagesArgs,
        where=f"{where}.queue_images",
    )
    read_image(images["kueue"], where=f"{where}.queue_images.kueue")
    if any(b.window or b.expires for each in training.values() for b in each.budgets):
        read_image(images.get("kubectl"), where=f"{where}.queue_images.kubectl")
    for tenant in tenants if "foundation" in args else ():
        if tenant.name in training:
            _check_stores(args["foundation"], tenant, where=f"{where}.foundation.buckets")
    return training


def _check_stores(foundation: FoundationArgs, tenant: Tenant, *, where: str) -> None:
    """Refuse a foundation without the stores of a tenant that trains, as far as it is known."""
    found: Any = foundation.get("buckets") or {}
    if isinstance(found, Mapping):
        found = found.get(str(tenant.tier)) or {}
    if isinstance(found, Mapping) and not set(READ) <= set(found):
        raise RefusedError(
            f"the foundation lacks a store that '{tenant.name}' trains with",
            given=", ".join(found) or "none",
            allowed=READ,
            where=f"{where}.{tenant.tier}",
        )

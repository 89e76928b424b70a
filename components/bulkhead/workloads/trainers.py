"""The tenants that train in a cluster, with their budgets and nodes."""

from dataclasses import dataclass

from bulkhead.cluster.pool_arguments import PoolArgs, read_pool
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import Image, read_image
from bulkhead.domain.labels import Plane
from bulkhead.domain.pools import Pool, check_pools, pools_of
from bulkhead.domain.scope import Scope
from bulkhead.domain.tenants import Tenant
from bulkhead.domain.training import Training, check_capacity
from bulkhead.workloads.arguments import TenantArgs, read_tenant
from bulkhead.workloads.queue_switch import Switch
from bulkhead.workloads.training_arguments import read_training


@dataclass(frozen=True)
class Trainer:
    """A tenant that trains.

    Attributes:
        tenant: who.
        training: with which budgets.
        pools: on which node pools.
    """

    tenant: Tenant
    training: Training
    pools: list[Pool]


def read_pools(args: list[PoolArgs], scope: Scope, *, where: str) -> list[Pool]:
    """The node pools for training that ``args`` describe.

    Raises:
        RefusedError: one is refused, or is not for training.
    """
    read = [read_pool(p, where=f"{where}[{n}]", region=scope.region) for n, p in enumerate(args)]
    pools = check_pools(read, where=where, region=scope.region)
    for pool in pools:
        if pool.plane is not Plane.TRAINING:
            raise RefusedError(
                "a node pool that is not for training",
                given=pool.plane,
                allowed=[Plane.TRAINING],
                where=f"{where}.{pool.name}.plane",
            )
    return pools


def read_trainers(
    args: list[TenantArgs], scope: Scope, pools: list[Pool], *, where: str
) -> list[Trainer]:
    """The tenants that ``args`` describe, if the node pools have what they may use together.

    Raises:
        RefusedError: a tenant is refused, stands twice or does not train, there is none, or see
            ``check_capacity``.
    """
    if not args:
        raise RefusedError("nobody to queue", allowed="a tenant that trains", where=where)
    trainers: list[Trainer] = []
    for number, each in enumerate(args):
        path = f"{where}[{number}]"
        tenant = read_tenant(each, where=path).check(region=scope.region, where=path)
        described = each.get("training")
        if described is None:
            raise RefusedError("a tenant that does not train", given=tenant.name, where=path)
        if any(other.tenant.name == tenant.name for other in trainers):
            raise RefusedError("a tenant's name stands twice", given=tenant.name, where=where)
        training = read_training(described, tenant, where=f"{path}.training")
        home = pools_of(tenant, pools, Plane.TRAINING)
        trainers.append(Trainer(tenant, training, home))
    check_capacity(
        {t.tenant.name: t.training.budgets for t in trainers},
        {t.tenant.name: t.pools for t in trainers},
        where=where,
    )
    return trainers


def read_image_of(given: str | None, switched: list[Switch], *, where: str) -> Image | None:
    """The image with which queues are opened and closed, where any are.

    Raises:
        RefusedError: it is missing, or see ``read_image``.
    """
    if given is not None:
        return read_image(given, where=where)
    if switched:
        raise RefusedError(
            "a window or a last day, and nothing that keeps it",
            given=", ".join(each.name for each in switched),
            allowed="the image of kubectl, by digest",
            where=where,
        )
    return None

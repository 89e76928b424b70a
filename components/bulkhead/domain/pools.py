"""Node pools: how many nodes of which instance types, and what they offer tenants."""

from collections.abc import Iterable
from dataclasses import dataclass

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.instances import Architecture, Instance, find_instance
from bulkhead.domain.tenants import Quota

SMALLEST_DISK_GIB, LARGEST_DISK_GIB = 20, 16384
"""A node's data volume: room for a few images, and the most that gp3 takes."""


@dataclass(frozen=True)
class Pool:
    """Nodes of like instance types that grow and shrink together.

    Attributes:
        name: DNS label; names the node group and its nodes' label.
        instance_types: EC2 instance types, of one architecture, all with GPUs or all without, in
            the order in which they are tried.
        min_size, desired_size, max_size: numbers of nodes.
        disk_gib: data volume of a node, for images and ephemeral storage.
    """

    name: str
    instance_types: tuple[str, ...]
    min_size: int = 0
    desired_size: int = 0
    max_size: int = 4
    disk_gib: int = 100

    def check(self, *, where: str) -> "Pool":
        """Return the pool if it can be built.

        Raises:
            RefusedError: the name is unusable, an instance type is unknown, types of different
                kind are mixed, or a number is out of bounds.
        """
        parsing.name(self.name, where=f"{where}.name")
        types = f"{where}.instance_types"
        if not self.instance_types:
            raise RefusedError("a pool needs an instance type", allowed="at least one", where=types)
        kinds = {(i.architecture, i.gpus > 0) for i in self._instances(types)}
        if len(kinds) > 1:
            raise RefusedError(
                "instance types of different kind in one pool",
                given=", ".join(self.instance_types),
                allowed="one architecture, and all with GPUs or all without",
                where=types,
            )
        if not 0 <= self.min_size <= self.desired_size <= self.max_size or self.max_size < 1:
            raise RefusedError(
                "the sizes of the pool are out of order",
                given=f"{self.min_size}, {self.desired_size}, {self.max_size}",
                allowed="0 <= min_size <= desired_size <= max_size, and max_size 1 or more",
                where=where,
            )
        if not SMALLEST_DISK_GIB <= self.disk_gib <= LARGEST_DISK_GIB:
            raise RefusedError(
                "a node's disk of this size is not possible",
                given=self.disk_gib,
                allowed=f"{SMALLEST_DISK_GIB} to {LARGEST_DISK_GIB} GiB",
                where=f"{where}.disk_gib",
            )
        return self

    def _instances(self, where: str) -> list[Instance]:
        return [find_instance(name, where=where) for name in self.instance_types]

    @property
    def has_gpus(self) -> bool:
        """Whether its nodes have NVIDIA GPUs."""
        return self._instances(self.name)[0].gpus > 0

    @property
    def architecture(self) -> Architecture:
        """The processor architecture of its nodes."""
        return self._instances(self.name)[0].architecture

    def capacity(self) -> Quota:
        """What the pool offers at its largest, were every node of its smallest instance type.

        The raw numbers of the instances: kubelet and daemons take a few per cent of each node.
        """
        instances = self._instances(self.name)
        return Quota(
            gpus=self.max_size * min(i.gpus for i in instances),
            cpus=self.max_size * min(i.vcpus for i in instances),
            memory_gib=self.max_size * min(i.memory_gib for i in instances),
        )


def check_pools(pools: Iterable[Pool], *, where: str) -> list[Pool]:
    """Return the pools if one cluster can have all of them.

    Raises:
        RefusedError: a pool is refused, or a name stands twice.
    """
    checked: list[Pool] = []
    for pool in pools:
        if any(other.name == pool.name for other in checked):
            raise RefusedError("a pool's name stands twice", given=pool.name, where=where)
        checked.append(pool.check(where=f"{where}.{pool.name}"))
    return checked


def total_capacity(pools: Iterable[Pool]) -> Quota:
    """What all pools offer together; only the compute numbers are meaningful."""
    offers = [pool.capacity() for pool in pools]
    return Quota(
        gpus=sum(offer.gpus for offer in offers),
        cpus=sum(offer.cpus for offer in offers),
        memory_gib=sum(offer.memory_gib for offer in offers),
    )

"""Node pools: how many nodes of which instance types, for whom, and what they offer."""

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.features import Feature, instances_per_host, require_feature
from bulkhead.domain.instances import Architecture, Instance, find_instance
from bulkhead.domain.labels import LABEL_PREFIX, Plane
from bulkhead.domain.pods import Runtime
from bulkhead.domain.provisioners import Image, Provisioner, check_karpenter, check_release
from bulkhead.domain.reservations import Reservation
from bulkhead.domain.runtimes import check_runtimes, needs_nesting
from bulkhead.domain.seals import AMI_ID, Protection, Seal
from bulkhead.domain.sharing import GpuSharing
from bulkhead.domain.tenants import Quota, Tenant
from bulkhead.domain.tiers import Tier

SMALLEST_DISK_GIB, LARGEST_DISK_GIB = 20, 16384
"""A node's data volume: room for a few images, and the most that gp3 takes."""


TENANT_KEY, TIER_KEY = f"{LABEL_PREFIX}tenant", f"{LABEL_PREFIX}tier"
"""Label and taint of a node by which only its tenant's, or its tier's, pods land on it (ISO-4)."""


PLANE_KEY = f"{LABEL_PREFIX}plane"
"""Label of a node, and the taint of those for training, which keeps everything else off (TRN-1)."""

PLANES = (Plane.INFERENCE, Plane.TRAINING)
"""The planes whose pods are tenants'."""


@dataclass(frozen=True)
class Pool:
    """Nodes of like instance types that grow and shrink together.

    Attributes:
        name: DNS label; names the node group and its nodes' label.
        instance_types: EC2 instance types, of one architecture, all with GPUs or all without, in
            the order in which they are tried.
        min_size, desired_size, max_size: numbers of nodes.
        disk_gib: data volume of a node, for images and ephemeral storage.
        tenant: the only tenant whose pods land on it; None for several.
        tier: the only tier whose tenants' pods land on it; None for any.
        plane: whether its nodes serve models or train them.
        image: operating system.
        release: release of the operating system, where Karpenter starts the nodes.
        provisioner: who starts the nodes.
        zone: the only Availability Zone of the nodes; None for all of the network.
        reservation: reserved capacity that the nodes run in.
        sharing: how pods share a GPU; None for whole GPUs.
        efa: whether the nodes are joined by Elastic Fabric Adapters.
        hosts: Dedicated Hosts that the nodes run on.
        seal: what keeps memory and keys from operators.
        runtimes: sandboxes that its nodes run, and nothing but sandboxes then.
        ami_id: image of one's own, based on ``image``; None for Amazon's.
    """

    name: str
    instance_types: tuple[str, ...]
    min_size: int = 0
    desired_size: int = 0
    max_size: int = 4
    disk_gib: int = 100
    tenant: str | None = None
    tier: Tier | None = None
    plane: Plane = Plane.INFERENCE
    image: Image = Image.BOTTLEROCKET
    release: str | None = None
    provisioner: Provisioner = Provisioner.MANAGED
    zone: str | None = None
    reservation: Reservation | None = None
    sharing: GpuSharing | None = None
    efa: bool = False
    hosts: int = 0
    seal: Seal | None = None
    runtimes: tuple[Runtime, ...] = ()
    ami_id: str | None = None

    def check(
        self, *, where: str, region: str | None = None, today: datetime.date | None = None
    ) -> "Pool":
        """Return the pool if it can be built, in ``region`` if one is told.

        Raises:
            RefusedError: the name is unusable, the plane is none of tenants' pods, an instance type
                is unknown, types of different kind are mixed, a number is out of bounds, or the
                types or the Region can't do what is asked of them.
        """
        parsing.name(self.name, where=f"{where}.name")
        if self.plane not in PLANES:
            raise RefusedError(
                "no tenant's pods are of this plane",
                given=self.plane,
                allowed=PLANES,
                where=f"{where}.plane",
            )
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
        self._check_zone(where, region)
        self._check_abilities(where, region, today or datetime.date.today())
        return self

    def _check_zone(self, where: str, region: str | None) -> None:
        if self.zone is not None:
            if region is not None and self.zone[:-1] != region:
                raise RefusedError(
                    "the zone is in another region",
                    given=self.zone,
                    allowed=f"one of {region}",
                    where=f"{where}.zone",
                )
        elif self.reservation or self.efa or self.hosts:
            reason = "a reservation" if self.reservation else "EFA" if self.efa else "a host"
            raise RefusedError(
                f"{reason} lies in one zone", allowed="the zone's name", where=f"{where}.zone"
            )

    def _check_abilities(self, where: str, region: str | None, today: datetime.date) -> None:
        types = self.instance_types
        if self.reservation:
            path = f"{where}.reservation"
            self.reservation.check(types, self.max_size, today=today, where=path)
        if self.sharing:
            self.sharing.check(types, where=f"{where}.sharing")
            if not self.has_gpus:
                raise RefusedError("nothing to share without GPUs", where=f"{where}.sharing")
        if self.efa:
            for name in types:
                require_feature(name, Feature.EFA, where=f"{where}.efa")
        if self.seal:
            self.seal.check(types, region=region or "", where=f"{where}.seal")
        if self.provisioner is Provisioner.KARPENTER:
            check_karpenter(
                hosts=self.hosts,
                desired_size=self.desired_size,
                seal=self.seal,
                sharing=self.sharing,
                ami_id=self.ami_id,
                where=where,
            )
            check_release(self.image, self.release, self.seal, where=f"{where}.release")
        elif self.release is not None:
            raise RefusedError(
                "the release of the nodes is EKS's own for the cluster's version",
                given=self.release,
                allowed=f"none, or provisioner {Provisioner.KARPENTER}",
                where=f"{where}.release",
            )
        if self.hosts:
            self._check_hosts(where)
        self._check_image(where)
        check_runtimes(
            self.runtimes,
            types,
            own_image=bool(self.own_image),
            seal=self.seal,
            on_hosts=bool(self.hosts),
            managed=self.provisioner is Provisioner.MANAGED,
            where=where,
        )
        if self.provisioner is Provisioner.SELF_MANAGED:
            self._check_bare(where)
        asks = needs_al2023(self.hosts, self.seal, self.runtimes)
        if self.image is Image.BOTTLEROCKET and (asks or self.ami_id):
            raise RefusedError(
                "such nodes are set up by Amazon Linux's own tools",
                given=self.image,
                allowed=[Image.AL2023],
                where=f"{where}.image",
            )

    def _check_image(self, where: str) -> None:
        if self.ami_id is not None and (self.seal or AMI_ID.fullmatch(self.ami_id) is None):
            raise RefusedError(
                "not an image of a pool",
                given=self.ami_id,
                allowed="ami-<8 to 17 hexadecimal digits>, and in seal where one seals the nodes",
                where=f"{where}.ami_id",
            )

    def _check_hosts(self, where: str) -> None:
        for name in self.instance_types:
            require_feature(name, Feature.DEDICATED_HOSTS, where=f"{where}.instance_types")
        self._check_bare(where)
        (name,) = self.instance_types
        room = self.hosts * instances_per_host(name)
        if self.max_size > room:
            raise RefusedError(
                "the hosts are too few for the pool",
                given=f"{self.max_size} nodes on {self.hosts} hosts",
                allowed=f"a max_size of at most {room}, or more hosts",
                where=where,
            )

    def _check_bare(self, where: str) -> None:
        """What an Auto Scaling group of one launch template takes."""
        if len(self.instance_types) > 1:
            raise RefusedError(
                "self-managed nodes are of one instance type",
                given=", ".join(self.instance_types),
                allowed="a pool for each type",
                where=f"{where}.instance_types",
            )
        if self.reservation or self.efa:
            raise RefusedError(
                "self-managed nodes have neither reservation nor placement group",
                given="reservation" if self.reservation else "efa",
                allowed="managed nodes; hosts are reserved already",
                where=where,
            )

    @property
    def own_image(self) -> str | None:
        """The image of one's own that the nodes boot; None for Amazon's."""
        return self.ami_id or (self.seal.ami_id if self.seal else None)

    @property
    def nested(self) -> bool:
        """Whether its nodes must be started with nested virtualization."""
        return needs_nesting(self.runtimes, self.instance_types)

    @property
    def sealed(self) -> bool:
        """Whether all that lands on its nodes is kept from whoever runs them (ISO-7)."""
        return self.seal is not None or set(self.runtimes) == {Runtime.CONFIDENTIAL_SANDBOX}

    @property
    def exclusive(self) -> tuple[str, str] | None:
        """Label and taint, key and value, that keep everybody else's pods off; None if shared."""
        if self.tenant is not None:
            return TENANT_KEY, self.tenant
        return (TIER_KEY, str(self.tier)) if self.tier is not None else None

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
        pods_per_gpu = self.sharing.replicas if self.sharing else 1
        return Quota(
            gpus=self.max_size * min(i.gpus for i in instances) * pods_per_gpu,
            cpus=self.max_size * min(i.vcpus for i in instances),
            memory_gib=self.max_size * min(i.memory_gib for i in instances),
        )

    def ceiling(self) -> Quota:
        """The most that the pool can cost, were every node of its largest instance type."""
        instances = self._instances(self.name)
        return Quota(
            gpus=self.max_size * max(i.gpus for i in instances),
            cpus=self.max_size * max(i.vcpus for i in instances),
            memory_gib=self.max_size * max(i.memory_gib for i in instances),
        )


def needs_al2023(hosts: int, seal: Seal | None, runtimes: Sequence[Runtime] = ()) -> bool:
    """Whether nodes need Amazon Linux: on hosts, for enclaves and sandboxes, or in an own image."""
    sealed = seal is not None and seal.protection is not Protection.SEV_SNP
    return bool(hosts) or sealed or bool(runtimes)


def check_pools(pools: Iterable[Pool], *, where: str, region: str | None = None) -> list[Pool]:
    """Return the pools if one cluster, in ``region`` if one is told, can have all of them.

    Raises:
        RefusedError: a pool is refused, or a name stands twice.
    """
    checked: list[Pool] = []
    for pool in pools:
        if any(other.name == pool.name for other in checked):
            raise RefusedError("a pool's name stands twice", given=pool.name, where=where)
        checked.append(pool.check(where=f"{where}.{pool.name}", region=region))
    return checked


def total_capacity(pools: Iterable[Pool]) -> Quota:
    """What all pools offer together; only the compute numbers are meaningful."""
    offers = [pool.capacity() for pool in pools]
    return Quota(
        gpus=sum(offer.gpus for offer in offers),
        cpus=sum(offer.cpus for offer in offers),
        memory_gib=sum(offer.memory_gib for offer in offers),
    )


def pools_of(tenant: Tenant, pools: Sequence[Pool], plane: Plane = Plane.INFERENCE) -> list[Pool]:
    """The pools for a tenant's pods of one plane: its own, its tier's, or those for everybody."""
    pools = [pool for pool in pools if pool.plane is plane]
    own = [pool for pool in pools if pool.tenant == tenant.name]
    tiers = [pool for pool in pools if pool.tenant is None and pool.tier is tenant.tier]
    return own or tiers or [pool for pool in pools if pool.exclusive is None]

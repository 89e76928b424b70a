"""The pools of nodes of a cluster in the environment's file, typed."""

import datetime

from pydantic import Field

from bulkhead.domain.labels import Plane
from bulkhead.domain.pods import Runtime
from bulkhead.domain.pools import Pool
from bulkhead.domain.provisioners import Image, Provisioner
from bulkhead.domain.reservations import ReservationKind
from bulkhead.domain.seals import Protection, Seal
from bulkhead.domain.sharing import SharingStrategy
from bulkhead.domain.tiers import Tier
from stacks.config import Strict


class ReservationConfig(Strict):
    """Capacity that was reserved outside of Pulumi."""

    id: str
    """ID of the Capacity Reservation or Capacity Block."""
    instances: int
    """Number of instances that it holds."""
    kind: ReservationKind = ReservationKind.ON_DEMAND
    """How it was reserved."""
    ends: datetime.date | None = None
    """Last day on which it holds; a Capacity Block needs one."""


class SharingConfig(Strict):
    """Several pods of one tenant on one GPU."""

    strategy: SharingStrategy
    """What parts them."""
    replicas: int
    """Pods per GPU."""


class SealConfig(Strict):
    """What keeps a node's memory and keys from operators."""

    protection: Protection
    """What seals the nodes."""
    measurements: dict[str, str] = {}
    """SHA-384 digests on which the keys open, by the register's name."""
    enclave_cpus: int = Seal.enclave_cpus
    """vCPUs that each node gives to enclaves."""
    enclave_memory_mib: int = Seal.enclave_memory_mib
    """Memory that each node gives to enclaves, in MiB."""
    ami_id: str | None = None
    """Attestable AMI of your own; for nitro-tpm."""


class PoolConfig(Strict):
    """A pool of nodes."""

    name: str
    """DNS label; names the node group and its nodes' label."""
    instance_types: list[str] = Field(min_length=1)
    """EC2 instance types of one kind, in the order in which they are tried."""
    min_size: int = Pool.min_size
    """Fewest nodes."""
    desired_size: int | None = None
    """Nodes to begin with; the fewest if left out."""
    max_size: int = Pool.max_size
    """Most nodes. Tenants' quotas together may not exceed what they offer."""
    disk_gib: int = Pool.disk_gib
    """Disk of a node for images and ephemeral storage, in GiB."""
    tenant: str | None = None
    """The only tenant whose pods land on it."""
    tier: Tier | None = None
    """The only tier whose tenants' pods land on it."""
    plane: Plane = Pool.plane
    """Whether its nodes serve models or train them."""
    image: Image | None = None
    """Operating system; Bottlerocket if left out, where it will do."""
    provisioner: Provisioner | None = None
    """Who starts the nodes; managed if left out, or hosts where some are given."""
    zone: str | None = None
    """The only Availability Zone of the nodes; needed with a reservation, EFA or hosts."""
    reservation: ReservationConfig | None = None
    """Reserved capacity that the nodes run in."""
    sharing: SharingConfig | None = None
    """How pods of its one tenant share a GPU; GPUs are handed out whole if left out."""
    efa: bool = Pool.efa
    """Whether Elastic Fabric Adapters join the nodes."""
    hosts: int = Pool.hosts
    """Dedicated Hosts that the nodes run on."""
    seal: SealConfig | None = None
    """What keeps memory and keys from operators."""
    release: str | None = None
    """Release of the operating system for nodes of Karpenter's."""
    runtimes: list[Runtime] = []
    """Sandboxes that the nodes run, and nothing but sandboxes then."""
    ami_id: str | None = None
    """Image of your own, based on al2023."""

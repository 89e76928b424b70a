"""How a pool of nodes is described to a component."""

from typing import NotRequired, TypedDict

from bulkhead.cluster.versions import BOTTLEROCKET_RELEASE
from bulkhead.domain import parsing
from bulkhead.domain.labels import Plane
from bulkhead.domain.pods import Runtime
from bulkhead.domain.pools import Pool, needs_al2023
from bulkhead.domain.provisioners import Image, Provisioner
from bulkhead.domain.reservations import Reservation, ReservationKind
from bulkhead.domain.runtimes import needs_nesting
from bulkhead.domain.seals import Protection, Seal
from bulkhead.domain.sharing import GpuSharing, SharingStrategy
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.arguments import checked


class ReservationArgs(TypedDict):
    """Capacity that was reserved outside of Pulumi (TRN-5)."""

    id: str
    """ID of the Capacity Reservation or Capacity Block, ``cr-…``."""
    instances: int
    """Number of instances that it holds; the pool can't grow beyond."""
    kind: NotRequired[str]
    """How it was reserved: on-demand or capacity-block. Default: on-demand."""
    ends: NotRequired[str]
    """Last day on which it holds, ``YYYY-MM-DD``. Default: none; a Capacity Block needs one."""


class GpuSharingArgs(TypedDict):
    """Several pods of one tenant on one GPU."""

    strategy: str
    """What parts them: time-slicing, which shares all memory, or mig, which partitions it."""
    replicas: int
    """Pods per GPU: 2 to 32 by time-slicing, 2, 3, 4 or 7 by mig."""


class SealArgs(TypedDict):
    """What keeps a node's memory and keys from operators (ISO-7, KEY-3)."""

    protection: str
    """What seals the nodes: sev-snp, nitro-enclaves or nitro-tpm."""
    measurements: NotRequired[dict[str, str]]
    """SHA-384 digests, in lower-case hexadecimal, on which the keys open: image_sha384, pcr0, pcr1,
    pcr2, pcr3 or pcr8 for enclaves; pcr4 with pcr12, or pcr7, for NitroTPM. Default: none, which
    only SEV-SNP takes, whose reports KMS does not read."""
    enclave_cpus: NotRequired[int]
    """vCPUs that each node gives to enclaves, an even number. Default: 2."""
    enclave_memory_mib: NotRequired[int]
    """Memory that each node gives to enclaves, in MiB. Default: 4096."""
    ami_id: NotRequired[str]
    """Attestable AMI of your own; needed for nitro-tpm, refused for the others."""


class PoolArgs(TypedDict):
    """A pool of nodes."""

    name: str
    """DNS label; names the node group, and its nodes' label ``bulkhead.dev/pool``."""
    instance_types: list[str]
    """EC2 instance types of one kind, in the order in which they are tried."""
    min_size: NotRequired[int]
    """Fewest nodes. Default: 0."""
    desired_size: NotRequired[int]
    """Nodes to begin with. Default: the fewest."""
    max_size: NotRequired[int]
    """Most nodes; tenants' quotas are checked against them. Default: 4."""
    disk_gib: NotRequired[int]
    """Disk of a node for images and ephemeral storage, in GiB. Default: 100."""
    tenant: NotRequired[str]
    """The only tenant whose pods land on it. Default: as the pattern and ``tier`` say."""
    tier: NotRequired[str]
    """The only tier whose tenants' pods land on it. Default: as the pattern and ``tenant`` say."""
    plane: NotRequired[str]
    """What its nodes do: inference or training. Default: inference. A tenant that trains has nodes
    for it, in subnets of their own."""
    image: NotRequired[str]
    """Operating system: bottlerocket or al2023. Default: bottlerocket, made for containers,
    read-only and without a shell; al2023 where enclaves, hosts or an image of your own need it."""
    release: NotRequired[str]
    """Release of the operating system for nodes of Karpenter's, such as v1.66.0 of Bottlerocket or
    v20260818 of Amazon Linux. Default: ``cluster.versions.BOTTLEROCKET_RELEASE``; al2023 needs
    one told."""
    provisioner: NotRequired[str]
    """Who starts the nodes: managed, a node group of EKS; karpenter, which starts those that pods
    wait for and picks the cheapest type; self-managed, an Auto Scaling group; or hosts. Default:
    managed; hosts where some are given, self-managed where virtual machines run in the nodes'."""
    zone: NotRequired[str]
    """The only Availability Zone of the nodes; needed with a reservation, EFA or hosts. Default:
    all zones of the network."""
    reservation: NotRequired[ReservationArgs]
    """Reserved capacity that the nodes run in. Default: none."""
    sharing: NotRequired[GpuSharingArgs]
    """How pods of its one tenant share a GPU. Default: GPUs are handed out whole."""
    efa: NotRequired[bool]
    """Whether Elastic Fabric Adapters join the nodes, for training over several. Default: false."""
    hosts: NotRequired[int]
    """Dedicated Hosts that the nodes run on. Default: 0."""
    seal: NotRequired[SealArgs]
    """What keeps memory and keys from operators. Default: nothing."""
    runtimes: NotRequired[list[str]]
    """Sandboxes that the nodes run, and nothing but sandboxes then: gvisor, kata, isolated-sandbox
    or confidential-sandbox. Default: none."""
    ami_id: NotRequired[str]
    """Image of your own, based on al2023, which all sandboxes but kata are part of. Default:
    Amazon's."""


SYSTEM_POOL: PoolArgs = {
    "name": "system",
    "instance_types": ["m7i.large"],
    "min_size": 2,
    "max_size": 4,
}
"""Nodes of the cluster's own pods: two, so that DNS survives the loss of one."""


def read_pool(args: PoolArgs, *, where: str, region: str | None = None) -> Pool:
    """The pool that ``args`` describe, in ``region`` if one is told.

    Raises:
        RefusedError: a word is unknown, or see ``checked`` and ``Pool.check``.
    """
    args = checked(args, PoolArgs, where=where)
    smallest = args.get("min_size", 0)
    seal = _read_seal(args["seal"], where=f"{where}.seal") if "seal" in args else None
    runtimes = tuple(
        parsing.choice(Runtime, word, where=f"{where}.runtimes")
        for word in args.get("runtimes", [])
    )
    amazon_linux = needs_al2023(args.get("hosts", 0), seal, runtimes)
    amazon_linux = amazon_linux or "ami_id" in args
    usual_image = Image.AL2023 if amazon_linux else Image.BOTTLEROCKET
    nested = needs_nesting(runtimes, args["instance_types"])
    usual_provisioner = Provisioner.SELF_MANAGED if nested else Provisioner.MANAGED
    if args.get("hosts"):
        usual_provisioner = Provisioner.HOSTS
    provisioner = parsing.choice(
        Provisioner, args.get("provisioner", usual_provisioner), where=f"{where}.provisioner"
    )
    image = parsing.choice(Image, args.get("image", usual_image), where=f"{where}.image")
    return Pool(
        name=args["name"],
        instance_types=tuple(args["instance_types"]),
        min_size=smallest,
        desired_size=args.get("desired_size", smallest),
        max_size=args.get("max_size", 4),
        disk_gib=args.get("disk_gib", 100),
        tenant=args.get("tenant"),
        tier=parsing.choice(Tier, args["tier"], where=f"{where}.tier") if "tier" in args else None,
        plane=parsing.choice(Plane, args.get("plane", Plane.INFERENCE), where=f"{where}.plane"),
        image=image,
        release=args.get("release", _usual_release(image, provisioner, seal)),
        provisioner=provisioner,
        zone=args.get("zone"),
        reservation=_read_reservation(args["reservation"], where=f"{where}.reservation")
        if "reservation" in args
        else None,
        sharing=_read_sharing(args["sharing"], where=f"{where}.sharing")
        if "sharing" in args
        else None,
        efa=args.get("efa", False),
        hosts=args.get("hosts", 0),
        seal=seal,
        runtimes=runtimes,
        ami_id=args.get("ami_id"),
    ).check(where=where, region=region)


def _usual_release(image: Image, provisioner: Provisioner, seal: Seal | None) -> str | None:
    if provisioner is Provisioner.KARPENTER and image is Image.BOTTLEROCKET and seal is None:
        return BOTTLEROCKET_RELEASE
    return None


def _read_reservation(args: ReservationArgs, *, where: str) -> Reservation:
    args = checked(args, ReservationArgs, where=where)
    return Reservation(
        id=args["id"],
        instances=args["instances"],
        kind=parsing.choice(
            ReservationKind, args.get("kind", ReservationKind.ON_DEMAND), where=f"{where}.kind"
        ),
        ends=parsing.date(args["ends"], where=f"{where}.ends") if "ends" in args else None,
    )


def _read_sharing(args: GpuSharingArgs, *, where: str) -> GpuSharing:
    args = checked(args, GpuSharingArgs, where=where)
    strategy = parsing.choice(SharingStrategy, args["strategy"], where=f"{where}.strategy")
    return GpuSharing(strategy, args["replicas"])


def _read_seal(args: SealArgs, *, where: str) -> Seal:
    args = checked(args, SealArgs, where=where)
    return Seal(
        protection=parsing.choice(Protection, args["protection"], where=f"{where}.protection"),
        measurements=dict(args.get("measurements", {})),
        enclave_cpus=args.get("enclave_cpus", Seal.enclave_cpus),
        enclave_memory_mib=args.get("enclave_memory_mib", Seal.enclave_memory_mib),
        ami_id=args.get("ami_id"),
    )

"""What instance types can do besides computing, and how many fit a Dedicated Host.

Facts of EC2's ``DescribeInstanceTypes``; a test compares every type with a recording of it.
"""

from enum import StrEnum

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.instances import INSTANCES, Architecture, find_instance


class Feature(StrEnum):
    """What an instance type may be able to do."""

    SEV_SNP = "AMD SEV-SNP"
    NITRO_ENCLAVES = "Nitro Enclaves"
    NITRO_TPM = "NitroTPM"
    DEDICATED_HOSTS = "Dedicated Hosts"
    EFA = "Elastic Fabric Adapter"
    MIG = "Multi-Instance GPU"
    NESTED_VIRTUALIZATION = "nested virtualization"


LARGEST_SEV_SNP = {"m6a": 32, "c6a": 64, "r6a": 16}
"""vCPUs of the largest size with SEV-SNP, by family (EC2 User Guide, "AMD SEV-SNP for Amazon EC2
instances")."""

SEV_SNP_REGIONS = frozenset({"us-east-2", "eu-west-1"})
"""Regions with SEV-SNP (as above)."""

MIG_MODELS = frozenset({"A100", "H100", "H200"})
"""GPUs that Bottlerocket can partition (Bottlerocket, "NVIDIA Multi-Instance GPU")."""

NESTING = frozenset({"c7i", "m7i", "r7i", "c8i", "m8i", "r8i"})
"""Families whose virtual machines may run virtual machines of their own."""

WITHOUT_NITRO_TPM = frozenset({"p4d", "p4de"})
WITHOUT_ENCLAVES = frozenset({"p6-b200"})

WITHOUT_HOSTS = frozenset(
    {"c7i.24xlarge", "c7i.48xlarge", "m7i.24xlarge", "m7i.48xlarge", "r7i.48xlarge"}
)
"""Types of families with Dedicated Hosts that come without; their metal types are whole servers."""

GPU_HOSTS = frozenset(
    {
        "g4dn.12xlarge", "g4dn.metal", "g5.24xlarge", "g5.48xlarge", "g6.24xlarge", "g6.48xlarge",
        "g6e.24xlarge", "g6e.48xlarge", "p4d.24xlarge",
    }
)  # fmt: skip
"""GPU types for which AWS has Dedicated Hosts; there are none for P4de, P5 and P6."""

EFA_INTERFACES = {
    **{f"{family}.{size}": 1
       for family in ("c8i", "m8i", "r8i", "c7i", "c7a", "m7i", "m7a", "r7i", "r7a")
       for size in ("48xlarge", "metal-48xl")},
    **{f"{family}.metal-96xl": 1 for family in ("c8i", "m8i", "r8i")},
    **{f"{family}.{size}": 1 for family in ("c6a", "m6a", "r6a") for size in ("48xlarge", "metal")},
    **{f"{family}.{size}": 1 for family in ("c7g", "m7g", "r7g") for size in ("16xlarge", "metal")},
    **{f"g4dn.{size}": 1 for size in ("8xlarge", "12xlarge", "16xlarge", "metal")},
    **{f"{family}.{size}": 1 for family in ("g5", "g6", "g6e")
       for size in ("8xlarge", "12xlarge", "16xlarge", "24xlarge", "48xlarge")},
    "g6e.24xlarge": 2, "g6e.48xlarge": 4, "p4d.24xlarge": 4, "p4de.24xlarge": 4, "p5.4xlarge": 1,
    "p5.48xlarge": 32, "p5e.48xlarge": 32, "p5en.48xlarge": 16, "p6-b200.48xlarge": 8,
}  # fmt: skip
"""The most EFA interfaces of a type; others have none."""

HOST_SOCKETS = {
    **dict.fromkeys(("c6a", "m6a", "r6a", "c7i", "c7a", "m7i", "m7a", "r7i", "r7a"), (2, 96)),
    **dict.fromkeys(("c8i", "m8i", "r8i"), (2, 192)),
    **dict.fromkeys(("g5", "g6", "g6e"), (2, 96)),
    **dict.fromkeys(("c7g", "m7g", "r7g"), (1, 64)),
    "g4dn": (2, 48), "p4d": (2, 48),
}  # fmt: skip
"""Sockets of a family's Dedicated Host and vCPUs of each: those of its largest type (EC2 User
Guide, "Amazon EC2 Dedicated Host instance capacity configurations")."""


def has_feature(name: str, feature: Feature) -> bool:
    """Whether the instance type ``name`` of the table has a feature."""
    instance, family = INSTANCES[name], name.partition(".")[0]
    match feature:
        case Feature.SEV_SNP:
            return not instance.metal and instance.vcpus <= LARGEST_SEV_SNP.get(family, 0)
        case Feature.NITRO_ENCLAVES:
            least = 2 if instance.architecture is Architecture.ARM64 else 4
            metal_or_small = instance.metal or instance.vcpus < least
            return not metal_or_small and family not in WITHOUT_ENCLAVES
        case Feature.NITRO_TPM:
            return not instance.metal and family not in WITHOUT_NITRO_TPM
        case Feature.DEDICATED_HOSTS:
            return name in GPU_HOSTS if instance.gpus else name not in WITHOUT_HOSTS
        case Feature.EFA:
            return name in EFA_INTERFACES
        case Feature.NESTED_VIRTUALIZATION:
            return family in NESTING and not instance.metal
        case Feature.MIG:
            return instance.gpu in MIG_MODELS


def require_feature(name: str, feature: Feature, *, where: str) -> None:
    """Refuse an instance type that lacks a feature.

    Raises:
        RefusedError: the sentence lists what would work: sizes of the family, or families.
    """
    find_instance(name, where=where)
    if has_feature(name, feature):
        return
    family = name.partition(".")[0]
    able = [known for known in INSTANCES if has_feature(known, feature)]
    # Who needs GPUs is not helped by types without.
    able = [known for known in able if not INSTANCES[name].gpus or INSTANCES[known].gpus] or able
    sizes = [known for known in able if known.partition(".")[0] == family]
    families = sorted({known.partition(".")[0] for known in able})
    raise RefusedError(
        f"an instance type without {feature}",
        given=name,
        allowed=sizes or f"a type of {', '.join(families)}",
        where=where,
    )


def instances_per_host(name: str) -> int:
    """How many instances of a type one Dedicated Host holds.

    An instance does not straddle sockets unless it is larger than one, so a socket's remainder is
    lost: the arithmetic never promises more than AWS gives.
    """
    sockets, vcpus = HOST_SOCKETS[name.partition(".")[0]]
    needed = INSTANCES[name].vcpus
    if needed > vcpus:
        return max(1, sockets * vcpus // needed)
    return sockets * (vcpus // needed)

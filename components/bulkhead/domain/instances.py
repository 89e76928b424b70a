"""EC2 instance types: what each offers, so that capacity is computed and quotas are checked."""

from dataclasses import dataclass, replace
from enum import StrEnum

from bulkhead.domain.errors import RefusedError


class Architecture(StrEnum):
    """Processor architecture of an instance type."""

    X86_64 = "x86_64"
    ARM64 = "arm64"


@dataclass(frozen=True)
class Instance:
    """What one instance type offers (Amazon EC2 Instance Types Guide).

    Attributes:
        vcpus: virtual processors.
        memory_gib: memory in GiB.
        gpus: whole NVIDIA GPUs.
        gpu: model of the GPUs, empty without.
        architecture: processor architecture.
        metal: whether it is a whole server without hypervisor.
    """

    vcpus: int
    memory_gib: int
    gpus: int = 0
    gpu: str = ""
    architecture: Architecture = Architecture.X86_64
    metal: bool = False


VCPUS = {
    "large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32, "12xlarge": 48,
    "16xlarge": 64, "24xlarge": 96, "32xlarge": 128, "48xlarge": 192,
}  # fmt: skip
"""vCPUs by size, the same in every family below."""

GIB_PER_VCPU = {
    "c8i": 2, "m8i": 4, "r8i": 8, "c7i": 2, "c7a": 2, "m7i": 4, "m7a": 4, "r7i": 8, "r7a": 8,
    "c6a": 2, "m6a": 4, "r6a": 8, "c7g": 2, "m7g": 4, "r7g": 8,
}  # fmt: skip
"""Memory of families without GPUs."""

LARGEST_GRAVITON = VCPUS["16xlarge"]
"""The vCPUs of the largest seventh-generation Graviton size."""

METAL = {
    "c6a.metal": 192, "m6a.metal": 192, "r6a.metal": 192,
    "c7g.metal": 64, "m7g.metal": 64, "r7g.metal": 64,
    **{f"{family}.metal-48xl": 192
       for family in ("c8i", "m8i", "r8i", "c7i", "c7a", "m7i", "m7a", "r7i", "r7a")},
    **{f"{family}.metal-96xl": 384 for family in ("c8i", "m8i", "r8i")},
}  # fmt: skip
"""vCPUs of whole servers."""


def _general() -> dict[str, Instance]:
    table = {}
    for family, ratio in GIB_PER_VCPU.items():
        graviton = family.endswith("g")
        architecture = Architecture.ARM64 if graviton else Architecture.X86_64
        for size, vcpus in VCPUS.items():
            if _has_size(family, size):
                table[f"{family}.{size}"] = Instance(
                    vcpus, vcpus * ratio, architecture=architecture
                )
    for name, vcpus in METAL.items():
        family = name.partition(".")[0]
        sibling = table[f"{family}.large"]
        table[name] = replace(
            sibling, vcpus=vcpus, memory_gib=vcpus * GIB_PER_VCPU[family], metal=True
        )
    return table


def _has_size(family: str, size: str) -> bool:
    if family.endswith("g"):
        return VCPUS[size] <= LARGEST_GRAVITON
    # AMD's, and Intel's from the eighth generation on.
    return size != "32xlarge" or family.endswith("a") or family[1:] == "8i"


def _one_gpu_each(family: str, gpu: str, gib_per_vcpu: int) -> dict[str, Instance]:
    gpus = {
        "xlarge": 1, "2xlarge": 1, "4xlarge": 1, "8xlarge": 1, "16xlarge": 1,
        "12xlarge": 4, "24xlarge": 4, "48xlarge": 8,
    }  # fmt: skip
    return {
        f"{family}.{size}": Instance(VCPUS[size], VCPUS[size] * gib_per_vcpu, count, gpu)
        for size, count in gpus.items()
    }


INSTANCES: dict[str, Instance] = {
    **_general(),
    **{
        f"g4dn.{size}": Instance(VCPUS[size], VCPUS[size] * 4, 4 if size == "12xlarge" else 1, "T4")
        for size in ("xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge")
    },
    "g4dn.metal": Instance(96, 384, 8, "T4", metal=True),
    **_one_gpu_each("g5", "A10G", 4),
    **_one_gpu_each("g6", "L4", 4),
    **_one_gpu_each("g6e", "L40S", 8),
    "p4d.24xlarge": Instance(96, 1152, 8, "A100"),
    "p4de.24xlarge": Instance(96, 1152, 8, "A100"),
    "p5.4xlarge": Instance(16, 256, 1, "H100"),
    "p5.48xlarge": Instance(192, 2048, 8, "H100"),
    "p5e.48xlarge": Instance(192, 2048, 8, "H200"),
    "p5en.48xlarge": Instance(192, 2048, 8, "H200"),
    "p6-b200.48xlarge": Instance(192, 2048, 8, "B200"),
}
"""The instance types that pools may use."""


def find_instance(name: str, *, where: str) -> Instance:
    """What the instance type ``name`` offers.

    Raises:
        RefusedError: the table has no such type; the sentence lists its sizes in the family, or
            the families.
    """
    try:
        return INSTANCES[name]
    except KeyError:
        family = name.partition(".")[0]
        sizes = [known for known in INSTANCES if known.partition(".")[0] == family]
        families = sorted({known.partition(".")[0] for known in INSTANCES})
        raise RefusedError(
            "unknown instance type",
            given=name,
            allowed=sizes or f"a type of {', '.join(families)}",
            where=where,
        ) from None

"""EC2 instance types: what each offers, so that capacity is computed and quotas are checked."""

from dataclasses import dataclass
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
    """

    vcpus: int
    memory_gib: int
    gpus: int = 0
    gpu: str = ""
    architecture: Architecture = Architecture.X86_64


VCPUS = {
    "large": 2, "xlarge": 4, "2xlarge": 8, "4xlarge": 16, "8xlarge": 32, "12xlarge": 48,
    "16xlarge": 64, "24xlarge": 96, "48xlarge": 192,
}  # fmt: skip
"""vCPUs by size, the same in every family below."""

GIB_PER_VCPU = {
    "c7i": 2, "c7a": 2, "m7i": 4, "m7a": 4, "r7i": 8, "r7a": 8,
    "c7g": 2, "m7g": 4, "r7g": 8,
}  # fmt: skip
"""Memory of families without GPUs."""

LARGEST_GRAVITON = VCPUS["16xlarge"]
"""The vCPUs of the largest seventh-generation Graviton size."""


def _general() -> dict[str, Instance]:
    table = {}
    for family, ratio in GIB_PER_VCPU.items():
        graviton = family.endswith("g")
        architecture = Architecture.ARM64 if graviton else Architecture.X86_64
        for size, vcpus in VCPUS.items():
            if not graviton or vcpus <= LARGEST_GRAVITON:
                table[f"{family}.{size}"] = Instance(
                    vcpus, vcpus * ratio, architecture=architecture
                )
    return table


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

"""Sandboxes as runtime classes: which nodes can run which, and what each costs a pod (ISO-11)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.features import Feature, has_feature, require_feature
from bulkhead.domain.instances import INSTANCES, find_instance
from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead.domain.pods import SANDBOXES, Runtime
from bulkhead.domain.seals import Protection, Seal
from bulkhead.domain.tiers import CATALOGUE, Tier

NITRO = frozenset({Runtime.ISOLATED_SANDBOX, Runtime.CONFIDENTIAL_SANDBOX})
"""Sandboxes that the Nitro System itself keeps apart."""

NITRO_SINCE = "1.36"
"""First version of Kubernetes with Nitro sandboxes (EKS User Guide, "Run a pod in isolated mode").
"""

SANDBOX_TAINT = f"{LABEL_PREFIX}sandbox"
"""Taint of nodes that run sandboxes, which keeps every other pod away from code that nobody has
read. The runtime class of a sandbox tolerates it, and no other pod may."""

OWN_IMAGE = frozenset({Runtime.GVISOR, *NITRO})
"""Runtimes that nobody installs on a running node: they are part of the node's image."""


@dataclass(frozen=True)
class RuntimeProfile:
    """What a runtime class is made of.

    Attributes:
        handler: what containerd calls it on the node.
        cpu, memory: what a pod takes besides its containers, and what its quota is charged for.
        ready: label of nodes on which whoever installs it has finished, besides the pool's own.
    """

    handler: str
    cpu: str
    memory: str
    ready: str | None = None


PROFILES: dict[Runtime, RuntimeProfile] = {
    Runtime.GVISOR: RuntimeProfile("runsc", "100m", "64Mi"),
    Runtime.KATA: RuntimeProfile(
        "kata-qemu-runtime-rs", "250m", "320Mi", "katacontainers.io/kata-runtime"
    ),
    Runtime.ISOLATED_SANDBOX: RuntimeProfile("isolated-sandbox", "250m", "256Mi"),
    Runtime.CONFIDENTIAL_SANDBOX: RuntimeProfile("confidential-sandbox", "250m", "256Mi"),
}
"""Kata's overhead is that of its own chart; of the others, whose makers name none, a floor of ours.
"""


def read_runtimes(words: Iterable[str], *, where: str) -> list[Runtime]:
    """The sandboxes that ``words`` name, in the order of the runtimes.

    Raises:
        RefusedError: one is none.
    """
    found = {parsing.choice(Runtime, word, where=where) for word in words}
    if Runtime.DEFAULT in found:
        raise RefusedError("the node's own kernel is no sandbox", allowed=SANDBOXES, where=where)
    return [runtime for runtime in Runtime if runtime in found]


def runtime_label(runtime: Runtime) -> str:
    """Label of the nodes that can run it; its value is ``true``."""
    return f"{LABEL_PREFIX}runtime-{runtime}"


def sandboxes(tier: Tier) -> list[Runtime]:
    """The sandboxes that are strong enough for a tier, in the order of the runtimes."""
    return [runtime for runtime in Runtime if runtime in CATALOGUE[tier].pods.runtimes & SANDBOXES]


def check_sandbox(runtime: Runtime, tier: Tier, *, where: str) -> Runtime:
    """Return the runtime if code that nobody has read may run on it in a tier.

    Raises:
        RefusedError: it is the node's own kernel, or software alone where the tier asks for more.
    """
    if runtime not in sandboxes(tier):
        raise RefusedError(
            f"too weak a runtime for agents of tier '{tier}'",
            given=runtime or "the node's own kernel",
            allowed=sandboxes(tier),
            where=where,
        )
    return runtime


def check_nitro_version(runtimes: Iterable[Runtime], version: str, *, where: str) -> None:
    """Refuse Nitro sandboxes in a cluster whose Kubernetes has none.

    Raises:
        RefusedError: the version is too old.
    """
    asked = [runtime for runtime in runtimes if runtime in NITRO]
    if asked and _numbers(version) < _numbers(NITRO_SINCE):
        raise RefusedError(
            f"runtime '{asked[0]}' needs a newer Kubernetes",
            given=version,
            allowed=f"{NITRO_SINCE} or newer",
            where=where,
        )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def needs_nesting(runtimes: Sequence[Runtime], instance_types: Sequence[str]) -> bool:
    """Whether nodes of these types must be told to let virtual machines run in theirs."""
    known = [INSTANCES[name] for name in instance_types if name in INSTANCES]
    return Runtime.KATA in runtimes and not all(instance.metal for instance in known)


def check_runtimes(
    runtimes: Sequence[Runtime],
    instance_types: Sequence[str],
    *,
    own_image: bool,
    seal: Seal | None,
    on_hosts: bool,
    managed: bool,
    where: str,
) -> None:
    """Refuse runtimes that nodes of these types, or set up like this, can't run.

    Raises:
        RefusedError: a runtime is none or stands twice, two of them want the hardware for
            themselves, a type has GPUs or lacks what a runtime needs, the image is missing, or
            seal, hosts or EKS's managed nodes are in the way.
    """
    if not runtimes:
        return
    _check_together(runtimes, where=where)
    for name in instance_types:
        if find_instance(name, where=f"{where}.instance_types").gpus:
            raise RefusedError(
                "no sandbox hands a GPU to code that nobody has read",
                given=name,
                allowed="instance types without GPUs",
                where=f"{where}.instance_types",
            )
        _check_hardware(runtimes, name, where=f"{where}.instance_types")
    missing = [runtime for runtime in runtimes if runtime in OWN_IMAGE]
    if missing and not own_image:
        raise RefusedError(
            f"runtime '{missing[0]}' is part of the node's image",
            allowed="ami_id, an image of your own that has it",
            where=f"{where}.ami_id",
        )
    hardware = [runtime for runtime in runtimes if runtime is not Runtime.GVISOR]
    enclaves = seal is not None and seal.protection is Protection.NITRO_ENCLAVES
    if enclaves or (seal is not None and hardware):
        raise RefusedError(
            "sealed nodes take no sandboxes but gVisor, and those with enclaves none",
            given=", ".join(runtimes),
            allowed="a pool of its own for sandboxes",
            where=f"{where}.runtimes",
        )
    if on_hosts and NITRO & set(runtimes):
        raise RefusedError(
            "nodes on hosts run no Nitro sandboxes",
            given=", ".join(runtimes),
            allowed=[Runtime.GVISOR, Runtime.KATA],
            where=f"{where}.runtimes",
        )
    if managed and needs_nesting(runtimes, instance_types):
        raise RefusedError(
            "EKS drops the CPU options of managed nodes, and with them nested virtualization",
            given=", ".join(instance_types),
            allowed="provisioner self-managed or karpenter, or .metal types",
            where=f"{where}.provisioner",
        )


def _check_together(runtimes: Sequence[Runtime], *, where: str) -> None:
    for runtime in runtimes:
        if runtime not in SANDBOXES or list(runtimes).count(runtime) > 1:
            raise RefusedError(
                "not a sandbox, or one twice",
                given=runtime or "the node's own kernel",
                allowed=[each for each in Runtime if each in SANDBOXES],
                where=f"{where}.runtimes",
            )
    if Runtime.KATA in runtimes and NITRO & set(runtimes):
        raise RefusedError(
            "Kata and Nitro sandboxes both want the node's virtualization",
            given=", ".join(runtimes),
            allowed="a pool for each",
            where=f"{where}.runtimes",
        )


def _check_hardware(runtimes: Sequence[Runtime], name: str, *, where: str) -> None:
    nests = INSTANCES[name].metal or has_feature(name, Feature.NESTED_VIRTUALIZATION)
    if Runtime.KATA in runtimes and not nests:
        able = [known for known in INSTANCES if has_feature(known, Feature.NESTED_VIRTUALIZATION)]
        families = sorted({known.partition(".")[0] for known in able})
        raise RefusedError(
            "an instance type that runs no virtual machines of Kata",
            given=name,
            allowed=f"a type of {', '.join(families)}, or a .metal type",
            where=where,
        )
    if NITRO & set(runtimes):
        require_feature(name, Feature.NITRO_ENCLAVES, where=where)

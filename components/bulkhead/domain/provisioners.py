"""Who starts a pool's nodes, from which operating system, and what each can't do."""

import re
from enum import StrEnum

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.seals import Protection, Seal
from bulkhead.domain.sharing import GpuSharing

NODE_HOURS = 14 * 24
"""How old a node of Karpenter's becomes: two weeks, so that security releases of its operating
system and a new certificate reach every node."""

UNAVAILABLE_PERCENT = 33
"""Share of a pool's nodes that may be replaced at the same time."""

IDLE_MINUTES = 10
"""How long a node of Karpenter's stays empty before it goes: a rollout or the next job fills it
again without waiting for weights and images."""


class Image(StrEnum):
    """Operating system of a node."""

    BOTTLEROCKET = "bottlerocket"
    AL2023 = "al2023"


class Provisioner(StrEnum):
    """Who starts a pool's nodes."""

    MANAGED = "managed"
    KARPENTER = "karpenter"
    SELF_MANAGED = "self-managed"
    HOSTS = "hosts"


RELEASES = {
    Image.BOTTLEROCKET: (re.compile(r"v[0-9]+\.[0-9]+\.[0-9]+"), "v and three numbers"),
    Image.AL2023: (re.compile(r"v20[0-9]{6}"), "v and its date, such as v20260818"),
}
"""How the releases of an operating system are called (Karpenter, "NodeClasses", alias)."""


def check_release(image: Image, release: str | None, seal: Seal | None, *, where: str) -> None:
    """Refuse nodes of Karpenter's that start from whatever image is newest.

    Raises:
        RefusedError: no release is told, or it is none of the operating system's, or an image of
            one's own has one.
    """
    pattern, called = RELEASES[image]
    if seal is not None:
        if release is not None:
            raise RefusedError(
                "an image of your own has no release", given=release, allowed="none", where=where
            )
    elif release is None or pattern.fullmatch(release) is None:
        raise RefusedError(
            f"not a release of {image}", given=release or "none", allowed=called, where=where
        )


def check_karpenter(
    *,
    hosts: int,
    desired_size: int,
    seal: Seal | None,
    sharing: GpuSharing | None,
    ami_id: str | None,
    where: str,
) -> None:
    """Refuse what Karpenter does not do (Karpenter, "NodeClasses" and "NodePools").

    Raises:
        RefusedError: nodes on hosts, nodes that are always there, a seal that its launch templates
            don't ask for, shares of GPUs, which it doesn't count, or an own image, with which come
            sandboxes that it doesn't set up.
    """
    managed = f"provisioner {Provisioner.MANAGED}"
    if hosts:
        raise RefusedError(
            "Karpenter starts no nodes on hosts",
            given=hosts,
            allowed=f"provisioner {Provisioner.HOSTS}",
            where=f"{where}.hosts",
        )
    if desired_size:
        raise RefusedError(
            "Karpenter starts nodes when pods need them and keeps none",
            given=desired_size,
            allowed=f"a min_size and a desired_size of 0, or {managed}",
            where=f"{where}.desired_size",
        )
    if seal and seal.protection is not Protection.NITRO_TPM:
        raise RefusedError(
            "Karpenter's nodes are not sealed by this",
            given=seal.protection,
            allowed=f"{Protection.NITRO_TPM}, or {managed}",
            where=f"{where}.seal.protection",
        )
    if ami_id is not None:
        raise RefusedError(
            "Karpenter's nodes start from Amazon's image, or from a measured one",
            given=ami_id,
            allowed=f"none, or {managed}",
            where=f"{where}.ami_id",
        )
    if sharing:
        raise RefusedError(
            "Karpenter counts whole GPUs and would start a node for each share",
            given=sharing.strategy,
            allowed=f"whole GPUs, or {managed}",
            where=f"{where}.sharing",
        )

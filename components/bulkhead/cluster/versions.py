"""Versions of what runs in and under a cluster, in one place."""

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.versions import SUPPORTED_VERSIONS

KUBERNETES_VERSION = "1.36"
"""Default version of Kubernetes."""


def check_version(version: str | None, *, where: str) -> str:
    """Return ``version``, or the default where none is given, if a new cluster may have it.

    Raises:
        RefusedError: it is not in standard support; the sentence lists those that are.
    """
    version = version or KUBERNETES_VERSION
    if version not in SUPPORTED_VERSIONS:
        raise RefusedError(
            "unsupported Kubernetes version",
            given=version,
            allowed=SUPPORTED_VERSIONS,
            where=where,
        )
    return version


BOTTLEROCKET_RELEASE = "v1.66.0"
"""Release of Bottlerocket that Karpenter's nodes start from by default; it has images for every
version of Kubernetes that is supported."""

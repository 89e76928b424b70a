"""Versions of what runs in and under a cluster, in one place."""

from bulkhead.domain.errors import RefusedError

KUBERNETES_VERSION = "1.36"
"""Default version of Kubernetes."""

SUPPORTED_VERSIONS = ("1.35", "1.36", "1.37")
"""Versions in EKS standard support for months to come. Add-ons without a version of their own get
the one that EKS holds to be the default for the cluster's."""


def check_version(version: str, *, where: str) -> str:
    """Return ``version`` if a new cluster may have it.

    Raises:
        RefusedError: it is not in standard support; the sentence lists those that are.
    """
    if version not in SUPPORTED_VERSIONS:
        raise RefusedError(
            "unsupported Kubernetes version",
            given=version,
            allowed=SUPPORTED_VERSIONS,
            where=where,
        )
    return version


ENCLAVE_PLUGIN_VERSION = "0.3.1"
"""Version of the Nitro Enclaves device plugin, its chart's and its image's."""

"""Pod Security: what the namespaces of tenants admit."""

LEVEL = "restricted"
"""The strictest of the Pod Security Standards (CIS EKS 4.2)."""


def pod_security_labels(version: str) -> dict[str, str]:
    """Namespace labels that enforce, audit and warn at the strictest level.

    The standard is pinned to the cluster's Kubernetes ``version``, such as ``1.36``, so that an
    upgrade of the cluster does not tighten it unannounced.
    """
    prefix = "pod-security.kubernetes.io"
    labels = {}
    for mode in ("enforce", "audit", "warn"):
        labels[f"{prefix}/{mode}"] = LEVEL
        labels[f"{prefix}/{mode}-version"] = f"v{version}"
    return labels

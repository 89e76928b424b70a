"""Versions of Kubernetes that AWS supports."""

SUPPORTED_VERSIONS = ("1.35", "1.36", "1.37")
"""Versions in EKS standard support for months to come. Add-ons without a version of their own get
the one that EKS holds to be the default for the cluster's."""

"""Karpenter's charts, and what they are told."""

import pulumi

from bulkhead.cluster.addons import SYSTEM_NAMESPACE
from bulkhead.cluster.charts import Chart, install
from bulkhead.domain.images import Image
from bulkhead.domain.labels import LABEL_PREFIX, Labels, Plane

VERSION = "1.14.1"
DEFINITIONS = Chart("oci://public.ecr.aws/karpenter/karpenter-crd", VERSION)
"""Karpenter's kinds, as a chart of their own: Helm upgrades no others."""
CONTROLLER = Chart("oci://public.ecr.aws/karpenter/karpenter", VERSION)

ACCOUNT = "karpenter"
"""Name of the controller, its service account and its pods' label."""

MEMORY = "1Gi"
"""What Karpenter's own guide gives the controller."""


def install_karpenter(
    name: str,
    image: Image,
    *,
    cluster_name: str,
    endpoint: pulumi.Input[str],
    queue_name: pulumi.Input[str],
    labels: Labels,
    opts: pulumi.ResourceOptions,
    after: pulumi.ResourceOptions,
) -> None:
    """Register the kinds, and the controller behind them and behind what ``after`` waits for.

    No dry runs: Karpenter tries a class that has no pool yet with a type of its own choice, which
    its role refuses.
    """
    definitions = install(
        f"{name}-definitions",
        DEFINITIONS,
        release=f"{ACCOUNT}-crd",
        namespace=SYSTEM_NAMESPACE,
        values={},
        opts=opts,
    )
    install(
        name,
        CONTROLLER,
        release=ACCOUNT,
        namespace=SYSTEM_NAMESPACE,
        values={
            "serviceAccount": {"name": ACCOUNT},
            "podLabels": labels.kubernetes(),
            "nodeSelector": {
                "kubernetes.io/os": "linux",
                f"{LABEL_PREFIX}plane": str(Plane.CONTROL),
            },
            "controller": {
                "image": {
                    "repository": image.repository,
                    "tag": image.tag or VERSION,
                    "digest": image.digest,
                },
                "resources": {
                    "requests": {"cpu": "500m", "memory": MEMORY},
                    "limits": {"memory": MEMORY},
                },
            },
            "settings": {
                "clusterName": cluster_name,
                "clusterEndpoint": endpoint,
                "interruptionQueue": queue_name,
                "isolatedVPC": True,
                "disableDryRun": True,
            },
        },
        opts=pulumi.ResourceOptions.merge(after, pulumi.ResourceOptions(depends_on=[definitions])),
    )

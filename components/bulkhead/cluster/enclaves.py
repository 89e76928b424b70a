"""What a cluster needs for pods that start Nitro Enclaves."""

import pulumi

from bulkhead.cluster.addons import SYSTEM_NAMESPACE
from bulkhead.cluster.charts import Chart, install
from bulkhead.domain.images import Image
from bulkhead.domain.labels import LABEL_PREFIX

PLUGIN = Chart(
    "oci://public.ecr.aws/aws-nitro-enclaves/charts/aws-nitro-enclaves-k8s-device-plugin", "0.3.1"
)


def make_plugin(name: str, pool: str, image: Image, opts: pulumi.ResourceOptions) -> None:
    """Register the device plugin on the nodes of one pool, whatever their taints.

    Pods ask it for ``aws.ec2.nitro/nitro_enclaves`` (AWS Nitro Enclaves User Guide, "Using Nitro
    Enclaves with Amazon EKS").
    """
    install(
        name,
        PLUGIN,
        release=f"enclaves-{pool}",
        namespace=SYSTEM_NAMESPACE,
        values={
            "awsNitroEnclavesK8SDaemonset": {
                "awsNitroEnclavesK8SDp": {
                    "image": {"repository": image.repository, "tag": image.pinned_tag},
                    "imagePullPolicy": "IfNotPresent",
                },
                "nodeSelector": {f"{LABEL_PREFIX}pool": pool},
                "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
            }
        },
        opts=opts,
    )

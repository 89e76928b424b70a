"""What a cluster needs for pods that start Nitro Enclaves."""

import re

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.versions import ENCLAVE_PLUGIN_VERSION
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import LABEL_PREFIX

CHART = "oci://public.ecr.aws/aws-nitro-enclaves/charts/aws-nitro-enclaves-k8s-device-plugin"

REPOSITORY = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/[a-z0-9._/-]+")
"""A private registry's repository, which nodes without a way out reach through an endpoint."""


def check_plugin(repository: str | None, *, where: str) -> str:
    """Return the repository of the device plugin's image if the nodes reach it.

    Raises:
        RefusedError: there is none, or it is no private registry's.
    """
    if repository is None or REPOSITORY.fullmatch(repository) is None:
        raise RefusedError(
            "nodes with enclaves need the device plugin from a registry that they reach",
            given=repository,
            allowed="a private ECR repository, <account>.dkr.ecr.<region>.amazonaws.com/<name>, "
            f"with version {ENCLAVE_PLUGIN_VERSION}",
            where=where,
        )
    return repository


def make_plugin(name: str, pool: str, repository: str, opts: pulumi.ResourceOptions) -> None:
    """Register the device plugin on the nodes of one pool, whatever their taints.

    Pods ask it for ``aws.ec2.nitro/nitro_enclaves`` (AWS Nitro Enclaves User Guide, "Using Nitro
    Enclaves with Amazon EKS").
    """
    k8s.helm.v3.Release(
        name,
        name=f"enclaves-{pool}",
        namespace="kube-system",
        chart=CHART,
        version=ENCLAVE_PLUGIN_VERSION,
        values={
            "awsNitroEnclavesK8SDaemonset": {
                "awsNitroEnclavesK8SDp": {
                    "image": {"repository": repository, "tag": ENCLAVE_PLUGIN_VERSION},
                    "imagePullPolicy": "IfNotPresent",
                },
                "nodeSelector": {f"{LABEL_PREFIX}pool": pool},
                "tolerations": [{"operator": "Exists", "effect": "NoSchedule"}],
            }
        },
        opts=opts,
    )

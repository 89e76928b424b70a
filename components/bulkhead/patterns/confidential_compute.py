"""Pattern E: nodes whose memory and keys are sealed from operators."""

import pulumi

from bulkhead.domain.isolation import IsolationPattern
from bulkhead.patterns.arguments import Compartment
from bulkhead.patterns.arguments import PatternArgs as ConfidentialComputeArgs
from bulkhead.patterns.pattern import Pattern

__all__ = ["ConfidentialCompute", "ConfidentialComputeArgs"]


class ConfidentialCompute(Pattern):
    """Pattern E: one private cluster, and for each tenant nodes sealed from whoever runs them.

    High isolation at a moderate to high cost (ISO-7), for weights or data that must stay sealed
    while in use. Every pool is one tenant's, as in pattern B, and says what seals it:

    - ``nitro-enclaves``: the pods of a node start enclaves, machines without disk, network or
      login, in memory that the node can't read. A ``SealedKey`` opens on the enclave's image alone.
      Protects from the node's root and from the platform's operators; not from the code inside.
    - ``nitro-tpm``: the node boots an image of your own, measured, with GPUs where needed. A
      ``SealedKey`` opens on that image alone. Protects from changed images and from whoever
      launches others; who gets into the running node is inside.
    - ``sev-snp``: AMD encrypts the memory of the node, in two Regions, without GPUs. Protects from
      the physical server; KMS reads none of its reports, so that no key is bound to it.

    GPU memory is sealed by none of them. Clusters of patterns C and D take sealed pools too.

    Example:
        from bulkhead import ConfidentialCompute

        ConfidentialCompute(
            "platform",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "cidr": "10.20.0.0/16",
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
                "tenants": [
                    {
                        "name": "fraud-weights",
                        "tier": "confidential",
                        "owner": "fraud-models-team",
                        "cost_center": "cc-210",
                        "quota": {"cpus": 32, "memory_gib": 128},
                        "risk": {"model": "crown-jewel"},
                    },
                ],
                "pools": [
                    {
                        "name": "enclaves",
                        "instance_types": ["m7i.4xlarge"],
                        "tenant": "fraud-weights",
                        "seal": {
                            "protection": "nitro-enclaves",
                            "measurements": {"pcr0": "5f" * 48},
                            "enclave_cpus": 8,
                            "enclave_memory_mib": 16384,
                        },
                    },
                ],
                "enclave_plugin": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/enclave-plugin"
                "@sha256:5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e",
            },
        )
    """

    PATTERN = IsolationPattern.CONFIDENTIAL_COMPUTE

    cluster_name: pulumi.Output[str]
    """Name of the cluster."""
    endpoint: pulumi.Output[str]
    """URL of the API server; private."""
    kubeconfig: pulumi.Output[str]
    """How to reach the cluster, as JSON; holds no credential."""
    access: pulumi.Output[str]
    """Over which network paths the endpoint is reached."""
    vpc_id: pulumi.Output[str]
    """ID of the VPC."""
    key_arns: pulumi.Output[dict[str, dict[str, str]]]
    """ARN of the key for each tier and purpose."""
    model_buckets: pulumi.Output[dict[str, str]]
    """Name of the bucket of model artifacts for each tier."""
    gateway_host: pulumi.Output[str | None]
    """DNS name of the gateway in front of the tenants' models, if there is one."""
    tenants: pulumi.Output[dict[str, Compartment]]
    """What each tenant gets, by its name."""
    isolation: pulumi.Output[dict[str, str]]
    """What separates two tenants at each boundary."""

    def __init__(
        self, name: str, args: ConfidentialComputeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the platform.

        Raises:
            RefusedError: an argument, a tenant, a pool or the sum of the quotas is refused; the
                sentence names it. Nothing is registered then.
        """
        super().__init__(name, args, opts)

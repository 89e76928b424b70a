"""The arguments and outputs of every pattern: one vocabulary for all five."""

from typing import NotRequired, TypedDict

import pulumi

from bulkhead.cluster.pool_arguments import PoolArgs
from bulkhead.cluster.sandbox_runtimes import KataImagesArgs
from bulkhead.foundation.arguments import ScopeArgs, Strings
from bulkhead.foundation.tier_foundation import FoundationArgs
from bulkhead.patterns.gateway_arguments import GatewayArgs
from bulkhead.workloads.arguments import TenantArgs


class NetworkArgs(TypedDict):
    """Subnets of a VPC that exists already: outputs of a ``PlaneNetwork``."""

    vpc_id: pulumi.Input[str]
    """ID of the VPC."""
    subnet_ids: pulumi.Input[dict[str, list[str]]]
    """Subnets of each plane and of ``cluster``, one per zone in the order of ``zones``."""
    cluster_cidrs: Strings
    """Addresses of the cluster subnets."""
    endpoint_cidrs: Strings
    """Addresses of the endpoint subnets."""
    resolver_cidr: pulumi.Input[str]
    """Address of the VPC's DNS resolver, as a network of one."""
    s3_endpoint_url: pulumi.Input[str]
    """Where pods reach S3."""
    instance_tenancy: NotRequired[str]
    """Tenancy of the VPC. Default: default, which is all that EKS works in."""


class QueueImagesArgs(TypedDict):
    """Images of what holds training jobs, by digest, mirrored to a private ECR registry."""

    kueue: str
    """``kueue/kueue`` of the version that ``QueueController`` installs."""
    kubectl: NotRequired[str | None]
    """``kubectl`` of the cluster's version. Default: none; windows and last days need it."""


class PatternArgs(TypedDict):
    """What every isolation pattern takes, so that a tenant moves by a change of one word."""

    scope: ScopeArgs
    """Environment, account and Region of the platform."""
    administrators: list[str]
    """ARNs of the IAM roles that administer keys and cluster. The role that deploys must be one."""
    tenants: list[TenantArgs]
    """The tenants, one at least, none whose risk needs a stronger pattern. A cluster of its own
    takes one."""
    pools: list[PoolArgs]
    """Pools of nodes for the tenants. Their largest sizes bound the tenants' quotas."""
    cidr: NotRequired[str]
    """Addresses of the cluster's own VPC, a private network of /16 to /20. Default: none, then
    ``network`` is needed."""
    network: NotRequired[NetworkArgs]
    """Subnets of a VPC that exists. Default: none, then ``cidr`` is needed."""
    foundation: NotRequired[FoundationArgs]
    """Keys and stores of the environment. Default: the pattern makes them for its own tiers; two
    patterns of one environment in one account share one ``TierFoundation``."""
    system_pool: NotRequired[PoolArgs | None]
    """Nodes of the cluster's own pods. Default: two to four m7i.large."""
    version: NotRequired[str | None]
    """Kubernetes version. Default: ``cluster.versions.KUBERNETES_VERSION``."""
    addon_versions: NotRequired[dict[str, str] | None]
    """Versions of add-ons by their names. Default: EKS's own default for the Kubernetes version."""
    zones: NotRequired[list[str] | None]
    """Availability Zones. Default: as many as the environment spans; a pool in one zone needs them
    told."""
    operator_networks: NotRequired[list[str] | None]
    """Private networks outside the VPC from which the API server is reached. Default: none."""
    queue_images: NotRequired[QueueImagesArgs | None]
    """Images of what holds training jobs. Default: none; tenants that train need them."""
    enclave_plugin: NotRequired[str | None]
    """Image of the Nitro Enclaves device plugin by digest, mirrored from AWS's own public
    repository to a private one of ECR. Default: none; pools with enclaves need it."""
    karpenter_image: NotRequired[str | None]
    """Image of Karpenter's controller by digest, mirrored from
    ``public.ecr.aws/karpenter/controller``
    to a private repository of ECR. Default: none; pools with provisioner karpenter need it. A
    ``network`` that exists needs endpoints for ``sqs`` and ``ssm`` then."""
    egress: NotRequired[dict[str, list[str]] | None]
    """Domains that each plane of the cluster's own network reaches over HTTPS and HTTP, for example
    ``{"training": ["huggingface.co"]}``: see ``PlaneNetwork``. Refused where a tenant's tier
    reaches nothing but VPC endpoints. Default: none, and then no way out is built."""
    private_domains: NotRequired[list[str] | None]
    """Domains that the cluster's own network resolves besides AWS's, such as those of private
    hosted zones. Default: none."""
    kata: NotRequired[KataImagesArgs | None]
    """Images that install Kata on nodes. Default: none; pools with the runtime kata need them."""
    exempt_namespaces: NotRequired[list[str] | None]
    """Namespaces of other controllers that carry no labels: see ``AdmissionPolicies``. Default:
    none."""
    gateway: NotRequired[GatewayArgs | None]
    """The gateway in front of the tenants' models, on nodes of its own. Default: none; then nothing
    reaches their servers."""
    alarm_topic_arn: NotRequired[pulumi.Input[str] | None]
    """Topic that hears of idle reservations and of hosts' maintenance. Default: nobody does."""


class Compartment(TypedDict):
    """What one tenant gets."""

    namespace: str
    """Name of its namespace."""
    role_arn: str
    """ARN of the role of its inference servers."""
    service_account: str
    """Name of the service account that has the role."""
    node_selector: dict[str, str]
    """Labels of the nodes that its pods land on; empty where tenants share them."""
    sealed_key_arns: dict[str, str]
    """ARN of the key that opens on the attested nodes of each of its sealed pools."""
    labels: dict[str, str]
    """Labels of everything that it has."""
    queues: dict[str, str]
    """Name of the queue of each of its budget pools; empty where it does not train."""
    training_namespace: str
    """Name of its namespace for training, where the queues are; empty where it does not train."""
    training_role_arn: str
    """ARN of the role of its trainers; empty where it does not train."""

"""What can be reached, or read, from outside."""

import ipaddress

from bulkhead_policies.addresses import networks
from bulkhead_policies.documents import STRANGER, gaps, statements
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.public_access import PUBLIC_ACCESS_BLOCK, blocks_everything
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.stack import Stack
from bulkhead_policies.stores import BUCKET_POLICY, POLICY_OF_BUCKET
from bulkhead_policies.tokens import (
    BUCKETS,
    EC2_INSTANCES,
    EKS_CLUSTER,
    INGRESS_RULE,
    INGRESSES,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    SECURITY_GROUP_RULE,
    SECURITY_GROUPS,
    SERVICES,
    SUBNET,
)
from bulkhead_policies.view import View

RESOURCE_POLICIES = {
    **dict.fromkeys(BUCKETS, "policy"),
    "aws:backup/vaultPolicy:VaultPolicy": "policy",
    "aws:dynamodb/resourcePolicy:ResourcePolicy": "policy",
    "aws:ecr/registryPolicy:RegistryPolicy": "policy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "aws:efs/fileSystemPolicy:FileSystemPolicy": "policy",
    "aws:opensearch/domain:Domain": "accessPolicies",
    "aws:s3/accessPoint:AccessPoint": "policy",
    BUCKET_POLICY: "policy",
    "aws:s3/vectorsVectorBucketPolicy:VectorsVectorBucketPolicy": "policy",
    "aws:s3control/accessPointPolicy:AccessPointPolicy": "policy",
    "aws:secretsmanager/secret:Secret": "policy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
    "aws:sns/topic:Topic": "policy",
    "aws:sns/topicPolicy:TopicPolicy": "policy",
    "aws:sqs/queue:Queue": "policy",
    "aws:sqs/queuePolicy:QueuePolicy": "policy",
}
"""Where resources hold a policy that says who may use them; keys and roles have their own rules."""

SHORTEST_PREFIXES = {4: 8, 6: 7}
"""The largest networks for use inside are 10.0.0.0/8 and fc00::/7. Whatever is larger lets in the
internet, so that two halves of the address space are no way around."""

LOAD_BALANCER_SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
LOAD_BALANCER_INTERNAL = "service.beta.kubernetes.io/aws-load-balancer-internal"
INGRESS_SCHEME = "alb.ingress.kubernetes.io/scheme"


def _cannot_be_public(policy: Resource, stack: Stack) -> bool:
    """Whether a policy is that of a bucket which blocks public access whatever a policy says."""
    buckets = [policy] if policy.type in BUCKETS else stack.named_by(policy, POLICY_OF_BUCKET)
    blocks = [stack.naming(bucket, PUBLIC_ACCESS_BLOCK) for bucket in buckets]
    return bool(blocks) and all(map(blocks_everything, blocks))


@resource_rule(
    "bulkhead-data-deny-strangers",
    types=frozenset(RESOURCE_POLICIES),
    severity=Severity.CRITICAL,
    requirements=("STO-1", "IAM-1"),
    frameworks=("FSBP S3.2", "FSBP S3.3", "FSBP SQS.3", "FSBP SNS.4"),
    title="No resource policy lets in a stranger",
    why="A statement for everyone, without a condition that a stranger can't meet, publishes the "
    "data, the queue or the image to the internet.",
    remediation="Name the principals, or add a condition on their organisation, account or "
    "VPC endpoint.",
    settled=_cannot_be_public,
)
def strangers_denied(resource: Resource) -> Findings:
    """Evaluate the resource's policy for a caller from an unknown account."""
    policy = resource.props[RESOURCE_POLICIES[resource.type]]
    for gap in gaps(statements(policy), STRANGER):
        yield gap.view.refuse("the policy lets in anyone on the internet")


@resource_rule(
    "bulkhead-eks-hide-endpoint",
    types=frozenset({EKS_CLUSTER}),
    severity=Severity.HIGH,
    requirements=("ISO-1", "INF-1"),
    frameworks=("FSBP EKS.1", "CIS EKS 5.4.2"),
    title="The Kubernetes API is reachable from inside the VPC only",
    why="A public endpoint puts the control plane of every tenant one stolen token away from the "
    "internet.",
    remediation="Set endpoint_public_access=False and endpoint_private_access=True in vpc_config.",
)
def endpoint_hidden(cluster: Resource) -> Findings:
    """Judge both endpoint flags; EKS opens the public one and closes the private one by default."""
    config = cluster.props["vpcConfig"]
    if config["endpointPublicAccess"].flag(default=True):
        yield config["endpointPublicAccess"].refuse("the endpoint is public", allowed="false")
    if not config["endpointPrivateAccess"].flag():
        yield config["endpointPrivateAccess"].refuse("no private endpoint", allowed="true")


@resource_rule(
    "bulkhead-ec2-deny-public-addresses",
    types=EC2_INSTANCES | {LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION, SUBNET},
    severity=Severity.HIGH,
    requirements=("NET-1", "INF-1"),
    frameworks=("FSBP EC2.9", "FSBP EC2.15", "FSBP EC2.25", "FSBP AutoScaling.5"),
    title="Instances get no public addresses",
    why="A node with a public address is attacked from the internet and reaches out around the "
    "egress allowlist.",
    remediation="Turn public addresses off on the subnet, launch template or instance; reach out "
    "through the NAT gateway or VPC endpoints.",
)
def public_addresses_denied(resource: Resource) -> Findings:
    """Judge whatever hands out public addresses."""
    props = resource.props
    if resource.type == SUBNET:
        flags = [props["mapPublicIpOnLaunch"]]
    elif resource.type == LAUNCH_TEMPLATE:
        flags = [i["associatePublicIpAddress"] for i in props["networkInterfaces"].items()]
    else:
        flags = [props["associatePublicIpAddress"]]
    yield from each(flags, _must_be_false)


def _must_be_false(flag: View) -> Findings:
    if flag.flag():
        yield flag.refuse("public addresses are handed out", allowed="false")


@resource_rule(
    "bulkhead-ec2-deny-open-ingress",
    types=SECURITY_GROUPS | {SECURITY_GROUP_RULE, INGRESS_RULE},
    severity=Severity.HIGH,
    requirements=("NET-1", "INF-1"),
    frameworks=("FSBP EC2.18", "FSBP EC2.19"),
    title="No security group lets in the whole internet",
    why="An open port is found within minutes; only a gateway that says so, owns it and guards it "
    "may be public.",
    remediation="Allow the security group or network of the caller, or exempt a public gateway's "
    "group with an owner and an end.",
)
def open_ingress_denied(resource: Resource) -> Findings:
    """Judge ingress rules inline, as legacy resources, and as resources of their own."""
    props = resource.props
    if resource.type in SECURITY_GROUPS:
        rules = props["ingress"].items()
    elif resource.type != SECURITY_GROUP_RULE or props["type"].text() == "ingress":
        rules = [props]
    else:
        rules = []
    yield from each(rules, lambda rule: each(networks(rule), _open_network))


def _open_network(cidr: View) -> Findings:
    try:
        network = ipaddress.ip_network(cidr.text() or "", strict=False)
    except ValueError:
        yield cidr.refuse("not a network", allowed="one like 10.0.0.0/8")
        return
    if network.prefixlen < SHORTEST_PREFIXES[network.version]:
        yield cidr.refuse("the whole internet is let in", allowed="the callers' own networks")


@resource_rule(
    "bulkhead-service-keep-internal",
    types=SERVICES | INGRESSES,
    severity=Severity.HIGH,
    requirements=("INF-1", "INF-2"),
    title="Kubernetes services and ingresses stay inside the VPC",
    why="A load balancer or node port of its own leads around the gateway, and with it around "
    "identity, quotas and logging.",
    remediation=f"Use type ClusterIP behind the gateway, or annotate {LOAD_BALANCER_SCHEME} "
    "with internal.",
)
def services_internal(resource: Resource) -> Findings:
    """Judge how a service or ingress is published."""
    annotations = resource.props.at("metadata", "annotations")
    if resource.type in INGRESSES:
        if annotations[INGRESS_SCHEME].text() == "internet-facing":
            yield annotations[INGRESS_SCHEME].refuse("a public load balancer", allowed="internal")
        return
    spec = resource.props["spec"]
    kind = spec["type"].text()
    if kind == "NodePort":
        yield spec["type"].refuse("a port on every node", allowed="ClusterIP")
    if kind == "LoadBalancer" and not _is_internal(annotations):
        yield spec["type"].refuse(
            "a public load balancer", allowed=f"{LOAD_BALANCER_SCHEME}: internal, or ClusterIP"
        )
    for address in spec["externalIPs"].items():
        yield address.refuse("an address outside the cluster", allowed="none")


def _is_internal(annotations: View) -> bool:
    legacy = annotations[LOAD_BALANCER_INTERNAL].text()
    return annotations[LOAD_BALANCER_SCHEME].text() == "internal" or legacy in ("true", "0.0.0.0/0")

"""Labels that say who owns a resource, who pays for it and how sensitive it is."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

from bulkhead.domain.environments import Environment
from bulkhead.domain.labels import LABEL_PREFIX, REQUIRED_KEYS, TAG_PREFIX, Plane
from bulkhead.domain.tiers import Tier
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource, read_labels
from bulkhead_policies.rule import Changes, Severity, resource_rule
from bulkhead_policies.settings import texts, values
from bulkhead_policies.tokens import (
    AUTOSCALING_GROUP,
    BUCKETS,
    EC2_INSTANCES,
    EKS_CLUSTER,
    EKS_NODE_GROUP,
    KMS_KEYS,
    LAUNCH_TEMPLATE,
    LOG_GROUP,
    NAMESPACES,
    REPOSITORY,
    SUBNET,
    VECTOR_BUCKET,
    VECTOR_INDEX,
    VOLUME,
    VPC,
)
from bulkhead_policies.view import View

LABELLED = (
    BUCKETS
    | KMS_KEYS
    | EC2_INSTANCES
    | NAMESPACES
    | {
        "aws:dynamodb/table:Table",
        "aws:ec2/natGateway:NatGateway",
        "aws:ec2/vpcEndpoint:VpcEndpoint",
        "aws:efs/fileSystem:FileSystem",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        "aws:fsx/lustreFileSystem:LustreFileSystem",
        "aws:iam/role:Role",
        "aws:kinesis/stream:Stream",
        "aws:lambda/function:Function",
        "aws:lb/loadBalancer:LoadBalancer",
        "aws:opensearch/domain:Domain",
        "aws:rds/cluster:Cluster",
        "aws:rds/instance:Instance",
        "aws:redshift/cluster:Cluster",
        "aws:sagemaker/endpoint:Endpoint",
        "aws:sagemaker/model:Model",
        "aws:sagemaker/notebookInstance:NotebookInstance",
        "aws:secretsmanager/secret:Secret",
        "aws:sns/topic:Topic",
        "aws:sqs/queue:Queue",
        AUTOSCALING_GROUP,
        EKS_CLUSTER,
        EKS_NODE_GROUP,
        LAUNCH_TEMPLATE,
        LOG_GROUP,
        REPOSITORY,
        SUBNET,
        VECTOR_BUCKET,
        VECTOR_INDEX,
        VOLUME,
        VPC,
    }
)
"""What costs money, holds data or grants rights."""

VOCABULARIES: Mapping[str, type[StrEnum]] = {
    "tier": Tier,
    "environment": Environment,
    "plane": Plane,
}
"""Labels whose values are words of the domain."""

TAGGED_ON_LAUNCH = ("instance", "volume")
"""What a launch template makes; the provider's default tags don't reach either."""

KEYS = texts("keys", REQUIRED_KEYS, "Labels that every resource carries, without their prefix.")


VALUES = values(
    "values",
    "Labels to add, where this policy remediates and they are missing.",
    keys=REQUIRED_KEYS,
)


def _add_labels(resource: Resource) -> Changes:
    """The configured labels that are missing; Auto Scaling's list of tags is left alone."""
    kubernetes = resource.type.startswith("kubernetes:")
    where, prefix = (
        (("metadata", "labels"), LABEL_PREFIX) if kubernetes else (("tags",), TAG_PREFIX)
    )
    if resource.props.at(*where).is_list:
        return {}
    return {
        (*where, prefix + key): value
        for key, value in resource.settings[VALUES].items()
        if _is_missing(resource.labels, key)
    }


@resource_rule(
    "bulkhead-labels-require-keys",
    types=LABELLED,
    severity=Severity.MEDIUM,
    requirements=("COST-1", "POL-1"),
    title="Resources carry the labels of the platform",
    why="A resource that nobody owns is paid by everyone, protected by no tier's rules and found "
    "by no quarantine.",
    remediation="Add the tags (AWS, bulkhead:<key>) or labels (Kubernetes, bulkhead.dev/<key>), "
    "or set them as the provider's default tags.",
    options=(KEYS, VALUES),
    remedy=_add_labels,
)
def labels_present(resource: Resource) -> Findings:
    """Judge presence; a value that is not known yet is present."""
    yield from _all_present(resource.labels, resource, resource.props)


def _all_present(labels: Mapping[str, View], resource: Resource, where: View) -> Findings:
    missing = [key for key in resource.settings[KEYS] if _is_missing(labels, key)]
    if missing:
        yield where.refuse(f"labels are missing: {', '.join(missing)}")


def _is_missing(labels: Mapping[str, View], key: str) -> bool:
    return key not in labels or not labels[key].is_named


@resource_rule(
    "bulkhead-labels-check-values",
    types=LABELLED,
    severity=Severity.HIGH,
    requirements=("POL-1", "DAT-3"),
    title="Tier, environment and plane are words that the platform knows",
    why="A misspelt tier is no tier: every rule that depends on it falls back to the least.",
    remediation="Use one of the allowed words.",
)
def label_values_known(resource: Resource) -> Findings:
    """Judge the values of the labels that have a vocabulary."""
    yield from each(VOCABULARIES, lambda key: _known(resource, key, VOCABULARIES[key]))


def _known(resource: Resource, key: str, words: Iterable[StrEnum]) -> Findings:
    value = resource.label(key)
    if value and value not in set(words):
        yield resource.labels[key].refuse(f"unknown {key}", allowed=words)


@resource_rule(
    "bulkhead-ec2-tag-nodes",
    types=frozenset({LAUNCH_TEMPLATE}),
    severity=Severity.LOW,
    requirements=("COST-1",),
    title="Launch templates label the instances and volumes they make",
    why="Nodes and their volumes are the largest part of the bill, and default tags don't reach "
    "what a launch template makes.",
    remediation="Add tag_specifications for 'instance' and 'volume' with the labels.",
    options=(KEYS,),
)
def nodes_labelled(template: Resource) -> Findings:
    """Judge the tag specifications for what the template makes."""
    specifications = template.props["tagSpecifications"]
    for made in TAGGED_ON_LAUNCH:
        fitting = [s for s in specifications.items() if s["resourceType"].text() == made]
        if not fitting:
            yield specifications.refuse(f"no tag specification for '{made}'")
        for specification in fitting:
            labels = read_labels(specification["tags"])
            yield from _all_present(labels, template, specification["tags"])

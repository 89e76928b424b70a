"""Where resources that hold data say whether they encrypt it, and with which key."""

from bulkhead_policies.resource import Resource
from bulkhead_policies.stack import Relation
from bulkhead_policies.tokens import (
    BUCKET,
    BUCKET_V2,
    BUCKETS,
    EC2_INSTANCES,
    EKS_CLUSTER,
    LAUNCH_TEMPLATE,
    LOG_GROUP,
    REPOSITORY,
    VECTOR_BUCKET,
    VECTOR_INDEX,
    VOLUME,
)
from bulkhead_policies.view import View

BUCKET_POLICY = "aws:s3/bucketPolicy:BucketPolicy"


def of_a_bucket(*holders: str) -> Relation:
    """The relation of a bucket's companions to their bucket."""
    return Relation(frozenset(holders), ("bucket",), targets=BUCKETS, name=("bucket",))


def apart(kind: str) -> frozenset[str]:
    """The tokens of a bucket's companion: every one was renamed and renamed back."""
    return frozenset({f"aws:s3/bucket{kind}:Bucket{kind}", f"aws:s3/bucket{kind}V2:Bucket{kind}V2"})


BUCKET_ENCRYPTION = of_a_bucket(*apart("ServerSideEncryptionConfiguration"))
POLICY_OF_BUCKET = of_a_bucket(BUCKET_POLICY)

ACCESS_LOGGING = Relation(apart("Logging"), ("targetBucket",), targets=BUCKETS, name=("bucket",))
"""Which buckets receive the access logs of others."""

CONFIG_DELIVERY = Relation(
    frozenset({"aws:cfg/deliveryChannel:DeliveryChannel"}),
    ("s3BucketName",),
    targets=BUCKETS,
    name=("bucket",),
)
"""Which buckets AWS Config delivers to."""

ENCRYPTION_FLAGS = {
    "aws:docdb/cluster:Cluster": ("storageEncrypted",),
    "aws:ebs/snapshotCopy:SnapshotCopy": ("encrypted",),
    "aws:efs/fileSystem:FileSystem": ("encrypted",),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("atRestEncryptionEnabled",),
    "aws:neptune/cluster:Cluster": ("storageEncrypted",),
    "aws:opensearch/domain:Domain": ("encryptAtRest", "enabled"),
    "aws:rds/cluster:Cluster": ("storageEncrypted",),
    "aws:rds/instance:Instance": ("storageEncrypted",),
    "aws:redshift/cluster:Cluster": ("encrypted",),
}
"""The flag of each kind of store that does not encrypt unless told to."""

KEY_PATHS = {
    "aws:backup/vault:Vault": ("kmsKeyArn",),
    "aws:bedrock/agentAgent:AgentAgent": ("customerEncryptionKeyArn",),
    "aws:bedrock/agentcoreGateway:AgentcoreGateway": ("kmsKeyArn",),
    "aws:bedrock/customModel:CustomModel": ("customModelKmsKeyId",),
    "aws:bedrock/guardrail:Guardrail": ("kmsKeyArn",),
    "aws:docdb/cluster:Cluster": ("kmsKeyId",),
    "aws:dynamodb/table:Table": ("serverSideEncryption", "kmsKeyArn"),
    "aws:ebs/snapshotCopy:SnapshotCopy": ("kmsKeyId",),
    "aws:efs/fileSystem:FileSystem": ("kmsKeyId",),
    "aws:elasticache/replicationGroup:ReplicationGroup": ("kmsKeyId",),
    "aws:fsx/lustreFileSystem:LustreFileSystem": ("kmsKeyId",),
    "aws:fsx/openZfsFileSystem:OpenZfsFileSystem": ("kmsKeyId",),
    "aws:kinesis/stream:Stream": ("kmsKeyId",),
    "aws:neptune/cluster:Cluster": ("kmsKeyArn",),
    "aws:opensearch/domain:Domain": ("encryptAtRest", "kmsKeyId"),
    "aws:rds/cluster:Cluster": ("kmsKeyId",),
    "aws:rds/instance:Instance": ("kmsKeyId",),
    "aws:redshift/cluster:Cluster": ("kmsKeyId",),
    "aws:sagemaker/domain:Domain": ("kmsKeyId",),
    "aws:sagemaker/modelCard:ModelCard": ("securityConfig", "kmsKeyId"),
    "aws:sagemaker/notebookInstance:NotebookInstance": ("kmsKeyId",),
    "aws:secretsmanager/secret:Secret": ("kmsKeyId",),
    "aws:sns/topic:Topic": ("kmsMasterKeyId",),
    "aws:sqs/queue:Queue": ("kmsMasterKeyId",),
    LOG_GROUP: ("kmsKeyId",),
    VOLUME: ("kmsKeyId",),
}
"""The key of each kind of store that has one."""

KEY_LISTS = {REPOSITORY: "kmsKey", VECTOR_BUCKET: "kmsKeyArn", VECTOR_INDEX: "kmsKeyArn"}
"""The key in each item of the encryption configurations of what has a list of them."""

KEY_PROPERTIES = {
    **{token: (path[0],) for token, path in KEY_PATHS.items()},
    BUCKET: ("serverSideEncryptionConfiguration",),
    BUCKET_V2: ("serverSideEncryptionConfigurations",),
    **dict.fromkeys(EC2_INSTANCES, ("rootBlockDevice", "ebsBlockDevices")),
    EKS_CLUSTER: ("encryptionConfig",),
    LAUNCH_TEMPLATE: ("blockDeviceMappings",),
    **dict.fromkeys(KEY_LISTS, ("encryptionConfigurations",)),
}
"""The properties in which resources name their keys, for looking at what they depend on."""


def volumes(resource: Resource) -> list[View]:
    """The EBS volumes that a resource makes; ephemeral disks are none.

    Of an instance the root volume always counts, unless a launch template may describe it.
    """
    props = resource.props
    if resource.type == VOLUME:
        return [props]
    if resource.type == LAUNCH_TEMPLATE:
        mappings = props["blockDeviceMappings"].items()
        return [mapping["ebs"] for mapping in mappings if mapping["ebs"].is_set]
    root = props["rootBlockDevice"]
    from_template = props["launchTemplate"].is_set and not root.is_set
    disks = [disk for disk in props["ebsBlockDevices"].items() if not disk["noDevice"].is_set]
    return disks if from_template else [root, *disks]


def keys_named(resource: Resource) -> list[View]:
    """The properties in which a store, or each volume of a machine, names its key."""
    if resource.type in KEY_PATHS:
        return [resource.props.at(*KEY_PATHS[resource.type])]
    if resource.type in KEY_LISTS:
        configurations = resource.props["encryptionConfigurations"]
        if resource.type == VECTOR_INDEX and not configurations.is_set:
            return []  # It inherits what its bucket has.
        key = KEY_LISTS[resource.type]
        return [c[key] for c in configurations.items()] or [configurations]
    return [volume["kmsKeyId"] for volume in volumes(resource)]


def default_encryption(props: View) -> list[View]:
    """A bucket's default encryption in all its shapes: inline or apart, one rule or several."""
    inline = _one_or_many(props, "serverSideEncryptionConfiguration")
    rules = [rule for holder in [props, *inline] for rule in _one_or_many(holder, "rule")]
    return [d for rule in rules for d in _one_or_many(rule, "applyServerSideEncryptionByDefault")]


def _one_or_many(view: View, name: str) -> list[View]:
    """A block as an object, under its name, or as a list, under its name in the plural."""
    single = [view[name]] if view[name].is_set else []
    return single + view[f"{name}s"].items()

"""Encryption at rest."""

from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Stack
from bulkhead_policies.stores import (
    ACCESS_LOGGING,
    BUCKET_ENCRYPTION,
    ENCRYPTION_FLAGS,
    KEY_LISTS,
    KEY_PATHS,
    default_encryption,
    keys_named,
    volumes,
)
from bulkhead_policies.tokens import (
    BUCKETS,
    EC2_INSTANCES,
    EKS_CLUSTER,
    LAUNCH_TEMPLATE,
    MACHINES,
    VOLUME,
)
from bulkhead_policies.view import View

AWS_KEY_ALIAS = "alias/aws/"
"""How the aliases of the keys that AWS keeps for each service begin."""

KMS_ALGORITHMS = ("aws:kms", "aws:kms:dsse")

S3_ALGORITHM = "AES256"
"""Encryption with the keys of S3."""


@stack_rule(
    "bulkhead-s3-encrypt-buckets",
    types=BUCKETS,
    severity=Severity.HIGH,
    requirements=("STO-1", "STO-2"),
    frameworks=("Security Hub S3.17",),
    title="Buckets above tier internal are encrypted with a customer key",
    why="With the key that AWS keeps for S3, whoever may read the bucket may decrypt it: there is "
    "no second lock that belongs to the tier.",
    remediation="Add a BucketServerSideEncryptionConfiguration with sse_algorithm aws:kms and "
    "kms_master_key_id set to the key of the bucket's tier.",
)
def buckets_encrypted(bucket: Resource, stack: Stack) -> Findings:
    """Judge the default encryption that the bucket itself or a companion sets.

    S3 delivers server access logs to buckets that it encrypts with its own keys alone (Amazon S3
    User Guide, "Enabling Amazon S3 server access logging").
    """
    if not bucket.tier_rules.keys.customer_managed:
        return
    holders = [bucket, *stack.naming(bucket, BUCKET_ENCRYPTION)]
    defaults = [default for holder in holders for default in default_encryption(holder.props)]
    if not defaults:
        yield bucket.props.refuse(
            f"no default encryption on a bucket {bucket.of_tier}", allowed="a customer key"
        )
    for default in defaults:
        algorithm = default["sseAlgorithm"]
        if algorithm.text() in KMS_ALGORITHMS:
            yield from _customer_key(default["kmsMasterKeyId"], bucket)
        elif algorithm.text() == S3_ALGORITHM and stack.naming(bucket, ACCESS_LOGGING):
            continue
        else:
            yield algorithm.refuse(
                f"not encrypted with KMS on a bucket {bucket.of_tier}", allowed=KMS_ALGORITHMS
            )


@resource_rule(
    "bulkhead-ebs-encrypt-volumes",
    types=MACHINES | {VOLUME},
    severity=Severity.HIGH,
    requirements=("STO-2", "ISO-2"),
    frameworks=("FSBP EC2.3",),
    title="EBS volumes are encrypted",
    why="Checkpoints, weights and caches land on node volumes; from an unencrypted one anyone who "
    "may attach its snapshot reads them.",
    remediation="Set encrypted on the volume, or on ebs of every block device mapping, including "
    "the root device, which is as the AMI has it otherwise.",
)
def volumes_encrypted(resource: Resource) -> Findings:
    """Judge every volume that the resource makes."""
    made = volumes(resource)
    if resource.type == LAUNCH_TEMPLATE and not made:
        yield resource.props["blockDeviceMappings"].refuse(
            "no volume is declared, so the root volume is as the AMI has it",
            allowed="a mapping of the root device with ebs.encrypted",
        )
    yield from each(made, _encrypted)


def _encrypted(volume: View) -> Findings:
    if not volume["encrypted"].flag():
        yield volume["encrypted"].refuse("the volume is not encrypted", allowed="true")


@resource_rule(
    "bulkhead-storage-encrypt-data",
    types=frozenset(ENCRYPTION_FLAGS),
    severity=Severity.HIGH,
    requirements=("STO-2",),
    frameworks=("FSBP EFS.1", "FSBP RDS.3", "FSBP RDS.27", "FSBP ElastiCache.4"),
    title="File systems, databases, caches and search domains are encrypted",
    why="Datasets, embeddings and feature stores in the clear are readable from any copy or "
    "snapshot; most of these stores can't be encrypted later without a move.",
    remediation="Turn encryption at rest on when the store is made.",
)
def stores_encrypted(store: Resource) -> Findings:
    """Judge the flag that the kind of store has for it."""
    encrypted = store.props.at(*ENCRYPTION_FLAGS[store.type])
    if not encrypted.flag():
        yield encrypted.refuse("the store is not encrypted at rest", allowed="true")


@resource_rule(
    "bulkhead-storage-use-customer-keys",
    types=frozenset(KEY_PATHS) | frozenset(KEY_LISTS) | EC2_INSTANCES | {LAUNCH_TEMPLATE},
    severity=Severity.HIGH,
    requirements=("STO-2", "KEY-1"),
    title="Stores above tier internal name a customer key",
    why="A key that AWS keeps for a service serves every tenant and tier of the account, and "
    "can't be revoked for one of them.",
    remediation="Set the store's KMS key to the key of its tier.",
)
def customer_keys_used(resource: Resource) -> Findings:
    """Judge each key that the resource should name; one that is not known yet is named."""
    if resource.tier_rules.keys.customer_managed:
        yield from each(keys_named(resource), lambda key: _customer_key(key, resource))


def _customer_key(key: View, resource: Resource) -> Findings:
    if not key.is_named or (not key.is_unknown and AWS_KEY_ALIAS in str(key.text())):
        yield key.refuse(
            f"no customer key on a resource {resource.of_tier}", allowed="a key of its tier"
        )


@resource_rule(
    "bulkhead-eks-encrypt-secrets",
    types=frozenset({EKS_CLUSTER}),
    severity=Severity.HIGH,
    requirements=("STO-2", "KEY-1"),
    frameworks=("FSBP EKS.3", "CIS EKS 5.3.1"),
    title="Kubernetes secrets are encrypted with a customer key",
    why="The key that AWS owns can't be audited, restricted or revoked; a customer key can.",
    remediation="Set encryption_config with resources ['secrets'] and the key's ARN as provider.",
)
def cluster_secrets_encrypted(cluster: Resource) -> Findings:
    """Judge the cluster's envelope encryption."""
    config = cluster.props["encryptionConfig"]
    if "secrets" not in config["resources"].texts():
        yield config["resources"].refuse("secrets are not encrypted", allowed="secrets")
    elif not config.at("provider", "keyArn").is_named:
        yield config.at("provider", "keyArn").refuse("no key is named", allowed="a key's ARN")

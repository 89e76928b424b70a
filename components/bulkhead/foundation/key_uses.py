"""What a key of each purpose is used for, and through which service.

Each use follows the key policy that the service's own documentation asks for, narrowed to the
environment's resources where the service sends an encryption context that names them.
"""

from collections.abc import Callable, Mapping, Sequence

from bulkhead.domain.names import WAF_LOGS
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.documents import WORKLOAD_TAG, Statement, condition, inside_partition

CONTROL_PLANE = "control-plane"
"""The workload label of a cluster's own role, which encrypts Kubernetes secrets."""

CRYPTOGRAPHY = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
"""What uses an encryption key."""

ENVELOPE = ["kms:Decrypt", "kms:GenerateDataKey*"]
"""What uses the key where the service encrypts with data keys of its own."""

FOR_SERVICES: Statement = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
"""The condition that a grant is one that an AWS service asks for, for a resource of its own."""

SET_UP: Mapping[Purpose, Sequence[str]] = {
    Purpose.DATA: ("dynamodb", "elasticache", "elasticfilesystem", "fsx"),
    Purpose.LOG: ("backup",),
    Purpose.SECRET: ("secretsmanager",),
    Purpose.VOLUME: ("elasticfilesystem", "fsx"),
}
"""Services that use the key as whoever makes a table, cache, file system, vault or secret, so as to
make it."""


def uses(scope: Scope, tier: Tier, purpose: Purpose) -> list[Statement]:
    """The statements that let an encryption key serve one purpose."""
    return _USES[purpose](scope, tier)


def via(scope: Scope, *services: str) -> list[str]:
    """The values of ``kms:ViaService`` for these services."""
    return [f"{service}.{scope.region}.amazonaws.com" for service in services]


def _data(scope: Scope, tier: Tier) -> list[Statement]:
    """Datasets, features and embeddings: buckets, vectors, tables, queues, topics and files."""
    vectors = arns.regional(scope, "s3vectors", f"bucket/{scope.named('*')}")
    table = {"kms:EncryptionContext:aws:dynamodb:tableName": scope.named("*")}
    return [
        _s3(scope, tier),
        _through(scope, tier, "S3Vectors", ENVELOPE, ArnLike={VECTORS: vectors}),
        _vector_indexing(scope, vectors),
        _through(scope, tier, "DynamoDb", CRYPTOGRAPHY, StringLike=table),
        *_messages(scope, tier),
        _through(scope, tier, "Files", CRYPTOGRAPHY),
    ]


def _model(scope: Scope, tier: Tier) -> list[Statement]:
    """Weights and images: buckets and registries."""
    return [_s3(scope, tier), _through(scope, tier, "Ecr", CRYPTOGRAPHY)]


def _log(scope: Scope, tier: Tier) -> list[Statement]:
    """Logs, trails, evidence, alarms and backups."""
    return [
        _s3(scope, tier),
        *_messages(scope, tier),
        _log_groups(scope),
        _trail(scope),
        _configurations(scope),
        _through(scope, tier, "Backup", CRYPTOGRAPHY),
    ]


def _secret(scope: Scope, tier: Tier) -> list[Statement]:
    """Kubernetes secrets and Secrets Manager."""
    secrets = [
        arns.regional(scope, "secretsmanager", f"secret:{beginning}*")
        for beginning in (scope.named(""), f"bulkhead/{scope.environment}/")
    ]
    context = {"kms:EncryptionContext:SecretARN": secrets}
    return [
        _kubernetes_secrets(scope, tier),
        _through(scope, tier, "SecretsManager", CRYPTOGRAPHY, ArnLike=context),
    ]


def _volume(scope: Scope, tier: Tier) -> list[Statement]:
    """Disks of nodes and pods, and file systems that training shares."""
    return [*_disks(scope, tier), _through(scope, tier, "Files", CRYPTOGRAPHY)]


_USES: Mapping[Purpose, Callable[[Scope, Tier], list[Statement]]] = {
    Purpose.DATA: _data,
    Purpose.MODEL: _model,
    Purpose.LOG: _log,
    Purpose.SECRET: _secret,
    Purpose.VOLUME: _volume,
}

VECTORS = "kms:EncryptionContext:aws:s3vectors:arn"

SERVICES: Mapping[str, tuple[str, ...]] = {
    "Backup": ("backup",),
    "DynamoDb": ("dynamodb",),
    "Ecr": ("ecr",),
    "Ec2": ("ec2",),
    "Files": ("elasticfilesystem", "fsx"),
    "S3": ("s3",),
    "S3Vectors": ("s3vectors",),
    "SecretsManager": ("secretsmanager",),
    "Sns": ("sns",),
    "Sqs": ("sqs",),
}
"""Prefixes of ``kms:ViaService`` by the word that the statements' names end with (AWS KMS
Developer Guide, "kms:ViaService")."""


def _through(
    scope: Scope, tier: Tier, word: str, actions: Sequence[str], **conditions: Statement
) -> Statement:
    """Use by the partition's principals through a service, as the service asks in their name."""
    return {
        "Sid": f"UseThrough{word}",
        "Effect": "Allow",
        "Principal": {"AWS": arns.root(scope)},
        "Action": list(actions),
        "Resource": "*",
        "Condition": condition(
            inside_partition(scope, tier),
            {"StringEquals": {"kms:ViaService": via(scope, *SERVICES[word])}},
            conditions,
        ),
    }


def _by_service(
    word: str, services: str | list[str], actions: Sequence[str], conditions: Statement
) -> Statement:
    """Use by AWS services that act for themselves."""
    return {
        "Sid": f"UseBy{word}",
        "Effect": "Allow",
        "Principal": {"Service": services},
        "Action": list(actions),
        "Resource": "*",
        "Condition": conditions,
    }


def _s3(scope: Scope, tier: Tier) -> Statement:
    """S3 objects in the partition's own buckets.

    With a bucket key the encryption context is the bucket's ARN, so that the key opens nothing
    that lies elsewhere (Amazon S3 User Guide, "Using S3 Bucket Keys").
    """
    bucket = arns.bucket(f"{scope.environment}-{tier}-*")
    actions = ["kms:Decrypt", "kms:GenerateDataKey"]
    return _through(
        scope, tier, "S3", actions, ArnLike={"kms:EncryptionContext:aws:s3:arn": bucket}
    )


def _vector_indexing(scope: Scope, buckets: str) -> Statement:
    """S3 Vectors' own indexing (Amazon S3 User Guide, "Data protection in S3 Vectors")."""
    return _by_service(
        "VectorIndexing",
        "indexing.s3vectors.amazonaws.com",
        ["kms:Decrypt"],
        {
            "StringEquals": {"aws:SourceAccount": scope.account_id},
            "ArnLike": {"aws:SourceArn": buckets, VECTORS: buckets},
        },
    )


def _messages(scope: Scope, tier: Tier) -> list[Statement]:
    """Queues and topics, of the partition's principals and of services that publish to them.

    The services are held by the encryption context, the ARN of the queue or topic, since not all of
    them send a source account (Amazon SNS Developer Guide, "Enable compatibility between event
    sources from AWS services and encrypted topics").
    """
    queues = {"kms:EncryptionContext:aws:sqs:arn": arns.regional(scope, "sqs", scope.named("*"))}
    topics = {
        "kms:EncryptionContext:aws:sns:topicArn": arns.regional(scope, "sns", scope.named("*"))
    }
    source = {"StringEqualsIfExists": {"aws:SourceAccount": scope.account_id}}
    to_queues = ["events.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com"]
    to_topics = [
        "backup.amazonaws.com",
        "budgets.amazonaws.com",
        "cloudtrail.amazonaws.com",
        "cloudwatch.amazonaws.com",
        "events.amazonaws.com",
        "s3.amazonaws.com",
    ]
    return [
        _through(scope, tier, "Sqs", ENVELOPE, ArnLike=queues),
        _through(scope, tier, "Sns", ENVELOPE, ArnLike=topics),
        _by_service("SendersToQueues", to_queues, ENVELOPE, {"ArnLike": queues, **source}),
        _by_service("PublishersToTopics", to_topics, ENVELOPE, {"ArnLike": topics, **source}),
    ]


def _log_groups(scope: Scope) -> Statement:
    """CloudWatch Logs, for the environment's log groups.

    The encryption context is the group's ARN (CloudWatch Logs User Guide, "Encrypt log data in
    CloudWatch Logs using AWS KMS").
    """
    groups = [
        f"/bulkhead/{scope.environment}/*",
        f"/aws/eks/{scope.environment}-*/cluster",
        f"{WAF_LOGS}{scope.environment}-*",
    ]
    context = {
        "kms:EncryptionContext:aws:logs:arn": [arns.log_group(scope, group) for group in groups]
    }
    return _by_service(
        "CloudWatchLogs",
        f"logs.{scope.region}.amazonaws.com",
        CRYPTOGRAPHY,
        {"ArnLike": context},
    )


def _trail(scope: Scope) -> Statement:
    """CloudTrail, which writes the environment's trail.

    AWS CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail".
    """
    trails = arns.regional(scope, "cloudtrail", f"trail/{scope.named('*')}")
    return _by_service(
        "CloudTrail",
        "cloudtrail.amazonaws.com",
        ["kms:DescribeKey", "kms:GenerateDataKey*"],
        {
            "StringEquals": {"aws:SourceAccount": scope.account_id},
            "ArnLike": {"aws:SourceArn": trails},
        },
    )


def _configurations(scope: Scope) -> Statement:
    """AWS Config, which delivers to the environment's bucket and says no more than whose it is.

    AWS Config Developer Guide, "Permissions for the AWS KMS key for the AWS Config delivery
    channel".
    """
    return _by_service(
        "Config",
        "config.amazonaws.com",
        ["kms:Decrypt", "kms:GenerateDataKey*"],
        {"StringEquals": {"aws:SourceAccount": scope.account_id}},
    )


def _kubernetes_secrets(scope: Scope, tier: Tier) -> Statement:
    """The API server, which calls KMS as the cluster's role and through no service."""
    return {
        "Sid": "UseByKubernetesControlPlane",
        "Effect": "Allow",
        "Principal": {"AWS": arns.root(scope)},
        "Action": ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"],
        "Resource": "*",
        "Condition": condition(
            inside_partition(scope, tier), {"StringEquals": {WORKLOAD_TAG: CONTROL_PLANE}}
        ),
    }


def _disks(scope: Scope, tier: Tier) -> list[Statement]:
    """EBS volumes: of pods by the storage driver, of nodes by EC2 Auto Scaling.

    Auto Scaling's service-linked role has no KMS permission of its own and must be a principal by
    name; it has to exist (Amazon EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use
    with encrypted volumes").
    """
    of_pods = _through(scope, tier, "Ec2", [*CRYPTOGRAPHY, "kms:DescribeKey"])
    of_nodes: Statement = {
        "Effect": "Allow",
        "Principal": {"AWS": arns.autoscaling_role(scope)},
        "Resource": "*",
    }
    return [
        of_pods,
        {
            **of_pods,
            "Sid": "LetEc2HoldGrantsForVolumesOfPods",
            "Action": "kms:CreateGrant",
            "Condition": condition(of_pods["Condition"], FOR_SERVICES),
        },
        {
            "Sid": "UseForVolumesOfNodes",
            "Action": [*CRYPTOGRAPHY, "kms:DescribeKey"],
            **of_nodes,
        },
        {
            "Sid": "LetEc2HoldGrantsForVolumesOfNodes",
            "Action": "kms:CreateGrant",
            "Condition": FOR_SERVICES,
            **of_nodes,
        },
    ]

"""Well-made resources, from which the twins are cut."""

import json
from collections.abc import Mapping
from typing import Any

from bulkhead.domain.environments import Environment
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.tiers import Tier
from tests.policies.scenes import Declared, Scene

ACCOUNT = "123456789012"
KEY_ARN = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/0f7f3c1e-0000-4000-8000-000000000000"


def labels(tier: str = "internal", environment: str = "dev", tenant: str = "doc-summary") -> Labels:
    return Labels(
        tenant=tenant,
        tier=Tier(tier),
        environment=Environment(environment),
        plane=Plane.DATA,
        owner="data-platform",
        cost_center="cc-100",
        project="summaries",
        workload="store",
    )


def tags(tier: str = "internal", environment: str = "dev", tenant: str = "doc-summary") -> Any:
    return labels(tier, environment, tenant).tags()


def allow(principal: Any, action: Any, resource: Any = "*", **more: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}
    return statement | more


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


KEY_POLICY = document(
    allow({"AWS": role_arn("key-admin")}, ["kms:Describe*", "kms:PutKeyPolicy"]),
    allow({"AWS": role_arn("summaries")}, ["kms:Decrypt", "kms:GenerateDataKey"]),
)


def key(tier: str = "internal", environment: str = "dev") -> Declared:
    return Declared(
        "aws:kms/key:Key",
        {
            "enableKeyRotation": True,
            "rotationPeriodInDays": 90,
            "deletionWindowInDays": 30,
            "policy": KEY_POLICY,
            "tags": tags(tier, environment),
        },
        name="key",
    )


def bucket(tier: str = "internal", environment: str = "dev") -> Declared:
    return Declared(
        "aws:s3/bucket:Bucket",
        {"bucket": "summaries", "tags": tags(tier, environment)},
        name="bucket",
    )


PUBLIC_ACCESS_BLOCK = Declared(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    {
        "bucket": "summaries",
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    },
    name="block",
)

TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::summaries", "arn:aws:s3:::summaries/*"],
    "Condition": {"Bool": {"aws:SecureTransport": False}},
}

BUCKET_POLICY = Declared(
    "aws:s3/bucketPolicy:BucketPolicy",
    {"bucket": "summaries", "policy": document(TLS_ONLY)},
    name="policy",
)

VERSIONING = Declared(
    "aws:s3/bucketVersioning:BucketVersioning",
    {"bucket": "summaries", "versioningConfiguration": {"status": "Enabled"}},
    name="versioning",
)

LIFECYCLE = Declared(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
    {
        "bucket": "summaries",
        "rules": [{"id": "expire", "status": "Enabled", "expiration": {"days": 365}}],
    },
    name="lifecycle",
)

LOGGING = Declared(
    "aws:s3/bucketLogging:BucketLogging",
    {"bucket": "summaries", "targetBucket": "logs", "targetPrefix": "summaries/"},
    name="logging",
)

OBJECT_LOCK = Declared(
    "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration",
    {"bucket": "summaries", "rule": {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}},
    name="lock",
)

BUCKET_ENCRYPTION = Declared(
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    {
        "bucket": "summaries",
        "rules": [
            {
                "applyServerSideEncryptionByDefault": {
                    "sseAlgorithm": "aws:kms",
                    "kmsMasterKeyId": KEY_ARN,
                },
                "bucketKeyEnabled": True,
            }
        ],
    },
    name="encryption",
)


COMPANIONS = (
    PUBLIC_ACCESS_BLOCK,
    BUCKET_POLICY,
    VERSIONING,
    LIFECYCLE,
    LOGGING,
    BUCKET_ENCRYPTION,
)


def stored(inside: Declared, *others: Declared, lacking: Declared | None = None) -> Scene:
    """A bucket with all that belongs to it, but ``lacking``; ``others`` replace by name."""
    replaced = {other.name for other in others} | ({lacking.name} if lacking else set())
    kept = [companion for companion in COMPANIONS if companion.name not in replaced]
    return (inside, *kept, *others)


def volume(tier: str = "internal", environment: str = "dev") -> Declared:
    return Declared(
        "aws:ebs/volume:Volume",
        {
            "availabilityZone": "eu-central-1a",
            "encrypted": True,
            "kmsKeyId": KEY_ARN,
            "tags": tags(tier, environment),
        },
    )


LAUNCH_TEMPLATE = Declared(
    "aws:ec2/launchTemplate:LaunchTemplate",
    {
        "instanceType": "g5.xlarge",
        "blockDeviceMappings": [
            {"deviceName": "/dev/xvda", "ebs": {"encrypted": "true", "kmsKeyId": KEY_ARN}},
            {"deviceName": "/dev/sdb", "virtualName": "ephemeral0"},
        ],
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "networkInterfaces": [{"associatePublicIpAddress": "false"}],
        "tagSpecifications": [
            {"resourceType": "instance", "tags": tags()},
            {"resourceType": "volume", "tags": tags()},
        ],
        "tags": tags(),
    },
)

INSTANCE = Declared(
    "aws:ec2/instance:Instance",
    {
        "instanceType": "m6a.large",
        "associatePublicIpAddress": False,
        "rootBlockDevice": {"encrypted": True, "kmsKeyId": KEY_ARN},
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        "tags": tags(),
    },
)

LAUNCH_CONFIGURATION = Declared(
    "aws:ec2/launchConfiguration:LaunchConfiguration",
    {
        "imageId": "ami-1",
        "instanceType": "m6a.large",
        "associatePublicIpAddress": False,
        "rootBlockDevice": {"encrypted": True},
        "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
    },
)

CLUSTER = Declared(
    "aws:eks/cluster:Cluster",
    {
        "name": "shared",
        "roleArn": role_arn("cluster"),
        "vpcConfig": {
            "subnetIds": ["subnet-1", "subnet-2"],
            "endpointPrivateAccess": True,
            "endpointPublicAccess": False,
        },
        "accessConfig": {
            "authenticationMode": "API",
            "bootstrapClusterCreatorAdminPermissions": False,
        },
        "enabledClusterLogTypes": ["api", "audit", "authenticator"],
        "encryptionConfig": {"provider": {"keyArn": KEY_ARN}, "resources": ["secrets"]},
        "tags": tags(tenant="platform"),
    },
    name="cluster",
)

NETWORK_ADDON = Declared(
    "aws:eks/addon:Addon",
    {
        "addonName": "vpc-cni",
        "clusterName": "shared",
        "configurationValues": json.dumps({"enableNetworkPolicy": "true"}),
    },
    name="cni",
)

NODE_GROUP = Declared(
    "aws:eks/nodeGroup:NodeGroup",
    {
        "clusterName": "shared",
        "nodeRoleArn": role_arn("nodes"),
        "subnetIds": ["subnet-1", "subnet-2"],
        "amiType": "AL2023_x86_64_STANDARD",
        "instanceTypes": ["m6i.large", "m6a.large"],
        "scalingConfig": {"desiredSize": 2, "maxSize": 4, "minSize": 1},
        "tags": tags(),
    },
    name="pool",
)


def namespace(tier: str = "internal", pattern: str = "shared-cluster") -> Declared:
    told = labels(tier).but(pattern=IsolationPattern(pattern)).kubernetes()
    return Declared(
        "kubernetes:core/v1:Namespace",
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {
                "name": "doc-summary",
                "labels": {**told, "pod-security.kubernetes.io/enforce": "restricted"},
            },
        },
        name="namespace",
    )


PLATFORM_NAMESPACE = Declared(
    "kubernetes:core/v1:Namespace",
    {"metadata": {"name": "gpu-operator", "labels": labels(tenant="platform").kubernetes()}},
    name="namespace",
)

QUOTA = Declared(
    "kubernetes:core/v1:ResourceQuota",
    {
        "metadata": {"name": "quota", "namespace": "doc-summary"},
        "spec": {"hard": {"requests.nvidia.com/gpu": "1", "pods": "50"}},
    },
    name="quota",
)

LIMIT_RANGE = Declared(
    "kubernetes:core/v1:LimitRange",
    {
        "metadata": {"name": "limits", "namespace": "doc-summary"},
        "spec": {"limits": [{"type": "Container", "default": {"cpu": "1", "memory": "1Gi"}}]},
    },
    name="limits",
)

DEFAULT_DENY = Declared(
    "kubernetes:networking.k8s.io/v1:NetworkPolicy",
    {
        "metadata": {"name": "default-deny", "namespace": "doc-summary"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    },
    name="default-deny",
)


def compartment(inside: Declared | None = None) -> Scene:
    """A tenant's namespace with all that must stand in it."""
    return (inside or namespace(), QUOTA, LIMIT_RANGE, DEFAULT_DENY)


IMAGE = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/server@sha256:{'0' * 64}"

CONTAINER = {
    "name": "server",
    "image": IMAGE,
    "ports": [{"containerPort": 8080}],
    "resources": {
        "requests": {"cpu": "1", "memory": "1Gi"},
        "limits": {"memory": "1Gi", "ephemeral-storage": "1Gi"},
    },
    "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
    "livenessProbe": {"httpGet": {"path": "/live", "port": 8080}},
    "volumeMounts": [{"name": "model", "mountPath": "/model", "readOnly": True}],
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
        "readOnlyRootFilesystem": True,
    },
}

POD_SPEC = {
    "serviceAccountName": "server",
    "automountServiceAccountToken": False,
    "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
    "containers": [CONTAINER],
    "volumes": [{"name": "model", "persistentVolumeClaim": {"claimName": "model"}}],
}

VOLUMES: Mapping[str, Any] = {
    "csi": {"driver": "s3.csi.aws.com"},
    "ephemeral": {},
    "image": {},
    "nfs": {"server": "10.0.0.1", "path": "/models"},
}
"""Sources of volumes that outlive a pod, besides claims."""

IN_TENANT = {"name": "server", "namespace": "doc-summary"}


def workload(kind: str, spec: Mapping[str, Any], **metadata: Any) -> Declared:
    """A Kubernetes object of a tenant, by its token without the provider's name."""
    version, _, name = kind.rpartition(":")
    return Declared(
        f"kubernetes:{kind}",
        {
            "apiVersion": version.removeprefix("core/"),
            "kind": name,
            "metadata": {**IN_TENANT, **metadata},
            "spec": spec,
        },
        name=name.lower(),
    )


POD = workload("core/v1:Pod", POD_SPEC)
DEPLOYMENT = workload(
    "apps/v1:Deployment",
    {
        "selector": {"matchLabels": {"app": "server"}},
        "template": {"metadata": {"labels": {"app": "server"}}, "spec": POD_SPEC},
    },
)
JOB_SPEC = {
    "activeDeadlineSeconds": 3600,
    "ttlSecondsAfterFinished": 600,
    "template": {"spec": {**POD_SPEC, "restartPolicy": "Never"}},
}
JOB = workload("batch/v1:Job", JOB_SPEC)
CRON_JOB = workload(
    "batch/v1:CronJob",
    {"schedule": "0 3 * * *", "concurrencyPolicy": "Forbid", "jobTemplate": {"spec": JOB_SPEC}},
)

TRUST = document(
    {
        "Effect": "Allow",
        "Principal": {"Service": "pods.eks.amazonaws.com"},
        "Action": ["sts:AssumeRole", "sts:TagSession"],
    }
)

ROLE = Declared(
    "aws:iam/role:Role",
    {"name": "doc-summary", "assumeRolePolicy": TRUST, "tags": tags()},
    name="role",
)

ROLE_POLICY = Declared(
    "aws:iam/rolePolicy:RolePolicy",
    {
        "role": "doc-summary",
        "policy": document(
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:ListBucket"],
                "Resource": ["arn:aws:s3:::summaries", "arn:aws:s3:::summaries/*"],
            },
            {"Effect": "Allow", "Action": "ec2:Describe*", "Resource": "*"},
        ),
    },
    name="role-policy",
)

SUBNET = Declared(
    "aws:ec2/subnet:Subnet", {"vpcId": "vpc-1", "mapPublicIpOnLaunch": False, "tags": tags()}
)

LOG_GROUP = Declared(
    "aws:cloudwatch/logGroup:LogGroup",
    {"retentionInDays": 365, "kmsKeyId": KEY_ARN, "tags": tags()},
    name="logs",
)

"""What AWS' stores, keys and model services give the resources they make."""

from collections.abc import Mapping

from bulkhead.preview.arns import ARN, HERE, Convention

_DATABASE_CLUSTER = Convention(
    f"rds:{HERE}:cluster:{{name}}",
    outputs={
        "endpoint": "{name}.cluster-{alnum12}.{region}.rds.{dns}",
        "readerEndpoint": "{name}.cluster-ro-{alnum12}.{region}.rds.{dns}",
        "clusterResourceId": "cluster-{HEX26}",
    },
    named_by="clusterIdentifier",
)

_BUCKET = Convention(
    "s3:::{name}",
    outputs={
        "accelerationStatus": "",
        "acl": "private",
        "policy": "",
        "requestPayer": "BucketOwner",
        "serverSideEncryptionConfiguration": {
            "rule": {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
        },
        "bucketDomainName": "{name}.s3.{dns}",
        "bucketRegionalDomainName": "{name}.s3.{region}.{dns}",
        "bucketRegion": "{region}",
        "websiteDomain": "s3-website-{region}.{dns}",
        "websiteEndpoint": "{name}.s3-website-{region}.{dns}",
    },
    named_by="bucket",
)

# Without a policy of its own, a key lets the account's IAM policies decide.
_DEFAULT_KEY_POLICY = (
    '{{"Version":"2012-10-17","Id":"key-default-1","Statement":[{{"Sid":"Enable IAM User '
    'Permissions","Effect":"Allow","Principal":{{"AWS":"arn:{partition}:iam::{account}:root"}},'
    '"Action":"kms:*","Resource":"*"}}]}}'
)

_KEY = Convention(
    f"kms:{HERE}:key/{{id}}", "{uuid}", {"keyId": "{id}", "policy": _DEFAULT_KEY_POLICY}
)

_OBJECT = Convention("s3:::{bucket:last}/{key}", "{bucket:last}/{key}")

DATA_SERVICES: Mapping[str, Convention] = {
    "amp/workspace": Convention(
        f"aps:{HERE}:workspace/{{id}}",
        "ws-{uuid}",
        {"prometheusEndpoint": "https://aps-workspaces.{region}.{dns}/workspaces/{id}/"},
    ),
    "backup/plan": Convention(f"backup:{HERE}:backup-plan:{{id}}", "{uuid}"),
    "backup/selection": Convention(id="{uuid}"),
    "bedrock/agentAgent": Convention(
        f"bedrock:{HERE}:agent/{{id}}",
        "{HEX10}",
        {"agentArn": "{arn}", "agentId": "{id}"},
        named_by="agentName",
    ),
    "bedrock/guardrail": Convention(f"bedrock:{HERE}:guardrail/{{id}}", "{alnum12}"),
    "bedrock/inferenceProfile": Convention(
        f"bedrock:{HERE}:application-inference-profile/{{id}}", "{alnum12}"
    ),
    "docdb/cluster": _DATABASE_CLUSTER,
    "dynamodb/table": Convention(
        f"dynamodb:{HERE}:table/{{name}}",
        outputs={
            "streamArn": "{arn}/stream/2025-01-01T00:00:00.000",
            "streamLabel": "2025-01-01T00:00:00.000",
        },
    ),
    "ecr/repository": Convention(
        f"ecr:{HERE}:repository/{{name}}",
        outputs={"repositoryUrl": "{account}.dkr.ecr.{region}.{dns}/{name}"},
    ),
    "efs/accessPoint": Convention(
        f"elasticfilesystem:{HERE}:access-point/{{id}}",
        "fsap-0{hex16}",
        {"fileSystemArn": f"{ARN}elasticfilesystem:{HERE}:file-system/{{fileSystemId}}"},
    ),
    "efs/fileSystem": Convention(
        f"elasticfilesystem:{HERE}:file-system/{{id}}",
        "fs-0{hex16}",
        {"dnsName": "{id}.efs.{region}.{dns}"},
    ),
    "efs/mountTarget": Convention(
        id="fsmt-0{hex16}",
        outputs={
            "dnsName": "{fileSystemId}.efs.{region}.{dns}",
            "mountTargetDnsName": "{zone}.{fileSystemId}.efs.{region}.{dns}",
            "fileSystemArn": f"{ARN}elasticfilesystem:{HERE}:file-system/{{fileSystemId}}",
        },
    ),
    "elasticache/replicationGroup": Convention(
        f"elasticache:{HERE}:replicationgroup:{{name}}",
        outputs={
            "configurationEndpointAddress": "clustercfg.{name}.{alnum6}.cache.{dns}",
            "primaryEndpointAddress": "master.{name}.{alnum6}.cache.{dns}",
            "readerEndpointAddress": "replica.{name}.{alnum6}.cache.{dns}",
        },
    ),
    "fsx/lustreFileSystem": Convention(
        f"fsx:{HERE}:file-system/{{id}}",
        "fs-0{hex16}",
        {"dnsName": "{id}.fsx.{region}.{dns}", "mountName": "{alnum8}"},
    ),
    "glue/catalogDatabase": Convention(f"glue:{HERE}:database/{{name}}", "{account}:{name}"),
    "glue/catalogTable": Convention(
        f"glue:{HERE}:table/{{databaseName}}/{{name}}", "{account}:{databaseName}:{name}"
    ),
    "kms/alias": Convention(
        f"kms:{HERE}:{{name}}",
        outputs={
            "targetKeyArn": f"{ARN}kms:{HERE}:key/{{targetKeyId:last}}",
        },
        prefix="alias/",
    ),
    "kms/grant": Convention(id="{keyId}:{hex64}", outputs={"grantId": "{hex64}"}),
    "kms/key": _KEY,
    "kms/replicaKey": _KEY,
    "neptune/cluster": _DATABASE_CLUSTER,
    "opensearch/domain": Convention(
        f"es:{HERE}:domain/{{name}}",
        "{arn}",
        {"endpoint": "vpc-{name}-{alnum26}.{region}.es.{dns}"},
    ),
    "opensearch/serverlessCollection": Convention(
        f"aoss:{HERE}:collection/{{id}}",
        "{alnum20}",
        {
            "collectionEndpoint": "https://{id}.{region}.aoss.{dns}",
            "dashboardEndpoint": "https://{id}.{region}.aoss.{dns}/_dashboards",
        },
    ),
    "rds/cluster": _DATABASE_CLUSTER,
    "rds/instance": Convention(
        f"rds:{HERE}:db:{{name}}",
        outputs={
            "address": "{name}.{alnum12}.{region}.rds.{dns}",
            "endpoint": "{name}.{alnum12}.{region}.rds.{dns}:5432",
            "port": 5432,
            "resourceId": "db-{HEX26}",
        },
        named_by="identifier",
    ),
    "s3/accessPoint": Convention(f"s3:{HERE}:accesspoint/{{name}}", "{account}:{name}"),
    "s3/bucket": _BUCKET,
    "s3/bucketObject": _OBJECT,
    "s3/bucketObjectv2": _OBJECT,
    "s3/bucketV2": _BUCKET,
    "s3/vectorsIndex": Convention(
        f"s3vectors:{HERE}:bucket/{{vectorBucketName}}/index/{{name}}",
        "{arn}",
        {"indexArn": "{arn}"},
        named_by="indexName",
    ),
    "s3/vectorsVectorBucket": Convention(
        f"s3vectors:{HERE}:bucket/{{name}}",
        "{arn}",
        {"vectorBucketArn": "{arn}"},
        named_by="vectorBucketName",
    ),
    "sagemaker/domain": Convention(
        f"sagemaker:{HERE}:domain/{{id}}",
        "d-{alnum12}",
        {"url": "https://{id}.studio.{region}.sagemaker.aws"},
    ),
    "secretsmanager/secretVersion": Convention(
        id="{secretId}|{uuid}",
        outputs={"arn": "{secretId}", "secretArn": "{secretId}", "versionId": "{uuid}"},
    ),
}
"""Conventions of resource types, by ``module/type``."""

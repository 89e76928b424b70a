from tests.policies.parts import (
    BUCKET_ENCRYPTION,
    CLUSTER,
    INSTANCE,
    KEY_ARN,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    LOG_GROUP,
    LOGGING,
    NETWORK_ADDON,
    bucket,
    stored,
    tags,
    volume,
)
from tests.policies.scenes import UNKNOWN, Declared, Twins

DEFAULT = "rules/0/applyServerSideEncryptionByDefault"
INLINE = {
    "rule": {
        "applyServerSideEncryptionByDefault": {
            "sseAlgorithm": "aws:kms",
            "kmsMasterKeyId": KEY_ARN,
        }
    }
}
SECRETS = bucket("confidential")
LEGACY_BUCKET = Declared(
    "aws:s3/bucketV2:BucketV2",
    {
        "bucket": "summaries",
        "serverSideEncryptionConfigurations": [
            {
                "rules": [
                    {
                        "applyServerSideEncryptionByDefaults": [
                            {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN}
                        ]
                    }
                ]
            }
        ],
        "tags": tags("confidential"),
    },
)
FILES = Declared(
    "aws:efs/fileSystem:FileSystem", {"encrypted": True, "kmsKeyId": KEY_ARN, "tags": tags()}
)
SEARCH = Declared(
    "aws:opensearch/domain:Domain",
    {
        "encryptAtRest": {"enabled": True, "kmsKeyId": KEY_ARN},
        "nodeToNodeEncryption": {"enabled": True},
        "domainEndpointOptions": {"enforceHttps": True},
        "vpcOptions": {"subnetIds": ["subnet-1"]},
        "tags": tags("confidential"),
    },
)
TABLE = Declared(
    "aws:dynamodb/table:Table",
    {
        "serverSideEncryption": {"enabled": True, "kmsKeyArn": KEY_ARN},
        "pointInTimeRecovery": {"enabled": True},
        "tags": tags("restricted"),
    },
)
REPOSITORY = Declared(
    "aws:ecr/repository:Repository",
    {
        "encryptionConfigurations": [{"encryptionType": "KMS", "kmsKey": KEY_ARN}],
        "imageScanningConfiguration": {"scanOnPush": True},
        "imageTagMutability": "IMMUTABLE",
        "tags": tags("confidential"),
    },
)

VECTORS = Declared(
    "aws:s3/vectorsVectorBucket:VectorsVectorBucket",
    {
        "vectorBucketName": "summaries",
        "encryptionConfigurations": [{"sseType": "aws:kms", "kmsKeyArn": KEY_ARN}],
        "tags": tags("confidential"),
    },
)
VECTOR_INDEX = Declared(
    "aws:s3/vectorsIndex:VectorsIndex",
    {
        "vectorBucketName": "summaries",
        "indexName": "handbook",
        "dataType": "float32",
        "dimension": 1024,
        "distanceMetric": "cosine",
        "tags": tags("confidential"),
    },
)
S3_KEYS = BUCKET_ENCRYPTION.but(DEFAULT, {"sseAlgorithm": "AES256"})
ACCESS_LOGGING = LOGGING.named("others").but("bucket", "datasets").but("targetBucket", "summaries")

TWINS = {
    "bulkhead-s3-encrypt-buckets": Twins(
        good=stored(SECRETS),
        bad=stored(SECRETS, lacking=BUCKET_ENCRYPTION),
        unknown=stored(SECRETS, BUCKET_ENCRYPTION.but(f"{DEFAULT}/sseAlgorithm", UNKNOWN)),
        settled=stored(
            SECRETS.without("bucket"),
            *(
                part.but("bucket", UNKNOWN).depending(bucket="bucket")
                for part in stored(SECRETS, lacking=BUCKET_ENCRYPTION)[1:]
            ),
            BUCKET_ENCRYPTION.but("bucket", UNKNOWN)
            .but(f"{DEFAULT}/kmsMasterKeyId", UNKNOWN)
            .depending(bucket="bucket"),
        ),
        more_good={
            "inline": stored(
                SECRETS.but("serverSideEncryptionConfiguration", INLINE), lacking=BUCKET_ENCRYPTION
            ),
            "legacy type": stored(LEGACY_BUCKET, lacking=BUCKET_ENCRYPTION),
            "tier internal": stored(bucket("internal"), lacking=BUCKET_ENCRYPTION),
            "receives access logs": stored(SECRETS, S3_KEYS, ACCESS_LOGGING),
        },
        more_bad={
            "receives no access logs": stored(
                SECRETS, S3_KEYS, ACCESS_LOGGING.but("targetBucket", "others")
            ),
            "no encryption where access logs go": stored(
                SECRETS, ACCESS_LOGGING, lacking=BUCKET_ENCRYPTION
            ),
            "no key": stored(SECRETS, BUCKET_ENCRYPTION.without(f"{DEFAULT}/kmsMasterKeyId")),
            "the key that AWS keeps": stored(
                SECRETS, BUCKET_ENCRYPTION.but(f"{DEFAULT}/kmsMasterKeyId", "alias/aws/s3")
            ),
            "no KMS": stored(SECRETS, BUCKET_ENCRYPTION.but(f"{DEFAULT}/sseAlgorithm", "AES256")),
            "another bucket's": stored(SECRETS, BUCKET_ENCRYPTION.but("bucket", "others")),
        },
    ),
    "bulkhead-ebs-encrypt-volumes": Twins(
        good=(volume(),),
        bad=(volume().without("encrypted"),),
        unknown=(volume().but("encrypted", UNKNOWN),),
        more_good={
            "launch template": (LAUNCH_TEMPLATE,),
            "instance": (INSTANCE,),
            "instance of a launch template": (
                INSTANCE.without("rootBlockDevice").but("launchTemplate", {"id": UNKNOWN}),
            ),
            "launch configuration": (LAUNCH_CONFIGURATION,),
        },
        more_bad={
            "launch template": (
                LAUNCH_TEMPLATE.but("blockDeviceMappings/0/ebs/encrypted", "false"),
            ),
            "launch template without volumes": (LAUNCH_TEMPLATE.without("blockDeviceMappings"),),
            "instance without root": (INSTANCE.without("rootBlockDevice"),),
            "instance's second disk": (
                INSTANCE.but("ebsBlockDevices", [{"deviceName": "/dev/sdb", "encrypted": False}]),
            ),
            "launch configuration": (LAUNCH_CONFIGURATION.but("rootBlockDevice/encrypted", False),),
        },
    ),
    "bulkhead-storage-encrypt-data": Twins(
        good=(FILES,),
        bad=(FILES.without("encrypted"),),
        unknown=(FILES.but("encrypted", UNKNOWN),),
        more_good={"search": (SEARCH,)},
        more_bad={"search": (SEARCH.but("encryptAtRest/enabled", False),)},
    ),
    "bulkhead-storage-use-customer-keys": Twins(
        good=(volume("confidential"),),
        bad=(volume("confidential").without("kmsKeyId"),),
        unknown=(volume().but("tags/bulkhead:tier", UNKNOWN),),
        settled=(volume("confidential").but("kmsKeyId", UNKNOWN),),
        more_good={
            "table": (TABLE,),
            "image repository": (REPOSITORY,),
            "vectors": (VECTORS,),
            "a vector index as its bucket": (VECTOR_INDEX,),
            "tier internal": (volume("internal").without("kmsKeyId"),),
        },
        more_bad={
            "table": (TABLE.without("serverSideEncryption"),),
            "image repository": (REPOSITORY.without("encryptionConfigurations"),),
            "vectors": (VECTORS.without("encryptionConfigurations"),),
            "a vector index with the keys of S3": (
                VECTOR_INDEX.but(
                    "encryptionConfigurations", [{"sseType": "AES256", "kmsKeyArn": ""}]
                ),
            ),
            "image repository with AES": (
                REPOSITORY.but("encryptionConfigurations", [{"encryptionType": "AES256"}]),
            ),
            "the key that AWS keeps": (
                Declared(
                    "aws:sqs/queue:Queue",
                    {"kmsMasterKeyId": "alias/aws/sqs", "tags": tags("confidential")},
                ),
            ),
            "logs": (LOG_GROUP.but("tags", tags("confidential")).without("kmsKeyId"),),
            "nodes": (
                LAUNCH_TEMPLATE.but("tags", tags("confidential")).without(
                    "blockDeviceMappings/0/ebs/kmsKeyId"
                ),
            ),
        },
    ),
    "bulkhead-eks-encrypt-secrets": Twins(
        good=(CLUSTER, NETWORK_ADDON),
        bad=(CLUSTER.without("encryptionConfig"), NETWORK_ADDON),
        unknown=(CLUSTER.but("encryptionConfig/resources", UNKNOWN), NETWORK_ADDON),
        settled=(CLUSTER.but("encryptionConfig/provider/keyArn", UNKNOWN), NETWORK_ADDON),
        more_bad={"no key": (CLUSTER.but("encryptionConfig/provider/keyArn", ""), NETWORK_ADDON)},
    ),
}

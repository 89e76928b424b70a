from tests.policies.parts import ACCOUNT, KEY_ARN, tags
from tests.policies.scenes import UNKNOWN, Declared, Twins
from tests.policies.twins.encryption import REPOSITORY, SEARCH, TABLE

DATABASE = Declared(
    "aws:rds/instance:Instance",
    {
        "instanceClass": "db.t4g.medium",
        "storageEncrypted": True,
        "kmsKeyId": KEY_ARN,
        "publiclyAccessible": False,
        "tags": tags(),
    },
)
CACHE = Declared(
    "aws:elasticache/replicationGroup:ReplicationGroup",
    {
        "description": "counts of tokens",
        "atRestEncryptionEnabled": True,
        "transitEncryptionEnabled": True,
        "userGroupIds": ["counters"],
        "tags": tags(),
    },
)
CACHE_USER = Declared(
    "aws:elasticache/user:User",
    {
        "userId": "counters",
        "userName": "counters",
        "engine": "valkey",
        "accessString": "on ~* -@all +get",
        "authenticationMode": {"type": "password", "passwords": ["a", "b"]},
    },
)
REGISTRY = Declared(
    "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration",
    {
        "scanType": "ENHANCED",
        "rules": [
            {
                "scanFrequency": "CONTINUOUS_SCAN",
                "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}],
            }
        ],
    },
    name="registry",
)
LAUNCH = Declared(
    "aws:ec2/amiLaunchPermission:AmiLaunchPermission", {"imageId": "ami-1", "accountId": ACCOUNT}
)
BLOCK = Declared(
    "aws:ebs/snapshotBlockPublicAccess:SnapshotBlockPublicAccess", {"state": "block-all-sharing"}
)

TWINS = {
    "bulkhead-data-hide-databases": Twins(
        good=(DATABASE,),
        bad=(DATABASE.but("publiclyAccessible", True),),
        unknown=(DATABASE.but("publiclyAccessible", UNKNOWN),),
        more_good={"by default": (DATABASE.without("publiclyAccessible"),)},
    ),
    "bulkhead-opensearch-join-network": Twins(
        good=(SEARCH,),
        bad=(SEARCH.without("vpcOptions"),),
        settled=(SEARCH.but("vpcOptions/subnetIds", UNKNOWN),),
    ),
    "bulkhead-storage-encrypt-traffic": Twins(
        good=(SEARCH,),
        bad=(SEARCH.without("domainEndpointOptions"),),
        unknown=(SEARCH.but("nodeToNodeEncryption/enabled", UNKNOWN),),
        more_good={"cache": (CACHE,)},
        more_bad={
            "among nodes": (SEARCH.but("nodeToNodeEncryption/enabled", False),),
            "cache": (CACHE.without("transitEncryptionEnabled"),),
        },
    ),
    "bulkhead-cache-require-users": Twins(
        good=(CACHE,),
        bad=(CACHE.without("userGroupIds"),),
        unknown=(CACHE_USER.but("noPasswordRequired", UNKNOWN),),
        settled=(CACHE.but("userGroupIds", UNKNOWN),),
        more_good={
            "a token": (CACHE.without("userGroupIds").but("authToken", UNKNOWN),),
            "a user": (CACHE_USER,),
            "a user of IAM": (CACHE_USER.but("authenticationMode", {"type": "iam"}),),
        },
        more_bad={
            "a user without a password": (CACHE_USER.but("noPasswordRequired", True),),
            "a user who says so": (
                CACHE_USER.but("authenticationMode", {"type": "no-password-required"}),
            ),
        },
    ),
    "bulkhead-ecr-pin-tags": Twins(
        good=(REPOSITORY,),
        bad=(REPOSITORY.without("imageTagMutability"),),
        unknown=(REPOSITORY.but("imageTagMutability", UNKNOWN),),
        more_good={
            "but for some": (REPOSITORY.but("imageTagMutability", "IMMUTABLE_WITH_EXCLUSION"),)
        },
        more_bad={"mutable": (REPOSITORY.but("imageTagMutability", "MUTABLE"),)},
    ),
    "bulkhead-ecr-scan-images": Twins(
        good=(REPOSITORY,),
        bad=(REPOSITORY.without("imageScanningConfiguration"),),
        unknown=(REPOSITORY.but("imageScanningConfiguration/scanOnPush", UNKNOWN),),
        settled=(REPOSITORY.but("imageScanningConfiguration/scanOnPush", UNKNOWN), REGISTRY),
        more_good={
            "the registry's rule": (REPOSITORY.without("imageScanningConfiguration"), REGISTRY)
        },
        more_bad={
            "a registry without rules": (
                REPOSITORY.without("imageScanningConfiguration"),
                REGISTRY.without("rules"),
            )
        },
    ),
    "bulkhead-ec2-deny-shared-copies": Twins(
        good=(LAUNCH,),
        bad=(LAUNCH.without("accountId").but("group", "all"),),
        unknown=(LAUNCH.without("accountId").but("group", UNKNOWN),),
        more_good={"blocked": (BLOCK,)},
        more_bad={"unblocked": (BLOCK.but("state", "unblocked"),)},
    ),
    "bulkhead-data-recover-tables": Twins(
        good=(TABLE,),
        bad=(TABLE.without("pointInTimeRecovery"),),
        unknown=(TABLE.but("pointInTimeRecovery/enabled", UNKNOWN),),
        more_good={"tier internal": (TABLE.without("pointInTimeRecovery").but("tags", tags()),)},
    ),
}

import dataclasses

from tests.policies.parts import KEY_ARN, OBJECT_LOCK, bucket, role_arn, stored, tags
from tests.policies.scenes import UNKNOWN, Declared, Twins
from tests.policies.twins.trails import TRAIL

SECRET = Declared(
    "aws:secretsmanager/secret:Secret",
    {"name": "summaries/api-key", "kmsKeyId": KEY_ARN, "tags": tags("regulated")},
    name="secret",
)
ROTATION = Declared(
    "aws:secretsmanager/secretRotation:SecretRotation",
    {
        "secretId": "summaries/api-key",
        "rotationLambdaArn": "arn:aws:lambda:eu-central-1:111122223333:function:rotate",
        "rotationRules": {"automaticallyAfterDays": 30},
    },
    name="rotation",
)
SCHEDULED = ROTATION.without("rotationRules/automaticallyAfterDays")
AT = "rotationRules/scheduleExpression"

VAULT = Declared(
    "aws:backup/vault:Vault",
    {"name": "backups", "kmsKeyArn": KEY_ARN, "tags": tags("regulated", "prod")},
    name="vault",
)
VAULT_LOCK = Declared(
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
    {"backupVaultName": "backups", "minRetentionDays": 35, "changeableForDays": 3},
    name="lock",
)
OPEN_LOCK = VAULT_LOCK.without("changeableForDays")

PLAN = Declared(
    "aws:backup/plan:Plan",
    {"name": "twice-a-day", "rules": [{"ruleName": "all", "targetVaultName": "backups"}]},
    name="plan",
)
SELECTION = Declared(
    "aws:backup/selection:Selection",
    {"planId": UNKNOWN, "iamRoleArn": role_arn("backup"), "resources": ["*"]},
    name="selection",
).depending(planId="plan")

RECORDER = Declared(
    "aws:cfg/recorder:Recorder",
    {"name": "prod", "roleArn": role_arn("config"), "recordingGroup": {"allSupported": True}},
    name="recorder",
)
STATUS = Declared(
    "aws:cfg/recorderStatus:RecorderStatus", {"name": "prod", "isEnabled": True}, name="status"
)


def evidence(
    tier: str = "restricted", environment: str = "prod", word: str = "evidence"
) -> Declared:
    told = {**tags(tier, environment), "bulkhead:workload": word}
    locked = bucket().but("objectLockEnabled", True).but("tags", told)
    return dataclasses.replace(locked, protect=True)


FIRM = OBJECT_LOCK.but("rule/defaultRetention/mode", "COMPLIANCE")
INLINE = {"objectLockEnabled": "Enabled", "rule": {"defaultRetention": {"mode": "COMPLIANCE"}}}
WRITER = TRAIL.but("s3BucketName", "summaries")
CONFIG_WRITER = Declared("aws:cfg/deliveryChannel:DeliveryChannel", {"s3BucketName": "summaries"})

ADMINISTRATOR = Declared(
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation",
    {
        "clusterName": "shared",
        "principalArn": role_arn("deployer"),
        "policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
        "accessScope": {"type": "cluster"},
    },
    name="administrator",
)
ENTRY = Declared(
    "aws:eks/accessEntry:AccessEntry",
    {
        "clusterName": "shared",
        "principalArn": role_arn("deployer"),
        "tags": tags(tenant="platform"),
    },
    name="entry",
)
VIEW_POLICY = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy"

CALLS, ERRORS = {"insightType": "ApiCallRateInsight"}, {"insightType": "ApiErrorRateInsight"}
WATCHING = TRAIL.but("tags", tags(environment="prod")).but("insightSelectors", [CALLS, ERRORS])

TWINS = {
    "bulkhead-secrets-rotate-values": Twins(
        good=(SECRET, ROTATION),
        bad=(SECRET,),
        unknown=(SECRET, ROTATION.but("rotationRules/automaticallyAfterDays", UNKNOWN)),
        settled=(SECRET, ROTATION.but("secretId", UNKNOWN).depending(secretId="secret")),
        more_good={
            "by rate": (SECRET, SCHEDULED.but(AT, "rate(720 hours)")),
            "monthly": (
                SECRET.but("tags", tags("restricted")),
                SCHEDULED.but(AT, "cron(0 4 1 * ? *)"),
            ),
            "tier internal": (
                SECRET.but("tags", tags()),
                ROTATION.but("rotationRules/automaticallyAfterDays", 180),
            ),
        },
        more_bad={
            "late": (SECRET, ROTATION.but("rotationRules/automaticallyAfterDays", 31)),
            "off": (SECRET, ROTATION.but("rotationEnabled", False)),
            "another's": (SECRET, ROTATION.but("secretId", "others")),
            "late by rate": (SECRET, SCHEDULED.but(AT, "rate(31 days)")),
            "monthly": (SECRET, SCHEDULED.but(AT, "cron(0 4 1 * ? *)")),
            "each quarter": (
                SECRET.but("tags", tags("confidential")),
                SCHEDULED.but(AT, "cron(0 4 1 1/3 ? *)"),
            ),
        },
    ),
    "bulkhead-backup-lock-vaults": Twins(
        good=(VAULT, VAULT_LOCK),
        bad=(VAULT,),
        unknown=(VAULT.but("tags/bulkhead:environment", UNKNOWN), VAULT_LOCK),
        settled=(
            VAULT,
            VAULT_LOCK.but("backupVaultName", UNKNOWN).depending(backupVaultName="vault"),
        ),
        more_good={
            "tier confidential": (VAULT.but("tags", tags("confidential", "prod")),),
            "staging": (VAULT.but("tags", tags("regulated", "staging")), OPEN_LOCK),
        },
        more_bad={
            "staging": (VAULT.but("tags", tags("regulated", "staging")),),
            "can be lifted": (VAULT, OPEN_LOCK),
            "for no time": (VAULT, VAULT_LOCK.without("minRetentionDays")),
            "another's": (VAULT, VAULT_LOCK.but("backupVaultName", "others")),
        },
    ),
    "bulkhead-backup-select-resources": Twins(
        good=(PLAN, SELECTION),
        bad=(PLAN,),
        settled=(PLAN, SELECTION.but("resources", UNKNOWN)),
        more_good={
            "by tag": (
                PLAN,
                SELECTION.without("resources").but(
                    "selectionTags", [{"type": "STRINGEQUALS", "key": "backup", "value": "yes"}]
                ),
            )
        },
        more_bad={
            "nothing": (PLAN, SELECTION.but("resources", [])),
            "another's": (PLAN, SELECTION.but("planId", "others").depending()),
        },
    ),
    "bulkhead-config-record-everything": Twins(
        good=(RECORDER, STATUS),
        bad=(RECORDER,),
        unknown=(RECORDER, STATUS.but("isEnabled", UNKNOWN)),
        settled=(RECORDER.without("name"), STATUS.but("name", UNKNOWN).depending(name="recorder")),
        more_good={"by default": (RECORDER.without("recordingGroup"), STATUS)},
        more_bad={
            "some types": (RECORDER.but("recordingGroup/allSupported", False), STATUS),
            "off": (RECORDER, STATUS.but("isEnabled", False)),
        },
    ),
    "bulkhead-s3-lock-evidence": Twins(
        good=stored(evidence(), FIRM),
        bad=stored(evidence(), OBJECT_LOCK),
        unknown=stored(evidence(), FIRM.but("rule/defaultRetention/mode", UNKNOWN)),
        settled=stored(
            evidence().without("bucket").but("objectLockConfiguration", INLINE),
            *(
                part.but("bucket", UNKNOWN).depending(bucket="bucket")
                for part in stored(evidence())[1:]
            ),
        ),
        more_good={
            "inline": stored(evidence().but("objectLockConfiguration", INLINE)),
            "dev": stored(evidence(environment="dev"), OBJECT_LOCK),
            "tier confidential": stored(evidence("confidential"), OBJECT_LOCK),
            "no evidence": stored(evidence(word="datasets"), OBJECT_LOCK),
            "a trail's": stored(evidence(word="trail"), FIRM, WRITER),
            "AWS Config's": stored(evidence(word="configurations"), CONFIG_WRITER),
        },
        more_bad={"a trail's": stored(evidence(word="trail"), OBJECT_LOCK, WRITER)},
    ),
    "bulkhead-eks-bound-administrators": Twins(
        good=(ADMINISTRATOR, ENTRY),
        bad=(ADMINISTRATOR,),
        unknown=(ADMINISTRATOR.but("principalArn", UNKNOWN),),
        settled=(
            ENTRY,
            ADMINISTRATOR.but("principalArn", UNKNOWN).depending(principalArn="entry"),
        ),
        more_good={
            "break-glass": (ADMINISTRATOR.but("principalArn", role_arn("prod-break-glass")),),
            "a namespace": (
                ADMINISTRATOR.but("accessScope", {"type": "namespace", "namespaces": ["tools"]}),
            ),
            "may look": (ADMINISTRATOR.but("policyArn", VIEW_POLICY),),
        },
        more_bad={"a tenant": (ADMINISTRATOR, ENTRY.but("tags", tags()))},
    ),
    "bulkhead-cloudtrail-detect-anomalies": Twins(
        good=(WATCHING,),
        bad=(WATCHING.without("insightSelectors"),),
        unknown=(WATCHING.but("insightSelectors", UNKNOWN),),
        more_good={"dev": (TRAIL.but("tags", tags()),)},
        more_bad={"calls alone": (WATCHING.but("insightSelectors", [CALLS]),)},
    ),
}

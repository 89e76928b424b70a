"""What an audit asks for beside safety: that it was so the whole time, and that nobody undid it."""

import re

from bulkhead.domain.environments import ENVIRONMENTS
from bulkhead.domain.stores import Store
from bulkhead.domain.tiers import LockMode
from bulkhead_policies.buckets import OBJECT_LOCK
from bulkhead_policies.findings import Findings, any_holds
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Relation, Stack
from bulkhead_policies.tokens import BUCKETS
from bulkhead_policies.trails import TRAILS
from bulkhead_policies.view import View

SECRETS = frozenset({"aws:secretsmanager/secret:Secret"})
VAULTS = frozenset({"aws:backup/vault:Vault"})
PLANS = frozenset({"aws:backup/plan:Plan"})
RECORDERS = frozenset({"aws:cfg/recorder:Recorder"})
ADMISSIONS = frozenset({"aws:eks/accessPolicyAssociation:AccessPolicyAssociation"})

ROTATION = Relation(
    frozenset({"aws:secretsmanager/secretRotation:SecretRotation"}),
    ("secretId",),
    targets=SECRETS,
    name=("name",),
)
VAULT_LOCK = Relation(
    frozenset({"aws:backup/vaultLockConfiguration:VaultLockConfiguration"}),
    ("backupVaultName",),
    targets=VAULTS,
    name=("name",),
)
SELECTION = Relation(
    frozenset({"aws:backup/selection:Selection"}), ("planId",), targets=PLANS, name=("id",)
)
RECORDER_STATUS = Relation(
    frozenset({"aws:cfg/recorderStatus:RecorderStatus"}),
    ("name",),
    targets=RECORDERS,
    name=("name",),
)
WRITES_EVIDENCE = Relation(TRAILS, ("s3BucketName",), targets=BUCKETS, name=("bucket",))
"""Which buckets trails write to. AWS Config delivers to none with a lock (AWS Config API Reference,
"DeliveryChannel")."""
ACCESS_ENTRY = Relation(
    ADMISSIONS,
    ("principalArn",),
    targets=frozenset({"aws:eks/accessEntry:AccessEntry"}),
    name=("principalArn",),
)

INSIGHTS = ("ApiCallRateInsight", "ApiErrorRateInsight")

RATE = re.compile(r"rate\((\d+) (hour|day)s?\)")
MONTHLY = re.compile(r"cron\((?:\S+ ){3}\* \S+ \*\)")
MONTH_DAYS, YEAR_DAYS = 31, 366


@stack_rule(
    "bulkhead-secrets-rotate-values",
    types=SECRETS,
    severity=Severity.MEDIUM,
    requirements=("KEY-4",),
    frameworks=("FSBP SecretsManager.1", "FSBP SecretsManager.4"),
    title="Secrets rotate within the days of their tier",
    why="A value that leaked unseen is good until somebody changes it, and nobody does by hand.",
    remediation="Add a SecretRotation with automatically_after_days of the tier's days or fewer.",
)
def secrets_rotated(secret: Resource, stack: Stack) -> Findings:
    """Judge the rotations of the secret; one that is turned off is none."""
    most = secret.tier_rules.secrets.rotation_days
    rotations = [rotation.props for rotation in stack.naming(secret, ROTATION)]
    if not any_holds(rotations, lambda rotation: _rotates(rotation, most)):
        where = rotations[0]["rotationRules"] if rotations else secret.props
        yield where.refuse(
            f"no timely rotation of a secret {secret.of_tier}", allowed=f"{most} days or fewer"
        )


def _rotates(rotation: View, most: int) -> bool:
    rules = rotation["rotationRules"]
    days = rules["automaticallyAfterDays"].number() or _longest(
        rules["scheduleExpression"].text() or ""
    )
    return rotation["rotationEnabled"].flag(default=True) and days <= most


def _longest(schedule: str) -> float:
    """Days between two rotations of a schedule at most; a year where it says no month's rhythm."""
    if rate := RATE.fullmatch(schedule):
        return int(rate[1]) / (24 if rate[2] == "hour" else 1)
    return MONTH_DAYS if MONTHLY.fullmatch(schedule) else YEAR_DAYS


@stack_rule(
    "bulkhead-backup-lock-vaults",
    types=VAULTS,
    severity=Severity.HIGH,
    requirements=("STO-3", "AUD-1"),
    title="Backup vaults of tiers that need it are locked",
    why="Who holds data to ransom deletes the backups first, with an administrator's rights.",
    remediation="Add a VaultLockConfiguration with min_retention_days; in production also "
    "changeable_for_days, after which nobody lifts the lock.",
)
def vaults_locked(vault: Resource, stack: Stack) -> Findings:
    """Judge the vault's lock, and in the environments that ask for it whether it ever closes."""
    if not vault.tier_rules.backup.locked:
        return
    environment = vault.environment
    for_ever = bool(environment and ENVIRONMENTS[environment].watch.lock_vaults)
    asked = ("minRetentionDays", *(("changeableForDays",) if for_ever else ()))
    locks = [lock.props for lock in stack.naming(vault, VAULT_LOCK)]
    if not any_holds(locks, lambda lock: all(lock[key].is_set for key in asked)):
        yield (locks[0] if locks else vault.props).refuse(
            f"no firm lock of a vault {vault.of_tier}", allowed=asked
        )


@stack_rule(
    "bulkhead-backup-select-resources",
    types=PLANS,
    severity=Severity.MEDIUM,
    requirements=("STO-3",),
    title="Backup plans select what they back up",
    why="A plan without a selection runs on time, reports no failure and keeps nothing.",
    remediation="Add a Selection for the plan with resources or tags.",
)
def plans_select(plan: Resource, stack: Stack) -> Findings:
    """Judge whether a selection of the plan names resources or tags."""
    selections = [selection.props for selection in stack.naming(plan, SELECTION)]
    if not any_holds(selections, _selects):
        where = selections[0] if selections else plan.props
        yield where.refuse("the plan backs nothing up", allowed="resources or tags")


def _selects(selection: View) -> bool:
    keys = ("resources", "selectionTags")
    return any(selection[key].is_unknown or selection[key].items() for key in keys)


@stack_rule(
    "bulkhead-config-record-everything",
    types=RECORDERS,
    severity=Severity.MEDIUM,
    requirements=("AUD-1",),
    frameworks=("FSBP Config.1",),
    title="AWS Config records every type of resource, and is on",
    why="What a resource was like on the day of an incident can't be recorded afterwards, and a "
    "recorder that nobody started looks like one that runs.",
    remediation="Leave recording_group.all_supported on, and add a RecorderStatus with is_enabled.",
)
def everything_recorded(recorder: Resource, stack: Stack) -> Findings:
    """Judge what is recorded; all is unless told otherwise, once the recorder is started."""
    everything = recorder.props.at("recordingGroup", "allSupported")
    if not everything.flag(default=True):
        yield everything.refuse("some types are not recorded", allowed="true")
    states = [status.props["isEnabled"] for status in stack.naming(recorder, RECORDER_STATUS)]
    if not any_holds(states, lambda state: state.flag()):
        where = states[0] if states else recorder.props
        yield where.refuse("nobody starts the recorder", allowed="a RecorderStatus that is on")


@stack_rule(
    "bulkhead-s3-lock-evidence",
    types=BUCKETS,
    severity=Severity.HIGH,
    requirements=("AUD-1", "STO-1"),
    title="Nobody can shorten the life of evidence where its tier asks",
    why="In governance mode an administrator deletes the record of what an administrator did.",
    remediation="Set the mode COMPLIANCE in the default retention of the bucket's Object Lock.",
)
def evidence_locked(bucket: Resource, stack: Stack) -> Findings:
    """Judge the lock of buckets labelled as evidence, and of those that trails write to.

    A mistake in an environment that does not protect its data would else stay for years.
    """
    environment = bucket.environment
    firm = environment is not None and ENVIRONMENTS[environment].protect_data
    if not firm or bucket.tier_rules.storage.evidence_lock is not LockMode.COMPLIANCE:
        return
    if bucket.label("workload") != Store.EVIDENCE and not stack.naming(bucket, WRITES_EVIDENCE):
        return
    rules = [lock.props["rule"] for lock in stack.naming(bucket, OBJECT_LOCK)]
    rules.append(bucket.props["objectLockConfiguration"]["rule"])
    modes = [rule.at("defaultRetention", "mode") for rule in rules]
    if not any_holds(modes, lambda mode: mode.text() == LockMode.COMPLIANCE):
        yield modes[0].refuse(
            f"evidence {bucket.of_tier} can be deleted early", allowed=LockMode.COMPLIANCE
        )


@stack_rule(
    "bulkhead-eks-bound-administrators",
    types=ADMISSIONS,
    severity=Severity.HIGH,
    requirements=("IAM-3",),
    frameworks=("CIS EKS 4.1.1", "CIS EKS 4.1.7"),
    title="Only the platform and break-glass roles administer a cluster",
    why="A cluster administrator reads every tenant's secrets and turns admission off.",
    remediation="Label the AccessEntry of the platform's own role tenant 'platform', give a "
    "break-glass role, or use a narrower policy; else exempt it with its owner and its end.",
)
def administrators_bounded(admission: Resource, stack: Stack) -> Findings:
    """Judge whom the whole cluster is given to, by the label of the access entry or by the name."""
    policy, principal = admission.props["policyArn"], admission.props["principalArn"]
    is_admin = (policy.text() or "").endswith("/AmazonEKSClusterAdminPolicy")
    if not is_admin or admission.props.at("accessScope", "type").text() != "cluster":
        return
    entries = stack.named_by(admission, ACCESS_ENTRY)
    if entries and any_holds(entries, lambda entry: entry.belongs_to_platform):
        return
    if not (principal.text() or "").endswith("break-glass"):
        yield principal.refuse(
            "a cluster administrator", allowed="the platform's roles, a break-glass role"
        )


@resource_rule(
    "bulkhead-cloudtrail-detect-anomalies",
    types=TRAILS,
    severity=Severity.LOW,
    requirements=("AUD-1",),
    frameworks=("GenAI Lens GENSEC03-BP01",),
    title="Trails of staging and production look for unusual rates of calls and errors",
    why="A stolen credential shows as calls that nobody made before, days before what it took.",
    remediation="Add insight_selectors for ApiCallRateInsight and ApiErrorRateInsight.",
)
def anomalies_detected(trail: Resource) -> Findings:
    """Judge the insights where the environment asks for them."""
    environment = trail.environment
    if environment is None or not ENVIRONMENTS[environment].watch.insights:
        return
    selectors = trail.props["insightSelectors"]
    given = {selector["insightType"].text() for selector in selectors.items()}
    if not given.issuperset(INSIGHTS):
        yield selectors.refuse(f"too few insights in {environment}", allowed=INSIGHTS)

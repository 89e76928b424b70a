"""Sensitivity tiers and the catalogue of what each one demands.

Every number that depends on a tier stands here and nowhere else: components build from it,
policies judge by it, admission policies and documents are generated from it.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from bulkhead.domain.pods import EVERY_RUNTIME, HARDWARE_RUNTIMES, PodRules


class Strength(IntEnum):
    """How much separates two tenants, weakest first."""

    MEDIUM = 1
    HIGH = 2
    VERY_HIGH = 3

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


class Tier(StrEnum):
    """Sensitivity of a dataset or model, lowest first."""

    PUBLIC = "public"
    INTERNAL = "internal"
    CONFIDENTIAL = "confidential"
    RESTRICTED = "restricted"
    REGULATED = "regulated"

    @property
    def rank(self) -> int:
        """Position from the lowest tier, 0 for public."""
        return list(Tier).index(self)


class Pipeline(StrEnum):
    """What may be done with data of a tier (DAT-3)."""

    NOTEBOOK = "notebook"
    EXPLORATION = "exploration"
    FINE_TUNING = "fine-tuning"
    TRAINING = "training"
    EVALUATION = "evaluation"
    RETRIEVAL = "retrieval"
    BATCH_INFERENCE = "batch-inference"
    ONLINE_INFERENCE = "online-inference"


class Egress(StrEnum):
    """Where traffic may go (NET-2)."""

    DOMAIN_ALLOWLIST = "domain-allowlist"
    VPC_ENDPOINTS_ONLY = "vpc-endpoints-only"


class Exposure(StrEnum):
    """Who may reach an inference endpoint (INF-1)."""

    PUBLIC_BY_OPT_IN = "public-by-opt-in"
    PRIVATE_ONLY = "private-only"


@dataclass(frozen=True)
class KeyRules:
    """What a tier asks of its KMS keys (KEY-1, KEY-2, STO-2).

    Attributes:
        customer_managed: whether AWS-managed default keys are refused.
        per_purpose: whether data, model, log, secret and volume keys are separate.
        rotation_days: period of automatic rotation; KMS takes 90 to 2560.
        deletion_window_days: waiting period before a key is deleted; KMS takes 7 to 30.
    """

    customer_managed: bool
    per_purpose: bool
    rotation_days: int
    deletion_window_days: int


@dataclass(frozen=True)
class Retention:
    """How long things are kept, in days (STO-3, DAT-4, AUD-1).

    Attributes:
        data_days: datasets, features and embeddings are deleted after this.
        checkpoint_days: training checkpoints are deleted after this.
        log_days: logs are kept this long; a value that CloudWatch Logs takes.
        evidence_days: audit evidence is kept at least this long.
        object_lock: whether stores of this tier need S3 Object Lock (WORM).
    """

    data_days: int
    checkpoint_days: int
    log_days: int
    evidence_days: int
    object_lock: bool


class LockMode(StrEnum):
    """How firmly S3 Object Lock holds an object (Amazon S3 User Guide, "Locking objects")."""

    GOVERNANCE = "GOVERNANCE"
    COMPLIANCE = "COMPLIANCE"


@dataclass(frozen=True)
class StorageRules:
    """How stores keep what they hold, in days where it says days (STO-1, STO-3).

    Attributes:
        cool_days: datasets, features and models move to S3 Intelligent-Tiering after this.
        archive_days: evidence moves to S3 Glacier Instant Retrieval after this; lower tiers are
            asked for theirs less and sooner.
        evidence_lock: whether somebody may shorten the life of evidence, or nobody, not even the
            account's root user.
    """

    cool_days: int
    archive_days: int
    evidence_lock: LockMode


@dataclass(frozen=True)
class SecretRules:
    """What a tier asks of its secrets (KEY-4).

    Attributes:
        rotation_days: longest life of a secret's value; Secrets Manager takes 1 to 1000.
        recovery_days: how long a deleted secret can be brought back; Secrets Manager takes 7 to 30.
    """

    rotation_days: int
    recovery_days: int


@dataclass(frozen=True)
class BackupRules:
    """What a tier asks of the backups of its tables, volumes and file systems (STO-3).

    Attributes:
        every_hours: longest time between two backups; divides a day.
        keep_days: how long a recovery point is kept. Deleted data lives on in backups for as long
            (DAT-4), so it stays short.
        locked: whether nobody may delete a recovery point before its time.
    """

    every_hours: int
    keep_days: int
    locked: bool


@dataclass(frozen=True)
class DetectionRules:
    """What a tier asks of GuardDuty beside its logs of EKS, S3 and the network (AUD-1).

    Attributes:
        runtime: whether an agent on every node watches processes, files and connections.
        malware: whether the volumes of a suspicious instance are scanned.
    """

    runtime: bool
    malware: bool


@dataclass(frozen=True)
class LogRules:
    """What may be logged and who may receive it (ISO-10, OBS-1, OBS-2).

    Attributes:
        payloads_by_opt_in: whether a tenant may opt in to log redacted prompts and completions;
            without it they are never logged.
        third_party_export: whether redacted logs may leave for a third party, by opt-in.
    """

    payloads_by_opt_in: bool
    third_party_export: bool


@dataclass(frozen=True)
class TierRules:
    """The demands of one tier.

    Attributes:
        minimum_isolation: the weakest separation from other tenants.
        keys: KMS keys.
        retention: lifetimes.
        secrets: rotation and recovery of secrets.
        backup: backups.
        detection: threat detection.
        storage: how stores keep things.
        pipelines: what may be done with data of this tier.
        egress: where its workloads may connect to.
        exposure: who may reach its endpoints.
        logs: what may be logged.
        pods: what its pods may be and who looks into them.
        regions: AWS Regions that may hold it.
    """

    minimum_isolation: Strength
    keys: KeyRules
    retention: Retention
    secrets: SecretRules
    backup: BackupRules
    detection: DetectionRules
    storage: StorageRules
    pipelines: frozenset[Pipeline]
    egress: Egress
    exposure: Exposure
    logs: LogRules
    pods: PodRules
    regions: frozenset[str]


DEFAULT_REGIONS = frozenset(
    {
        "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1",
        "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2",
        "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
    }
)  # fmt: skip
"""The commercial Regions that every AWS account has enabled by default. Opt-in Regions are left
out: their session tokens and service endpoints differ, so nothing here was tried on them."""

SENSITIVE_REGIONS = frozenset(
    {
        "ca-central-1", "eu-central-1", "eu-north-1", "eu-west-1", "us-east-1", "us-east-2",
        "us-west-2",
    }
)  # fmt: skip
"""Regions for confidential data: three or more zones with GPU and Nitro Enclaves capacity."""

REGULATED_REGIONS = frozenset({"eu-central-1", "eu-west-1", "us-east-1", "us-west-2"})
"""Regions for restricted and regulated data: few enough to audit."""

EVERY_PIPELINE = frozenset(Pipeline)
CONTROLLED_PIPELINES = EVERY_PIPELINE - {Pipeline.NOTEBOOK, Pipeline.EXPLORATION}
PRODUCTION_PIPELINES = CONTROLLED_PIPELINES - {Pipeline.RETRIEVAL, Pipeline.FINE_TUNING}

CATALOGUE: dict[Tier, TierRules] = {
    Tier.PUBLIC: TierRules(
        minimum_isolation=Strength.MEDIUM,
        keys=KeyRules(
            customer_managed=False, per_purpose=False, rotation_days=365, deletion_window_days=7
        ),
        retention=Retention(
            data_days=1096, checkpoint_days=30, log_days=30, evidence_days=365, object_lock=False
        ),
        secrets=SecretRules(rotation_days=365, recovery_days=7),
        backup=BackupRules(every_hours=24, keep_days=7, locked=False),
        detection=DetectionRules(runtime=False, malware=False),
        storage=StorageRules(cool_days=30, archive_days=90, evidence_lock=LockMode.GOVERNANCE),
        pipelines=EVERY_PIPELINE,
        egress=Egress.DOMAIN_ALLOWLIST,
        exposure=Exposure.PUBLIC_BY_OPT_IN,
        logs=LogRules(payloads_by_opt_in=True, third_party_export=True),
        pods=PodRules(runtimes=EVERY_RUNTIME, open_logs=True, debug_hours=24),
        regions=DEFAULT_REGIONS,
    ),
    Tier.INTERNAL: TierRules(
        minimum_isolation=Strength.MEDIUM,
        keys=KeyRules(
            customer_managed=False, per_purpose=False, rotation_days=365, deletion_window_days=14
        ),
        retention=Retention(
            data_days=731, checkpoint_days=30, log_days=90, evidence_days=365, object_lock=False
        ),
        secrets=SecretRules(rotation_days=180, recovery_days=7),
        backup=BackupRules(every_hours=24, keep_days=14, locked=False),
        detection=DetectionRules(runtime=False, malware=False),
        storage=StorageRules(cool_days=30, archive_days=90, evidence_lock=LockMode.GOVERNANCE),
        pipelines=EVERY_PIPELINE,
        egress=Egress.DOMAIN_ALLOWLIST,
        exposure=Exposure.PUBLIC_BY_OPT_IN,
        logs=LogRules(payloads_by_opt_in=True, third_party_export=True),
        pods=PodRules(runtimes=EVERY_RUNTIME, open_logs=True, debug_hours=24),
        regions=DEFAULT_REGIONS,
    ),
    Tier.CONFIDENTIAL: TierRules(
        minimum_isolation=Strength.HIGH,
        keys=KeyRules(
            customer_managed=True, per_purpose=True, rotation_days=365, deletion_window_days=30
        ),
        retention=Retention(
            data_days=731, checkpoint_days=30, log_days=365, evidence_days=1096, object_lock=False
        ),
        secrets=SecretRules(rotation_days=90, recovery_days=14),
        backup=BackupRules(every_hours=24, keep_days=35, locked=False),
        detection=DetectionRules(runtime=True, malware=False),
        storage=StorageRules(cool_days=30, archive_days=180, evidence_lock=LockMode.GOVERNANCE),
        pipelines=CONTROLLED_PIPELINES,
        egress=Egress.DOMAIN_ALLOWLIST,
        exposure=Exposure.PUBLIC_BY_OPT_IN,
        logs=LogRules(payloads_by_opt_in=False, third_party_export=True),
        pods=PodRules(runtimes=EVERY_RUNTIME, open_logs=False, debug_hours=8),
        regions=SENSITIVE_REGIONS,
    ),
    Tier.RESTRICTED: TierRules(
        minimum_isolation=Strength.VERY_HIGH,
        keys=KeyRules(
            customer_managed=True, per_purpose=True, rotation_days=180, deletion_window_days=30
        ),
        retention=Retention(
            data_days=365, checkpoint_days=14, log_days=731, evidence_days=2557, object_lock=True
        ),
        secrets=SecretRules(rotation_days=60, recovery_days=30),
        backup=BackupRules(every_hours=12, keep_days=35, locked=True),
        detection=DetectionRules(runtime=True, malware=True),
        storage=StorageRules(cool_days=30, archive_days=365, evidence_lock=LockMode.COMPLIANCE),
        pipelines=CONTROLLED_PIPELINES,
        egress=Egress.VPC_ENDPOINTS_ONLY,
        exposure=Exposure.PRIVATE_ONLY,
        logs=LogRules(payloads_by_opt_in=False, third_party_export=False),
        pods=PodRules(runtimes=HARDWARE_RUNTIMES, open_logs=False, debug_hours=4),
        regions=REGULATED_REGIONS,
    ),
    Tier.REGULATED: TierRules(
        minimum_isolation=Strength.VERY_HIGH,
        keys=KeyRules(
            customer_managed=True, per_purpose=True, rotation_days=90, deletion_window_days=30
        ),
        retention=Retention(
            data_days=365, checkpoint_days=7, log_days=2557, evidence_days=3653, object_lock=True
        ),
        secrets=SecretRules(rotation_days=30, recovery_days=30),
        backup=BackupRules(every_hours=12, keep_days=35, locked=True),
        detection=DetectionRules(runtime=True, malware=True),
        storage=StorageRules(cool_days=30, archive_days=365, evidence_lock=LockMode.COMPLIANCE),
        pipelines=PRODUCTION_PIPELINES,
        egress=Egress.VPC_ENDPOINTS_ONLY,
        exposure=Exposure.PRIVATE_ONLY,
        logs=LogRules(payloads_by_opt_in=False, third_party_export=False),
        pods=PodRules(
            runtimes=HARDWARE_RUNTIMES, open_logs=False, debug_hours=2, scan_answers=True
        ),
        regions=REGULATED_REGIONS,
    ),
}


def strictest(tiers: list[Tier]) -> Tier:
    """The highest of ``tiers``: what holds for a thing that several tiers share."""
    return max(tiers, key=lambda tier: tier.rank)

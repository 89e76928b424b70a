"""How a tenant trains in the environment's file, typed."""

import datetime

from bulkhead.domain.tenants import Quota
from bulkhead.domain.training import Compute
from bulkhead.domain.windows import Day, Window
from stacks.config import Strict


class ComputeConfig(Strict):
    """A part of a node pool's capacity."""

    gpus: int = Compute.gpus
    """NVIDIA GPUs."""
    cpus: int = Compute.cpus
    """vCPUs."""
    memory_gib: int = Compute.memory_gib
    """Memory in GiB."""


class WindowConfig(Strict):
    """When jobs may start."""

    opens: str
    """Time of day, HH:MM, in quotes."""
    closes: str
    """Time of day, HH:MM, in quotes; on the day after if it is before the other."""
    days: list[Day] = list(Day)
    """Days on which it opens."""
    timezone: str = Window.timezone
    """IANA time zone of the times."""
    drain: bool = Window.drain
    """Whether jobs under way end when it closes; they run to their deadline if not."""


class HoldConfig(Strict):
    """Why a queue is stopped."""

    reason: str
    """Why, as a sentence."""
    drain: bool = False
    """Whether jobs under way end too; they run to their deadline if not."""


class BudgetConfig(Strict):
    """What one budget pool may use."""

    quota: dict[str, ComputeConfig]
    """What is its own, by node pool."""
    borrows: dict[str, ComputeConfig] = {}
    """What it may take beyond, by node pool, while the tenant's other pools leave it idle."""
    keeps: dict[str, ComputeConfig] = {}
    """What of its own the others never borrow, by node pool."""
    expires: datetime.date | None = None
    """Last day on which it takes jobs; exploration needs one, a quarter ahead at most."""
    window: WindowConfig | None = None
    """When its jobs may start; always if left out."""
    hold: HoldConfig | None = None
    """Why it is stopped; it is not if left out."""


class TrainingQuotaConfig(Strict):
    """What the namespace for training may hold besides GPUs, vCPUs and memory."""

    storage_gib: int = Quota.storage_gib
    """Sum of persistent volume claims in GiB."""
    ephemeral_gib: int = Quota.ephemeral_gib
    """Sum of node disk that containers may fill, in GiB."""
    pods: int = Quota.pods
    """Pods."""
    services: int = Quota.services
    """Services, by which the workers of a job find each other."""
    volume_claims: int = Quota.volume_claims
    """Persistent volume claims."""
    secrets: int = Quota.secrets
    """Secrets."""
    config_maps: int = Quota.config_maps
    """Config maps."""
    jobs: int = Quota.jobs
    """Jobs, and as many cron jobs."""
    pod_gpus: int = Quota.pod_gpus
    """The most GPUs of one pod."""
    pod_memory_gib: int | None = Quota.pod_memory_gib
    """The most memory of one pod in GiB; all of the budgets' if left out."""
    job_hours: int = Quota.job_hours
    """The longest that a job may run, in hours."""


class TrainingConfig(Strict):
    """How a tenant trains, apart from where it serves."""

    budgets: dict[str, BudgetConfig]
    """What each budget pool may use: production-retraining, evaluation, fine-tuning, exploration,
    as far as the tier is open to them."""
    quota: TrainingQuotaConfig = TrainingQuotaConfig()
    """What its namespace may hold besides."""

"""How a tenant's training is described to a component."""

import datetime
from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict

from bulkhead.domain import parsing
from bulkhead.domain.tenants import Quota, Tenant
from bulkhead.domain.training import Budget, BudgetPool, Compute, Hold, Training
from bulkhead.domain.windows import Day, Window
from bulkhead.foundation.arguments import checked


class ComputeArgs(TypedDict):
    """A part of a node pool's capacity."""

    gpus: NotRequired[int]
    """NVIDIA GPUs. Default: 0."""
    cpus: NotRequired[int]
    """vCPUs. Default: 0."""
    memory_gib: NotRequired[int]
    """Memory in GiB. Default: 0."""


class WindowArgs(TypedDict):
    """When jobs may start (TRN-5)."""

    opens: str
    """Time of day, ``HH:MM``."""
    closes: str
    """Time of day, ``HH:MM``; on the day after if it is before the other."""
    days: NotRequired[list[str]]
    """Days on which it opens: mon, tue, wed, thu, fri, sat or sun. Default: every day."""
    timezone: NotRequired[str]
    """IANA time zone of the times. Default: ``Etc/UTC``."""
    drain: NotRequired[bool]
    """Whether jobs under way end when it closes. Default: no; they run to their deadline."""


class HoldArgs(TypedDict):
    """Why a queue is stopped: a quarantine, or money that is spent."""

    reason: str
    """Why, as a sentence."""
    drain: NotRequired[bool]
    """Whether jobs under way end too. Default: no; they run to their deadline."""


class BudgetArgs(TypedDict):
    """What one budget pool may use."""

    quota: dict[str, ComputeArgs]
    """What is its own, by node pool. vCPUs and memory are needed; GPUs may be 0."""
    borrows: NotRequired[dict[str, ComputeArgs]]
    """What it may take beyond, by node pool, while the tenant's other pools leave it idle. Default:
    nothing."""
    keeps: NotRequired[dict[str, ComputeArgs]]
    """What of its own the others never borrow, by node pool, so that nobody has to make room first.
    Default: nothing; what was lent is taken back when it is asked for."""
    expires: NotRequired[str]
    """Last day on which it takes jobs, ``YYYY-MM-DD``. Default: none; exploration needs one, a
    quarter ahead at most."""
    window: NotRequired[WindowArgs]
    """When its jobs may start. Default: always."""
    hold: NotRequired[HoldArgs]
    """Why it is stopped. Default: it is not."""


class TrainingQuotaArgs(TypedDict):
    """What the namespace for training may hold besides GPUs, vCPUs and memory."""

    storage_gib: NotRequired[int]
    """Sum of persistent volume claims in GiB. Default: 100."""
    ephemeral_gib: NotRequired[int]
    """Sum of node disk that containers may fill, in GiB. Default: 100."""
    pods: NotRequired[int]
    """Pods. Default: 50."""
    services: NotRequired[int]
    """Services, by which the workers of a job find each other. Default: 10."""
    volume_claims: NotRequired[int]
    """Persistent volume claims. Default: 10."""
    secrets: NotRequired[int]
    """Secrets. Default: 20."""
    config_maps: NotRequired[int]
    """Config maps. Default: 20."""
    jobs: NotRequired[int]
    """Jobs, and as many cron jobs. Default: 20."""
    pod_gpus: NotRequired[int]
    """The most GPUs of one pod. Default: 1."""
    pod_memory_gib: NotRequired[int]
    """The most memory of one pod in GiB. Default: all of the budgets'."""
    job_hours: NotRequired[int]
    """The longest that a job may run, in hours; 168 at most. Default: 24."""


class TrainingArgs(TypedDict):
    """How a tenant trains, apart from its inference."""

    budgets: dict[str, BudgetArgs]
    """What each budget pool may use: production-retraining, evaluation, fine-tuning, exploration,
    as far as its tier is open to them."""
    quota: NotRequired[TrainingQuotaArgs]
    """What its namespace may hold besides. Default: see ``TrainingQuotaArgs``."""


def read_training(
    args: TrainingArgs, tenant: Tenant, *, where: str, today: datetime.date | None = None
) -> Training:
    """The training that ``args`` describe.

    Raises:
        RefusedError: a budget pool or a day is unknown, or see ``checked`` and ``Training.check``.
    """
    args = checked(args, TrainingArgs, where=where)
    quota = checked(
        args.get("quota", TrainingQuotaArgs()), TrainingQuotaArgs, where=f"{where}.quota"
    )
    budgets = []
    for word, given in args["budgets"].items():
        pool = parsing.choice(BudgetPool, word, where=f"{where}.budgets")
        budgets.append(_read_budget(pool, given, where=f"{where}.budgets.{word}"))
    return Training(tuple(budgets), Quota(**quota)).check(
        tenant.tier, today=today or datetime.date.today(), where=where
    )


def _read_budget(pool: BudgetPool, args: BudgetArgs, *, where: str) -> Budget:
    args = checked(args, BudgetArgs, where=where)
    window, hold = args.get("window"), args.get("hold")
    return Budget(
        pool=pool,
        quota=_read_computes(args["quota"], f"{where}.quota"),
        borrows=_read_computes(args.get("borrows", {}), f"{where}.borrows"),
        keeps=_read_computes(args.get("keeps", {}), f"{where}.keeps"),
        expires=parsing.date(args["expires"], where=f"{where}.expires")
        if "expires" in args
        else None,
        window=_read_window(window, where=f"{where}.window") if window is not None else None,
        hold=Hold(**checked(hold, HoldArgs, where=f"{where}.hold")) if hold is not None else None,
    )


def _read_computes(args: Mapping[str, ComputeArgs], where: str) -> dict[str, Compute]:
    return {
        nodes: Compute(**checked(given, ComputeArgs, where=f"{where}.{nodes}"))
        for nodes, given in args.items()
    }


def _read_window(args: WindowArgs, *, where: str) -> Window:
    args = checked(args, WindowArgs, where=where)
    given: dict[str, Any] = dict(args)
    if "days" in args:
        given["days"] = tuple(parsing.choice(Day, d, where=f"{where}.days") for d in args["days"])
    return Window(**given)

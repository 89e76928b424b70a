"""Servers of models: what a replica takes, how it is tuned and how many there may be (INF-6)."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.tenants import Quota

HOURS_PER_MONTH = 31 * 24
"""Of the longest month, so that a replica which runs through never costs more than its budget."""

LARGEST_SCRATCH_GIB = 500


@dataclass(frozen=True)
class Replica:
    """What one replica of a server takes.

    Attributes:
        gpus: whole GPUs, over which the model is spread.
        cpus: vCPUs.
        memory_gib: memory in GiB.
        scratch_gib: node disk for compiled kernels and temporary files, in GiB.
    """

    gpus: int = 1
    cpus: int = 4
    memory_gib: int = 16
    scratch_gib: int = 20

    def check(self, quota: Quota, *, where: str) -> "Replica":
        """Return the replica if a tenant with ``quota`` may run it.

        Raises:
            RefusedError: a limit is zero or more than the tenant's pods may have.
        """
        most = {
            "gpus": min(quota.pod_gpus, quota.gpus),
            "cpus": quota.cpus,
            "memory_gib": quota.memory_gib,
            "scratch_gib": min(quota.ephemeral_gib, LARGEST_SCRATCH_GIB),
        }
        for name in (field.name for field in fields(self)):
            number = getattr(self, name)
            if not 1 <= number <= most[name]:
                raise RefusedError(
                    "not what a replica may take",
                    given=number,
                    allowed=f"1 to {most[name]}, by the tenant's quota"
                    if most[name]
                    else "nothing: the tenant's quota has none",
                    where=f"{where}.{name}",
                )
        return self


@dataclass(frozen=True)
class Budget:
    """What an endpoint may cost.

    Attributes:
        monthly_usd: the most in a month.
        replica_hour_usd: what an hour of one replica costs: its share of its node's price.
    """

    monthly_usd: float
    replica_hour_usd: float

    def check(self, *, where: str) -> "Budget":
        """Return the budget if it can be divided.

        Raises:
            RefusedError: a sum is none.
        """
        for name in (field.name for field in fields(self)):
            number = getattr(self, name)
            good = isinstance(number, int | float) and not isinstance(number, bool)
            if not good or not 0 < number < math.inf:
                raise RefusedError(
                    "not a sum of money",
                    given=number,
                    allowed="a number of USD greater than 0",
                    where=f"{where}.{name}",
                )
        return self

    @property
    def replicas(self) -> int:
        """How many replicas it carries through every hour of a month."""
        return math.floor(self.monthly_usd / (self.replica_hour_usd * HOURS_PER_MONTH))


def ceiling(replica: Replica, budget: Budget, quota: Quota, environment: int) -> dict[str, int]:
    """How many replicas each bound allows, lowest first; the first one holds.

    ``environment`` is the most replicas of a server there (COST-4). The quota counts what the
    tenant's other pods take too: it is a bound and no promise.
    """
    bounds = {
        "the budget": budget.replicas,
        "the environment": environment,
        **{
            f"the tenant's quota of {name}": getattr(quota, counted) // getattr(replica, name)
            for name, counted in QUOTAS.items()
        },
    }
    return dict(sorted(bounds.items(), key=lambda bound: bound[1]))


QUOTAS = {
    "gpus": "gpus",
    "cpus": "cpus",
    "memory_gib": "memory_gib",
    "scratch_gib": "ephemeral_gib",
}
"""What of a replica is counted by which quota."""


def share(bounds: Mapping[str, int], releases: int, least: int, *, where: str) -> int:
    """How many replicas each of several releases may grow to.

    An equal share whatever its part of the traffic: a rollback gives one of them all of it at once,
    and together they never pass the ceiling.

    Raises:
        RefusedError: the share is less than the ``least`` that always run.
    """
    if least < 1:
        raise RefusedError(
            "a server needs a replica", given=least, allowed="1 or more", where=where
        )
    held, most = next(iter(bounds.items()))
    if most // releases < least:
        raise RefusedError(
            f"{held} carries fewer replicas than always run",
            given=f"{releases} x {least}" if releases > 1 else least,
            allowed=f"{most} in all",
            where=where,
        )
    return most // releases


@dataclass(frozen=True)
class Objective:
    """When a replica has enough to do (INF-6).

    Attributes:
        waiting: requests that may wait for one replica.
        gpu_percent: how busy its GPUs may be.
        first_token_ms: how long 95 of 100 requests may wait for their first token.
    """

    waiting: int = 4
    gpu_percent: int = 85
    first_token_ms: int = 2000

    def check(self, *, where: str) -> "Objective":
        """Return the objective if it can be measured.

        Raises:
            RefusedError: a number is out of bounds.
        """
        for name, most in (("waiting", 1000), ("gpu_percent", 100), ("first_token_ms", 600_000)):
            number = getattr(self, name)
            if not 1 <= number <= most:
                raise RefusedError(
                    "not an objective",
                    given=number,
                    allowed=f"1 to {most}",
                    where=f"{where}.{name}",
                )
        return self


WORKSPACE = re.compile(r"ws-[0-9a-f-]{36}")


def check_workspace(workspace: str, *, where: str) -> str:
    """Return the ID if it is one of a workspace.

    Raises:
        RefusedError: it is not.
    """
    if WORKSPACE.fullmatch(workspace) is None:
        raise RefusedError(
            "not a workspace of Amazon Managed Service for Prometheus",
            given=workspace,
            allowed="ws-<its UUID>",
            where=where,
        )
    return workspace


NUMBER = re.compile(r"[1-9][0-9]{0,9}")
FRACTION = re.compile(r"0\.[0-9]{1,3}")
WORD = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
FLAG = re.compile(r"")

TUNING: dict[str, re.Pattern[str]] = {
    "max-model-len": NUMBER,
    "max-num-seqs": NUMBER,
    "max-num-batched-tokens": NUMBER,
    "gpu-memory-utilization": FRACTION,
    "dtype": WORD,
    "quantization": WORD,
    "kv-cache-dtype": WORD,
    "reasoning-parser": WORD,
    "tool-call-parser": WORD,
    "enable-auto-tool-choice": FLAG,
    "enable-prefix-caching": FLAG,
    "enforce-eager": FLAG,
}
"""Options of ``vllm serve`` that tune a server, and what they take (vLLM, "Engine Arguments").

All others stay closed: some run code of the model's (``trust-remote-code``), write prompts into the
log (``enable-log-requests``), load plugins, or take templates from clients.
"""


def check_tuning(tuning: Mapping[str, str], *, where: str) -> dict[str, str]:
    """Return the options if each is one that tunes and has a value of its kind.

    Raises:
        RefusedError: an option is another, or its value is none.
    """
    for name, value in tuning.items():
        if name not in TUNING:
            raise RefusedError(
                "not an option that tunes a server",
                given=name,
                allowed=sorted(TUNING),
                where=where,
            )
        if not isinstance(value, str) or not TUNING[name].fullmatch(value):
            kinds = {NUMBER: "a whole number", FRACTION: "a fraction such as 0.9", FLAG: "''"}
            raise RefusedError(
                "not a value of this option",
                given=value,
                allowed=kinds.get(TUNING[name], "a word of lower-case letters, digits, - and _"),
                where=f"{where}.{name}",
            )
    return dict(tuning)

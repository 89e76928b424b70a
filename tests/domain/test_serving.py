"""What servers take and how many there may be (INF-6, COST-4)."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.serving import (
    HOURS_PER_MONTH,
    TUNING,
    Budget,
    Objective,
    Replica,
    ceiling,
    check_tuning,
    share,
)
from bulkhead.domain.tenants import Quota

QUOTA = Quota(gpus=8, pod_gpus=2, cpus=64, memory_gib=256, ephemeral_gib=400)


def sentence(call: Callable[[], object]) -> str:
    with pytest.raises(RefusedError) as refused:
        call()
    return str(refused.value)


def test_a_replica_fits_the_quota_of_its_tenant() -> None:
    assert Replica(gpus=2).check(QUOTA, where="replica") == Replica(gpus=2)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gpus": 0}, "replica.gpus: not what a replica may take, got '0'; allowed: 1 to 2, by"),
        ({"gpus": 3}, "replica.gpus: not what a replica may take, got '3'; allowed: 1 to 2, by"),
        ({"cpus": 0}, "replica.cpus: not what a replica may take, got '0'; allowed: 1 to 64"),
        ({"memory_gib": 257}, "replica.memory_gib: not what a replica may take, got '257'"),
        ({"scratch_gib": 401}, "replica.scratch_gib: not what a replica may take, got '401'"),
    ],
)
def test_limits_of_zero_or_past_the_quota_are_refused(changes: dict[str, Any], said: str) -> None:
    assert sentence(lambda: Replica(**changes).check(QUOTA, where="replica")).startswith(said)


def test_a_tenant_without_gpus_serves_nothing() -> None:
    assert sentence(lambda: Replica().check(Quota(), where="replica")).endswith(
        "got '1'; allowed: nothing: the tenant's quota has none"
    )


def test_a_budget_carries_the_replicas_of_the_longest_month() -> None:
    assert Budget(744, 1).replicas == 1
    assert Budget(743.99, 1).replicas == 0
    assert Budget(5000, 1.65).replicas == 4


@pytest.mark.parametrize("wrong", [0, -1, float("nan"), float("inf"), True, "12", None])
def test_a_budget_is_money(wrong: Any) -> None:
    assert "budget.monthly_usd: not a sum" in sentence(
        lambda: Budget(wrong, 1).check(where="budget")
    )
    assert "budget.replica_hour_usd: not a sum" in sentence(
        lambda: Budget(1, wrong).check(where="budget")
    )
    assert Budget(1, 0.5).check(where="budget") == Budget(1, 0.5)


@given(
    st.floats(1, 10**6),
    st.floats(0.01, 100),
    st.integers(1, 8),
    st.integers(1, 64),
    st.integers(1, 50),
)
def test_no_ceiling_costs_more_than_its_budget_or_takes_more_than_its_quota(
    monthly: float, hourly: float, gpus: int, cpus: int, environment: int
) -> None:
    replica, quota = Replica(gpus=gpus, cpus=cpus), Quota(gpus=16, pod_gpus=8, cpus=128)
    bounds = ceiling(replica, Budget(monthly, hourly), quota, environment)
    most = next(iter(bounds.values()))
    assert most == min(bounds.values()) <= environment
    assert most * hourly * HOURS_PER_MONTH <= monthly * (1 + 1e-9)
    assert most * gpus <= quota.gpus
    assert most * cpus <= quota.cpus


@pytest.mark.parametrize(
    ("bounds", "releases", "least", "most"),
    [({"a": 4}, 1, 1, 4), ({"a": 5}, 2, 2, 2), ({"a": 3}, 3, 1, 1)],
)
def test_releases_share_a_ceiling_evenly(
    bounds: dict[str, int], releases: int, least: int, most: int
) -> None:
    assert share(bounds, releases, least, where="min_replicas") == most
    assert most * releases <= bounds["a"]


def test_a_ceiling_below_what_always_runs_is_refused_and_names_what_holds_it() -> None:
    bounds = ceiling(Replica(), Budget(800, 1), QUOTA, 4)
    assert sentence(lambda: share(bounds, 2, 1, where="min_replicas")) == (
        "min_replicas: the budget carries fewer replicas than always run, got '2 x 1'; "
        "allowed: 1 in all"
    )
    assert sentence(lambda: share({"the environment": 4}, 1, 5, where="min_replicas")) == (
        "min_replicas: the environment carries fewer replicas than always run, got '5'; "
        "allowed: 4 in all"
    )
    assert sentence(lambda: share(bounds, 1, 0, where="min_replicas")) == (
        "min_replicas: a server needs a replica, got '0'; allowed: 1 or more"
    )


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"waiting": 0}, "1 to 1000"),
        ({"gpu_percent": 101}, "1 to 100"),
        ({"first_token_ms": 0}, "1 to 600000"),
    ],
)
def test_an_objective_can_be_measured(changes: dict[str, int], word: str) -> None:
    assert word in sentence(lambda: Objective(**changes).check(where="objective"))
    assert Objective().check(where="objective") == Objective()


def test_a_server_is_tuned_and_nothing_else() -> None:
    tuning = {"max-model-len": "8192", "gpu-memory-utilization": "0.9", "enforce-eager": ""}
    assert check_tuning(tuning, where="tuning") == tuning
    assert "trust-remote-code" not in TUNING


@pytest.mark.parametrize(
    "option",
    [
        *("trust-remote-code", "enable-log-requests", "chat-template", "api-key", "host", "port"),
        *("trust-request-chat-template", "middleware", "tool-parser-plugin", "load-format"),
        *("override-generation-config", "served-model-name", "hf-overrides", "--max-num-seqs"),
    ],
)
def test_an_option_that_opens_something_is_refused(option: str) -> None:
    said = sentence(lambda: check_tuning({option: "1"}, where="tuning"))
    assert said.startswith(f"tuning: not an option that tunes a server, got '{option}'; allowed: ")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("max-model-len", "0"),
        ("max-model-len", "8k"),
        ("max-model-len", 8192),
        ("gpu-memory-utilization", "1.5"),
        ("dtype", "--trust-remote-code"),
        ("dtype", "half\n"),
        ("enforce-eager", "true"),
    ],
)
def test_a_value_of_another_kind_is_refused(option: str, value: Any) -> None:
    said = sentence(lambda: check_tuning({option: value}, where="tuning"))
    assert said.startswith(f"tuning.{option}: not a value of this option")

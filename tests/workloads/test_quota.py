import re

from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.tenants import Quota
from bulkhead.workloads.quota import limit_range, resource_quota

COUNTS = st.integers(1, 10_000)
QUOTAS = st.builds(
    Quota,
    gpus=st.integers(0, 1000),
    **dict.fromkeys(("cpus", "memory_gib", "storage_gib", "ephemeral_gib"), COUNTS),
    **dict.fromkeys(("pods", "services"), COUNTS),
)
MEBI = {"m": 1e-3, "": 1.0, "Mi": 2.0**20, "Gi": 2.0**30}


def amount(quantity: str) -> float:
    """A Kubernetes quantity as a number."""
    found = re.fullmatch(r"(\d+)(m|Mi|Gi|)", quantity)
    assert found
    return int(found[1]) * MEBI[found[2]]


@given(QUOTAS)
def test_defaults_lie_within_the_bounds_of_a_container_whatever_the_quota(quota: Quota) -> None:
    container, _, claim = limit_range(quota)["limits"]
    for resource, limit in container["default"].items():
        request = container["default_request"][resource]
        assert amount(request) <= amount(limit) <= amount(container["max"][resource])
    assert set(container["max"]) == set(container["default"]), (
        "a maximum without one is the default"
    )
    assert amount(claim["min"]["storage"]) <= amount(claim["max"]["storage"])


@given(QUOTAS)
def test_every_number_of_the_quota_is_a_whole_quantity(quota: Quota) -> None:
    hard = resource_quota(quota)["hard"]
    assert all(amount(value) >= 0 for value in hard.values())
    assert hard["requests.nvidia.com/gpu"] == str(quota.gpus)

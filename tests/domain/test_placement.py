"""Which tenants share a cluster, and whether its pools take all of them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.domain.placement import TOGETHER, place
from bulkhead.domain.pools import Pool
from bulkhead.domain.tenants import Quota, Tenant
from bulkhead.domain.tiers import Tier

SHARED, OWN_POOLS = IsolationPattern.SHARED_CLUSTER, IsolationPattern.DEDICATED_NODE_POOLS
ACME = Tenant(
    name="acme",
    tier=Tier.INTERNAL,
    pattern=SHARED,
    owner="team-ml",
    cost_center="cc-1",
    project="search",
    quota=Quota(cpus=16, memory_gib=64),
)
FRAUD = replace(ACME, name="fraud", pattern=OWN_POOLS)
GENERAL = Pool("general", ("g4dn.12xlarge",), max_size=1)  # 4 GPUs, 48 vCPUs, 192 GiB
CAPACITY = GENERAL.capacity()
OWN = Pool("own", ("m7i.4xlarge",), max_size=2, tenant="fraud")


def placed(tenants: list[Tenant], pools: list[Pool]) -> dict[str, str | None]:
    return place(tenants, pools, tenants_at="tenants", pools_at="pools").nodes


def refusal(tenants: list[Tenant], pools: list[Pool]) -> str:
    with pytest.raises(RefusedError) as caught:
        placed(tenants, pools)
    return str(caught.value)


def test_tenants_on_nodes_for_all_and_on_nodes_of_their_own_share_a_cluster() -> None:
    found = place([ACME, FRAUD], [OWN, GENERAL], tenants_at="t", pools_at="p")
    assert found.nodes == {"acme": None, "fraud": "tenant"}
    assert found.pools == [OWN, GENERAL]


def test_a_tier_s_pool_takes_only_tenants_whose_pattern_asks_for_it() -> None:
    """A tenant of the shared pattern would otherwise land on nodes that others have for theirs."""
    inner = replace(OWN, tenant=None, tier=Tier.INTERNAL)
    assert placed([ACME, FRAUD], [inner, GENERAL]) == {"acme": None, "fraud": "tier"}


@pytest.mark.parametrize("pattern", sorted(set(IsolationPattern) - TOGETHER))
def test_tenants_of_other_patterns_share_no_cluster(pattern: IsolationPattern) -> None:
    other = replace(FRAUD, pattern=pattern)
    assert refusal([ACME, other], [OWN, GENERAL]) == (
        f"tenants: tenants of these patterns share no cluster, got 'shared-cluster, {pattern}'; "
        "allowed: dedicated-node-pools, shared-cluster"
    )


@pytest.mark.parametrize(
    ("pools", "sentence"),
    [
        (
            [OWN],
            "pools: no pool takes the pods of 'acme'; allowed: one that is no tenant's or tier's",
        ),
        (
            [GENERAL],
            "pools: no pool takes the pods of 'fraud'; allowed: one of tenant fraud or of tier "
            "internal",
        ),
        (
            [GENERAL, replace(OWN, tenant="acme")],
            "pools.own.tenant: no such tenant, got 'acme'; allowed: fraud",
        ),
    ],
)
def test_in_a_cluster_of_two_patterns_each_has_pools_of_its_kind(
    pools: list[Pool], sentence: str
) -> None:
    assert refusal([ACME, FRAUD], pools) == sentence


@pytest.mark.parametrize(
    ("resource", "each", "total", "most"),
    [("gpus", 3, 6, 4), ("cpus", 25, 50, 48), ("memory_gib", 97, 194, 192)],
)
def test_quotas_that_exceed_their_pools_together_are_refused(
    resource: str, each: int, total: int, most: int
) -> None:
    tenant = replace(ACME, quota=replace(ACME.quota, **{resource: each}))
    assert refusal([tenant, replace(tenant, name="blue")], [GENERAL]) == (
        f"tenants: the quotas of {resource} of acme, blue are more than their pools grow to, "
        f"got '{total}'; allowed: at most {most}"
    )


@given(
    st.lists(
        st.builds(Quota, gpus=st.integers(0, 3), cpus=st.integers(1, 18)), min_size=1, max_size=5
    )
)
def test_quotas_are_accepted_exactly_when_their_pools_hold_them_all(quotas: list[Quota]) -> None:
    tenants = [replace(ACME, name=f"t{i}", quota=quota) for i, quota in enumerate(quotas)]
    fits = all(
        sum(getattr(q, resource) for q in quotas) <= getattr(CAPACITY, resource)
        for resource in ("gpus", "cpus", "memory_gib")
    )
    if fits:
        assert placed(tenants, [GENERAL]) == dict.fromkeys(t.name for t in tenants)
    else:
        assert "are more than their pools grow to" in refusal(tenants, [GENERAL])

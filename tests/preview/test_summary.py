"""What the preview says of whose nodes a tenant's pods land on."""

from bulkhead.preview.summary import isolation
from tests.patterns.platforms import platform
from tests.patterns.test_karpenter import MIXED


def nodes(component: str, **changes: object) -> dict[str, str]:
    return {row.tenant: row.nodes for row in isolation([platform(component, **changes)])}


def test_pools_of_a_tenant_and_of_a_tier_are_told_apart() -> None:
    assert nodes("DedicatedNodePools") == {
        "red": "own: platform-red-gpu",
        "blue": "own: platform-blue-general",
        "green": "its tier's: platform-inner",
        "grey": "its tier's: platform-inner",
    }


def test_a_pool_counts_whoever_starts_its_nodes() -> None:
    assert nodes("DedicatedNodePools", **MIXED) == {
        "red": "own: platform-red, platform-burst",
        "green": "its tier's: platform-inner",
    }


def test_nodes_on_hosts_are_their_tenants_own() -> None:
    assert nodes("DedicatedHosts") == {"red": "own: platform-hosts"}


def test_nodes_that_anybody_lands_on_are_shared() -> None:
    assert nodes("SharedCluster") == {"red": "shared", "blue": "shared"}

import pytest

from bulkhead.domain.access import Access
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.workloads.rbac import rules, sandbox_rules


def granted(access: Access, tier: Tier = Tier.INTERNAL) -> set[tuple[str, str]]:
    """Every resource and verb of a role."""
    return {
        (resource, verb)
        for rule in rules(access, tier)
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


@pytest.mark.parametrize("access", Access)
def test_no_role_has_a_wildcard_or_a_way_to_more_rights(access: Access) -> None:
    found = granted(access)
    resources, verbs = {r for r, _ in found}, {v for _, v in found}
    assert "*" not in resources | verbs
    assert not verbs & {"escalate", "bind", "impersonate", "approve", "sign"}
    assert not resources & {
        *("pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "pods/ephemeralcontainers"),
        *("services/proxy", "serviceaccounts/token", "nodes", "nodes/proxy", "daemonsets"),
    }


@pytest.mark.parametrize("access", Access)
def test_no_role_reads_secrets(access: Access) -> None:
    assert {v for r, v in granted(access) if r == "secrets"} <= {"create", "delete"}


@pytest.mark.parametrize("access", Access)
@pytest.mark.parametrize(
    "fence",
    [
        "networkpolicies",
        "resourcequotas",
        "limitranges",
        "roles",
        "rolebindings",
        "serviceaccounts",
    ],
)
def test_no_role_moves_the_fences(access: Access, fence: str) -> None:
    assert {v for r, v in granted(access) if r == fence} <= {"get", "list", "watch"}


def test_a_viewer_only_looks_and_not_at_logs() -> None:
    assert {v for _, v in granted(Access.VIEWER)} == {"get", "list", "watch"}
    assert "pods/log" not in {r for r, _ in granted(Access.VIEWER)}


def test_each_access_includes_the_lesser_ones() -> None:
    viewer, developer, admin = (granted(a) for a in (Access.VIEWER, Access.DEVELOPER, Access.ADMIN))
    assert viewer < developer < admin


def test_a_developer_runs_workloads_and_reads_their_logs() -> None:
    developer = granted(Access.DEVELOPER)
    assert {("deployments", "create"), ("jobs", "delete"), ("pods/log", "get")} <= developer
    assert ("pods", "create") not in developer


@pytest.mark.parametrize("tier", Tier)
def test_logs_are_read_where_the_tier_opens_them_and_nothing_else_differs(tier: Tier) -> None:
    opened = granted(Access.DEVELOPER, tier)
    assert (("pods/log", "get") in opened) is CATALOGUE[tier].pods.open_logs
    assert opened | {("pods/log", "get")} == granted(Access.DEVELOPER)


@pytest.mark.parametrize("tier", Tier)
def test_logs_of_agents_are_read_where_the_tier_opens_them(tier: Tier) -> None:
    for access in Access:
        read = any("pods/log" in each["resources"] for each in sandbox_rules(access, tier))
        assert read == (CATALOGUE[tier].pods.open_logs and access is not Access.VIEWER)

import datetime
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.access import People
from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import Exemption
from bulkhead.domain.isolation import IsolationPattern, sufficient_patterns
from bulkhead.domain.labels import Plane
from bulkhead.domain.tenants import Quota, Tenant, check_region, check_tenants
from bulkhead.domain.tiers import CATALOGUE, Tier

ACME = Tenant(
    name="acme",
    tier=Tier.INTERNAL,
    pattern=IsolationPattern.SHARED_CLUSTER,
    owner="team-ml",
    cost_center="cc-42",
    project="search",
    quota=Quota(gpus=2, cpus=16, memory_gib=64),
)
HOME = "eu-central-1"
COUNTS = [field.name for field in fields(Quota)]


def refusal(*tenants: Tenant, region: str = HOME) -> str:
    with pytest.raises(RefusedError) as caught:
        check_tenants(tenants, region=region)
    return str(caught.value)


@pytest.mark.parametrize("tier", Tier)
def test_a_tenant_on_the_weakest_pattern_of_its_tier_is_accepted_in_each_of_its_regions(
    tier: Tier,
) -> None:
    tenant = replace(ACME, tier=tier, pattern=sufficient_patterns(tier)[0])
    for region in CATALOGUE[tier].regions:
        assert tenant.check(region=region, where="x") is tenant


def test_tenants_are_accepted_in_their_order() -> None:
    tenants = [replace(ACME, name="zeta"), replace(ACME, name="beta")]
    assert check_tenants(tenants, region=HOME) == tenants


def test_a_name_that_stands_twice_is_refused() -> None:
    assert refusal(ACME, replace(ACME, project="other")) == (
        "tenants: a tenant's name stands twice, got 'acme'"
    )


@pytest.mark.parametrize(
    "name", ["platform", "default", "kube-system", "kube-public", "acme-training", "acme-sandbox"]
)
def test_a_name_of_the_platform_or_of_its_namespaces_is_refused(name: str) -> None:
    assert refusal(replace(ACME, name=name)) == (
        f"tenants.{name}.name: a reserved tenant name, got '{name}'; "
        "allowed: any but platform, bulkhead-*, default, kube-*, *-system, "
        "amazon, aws, eks, iam, system, *-training, *-sandbox"
    )


@pytest.mark.parametrize("name", ["platform-2", "defaults", "kubeflow", "systems"])
def test_a_name_that_only_resembles_a_reserved_one_is_accepted(name: str) -> None:
    assert replace(ACME, name=name).check(region=HOME, where="x").name == name


@pytest.mark.parametrize("name", ["Acme", "a_b", "9lives", "acme-", "", "a" * 41, "acme\n"])
def test_a_name_that_kubernetes_can_not_hold_is_refused(name: str) -> None:
    assert refusal(replace(ACME, name=name)) == (
        f"tenants.{name}.name: not a usable name, got {name!r}; "
        "allowed: 1 to 40 lower-case letters, digits and hyphens, starting with a letter"
    )


@pytest.mark.parametrize("field", ["owner", "cost_center", "project"])
def test_what_can_not_be_a_label_is_refused_at_its_own_path(field: str) -> None:
    assert refusal(replace(ACME, **{field: "ML team"})) == (  # type: ignore[arg-type]
        f"tenants.acme.{field}: not a usable label value, got 'ML team'; allowed: "
        "1 to 63 letters, digits, '-', '_' and '.', starting and ending with a letter or digit"
    )


def test_a_pattern_too_weak_for_the_tier_is_refused() -> None:
    assert refusal(replace(ACME, tier=Tier.CONFIDENTIAL)) == (
        "tenants.acme: tier 'confidential' needs high isolation and may not run on pattern "
        "'shared-cluster', whose isolation is medium; the weakest pattern that would do is "
        "'dedicated-node-pools'"
    )


def test_the_tenants_own_exemption_allows_a_weaker_pattern_until_it_expires() -> None:
    today = datetime.date.today()
    exemption = Exemption(
        rule="ISO-9",
        subject="acme",
        owner="team-ml",
        reason="the node pools are being bought",
        expires=today + datetime.timedelta(days=30),
    )
    exempted = replace(ACME, tier=Tier.CONFIDENTIAL, exemption=exemption)
    assert exempted.check(region=HOME, where="x") is exempted
    expired = replace(exemption, expires=today - datetime.timedelta(days=30))
    assert refusal(replace(exempted, exemption=expired)).startswith(
        "tenants.acme.exemption.expires: the exemption has expired"
    )


def test_a_region_closed_to_the_tier_is_refused_with_those_that_are_open() -> None:
    regulated = replace(ACME, tier=Tier.REGULATED, pattern=IsolationPattern.SINGLE_TENANT_CLUSTER)
    assert refusal(regulated, region="ap-south-1") == (
        "tenants.acme: tier 'regulated' may not live in this region, got 'ap-south-1'; "
        "allowed: eu-central-1, eu-west-1, us-east-1, us-west-2"
    )


def test_people_who_are_no_iam_role_are_refused_at_their_path() -> None:
    assert refusal(replace(ACME, people=People(viewer=("*",)))) == (
        "tenants.acme.people.viewer: not the ARN of an IAM role, got '*'; "
        "allowed: arn:aws:iam::<account>:role/<path and name>"
    )


@given(st.sampled_from(Tier), st.text() | st.sampled_from(sorted(CATALOGUE[Tier.PUBLIC].regions)))
def test_a_region_is_open_exactly_when_the_catalogue_lists_it(tier: Tier, region: str) -> None:
    if region in CATALOGUE[tier].regions:
        check_region(tier, region, where="x")
    else:
        with pytest.raises(RefusedError):
            check_region(tier, region, where="x")


@pytest.mark.parametrize("count", COUNTS)
def test_a_negative_quota_is_refused(count: str) -> None:
    least = 0 if count == "gpus" else 1
    assert refusal(replace(ACME, quota=Quota(**{count: -1}))) == (
        f"tenants.acme.quota.{count}: too small a quota, got '-1'; allowed: {least} or more"
    )


@pytest.mark.parametrize("count", COUNTS)
def test_a_quota_of_nothing_is_refused_for_all_but_gpus(count: str) -> None:
    quota = Quota(**{count: 0})
    if count == "gpus":
        assert quota.check(where="x") is quota
    else:
        with pytest.raises(RefusedError, match=rf"^x\.{count}: too small a quota, got '0'"):
            quota.check(where="x")


def test_a_tenants_things_carry_its_labels() -> None:
    labels = ACME.labels(Environment.PROD, Plane.INFERENCE, "ranker")
    assert labels.tags() == {
        "bulkhead:tenant": "acme",
        "bulkhead:tier": "internal",
        "bulkhead:environment": "prod",
        "bulkhead:plane": "inference",
        "bulkhead:owner": "team-ml",
        "bulkhead:cost-center": "cc-42",
        "bulkhead:project": "search",
        "bulkhead:workload": "ranker",
        "bulkhead:pattern": "shared-cluster",
    }

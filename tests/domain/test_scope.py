from dataclasses import replace

import pytest

from bulkhead.domain.environments import ENVIRONMENTS, Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import DEFAULT_REGIONS, Tier

PROD = Scope(
    environment=Environment.PROD,
    region="eu-central-1",
    account_id="111122223333",
    owner="platform-team",
    cost_center="cc-1",
    project="platform",
)


def refusal(**changes: str) -> str:
    with pytest.raises(RefusedError) as caught:
        replace(PROD, **changes).check(where="platform")  # type: ignore[arg-type]
    return str(caught.value)


@pytest.mark.parametrize("region", sorted(DEFAULT_REGIONS))
def test_a_platform_can_stand_in_every_default_region(region: str) -> None:
    scope = replace(PROD, region=region)
    assert scope.check(where="x") is scope


@pytest.mark.parametrize(
    "account",
    ["", "11112222333", "1111222233334", "1111-2222-3333", "111122223333\n", "\u0661" * 12],
)
def test_what_is_not_twelve_digits_is_no_account(account: str) -> None:
    assert refusal(account_id=account) == (
        f"platform.account_id: not an AWS account ID, got {account!r}; "
        "allowed: twelve digits, as a string"
    )


@pytest.mark.parametrize("region", ["me-south-1", "us-gov-west-1", "eu-central-1 ", ""])
def test_a_region_that_was_not_tried_is_refused(region: str) -> None:
    assert refusal(region=region).startswith(
        f"platform.region: unsupported region, got {region!r}; allowed: ap-northeast-1, "
    )


@pytest.mark.parametrize("field", ["owner", "cost_center", "project"])
def test_what_can_not_be_a_label_is_refused_at_its_path(field: str) -> None:
    assert refusal(**{field: "a team"}).startswith(f"platform.{field}: not a usable label value")


def test_names_begin_with_the_environment() -> None:
    assert PROD.named("models") == "prod-models"
    assert replace(PROD, environment=Environment.DEV).named("models") == "dev-models"


@pytest.mark.parametrize("environment", Environment)
def test_the_rules_are_those_of_the_environment(environment: Environment) -> None:
    assert replace(PROD, environment=environment).rules is ENVIRONMENTS[environment]


def test_shared_things_carry_the_platforms_labels() -> None:
    assert PROD.labels(Tier.REGULATED, Plane.CONTROL, "audit").tags() == {
        "bulkhead:tenant": "platform",
        "bulkhead:tier": "regulated",
        "bulkhead:environment": "prod",
        "bulkhead:plane": "control",
        "bulkhead:owner": "platform-team",
        "bulkhead:cost-center": "cc-1",
        "bulkhead:project": "platform",
        "bulkhead:workload": "audit",
    }

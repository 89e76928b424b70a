"""What the tenants of an environment stand on."""

from typing import Any

import pulumi
import pytest

from bulkhead import TierFoundation
from bulkhead.domain.stores import Store
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ADMIN, planned, refusal, scope

BUCKET = "aws:s3/bucket:Bucket"


def arguments(**changes: Any) -> Any:
    tiers = ["internal", "confidential"]
    return {"scope": scope(), "tiers": tiers, "administrators": [ADMIN], **changes}


def foundation(**changes: Any) -> Plan:
    args = arguments(**changes)
    return planned(lambda: TierFoundation("base", args))


def test_each_tier_has_a_store_of_models_and_only_the_others_that_are_asked_for() -> None:
    kinds = {
        f"base-{tier}-{store}"
        for tier in ("internal", "confidential")
        for store in ("models", "access-logs")
    }
    assert {bucket.name for bucket in foundation().of_type(BUCKET)} == kinds
    more = {"base-internal-evidence", "base-confidential-evidence"}
    asked = foundation(stores=["models", "evidence"])
    assert {bucket.name for bucket in asked.of_type(BUCKET)} == kinds | more


def test_every_store_can_be_asked_for_and_is_told_of() -> None:
    args = arguments(stores=list(Store))
    plan = planned(lambda: pulumi.export("buckets", TierFoundation("base", args).buckets))
    assert {tier: set(names) for tier, names in plan.outputs["buckets"].items()} == {
        "internal": set(Store),
        "confidential": set(Store),
    }


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"stores": ["misc"]}, "base.stores: unknown store, got 'misc'"),
        ({"stores": ["models", "models"]}, "base.stores: no store, or one twice"),
        (
            {"stores": ["evidence"]},
            "base.stores: no store of models, from which inference reads, got 'evidence'; "
            "allowed: models among the stores",
        ),
        ({"tiers": []}, "base.tiers: not a list of different tiers"),
        ({"tiers": ["internal", "internal"]}, "base.tiers: not a list of different tiers"),
        ({"tiers": ["secret"]}, "base.tiers: unknown tier, got 'secret'"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_made(
    changes: dict[str, Any], sentence: str
) -> None:
    args = arguments(**changes)
    assert refusal(lambda: TierFoundation("base", args)).startswith(sentence)

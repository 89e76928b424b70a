"""No store that the library makes breaks a rule, in any tier, whatever is not known yet."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from bulkhead import KeyPartition, PartitionStores
from bulkhead.domain.labels import Plane
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.arguments import read_scope
from bulkhead.preview.run import Options
from tests.foundation.samples import ADMIN, planned, scope

PACK = Path(__file__).parents[2] / "policies"
Make = Callable[[dict[str, Any], KeyPartition], object]


def partition_stores(place: Any, keys: KeyPartition) -> None:
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", tags=tagged(place))
    index = {"name": "handbook", "dimension": 1024, "metric": "cosine"}
    more: Any = {"key_arns": keys.arns, "vpc_id": vpc.id, "vector_indexes": [index]}
    PartitionStores("stores", {**place, **more})


def tagged(place: Any) -> dict[str, str]:
    return read_scope(place["scope"], where="scope").labels(place["tier"], Plane.DATA, "x").tags()


MAKERS: dict[str, Make] = {"partition stores": partition_stores}


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("tier", Tier)
def test_stores_break_no_rule(tier: Tier, environment: str) -> None:
    place = {"scope": scope(environment=environment), "tier": tier}

    def program() -> None:
        administrators: Any = {"administrators": [ADMIN]}
        keys = KeyPartition("keys", {**place, **administrators})
        for make in MAKERS.values():
            make(place, keys)

    plan = planned(program, options=Options(packs=[PACK]))
    assert [(v.policy, v.urn, v.message) for v in plan.violations] == []

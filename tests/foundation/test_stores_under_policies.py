"""No store that the library makes breaks a rule, in any tier, whatever is not known yet."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi_aws as aws
import pytest

from bulkhead import (
    EncryptedQueue,
    EncryptedTable,
    EncryptedTopic,
    ImageRegistry,
    KeyPartition,
    PartitionStores,
    PlaneNetwork,
    SharedFileSystem,
)
from bulkhead.domain.environments import Environment
from bulkhead.domain.labels import Plane
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.arguments import read_scope
from bulkhead.preview.run import Options
from tests.foundation.samples import ADMIN, planned, scope

PACK = Path(__file__).parents[2] / "policies"
Make = Callable[[dict[str, Any], KeyPartition], object]


def partition_stores(place: Any, keys: KeyPartition) -> None:
    vpc = aws.ec2.DefaultVpc("vpc")
    index = {"name": "handbook", "dimension": 1024, "metric": "cosine"}
    more: Any = {"key_arns": keys.arns, "vpc_id": vpc.id, "vector_indexes": [index]}
    PartitionStores("stores", {**place, **more})


def small_stores(place: Any, keys: KeyPartition) -> None:
    named = {**place, "name": "lineage", "plane": "control", "key_arn": keys.arn(Purpose.DATA)}
    source = "arn:aws:sns:eu-central-1:111122223333:dev-alarms"
    services: Any = [{"service": "sns.amazonaws.com", "source_arn": source}]
    EncryptedTable("table", {**named, "hash_key": "dataset"})
    EncryptedQueue("queue", {**named, "senders": services})
    EncryptedTopic("topic", {**named, "publishers": services})


def images(place: Any, keys: KeyPartition) -> None:
    more: Any = {"key_arn": keys.arn(Purpose.MODEL), "repositories": ["vllm"]}
    ImageRegistry("images", {**place, **more, "enhanced_scanning": True})


def files(place: Any, keys: KeyPartition) -> None:
    network = PlaneNetwork(
        "network", {**place, "cidr": "10.0.0.0/16", "log_key_arn": keys.arn(Purpose.LOG)}
    )
    more: Any = {
        "name": "training-data",
        "key_arn": keys.arn(Purpose.DATA),
        "vpc_id": network.vpc_id,
        "subnet_ids": network.subnet_ids["training"],
        "client_security_group_ids": ["sg-1"],
        "tenants": [{"name": "doc-summary", "user_id": 2001}],
    }
    SharedFileSystem("files", {**place, **more})


def tagged(place: Any) -> dict[str, str]:
    return read_scope(place["scope"], where="scope").labels(place["tier"], Plane.DATA, "x").tags()


MAKERS: list[Make] = [partition_stores, small_stores, images, files]


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("tier", Tier)
def test_stores_break_no_rule(tier: Tier, environment: Environment) -> None:
    place = {"scope": scope(environment=environment), "tier": tier}

    def program() -> None:
        administrators: Any = {"administrators": [ADMIN]}
        keys = KeyPartition("keys", {**place, **administrators})
        for make in MAKERS:
            make(place, keys)

    plan = planned(program, options=Options(packs=[PACK]))
    assert [(v.policy, v.urn, v.message) for v in plan.violations] == []

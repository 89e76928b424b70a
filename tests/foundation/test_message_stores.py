"""Tables, queues and topics."""

import json
from typing import Any

import pytest

from bulkhead import EncryptedQueue, EncryptedTable, EncryptedTopic
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ACCOUNT, KEY, one, planned, refusal, scope

TABLE = "aws:dynamodb/table:Table"
QUEUE = "aws:sqs/queue:Queue"
TOPIC = "aws:sns/topic:Topic"
SOURCE = f"arn:aws:sns:eu-central-1:{ACCOUNT}:prod-alarms"
SERVICE = {"service": "sns.amazonaws.com", "source_arn": SOURCE}
COMPONENTS: dict[str, Any] = {
    "table": EncryptedTable,
    "queue": EncryptedQueue,
    "topic": EncryptedTopic,
}


def arguments(kind: str, **changes: Any) -> Any:
    told = {"scope": scope(environment="prod"), "tier": "restricted", "name": "lineage"}
    keys = {"hash_key": "dataset"} if kind == "table" else {}
    return {**told, "plane": "control", "key_arn": KEY, **keys, **changes}


def made(kind: str, **changes: Any) -> Plan:
    args = arguments(kind, **changes)
    return planned(lambda: COMPONENTS[kind](kind, args))


def refused(kind: str, **changes: Any) -> str:
    args = arguments(kind, **changes)
    return refusal(lambda: COMPONENTS[kind](kind, args))


@pytest.mark.parametrize(
    ("kind", "token", "path"),
    [
        ("table", TABLE, ("serverSideEncryption", "kmsKeyArn")),
        ("queue", QUEUE, ("kmsMasterKeyId",)),
        ("topic", TOPIC, ("kmsMasterKeyId",)),
    ],
)
def test_each_is_encrypted_labelled_named_by_its_partition_and_protected(
    kind: str, token: str, path: tuple[str, ...]
) -> None:
    for resource in made(kind).of_type(token):
        found: Any = resource.inputs
        for step in path:
            found = found[step]
        assert found == KEY
        assert resource.inputs["name"].startswith("prod-restricted-lineage")
        assert resource.inputs["tags"]["bulkhead:plane"] == "control"
        assert resource.inputs["tags"]["bulkhead:tier"] == "restricted"
        assert resource.options["protect"] is True
    for resource in made(kind, scope=scope()).of_type(token):
        assert "protect" not in resource.options or resource.options["protect"] is False


@pytest.mark.parametrize("kind", COMPONENTS)
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "Lineage"}, ".name: not a usable name, got 'Lineage'"),
        ({"plane": "cargo"}, ".plane: unknown plane, got 'cargo'; allowed: control, data, model"),
        ({"tier": "secret"}, ".tier: unknown tier, got 'secret'"),
        ({"scope": scope(region="sa-east-1")}, ".tier: "),
        ({"key_arn": None}, ".key_arn: a missing argument"),
        ({"colour": "red"}, ": unknown argument, got 'colour'"),
    ],
)
def test_what_is_wrong_with_any_is_said(kind: str, changes: dict[str, Any], sentence: str) -> None:
    assert refused(kind, **changes).startswith(f"{kind}{sentence}")


class TestTable:
    @pytest.mark.parametrize("tier", Tier)
    def test_it_can_be_restored_as_far_back_as_the_tier_keeps_backups(self, tier: Tier) -> None:
        table = one(made("table", tier=tier), TABLE).inputs
        days = CATALOGUE[tier].backup.keep_days
        assert table["pointInTimeRecovery"] == {"enabled": True, "recoveryPeriodInDays": days}
        assert 1 <= days <= 35  # what DynamoDB takes

    @pytest.mark.parametrize(("environment", "protected"), [("dev", False), ("staging", True)])
    def test_the_api_deletes_it_where_data_is_not_protected(
        self, environment: str, protected: bool
    ) -> None:
        table = one(made("table", scope=scope(environment=environment)), TABLE).inputs
        assert table["deletionProtectionEnabled"] is protected

    def test_its_attributes_are_the_keys_of_table_and_indexes(self) -> None:
        table = one(
            made(
                "table",
                range_key="version",
                indexes=[{"name": "by-model", "hash_key": "model", "range_key": "version"}],
                key_types={"version": "N"},
                ttl_attribute="expires",
            ),
            TABLE,
        ).inputs
        assert (table["hashKey"], table["rangeKey"]) == ("dataset", "version")
        assert table["attributes"] == [
            {"name": "dataset", "type": "S"},
            {"name": "model", "type": "S"},
            {"name": "version", "type": "N"},
        ]
        assert table["globalSecondaryIndexes"] == [
            {
                "name": "by-model",
                "projectionType": "ALL",
                "keySchemas": [
                    {"attributeName": "model", "keyType": "HASH"},
                    {"attributeName": "version", "keyType": "RANGE"},
                ],
            }
        ]
        assert table["ttl"] == {"attributeName": "expires", "enabled": True}
        assert table["billingMode"] == "PAY_PER_REQUEST"

    def test_items_stay_unless_an_attribute_says_when_they_go(self) -> None:
        assert "ttl" not in one(made("table"), TABLE).inputs

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            (
                {"key_types": {"owner": "S"}},
                "table.key_types.owner: a type for what is no key, got 'owner'; allowed: dataset",
            ),
            (
                {"key_types": {"dataset": "BOOL"}},
                "table.key_types.dataset: not the type of a key, got 'BOOL'; allowed: S, N, B",
            ),
            (
                {"indexes": [{"name": "x", "hash_key": "a"}, {"name": "x", "hash_key": "b"}]},
                "table.indexes[1].name: an index stands twice, got 'x'",
            ),
            ({"indexes": [{"name": "x"}]}, "table.indexes[0].hash_key: a missing argument"),
            ({"key_types": ["S"]}, "table.key_types: a value of the wrong type"),
            ({"hash_key": 3}, "table.hash_key: a value of the wrong type, got '3'"),
        ],
    )
    def test_keys_that_do_not_fit_are_refused(self, changes: dict[str, Any], sentence: str) -> None:
        assert refused("table", **changes).startswith(sentence)


class TestQueue:
    def test_messages_that_fail_wait_longer_than_any_message_lives(self) -> None:
        plan = made("queue", visibility_seconds=300, retention_days=13, attempts=3)
        live, failed = one(plan, QUEUE, "queue").inputs, one(plan, QUEUE, "queue-failed").inputs
        assert live["visibilityTimeoutSeconds"] == 300
        assert live["messageRetentionSeconds"] == 13 * 24 * 3600
        assert failed["messageRetentionSeconds"] == 14 * 24 * 3600
        arn = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:prod-restricted-lineage"
        assert json.loads(live["redrivePolicy"]) == {
            "deadLetterTargetArn": f"{arn}-failed",
            "maxReceiveCount": 3,
        }
        assert json.loads(failed["redriveAllowPolicy"]) == {
            "redrivePermission": "byQueue",
            "sourceQueueArns": [arn],
        }

    def test_the_queue_of_failed_messages_is_there_first(self) -> None:
        queue = one(made("queue"), QUEUE, "queue")
        assert any(urn.endswith("::queue-failed") for urn in queue.dependencies)

    def test_both_keep_their_order_or_neither(self) -> None:
        names = {
            queue.inputs["name"]: queue.inputs["fifoQueue"]
            for queue in made("queue", fifo=True).of_type(QUEUE)
        }
        assert names == {
            "prod-restricted-lineage.fifo": True,
            "prod-restricted-lineage-failed.fifo": True,
        }

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            (
                {"retention_days": 14},
                "queue.retention_days: not what a queue takes, got '14'; allowed: 1 to 13 days",
            ),
            ({"visibility_seconds": 0}, "queue.visibility_seconds: not what a queue takes"),
            ({"visibility_seconds": 43201}, "queue.visibility_seconds: not what a queue takes"),
            ({"attempts": 1001}, "queue.attempts: not what a queue takes, got '1001'"),
            ({"attempts": True}, "queue.attempts: a value of the wrong type"),
        ],
    )
    def test_times_that_sqs_does_not_take_are_refused(
        self, changes: dict[str, Any], sentence: str
    ) -> None:
        assert refused("queue", **changes).startswith(sentence)


@pytest.mark.parametrize(("kind", "key"), [("queue", "senders"), ("topic", "publishers")])
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"service": "*"}, ".service: not a service that can be let in, got '*'"),
        ({"service": "arn:aws:iam::111122223333:root"}, ".service: not a service that can be"),
        ({"source_arn": "*"}, ".source_arn: not the ARN of the service's source, got '*'"),
        ({"source_arn": f"arn:aws:sns:eu-central-1:{ACCOUNT}:*"}, ".source_arn: not the ARN of"),
        ({"source_arn": "arn:aws:*:*:*:*"}, ".source_arn: not the ARN of the service's source"),
        ({"source_arn": None}, ".source_arn: a missing argument"),
    ],
)
def test_a_service_is_let_in_for_a_source_that_tells_whose_it_is(
    kind: str, key: str, changes: dict[str, Any], sentence: str
) -> None:
    found = refused(kind, **{key: [{**SERVICE, **changes}]})
    assert found.startswith(f"{kind}.{key}[0]{sentence}")


def test_a_topic_refuses_the_service_that_drops_messages_where_a_policy_has_a_condition() -> None:
    events = {**SERVICE, "service": "events.amazonaws.com"}
    found = refused("topic", publishers=[events])
    assert found.startswith("topic.publishers[0].service: not a service that can be let in")
    assert "let it send to a queue" in found
    assert made("queue", senders=[events])


def test_a_topics_messages_are_signed_with_sha_256() -> None:
    assert one(made("topic"), TOPIC).inputs["signatureVersion"] == 2
    fifo = one(made("topic", fifo=True), TOPIC).inputs
    assert fifo["name"] == "prod-restricted-lineage.fifo"
    assert fifo["fifoTopic"] is True

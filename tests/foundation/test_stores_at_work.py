"""What stores do once they are made: the settings that components render, on simulated services.

The account is the simulator's own, so that ARNs which components compose meet those that the
services give.
"""

import datetime
import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID

from bulkhead import EncryptedBucket, EncryptedQueue, EncryptedTable
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.preview.plan import Plan
from tests.foundation.samples import KEY, REGION, one, planned, scope

TABLE, QUEUE, BUCKET = "aws:dynamodb/table:Table", "aws:sqs/queue:Queue", "aws:s3/bucket:Bucket"
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
SIMULATED = {"account_id": DEFAULT_ACCOUNT_ID}


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


def made(component: Any, environment: str = "prod", tier: str = "restricted", **more: Any) -> Plan:
    place = {"scope": scope(environment=environment, **SIMULATED), "tier": tier, "key_arn": KEY}
    return planned(lambda: component("store", {**place, **more}))


def as_called(value: Any) -> Any:
    """A part of a resource as the service's API spells it."""
    if isinstance(value, dict):
        return {key[0].upper() + key[1:]: as_called(item) for key, item in value.items()}
    return value


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return str(refused.value.response["Error"]["Code"])


class TestBucket:
    def stored(self, store: str, environment: str, tier: str) -> tuple[Any, dict[str, str]]:
        """A client of S3, and an object in a bucket that is set as the component says."""
        plan = made(EncryptedBucket, environment, tier, store=store, access_log_bucket="logs")
        bucket = one(plan, BUCKET).inputs
        s3, name = boto3.client("s3"), bucket["bucket"]
        s3.create_bucket(
            Bucket=name,
            ObjectLockEnabledForBucket=bucket["objectLockEnabled"],
            CreateBucketConfiguration={"LocationConstraint": REGION},
        )
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        for lock in plan.of_type(LOCK):
            rule = {"ObjectLockEnabled": "Enabled", "Rule": as_called(lock.inputs["rule"])}
            s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=rule)
        version = s3.put_object(Bucket=name, Key="record", Body=b"who did what")["VersionId"]
        return s3, {"Bucket": name, "Key": "record", "VersionId": version}

    @pytest.mark.parametrize("tier", Tier)
    def test_nobody_deletes_evidence_while_its_tier_keeps_it(self, tier: Tier) -> None:
        s3, record = self.stored("evidence", "prod", tier)
        assert refusal(s3.delete_object, **record) == "AccessDenied"
        kept = s3.head_object(**record)["ObjectLockRetainUntilDate"] - datetime.datetime.now(
            datetime.UTC
        )
        assert kept.days + 1 == CATALOGUE[tier].retention.evidence_days

    @pytest.mark.parametrize(
        ("environment", "lifted"), [("dev", True), ("staging", False), ("prod", False)]
    )
    def test_no_permission_lifts_the_lock_where_data_is_protected(
        self, environment: str, lifted: bool
    ) -> None:
        s3, record = self.stored("evidence", environment, "restricted")
        by_permission = {**record, "BypassGovernanceRetention": True}
        if lifted:
            s3.delete_object(**by_permission)
        else:
            assert refusal(s3.delete_object, **by_permission) == "AccessDenied"

    def test_a_deleted_dataset_comes_back_and_a_deletion_request_is_met(self) -> None:
        s3, record = self.stored("datasets", "prod", "confidential")
        marker = s3.delete_object(Bucket=record["Bucket"], Key="record")["VersionId"]
        s3.delete_object(Bucket=record["Bucket"], Key="record", VersionId=marker)
        assert s3.get_object(Bucket=record["Bucket"], Key="record")["Body"].read()
        s3.delete_object(**record)
        assert "Versions" not in s3.list_object_versions(Bucket=record["Bucket"])


class TestQueue:
    @pytest.mark.parametrize("fifo", [False, True])
    def test_a_message_that_fails_again_and_again_waits_with_the_failed_ones(
        self, fifo: bool
    ) -> None:
        plan = made(EncryptedQueue, name="purges", plane="data", attempts=3, fifo=fifo)
        sqs = boto3.client("sqs")
        failed, queue = (
            sqs.create_queue(QueueName=inputs["name"], Attributes=self.attributes(inputs))[
                "QueueUrl"
            ]
            for inputs in (one(plan, QUEUE, each).inputs for each in ("store-failed", "store"))
        )
        order = {"MessageGroupId": "g", "MessageDeduplicationId": "d"} if fifo else {}
        sqs.send_message(QueueUrl=queue, MessageBody="purge", **order)

        def received(url: str) -> list[str]:
            answer = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
            return [message["Body"] for message in answer.get("Messages", [])]

        assert [received(queue) for _ in range(4)] == [["purge"], ["purge"], ["purge"], []]
        assert received(failed) == ["purge"]
        sources = sqs.list_dead_letter_source_queues(QueueUrl=failed)["queueUrls"]
        assert sources == [queue]

    def attributes(self, inputs: dict[str, Any]) -> dict[str, str]:
        taken = {
            "fifoQueue",
            "kmsMasterKeyId",
            "redriveAllowPolicy",
            "redrivePolicy",
        }
        found = {key: value for key, value in inputs.items() if key in taken}
        return {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in as_called(found).items()
        }


class TestTable:
    def table(self, environment: str) -> Any:
        plan = made(
            EncryptedTable,
            environment,
            name="lineage",
            plane="control",
            hash_key="dataset",
            range_key="version",
            key_types={"version": "N"},
            indexes=[{"name": "by-model", "hash_key": "model"}],
        )
        inputs = one(plan, TABLE).inputs
        dynamodb = boto3.client("dynamodb")
        dynamodb.create_table(
            TableName=inputs["name"],
            AttributeDefinitions=[
                {"AttributeName": each["name"], "AttributeType": each["type"]}
                for each in inputs["attributes"]
            ],
            KeySchema=[
                {"AttributeName": inputs[f"{kind}Key"], "KeyType": kind.upper()}
                for kind in ("hash", "range")
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": index["name"],
                    "KeySchema": [as_called(key) for key in index["keySchemas"]],
                    "Projection": {"ProjectionType": index["projectionType"]},
                }
                for index in inputs["globalSecondaryIndexes"]
            ],
            BillingMode=inputs["billingMode"],
            DeletionProtectionEnabled=inputs["deletionProtectionEnabled"],
        )
        return dynamodb

    def test_items_are_found_by_their_keys_and_by_an_index(self) -> None:
        dynamodb = self.table("prod")
        item = {"dataset": {"S": "mail"}, "version": {"N": "2"}, "model": {"S": "triage"}}
        dynamodb.put_item(TableName="prod-restricted-lineage", Item=item)
        found = dynamodb.query(
            TableName="prod-restricted-lineage",
            IndexName="by-model",
            KeyConditionExpression="model = :model",
            ExpressionAttributeValues={":model": {"S": "triage"}},
        )
        assert found["Items"] == [item]

    def test_the_api_deletes_no_table_whose_data_is_protected(self) -> None:
        prod = self.table("prod")
        assert (
            refusal(prod.delete_table, TableName="prod-restricted-lineage") == "ValidationException"
        )
        self.table("dev").delete_table(TableName="dev-restricted-lineage")

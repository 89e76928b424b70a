"""The audit trail (AUD-1)."""

import json
from typing import Any

import pytest

from bulkhead import AuditTrail
from bulkhead.domain.environments import ENVIRONMENTS, Environment
from bulkhead.domain.tiers import CATALOGUE, LockMode, Tier
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ACCOUNT, KEY, REGION, one, planned, refusal, scope

TRAIL, GROUP = "aws:cloudtrail/trail:Trail", "aws:cloudwatch/logGroup:LogGroup"
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


def arguments(environment: str = "prod", tier: str = "restricted", **changes: Any) -> Any:
    return {
        "scope": scope(environment=environment),
        "tier": tier,
        "key_arn": KEY,
        "access_log_bucket": "logs",
        **changes,
    }


def made(**changes: Any) -> Plan:
    return planned(
        lambda: AuditTrail("audit", arguments(**changes)),
        assume_applied=True,
        config={"aws:region": REGION},
    )


@pytest.fixture(scope="module")
def plan() -> Plan:
    return made()


def test_it_records_every_region_and_shows_when_a_record_was_changed(plan: Plan) -> None:
    trail = one(plan, TRAIL).inputs
    on = ["isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation"]
    assert [trail[each] for each in [*on, "enableLogging"]] == [True] * 4
    assert trail["kmsKeyId"] == KEY


def recorded(plan: Plan, kind: str, arn: str) -> bool:
    """Whether a selector of the trail takes an event, as CloudTrail decides."""
    event = {"eventCategory": "Data", "resources.type": kind, "resources.ARN": arn}

    def fits(field: dict[str, Any]) -> bool:
        value = event.get(field["field"], "")
        included = [
            *(value == each for each in field.get("equals", [])),
            *(value.startswith(each) for each in field.get("startsWiths", [])),
        ]
        return any(included) and not any(
            value.startswith(each) for each in field.get("notStartsWiths", [])
        )

    selectors = one(plan, TRAIL).inputs["advancedEventSelectors"]
    return any(all(fits(field) for field in each["fieldSelectors"]) for each in selectors)


@pytest.mark.parametrize(
    ("kind", "arn", "expected"),
    [
        ("S3::Object", "arn:aws:s3:::prod-internal-models-1/acme/weights", True),
        ("S3::Object", "arn:aws:s3:::prod-public-datasets-1/x", True),
        ("S3::Object", "arn:aws:s3:::dev-internal-models-1/x", False),
        ("S3::Object", "arn:aws:s3:::prod-restricted-audit-trail-1/AWSLogs/x", False),
        ("S3::Object", "arn:aws:s3:::prod-public-access-logs-1/x", False),
        ("DynamoDB::Table", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/prod-lineage", True),
        ("DynamoDB::Table", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/dev-lineage", False),
    ],
)
def test_it_records_the_data_of_the_environments_stores_but_not_its_own_deliveries(
    plan: Plan, kind: str, arn: str, expected: bool
) -> None:
    assert recorded(plan, f"AWS::{kind}", arn) is expected


def test_it_records_management_without_exception(plan: Plan) -> None:
    first, *_ = one(plan, TRAIL).inputs["advancedEventSelectors"]
    assert first["fieldSelectors"] == [{"field": "eventCategory", "equals": ["Management"]}]


@pytest.mark.parametrize("environment", Environment)
@pytest.mark.parametrize("tier", Tier)
def test_records_are_locked_and_kept_as_the_catalogue_asks(
    tier: Tier, environment: Environment
) -> None:
    plan = made(tier=tier, environment=environment)
    days = CATALOGUE[tier].retention.evidence_days
    firm = ENVIRONMENTS[environment].protect_data
    mode = CATALOGUE[tier].storage.evidence_lock if firm else LockMode.GOVERNANCE
    assert one(plan, LOCK).inputs["rule"]["defaultRetention"] == {"mode": mode, "days": days}
    ends = [r["expiration"] for r in one(plan, LIFECYCLE).inputs["rules"] if "expiration" in r]
    assert ends == [{"days": days}]
    assert one(plan, TRAIL).options["protect"] is firm


@pytest.mark.parametrize("environment", Environment)
def test_an_environment_is_searched_and_learnt_as_closely_as_the_catalogue_asks(
    environment: Environment,
) -> None:
    plan, watch = made(environment=environment), ENVIRONMENTS[environment].watch
    trail = one(plan, TRAIL).inputs
    rates = {each["insightType"] for each in trail.get("insightSelectors", [])}
    assert rates == ({"ApiCallRateInsight", "ApiErrorRateInsight"} if watch.insights else set())
    groups = [group.inputs for group in plan.of_type(GROUP)]
    assert ("cloudWatchLogsGroupArn" in trail) is bool(groups) is watch.searchable
    for group in groups:
        assert trail["cloudWatchLogsGroupArn"].endswith(f":{group['name']}:*")
        assert group["kmsKeyId"] == KEY
        assert group["retentionInDays"] == CATALOGUE[Tier.RESTRICTED].retention.log_days


def test_production_is_watched_closer_than_dev() -> None:
    dev, prod = (ENVIRONMENTS[each].watch for each in (Environment.DEV, Environment.PROD))
    assert not dev.searchable
    assert prod.searchable


def test_cloudtrail_writes_to_its_streams_of_its_log_group_and_nothing_else(plan: Plan) -> None:
    policy = json.loads(one(plan, "aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    (statement,) = policy["Statement"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:PutLogEvents"]
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/bulkhead/prod/audit"
    assert statement["Resource"] == f"{group}:log-stream:{ACCOUNT}_CloudTrail_{REGION}*"


def test_a_retention_under_the_tiers_minimum_is_refused() -> None:
    assert refusal(lambda: AuditTrail("audit", arguments(retention_days=2556))) == (
        "audit.retention_days: a retention under the tier's minimum, got '2556'; "
        "allowed: 2557 days or more for evidence of tier restricted"
    )


def test_a_longer_retention_is_kept() -> None:
    plan = made(retention_days=4000)
    assert one(plan, LOCK).inputs["rule"]["defaultRetention"]["days"] == 4000

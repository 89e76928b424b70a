"""Environments are watched and backed up as the catalogue asks, prod closer than dev (AUD-1)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bulkhead.domain.environments import ENVIRONMENTS, Environment
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.preview.plan import Plan
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_stack
from tests.foundation.samples import one

PROJECT = load_project(Path(__file__).parents[2])
TRAIL = "aws:cloudtrail/trail:Trail"
LOCK = "aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration"


@pytest.fixture(scope="module")
def foundation() -> Callable[[Environment], Plan]:
    made: dict[Environment, Plan] = {}

    def preview(environment: Environment) -> Plan:
        if environment not in made:
            options = Options(assume_applied=True)
            made[environment] = preview_stack(PROJECT, f"{environment}-foundation", options)
        return made[environment]

    return preview


@pytest.mark.parametrize("environment", Environment)
def test_it_has_one_trail_one_detector_one_recorder_and_a_vault_for_each_tier(
    foundation: Callable[[Environment], Plan], environment: Environment
) -> None:
    plan, watch = foundation(environment), ENVIRONMENTS[environment].watch
    trail = one(plan, TRAIL).inputs
    assert bool(trail.get("insightSelectors")) is watch.insights
    assert ("cloudWatchLogsGroupArn" in trail) is watch.searchable
    recording = one(plan, "aws:cfg/recorder:Recorder").inputs["recordingMode"]
    frequency = "CONTINUOUS" if watch.continuous else "DAILY"
    assert recording == {"recordingFrequency": frequency}
    assert one(plan, "aws:guardduty/detector:Detector").inputs["enable"] is True
    assert set(plan.outputs["backup_vaults"]) == set(plan.outputs["key_arns"])


def test_the_trail_is_kept_by_the_highest_tier_in_use_and_locked(
    foundation: Callable[[Environment], Plan],
) -> None:
    plan = foundation(Environment.PROD)
    tier = max((Tier(each) for each in plan.outputs["key_arns"]), key=lambda each: each.rank)
    lock = one(plan, LOCK, "audit").inputs
    days = CATALOGUE[tier].retention.evidence_days
    assert lock["rule"]["defaultRetention"]["days"] == days
    assert f"prod-{tier}-audit-trail-" in one(plan, TRAIL).inputs["s3BucketName"]


def test_an_address_that_is_none_is_refused_before_anything_is_made() -> None:
    config: dict[str, Any] = {"bulkhead:alarm_emails": '["security"]'}
    plan = preview_stack(PROJECT, "dev-foundation", Options(config=config))
    assert plan.resources == []
    assert [error.message for error in plan.errors] == [
        "Pulumi.dev-foundation.yaml: bulkhead:alarm_emails: not an e-mail address, "
        "got 'security'; allowed: name@domain"
    ]

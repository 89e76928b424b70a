"""Findings weigh as much as the environment says that they are made in (POL-3)."""

import datetime
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2

from bulkhead.domain.errors import RefusedError
from bulkhead_policies.analyzer import Analyzer
from bulkhead_policies.reports import ENVIRONMENTS_WEIGH, UNDECIDED
from bulkhead_policies.settings import read_settings
from tests.policies.parts import tags, volume
from tests.policies.scenes import (
    ADVISORY,
    MANDATORY,
    UNKNOWN,
    Declared,
    analyze_request,
    served,
    stack_request,
)
from tests.policies.test_analyzer import configured
from tests.policies.twins import EVERY

ID = ENVIRONMENTS_WEIGH.id.replace("-", "_")
LIGHT_IN_DEV = {"levels": {"dev": "advisory"}}
OPEN = volume().without("encrypted")


def level_of(
    resource: Declared, servicer: Analyzer, stack: str = "sandbox", policy: str = ""
) -> Any:
    request = analyze_request(resource)
    request.urn = request.urn.replace("urn:pulumi:dev::", f"urn:pulumi:{stack}::")
    [said] = servicer.Analyze(request, None).diagnostics
    assert said.policyName == policy or not policy
    return said.enforcementLevel


def labelled(environment: str) -> Declared:
    return OPEN.but("tags", tags(environment=environment))


@pytest.mark.parametrize(
    ("stack", "environment", "level"),
    [
        ("sandbox", "dev", ADVISORY),
        ("dev-foundation", "dev", ADVISORY),
        ("sandbox", "prod", MANDATORY),
        ("prod-foundation", "dev", MANDATORY),
        ("acme.Staging", "dev", MANDATORY),
        ("productive", "dev", ADVISORY),
        ("dev", "Prod", MANDATORY),
    ],
)
def test_the_strictest_of_stack_and_label_counts(stack: str, environment: str, level: Any) -> None:
    resource = OPEN.but("tags/bulkhead:environment", environment)
    assert level_of(resource, configured(**{ID: LIGHT_IN_DEV}), stack) == level


def test_a_stack_without_an_environment_is_told_its_own() -> None:
    unlabelled = OPEN.but("tags/bulkhead:environment", UNKNOWN)
    said = configured(**{ID: LIGHT_IN_DEV}).Analyze(_elsewhere(unlabelled), None).diagnostics
    assert MANDATORY in {d.enforcementLevel for d in said}
    told = configured(**{ID: {**LIGHT_IN_DEV, "environment": "dev"}})
    said = told.Analyze(_elsewhere(unlabelled), None).diagnostics
    assert {d.enforcementLevel for d in said} == {ADVISORY}


def _elsewhere(resource: Declared) -> Any:
    request = analyze_request(resource)
    request.urn = request.urn.replace("urn:pulumi:dev::", "urn:pulumi:sandbox::")
    return request


def test_by_default_every_environment_is_mandatory() -> None:
    assert level_of(labelled("dev"), served(), "dev") == MANDATORY


def test_a_critical_finding_keeps_its_weight_unless_told_otherwise() -> None:
    [trust] = EVERY["bulkhead-iam-restrict-trust"].bad
    assert level_of(trust, configured(**{ID: LIGHT_IN_DEV}), "dev") == MANDATORY
    assert level_of(trust, configured(**{ID: {**LIGHT_IN_DEV, "keep": []}}), "dev") == ADVISORY


def test_what_is_undecided_weighs_no_more() -> None:
    unknown = volume().but("encrypted", UNKNOWN)
    assert level_of(unknown, configured(**{ID: LIGHT_IN_DEV}), "dev", UNDECIDED.id) == ADVISORY


def test_an_advisory_rule_is_not_made_mandatory_by_an_environment() -> None:
    servicer = configured(
        **{ID: LIGHT_IN_DEV, "bulkhead_ebs_encrypt_volumes": analyzer_pb2.ADVISORY}
    )
    assert level_of(labelled("prod"), servicer, "prod") == ADVISORY


def test_relations_weigh_alike() -> None:
    servicer = configured(**{ID: {**LIGHT_IN_DEV, "keep": []}})
    scene = EVERY["bulkhead-s3-encrypt-buckets"].bad
    for resource in scene:
        servicer.Analyze(analyze_request(resource), None)
    said = servicer.AnalyzeStack(stack_request(scene), None).diagnostics
    assert {d.enforcementLevel for d in said} == {ADVISORY}


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"levels": {"dev": "lax"}}, f"{ENVIRONMENTS_WEIGH.id}.levels.dev: unknown, got 'lax'"),
        ({"levels": {"test": "advisory"}}, f"{ENVIRONMENTS_WEIGH.id}.levels: unknown env"),
        ({"levels": "advisory"}, f"{ENVIRONMENTS_WEIGH.id}.levels: not a mapping"),
        ({"environment": "qa"}, f"{ENVIRONMENTS_WEIGH.id}.environment: unknown, got 'qa'"),
        ({"keep": ["severe"]}, f"{ENVIRONMENTS_WEIGH.id}.keep[0]: unknown, got 'severe'"),
        ({"exemptions": []}, f"{ENVIRONMENTS_WEIGH.id}.exemptions: unknown key; allowed: levels"),
    ],
)
def test_a_wrong_word_is_refused_with_its_key(given: Any, complaint: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read_settings(
            ENVIRONMENTS_WEIGH.id,
            ENVIRONMENTS_WEIGH.options,
            given,
            datetime.date(2026, 11, 22),
            exemptible=False,
        )
    assert str(refused.value).startswith(complaint)

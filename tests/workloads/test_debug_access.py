"""Debug access: an IAM role for hours, and a role in one namespace that opens what was asked."""

import datetime
import json
from typing import Any

import pytest

from bulkhead import DebugAccess
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ACCOUNT, one, planned, refusal, scope

START = datetime.datetime.now(datetime.UTC).replace(minute=0, second=0, microsecond=0)
PERSON = f"arn:aws:iam::{ACCOUNT}:role/sso/on-call"
ROLE, BINDING = (
    f"kubernetes:rbac.authorization.k8s.io/v1:{kind}" for kind in ("Role", "RoleBinding")
)


def at(hours: float) -> str:
    return (START + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def program(**changes: Any) -> None:
    tenant = {"name": "acme", "tier": "internal", "owner": "team-ml", "cost_center": "cc-42"}
    DebugAccess(
        "incident",
        {
            "scope": scope(),
            "tenant": tenant | changes.pop("tenant", {}),
            "cluster_name": "dev-shared",
            "people": [PERSON],
            "owner": "team-ml",
            "reason": "Incident 4711: the server leaks",
            "starts": at(0),
            "hours": 4,
            **changes,
        },
    )


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(program, assume_applied=True)


def test_the_role_is_taken_on_by_the_named_people_until_an_hour_before_the_end(plan: Plan) -> None:
    role = one(plan, "aws:iam/role:Role").inputs
    (statement,) = json.loads(role["assumeRolePolicy"])["Statement"]
    assert statement["Condition"] == {
        "ArnEquals": {"aws:PrincipalArn": [PERSON]},
        "DateGreaterThanEquals": {"aws:CurrentTime": at(0)},
        "DateLessThan": {"aws:CurrentTime": at(3)},
    }
    assert role["maxSessionDuration"] == 3600
    assert role["path"] == "/bulkhead/dev/people/"
    assert role["name"] == "dev-debug-acme-incident"


def test_the_access_entry_makes_it_the_tenants_debugger_with_this_grants_rights(plan: Plan) -> None:
    entry = one(plan, "aws:eks/accessEntry:AccessEntry").inputs
    assert entry["kubernetesGroups"] == ["acme:debug", "acme:debug:incident"]
    (subject,) = one(plan, BINDING).inputs["subjects"]
    assert (subject["kind"], subject["name"]) == ("Group", "acme:debug:incident")
    assert one(plan, BINDING).inputs["metadata"]["namespace"] == "acme"


@pytest.mark.parametrize(
    ("ways", "opened"),
    [
        (None, {"pods/attach", "pods/ephemeralcontainers"}),
        (["command"], {"pods/exec"}),
        (["logs"], {"pods/log"}),
    ],
)
def test_a_way_opens_what_it_needs_and_nothing_else(ways: Any, opened: set[str]) -> None:
    plan = planned(lambda: program(ways=ways))
    rules = one(plan, ROLE).inputs["rules"]
    assert {each for rule in rules for each in rule["resources"]} == {"pods"} | opened
    assert not {"*"} & {v for rule in rules for v in rule["verbs"]}


def test_the_role_in_the_cluster_says_who_answers_for_it_and_until_when(plan: Plan) -> None:
    assert one(plan, ROLE).inputs["metadata"]["annotations"] == {
        "bulkhead.dev/debug-owner": "team-ml",
        "bulkhead.dev/debug-reason": "Incident 4711: the server leaks",
        "bulkhead.dev/debug-starts": at(0),
        "bulkhead.dev/debug-expires": at(4),
        "bulkhead.dev/debug-ways": "debug-container",
    }


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"people": []}, "incident.people: debug access for nobody; allowed: at least one ARN"),
        ({"people": ["alice"]}, "incident.people: not the ARN of an IAM role or user, got 'alice'"),
        ({"starts": at(-5)}, "incident.starts: debug access has expired"),
        (
            {"tenant": {"tier": "regulated", "pattern": "single-tenant-cluster"}},
            "incident.hours: debug access to tier 'regulated' does not last so long or so short, "
            "got '4'; allowed: 2 to 2 hours",
        ),
        (
            {"tenant": {"tier": "restricted", "pattern": "single-tenant-cluster"},
             "ways": ["logs"]},
            "incident.ways: logs of tier 'restricted' are read after their redaction only",
        ),
        ({"ways": ["ssh"]}, "incident.ways: unknown way, got 'ssh'"),
        ({"starts": "now"}, "incident.starts: not an instant in UTC, got 'now'"),
        ({"hour": 2}, "incident: unknown argument, got 'hour'"),
    ],
)  # fmt: skip
def test_access_that_may_not_be_granted_is_refused(changes: Any, sentence: str) -> None:
    assert refusal(lambda: program(**changes)).startswith(sentence)

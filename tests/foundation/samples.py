"""What tests of every room build with, and how they look at what was registered."""

import fnmatch
import json
from collections.abc import Callable, Iterator
from typing import Any

from bulkhead.preview.plan import Plan, Resource
from bulkhead.preview.run import preview_function

ACCOUNT = "111122223333"
REGION = "eu-central-1"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/platform-deployer"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
SCOPE = {
    "environment": "dev",
    "region": REGION,
    "account_id": ACCOUNT,
    "owner": "platform-team",
    "cost_center": "cc-100",
}
"""Arguments of a scope."""

APPLIED: dict[str, Any] = {"assume_applied": True, "config": {"aws:region": REGION}}
"""Options of a preview in which what AWS would answer is assumed, in the scope's Region."""


def scope(**changes: str) -> Any:
    return {**SCOPE, **changes}


def planned(program: Callable[[], object], **options: Any) -> Plan:
    """What a program registers, which must be without error."""
    plan = preview_function(program, **options)
    assert [error.message for error in plan.errors] == []
    return plan


def refusal(program: Callable[[], object]) -> str:
    """The sentence with which a program is refused, before it registers anything."""
    plan = preview_function(program)
    assert plan.resources == []
    assert len(plan.errors) == 1
    return plan.errors[0].message


def one(plan: Plan, token: str, name: str = "*") -> Resource:
    """The only resource of a type whose name matches."""
    found = [r for r in plan.of_type(token) if fnmatch.fnmatchcase(r.name, name)]
    assert len(found) == 1, [r.name for r in plan.of_type(token)]
    return found[0]


def statements(policy: str) -> dict[str, Any]:
    """The statements of a policy document by their Sid."""
    found = json.loads(policy)["Statement"]
    by_sid = {statement["Sid"]: statement for statement in found}
    assert len(by_sid) == len(found)
    return by_sid


def strings(value: Any) -> Iterator[str]:
    """Every string anywhere inside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)

"""What holds for every rule on every scene, whatever the rule is about."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bulkhead.domain.labels import LABEL_PREFIX, REQUIRED_KEYS, TAG_PREFIX
from tests.policies.scenes import Declared, Scene, found
from tests.policies.twins import EVERY
from tests.policies.well_made import WELL_MADE

SCENES: list[Scene] = [
    *WELL_MADE.values(),
    *(
        scene
        for twins in EVERY.values()
        for scene in (twins.good, twins.bad, *twins.more_good.values(), *twins.more_bad.values())
    ),
]

TIGHT: Mapping[str, Any] = {
    "allowPrivilegeEscalation": False,
    "associatePublicIpAddress": False,
    "automountServiceAccountToken": False,
    "blockPublicAcls": True,
    "blockPublicPolicy": True,
    "enableKeyRotation": True,
    "encrypted": True,
    "endpointPublicAccess": False,
    "failurePolicy": "Fail",
    "hostIPC": False,
    "hostNetwork": False,
    "hostPID": False,
    "httpPutResponseHopLimit": 1,
    "httpTokens": "required",
    "ignorePublicAcls": True,
    "mapPublicIpOnLaunch": False,
    "privileged": False,
    "readOnlyRootFilesystem": True,
    "restrictPublicBuckets": True,
    "runAsNonRoot": True,
    "shareProcessNamespace": False,
}
"""The tightest value of properties that have one."""

OWN = {f"{prefix}{key}" for prefix in (TAG_PREFIX, LABEL_PREFIX) for key in REQUIRED_KEYS}
"""The keys of the label set."""


def rewritten(scene: Scene, change: Callable[[str, Any], tuple[str, Any]]) -> Scene:
    """The scene with every entry of every mapping changed."""

    def walk(value: Any) -> Any:
        if isinstance(value, Mapping):
            return dict(change(key, walk(item)) for key, item in value.items())
        return [walk(item) for item in value] if isinstance(value, list) else value

    return tuple(dataclasses.replace(r, properties=walk(r.properties)) for r in scene)


def names(scene: Scene) -> set[str]:
    return {said.policyName for said in found(scene)}


@given(st.sampled_from(SCENES), st.sets(st.sampled_from(sorted(TIGHT)), min_size=1))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_tightening_adds_no_violation(scene: Scene, keys: set[str]) -> None:
    def tighten(key: str, value: Any) -> tuple[str, Any]:
        return key, TIGHT[key] if key in keys else value

    assert names(rewritten(scene, tighten)) <= names(scene)


@pytest.mark.parametrize("rule", EVERY)
def test_neither_order_nor_case_of_labels_matters(rule: str) -> None:
    for scene in (EVERY[rule].good, EVERY[rule].bad):
        assert names(tuple(map(shouted, scene))) == names(scene)


def shouted(resource: Declared) -> Declared:
    """The resource with its labels in another order, their keys and what they name in capitals."""

    def shout(key: str, value: Any) -> tuple[str, Any]:
        if key not in ("tags", "labels") or not isinstance(value, dict):
            return key, value
        return key, {_key(label): _value(label, told) for label, told in reversed(value.items())}

    return rewritten((resource,), shout)[0]


def _key(label: str) -> str:
    return label.title() if label in OWN else label


def _value(label: str, told: Any) -> Any:
    named = label.endswith(("tier", "environment")) and isinstance(told, str)
    return told.upper() if named else told

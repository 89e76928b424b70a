"""The real engine takes the programs through their whole life; only the providers are stand-ins."""

import json
import re
from collections.abc import Callable

import pytest

from tests.engine.platforms import DEMO, FAULTY, PACKS, Platform, found_platforms
from tests.engine.workspace import Workspace


@pytest.mark.parametrize("platform", found_platforms(), ids=str)
def test_a_platform_comes_up_stays_as_it_is_and_goes(
    platform: Platform, workspace: Callable[..., Workspace]
) -> None:
    engine = workspace(platform.project, platform.packs)
    for stack in platform.stacks:
        engine.init(stack)
        first = engine.up(stack, "--skip-preview", *engine.policies)
        assert first.code == 0, first.output
    for stack in platform.stacks:
        second = engine.up(stack, "--skip-preview", "--expect-no-changes")
        assert second.code == 0, second.output
    for stack in reversed(platform.stacks):
        gone = engine.destroy(stack)
        assert gone.code == 0, gone.output
        assert not engine.export(stack).get("resources")


def test_a_secret_is_readable_in_the_program_but_not_in_the_state(
    workspace: Callable[..., Workspace],
) -> None:
    engine = workspace(DEMO)
    engine.init("dev")
    assert engine.up("dev", "--skip-preview").code == 0

    exported = engine.export("dev", "--show-secrets")
    (password,) = (
        json.loads(resource["outputs"]["result"]["plaintext"])
        for resource in exported["resources"]
        if resource["type"] == "random:index/randomPassword:RandomPassword"
    )
    assert "known-to-nobody" in json.dumps(exported)

    stored = "".join(file.read_text() for file in engine.state.rglob("*") if file.is_file())
    assert "ciphertext" in stored
    assert "known-to-nobody" not in stored
    assert password not in stored


def test_a_mandatory_policy_keeps_the_engine_from_creating_anything(
    workspace: Callable[..., Workspace],
) -> None:
    engine = workspace(FAULTY, PACKS)
    engine.init("dev")
    blocked = engine.up("dev", *engine.policies)
    assert blocked.code != 0
    refusals = set(re.findall(r"\[mandatory\].* (bulkhead-[a-z0-9-]+) ", blocked.output))
    assert {"bulkhead-eks-hide-endpoint", "bulkhead-namespace-limit-resources"} <= refusals
    assert not engine.export("dev").get("resources")

"""The real engine takes the programs through their whole life; only the providers are stand-ins."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pulumi.runtime import rpc

from tests.engine.platforms import DEMO, FAULTY, PACKS, Platform, found_platforms
from tests.engine.workspace import Workspace


@pytest.mark.parametrize("platform", found_platforms(), ids=str)
def test_a_platform_comes_up_stays_as_it_is_and_goes(
    platform: Platform, workspace: Callable[..., Workspace]
) -> None:
    engine = workspace(platform.project, platform.packs)
    for stack in platform.stacks:
        engine.init(stack)
        first = engine.up(stack)
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
    stored = "".join(f.read_text() for f in engine.state.rglob("*.json*") if f.is_file())
    secrets = set(plaintexts(exported))
    (password,) = (
        resource["outputs"]["result"]["plaintext"]
        for resource in exported["resources"]
        if resource["type"] == "random:index/randomPassword:RandomPassword"
    )
    assert {"known-to-nobody", json.loads(password)} <= secrets
    assert "ciphertext" in stored
    assert not [secret for secret in secrets if secret in stored]


def test_a_mandatory_policy_keeps_the_engine_from_creating_anything(
    workspace: Callable[..., Workspace],
) -> None:
    engine = workspace(FAULTY, PACKS)
    engine.init("dev")
    blocked = engine.up("dev")
    assert blocked.code != 0
    assert re.search(r"\[mandatory\].* bulkhead-eks-hide-endpoint ", blocked.output)
    assert not engine.export("dev").get("resources")


def plaintexts(node: Any) -> Iterator[str]:
    """The strings that a state exported with its secrets shown marks as secret."""
    if isinstance(node, dict) and node.get(rpc._special_sig_key) == rpc._special_secret_sig:
        yield from strings(json.loads(node["plaintext"]))
    elif isinstance(node, dict | list):
        for item in node.values() if isinstance(node, dict) else node:
            yield from plaintexts(item)


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict | list):
        for item in node.values() if isinstance(node, dict) else node:
            yield from strings(item)

"""The offline preview says what the real engine says: the same resources, inputs and verdicts."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime import rpc

from bulkhead.preview.plan import MASK
from tests.engine.platforms import FAULTY, PACKS, ROOT, WITNESS, Platform, found_platforms
from tests.engine.workspace import Run, Workspace
from tests.policies.faults import write_faults

REGULATED = ROOT / "policies" / "packs" / "regulated"


@pytest.mark.parametrize("platform", [*found_platforms(), Platform(FAULTY, ("dev",))], ids=str)
def test_the_engine_and_the_offline_preview_agree(
    platform: Platform, workspace: Callable[..., Workspace]
) -> None:
    engine = workspace(platform.project, (*PACKS, WITNESS))
    offline = offline_plans(platform, engine)
    assert tuple(offline) == platform.stacks

    for stack, plan in offline.items():
        engine.init(stack)
        preview = engine.preview(stack, *engine.policies)
        assert not plan["errors"], preview.complaints
        disagreements = [
            *differences(inputs_of(plan), inputs_of_engine(preview)),
            *differences(verdicts_of(plan), verdicts_of_engine(preview)),
        ]
        assert not disagreements, "\n".join(disagreements[:40])
        assert bool(preview.code) == bool(plan["summary"]["mandatory"]), preview.complaints
        if stack != platform.stacks[-1]:  # the next one reads its outputs
            first = engine.up(stack, "--skip-preview")
            assert first.code == 0, first.output


def test_the_engine_finds_the_same_fault_of_every_rule(
    tmp_path: Path, workspace: Callable[..., Workspace]
) -> None:
    engine = workspace(write_faults(tmp_path / "faults"), [REGULATED])
    offline = offline_plans(Platform(engine.project, ("dev",)), engine)["dev"]
    engine.init("dev")
    preview = engine.preview("dev", *engine.policies)
    assert preview.code, preview.complaints
    found = [*differences(verdicts_of(offline), verdicts_of_engine(preview))]
    assert not found, "\n".join(found[:40])


def offline_plans(platform: Platform, engine: Workspace) -> dict[str, Any]:
    """What ``bulkhead preview`` finds in the same folder with the same packs, by stack."""
    environment = platform.stacks[0].rpartition("-")[0]
    which = ["--env", environment] if environment else ["--stack", *platform.stacks]
    bulkhead = Path(sys.prefix) / "bin" / "bulkhead"
    done = subprocess.run(
        [bulkhead, "preview", engine.project, *which, *engine.policies, "--format", "json"],
        env=engine.environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = json.loads(done.stdout)
    return {plan["stack"]: plan for plan in found.get("stacks", [found])}


def inputs_of(plan: dict[str, Any]) -> dict[str, Any]:
    return {resource["urn"]: digested(resource["inputs"]) for resource in plan["resources"]}


def inputs_of_engine(preview: Run) -> dict[str, Any]:
    inputs = {urn: plain(resource["inputs"]) for urn, resource in preview.resources.items()}
    for urn, resource in preview.resources.items():
        if resource["type"].startswith("pulumi:providers:"):
            for added in ("__internal", "version"):  # by the engine, to find the plugin again
                inputs[urn].pop(added, None)
    return inputs


def verdicts_of(plan: dict[str, Any]) -> dict[tuple[str, ...], Any]:
    return by_place(
        (found["policy"], found["level"], found["urn"], found["message"])
        for found in plan["violations"]
    )


def verdicts_of_engine(preview: Run) -> dict[tuple[str, ...], Any]:
    return by_place(
        (found["policyName"], found["enforcementLevel"], found["resourceUrn"], found["message"])
        for found in preview.violations
    )


def by_place(verdicts: Iterable[tuple[str, str, str, str]]) -> dict[tuple[str, ...], Any]:
    """Messages by policy, level and URN; what the witness saw as data."""
    found: dict[tuple[str, ...], Any] = {}
    for *place, message in verdicts:
        description, _, told = message.strip().partition("\n")
        saw = json.loads(told) if place[0].startswith("witness-") else f"{description}: {told}"
        found.setdefault(tuple(place), []).append(saw)
    return {place: sorted(saw, key=str) for place, saw in found.items()}


def differences(offline: Any, engine: Any, *path: object) -> Iterator[str]:
    """Where two accounts of the same thing differ, and how."""
    if isinstance(offline, dict) and isinstance(engine, dict):
        for key in {**offline, **engine}:
            yield from differences(offline.get(key), engine.get(key), *path, key)
    elif isinstance(offline, list) and isinstance(engine, list) and len(offline) == len(engine):
        for index, pair in enumerate(zip(offline, engine, strict=True)):
            yield from differences(*pair, *path, index)
    elif offline != engine:
        yield f"{path}: {offline!r} offline, {engine!r} on the engine"


def digested(node: Any) -> Any:
    """An input with the digest of a text asset in place of the text, which the engine hides."""
    if isinstance(node, list):
        return [digested(item) for item in node]
    if not isinstance(node, dict):
        return node
    if node.get(rpc._special_sig_key) == rpc._special_asset_sig and "text" in node:
        return {**node, "text": sha256(node["text"].encode()).hexdigest()}
    return {key: digested(item) for key, item in node.items()}


def plain(node: Any) -> Any:
    """The engine's account of an input, as ``digested`` writes it."""
    if isinstance(node, list):
        return [plain(item) for item in node]
    if not isinstance(node, dict):
        return node
    kind = node.get(rpc._special_sig_key)
    if kind == rpc._special_secret_sig:
        return MASK
    if kind == rpc._special_asset_sig and "text" in node:
        return {rpc._special_sig_key: kind, "text": node["hash"]}
    return {key: plain(item) for key, item in node.items() if not (kind and key == "hash")}

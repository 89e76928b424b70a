"""One program with one deliberate fault per rule, made of the rules' own bad twins."""

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

from tests.policies.scenes import Declared, Scene
from tests.policies.twins import EVERY

PROGRAM = Path(__file__).parents[1] / "engine" / "programs" / "faults"

NAMES = (("bucket",), ("name",), ("metadata", "name"), ("metadata", "namespace"))
"""Where the twins give the literal names by which resources belong together."""


def write_faults(folder: Path) -> Path:
    """A Pulumi project in ``folder`` that declares the bad twin of every rule."""
    shutil.copytree(PROGRAM, folder)
    scenes = {
        rule: [_told(resource) for resource in apart(twins.bad, f"-{number}")]
        for number, (rule, twins) in enumerate(EVERY.items())
    }
    (folder / "scenes.json").write_text(json.dumps(scenes), encoding="utf-8")
    return folder


def apart(scene: Scene, suffix: str) -> Scene:
    """A scene under names of its own, so that no other scene's companions belong to it."""
    told = {_at(resource.properties, path) for resource in scene for path in NAMES}
    names = {name for name in told if name and name != "default"}  # a rule is about that one
    return tuple(
        dataclasses.replace(
            resource,
            name=resource.name + suffix,
            properties=_renamed(dict(resource.properties), names, suffix),
            depends={k: tuple(n + suffix for n in d) for k, d in resource.depends.items()},
        )
        for resource in sorted(scene, key=lambda resource: len(resource.depends))
    )


def _told(resource: Declared) -> dict[str, Any]:
    keys = ("type", "name", "properties", "depends", "protect")
    return {key: getattr(resource, key) for key in keys}


def _at(properties: Any, path: tuple[str, ...]) -> str | None:
    found = properties
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, str) else None


def _renamed(value: Any, names: set[str], suffix: str) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, names, suffix) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names, suffix) for item in value]
    return f"{value}{suffix}" if isinstance(value, str) and value in names else value

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest

HOUSE = Path(__file__).parent.parent

EVERY_ROOM = {
    *("domain", "foundation", "cluster", "workloads"),
    *("governance", "observability", "patterns"),
}
MAY_IMPORT = {
    "bulkhead": {"domain"},  # the package itself, which every import of a room runs
    "domain": {"domain"},
    "foundation": {"domain", "foundation"},
    "cluster": {"domain", "foundation", "cluster"},
    "workloads": {"domain", "foundation", "cluster", "workloads"},
    "governance": {"domain", "foundation", "governance"},
    "observability": {"domain", "foundation", "observability"},
    "patterns": EVERY_ROOM,
    "preview": {"domain", "preview"},
    "policies": {"domain", "policies"},
    "host": EVERY_ROOM,  # components/__main__.py, which serves the components to other languages
    "stacks": EVERY_ROOM,
    "examples": EVERY_ROOM,
}
"""For each part of the house, the rooms of bulkhead that it may import."""

ABOVE_THE_ROOMS = {"host", "stacks", "examples"}
"""Parts that may import components from the package itself, which loads them from any room."""

OTHERS_ALLOWED = {"domain": set[str](), "policies": {"pulumi_policy"}}
"""Parts that may import nothing from outside but the standard library and these packages. The
domain has none, since the policies import it."""


def part_of(path: PurePosixPath) -> str:
    """The part of the house that a module belongs to."""
    match path.parts:
        case ("components", "bulkhead", "__init__.py"):
            return "bulkhead"
        case ("components", "bulkhead", room, _, *_):
            return room
        case ("components", "__main__.py"):
            return "host"
        case (("policies" | "stacks" | "examples") as part, *_):
            return part
    return f"unknown: {path}"


def imported(source: str, path: PurePosixPath) -> Iterator[str]:
    """Dotted names of everything that a module imports, wherever and however it does it."""
    package = [part for part in path.parent.parts if part not in {"components", "policies"}]
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                anchor = package[: len(package) - level + 1] if level else []
                base = [*anchor, *([module] if module else [])]
                yield from (".".join([*base, alias.name]) for alias in names)
            case ast.Call(
                func=ast.Name(id="__import__" | "import_module")
                | ast.Attribute(attr="import_module"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name


def wrong_arrows(source: str, path: PurePosixPath) -> list[str]:
    """What a module imports and may not."""
    part = part_of(path)
    rooms = MAY_IMPORT.get(part, set())
    wrong = []
    for name in imported(source, path):
        match name.split("."):
            case ["bulkhead", room, *_] if room in MAY_IMPORT:
                allowed = room in rooms
            case ["bulkhead", *_]:
                allowed = part in ABOVE_THE_ROOMS
            case ["bulkhead_policies", *_]:
                allowed = "policies" in rooms
            case ["tests" | "moto" | "pytest" | "hypothesis", *_]:
                allowed = False
            case [top, *_]:
                others = OTHERS_ALLOWED.get(part)
                allowed = others is None or top in others or top in sys.stdlib_module_names
        if not allowed:
            wrong.append(f"{path}: {part} imports {name}")
    return wrong


def modules() -> Iterator[PurePosixPath]:
    for folder in ("components", "policies", "stacks", "examples"):
        for path in sorted((HOUSE / folder).rglob("*.py")):
            yield PurePosixPath(path.relative_to(HOUSE).as_posix())


def test_every_module_stands_in_a_room_of_the_house() -> None:
    assert [str(path) for path in modules() if part_of(path) not in MAY_IMPORT] == []


def test_imports_go_one_way() -> None:
    assert [
        arrow
        for path in modules()
        for arrow in wrong_arrows((HOUSE / path).read_text("utf-8"), path)
    ] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("components/bulkhead/domain/x.py", "import pulumi"),
        ("components/bulkhead/domain/x.py", "def f():\n    from pydantic import BaseModel"),
        ("components/bulkhead/domain/x.py", "import boto3.session as s"),
        ("components/bulkhead/domain/x.py", "from bulkhead.foundation.keys import Keys"),
        ("components/bulkhead/domain/x.py", "from ..foundation import keys"),
        ("components/bulkhead/domain/deep/x.py", "from ...foundation import keys"),
        ("components/bulkhead/domain/__init__.py", "from .. import foundation"),
        ("components/bulkhead/foundation/x.py", "from bulkhead import cluster"),
        ("components/bulkhead/foundation/x.py", "import bulkhead.governance.registry"),
        ("components/bulkhead/cluster/x.py", "import os, bulkhead.workloads"),
        ("components/bulkhead/workloads/x.py", "from bulkhead.patterns import a"),
        ("components/bulkhead/workloads/x.py", "from bulkhead.governance import cards"),
        ("components/bulkhead/governance/x.py", "from bulkhead.cluster import eks"),
        ("components/bulkhead/governance/x.py", "from bulkhead.observability import logs"),
        ("components/bulkhead/observability/x.py", "from bulkhead.workloads import tenant"),
        ("components/bulkhead/patterns/x.py", "import bulkhead_policies"),
        ("components/bulkhead/patterns/x.py", "from bulkhead.preview import plan"),
        ("components/bulkhead/preview/x.py", "from bulkhead.foundation import keys"),
        ("components/bulkhead/preview/x.py", "import_module('bulkhead.patterns')"),
        ("components/bulkhead/preview/x.py", "importlib.import_module('bulkhead_policies')"),
        ("components/bulkhead/preview/x.py", "__import__('bulkhead.cluster')"),
        ("components/bulkhead/__init__.py", "from bulkhead.foundation import keys"),
        ("components/bulkhead/__init__.py", "from .preview import plan"),
        ("components/bulkhead/foundation/x.py", "from bulkhead import SharedCluster"),
        ("components/bulkhead/domain/x.py", "import bulkhead"),
        ("policies/bulkhead_policies/x.py", "from bulkhead import EncryptedBucket"),
        ("components/bulkhead/preview/x.py", "from .. import EncryptedBucket"),
        ("components/bulkhead/cluster/x.py", "import pytest"),
        ("components/__main__.py", "from bulkhead.preview import cli"),
        ("policies/bulkhead_policies/x.py", "import pulumi_aws"),
        ("policies/bulkhead_policies/x.py", "from pulumi_aws.s3 import Bucket"),
        ("policies/bulkhead_policies/x.py", "import pulumi"),
        ("policies/bulkhead_policies/x.py", "from bulkhead.foundation import keys"),
        ("policies/__main__.py", "import yaml"),
        ("stacks/__main__.py", "from bulkhead.preview import plan"),
        ("stacks/foundation.py", "import bulkhead_policies.packs"),
        ("examples/a/__main__.py", "from tests.domain import test_tiers"),
    ],
)
def test_a_wrong_arrow_is_seen(path: str, source: str) -> None:
    assert len(wrong_arrows(source, PurePosixPath(path))) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("components/bulkhead/domain/x.py", "import re\nfrom . import tiers"),
        ("components/bulkhead/foundation/x.py", "import pulumi_aws\nfrom ..domain import tiers"),
        ("components/bulkhead/governance/x.py", "from bulkhead.foundation import keys"),
        ("components/bulkhead/patterns/x.py", "from bulkhead.workloads.tenant import Tenant"),
        ("components/bulkhead/preview/x.py", "import pulumi\nfrom .plan import Plan"),
        ("policies/bulkhead_policies/x.py", "from pulumi_policy import PolicyPack\nimport re"),
        ("policies/bulkhead_policies/x.py", "from .rules import a\nfrom bulkhead.domain import b"),
        ("policies/__main__.py", "from bulkhead_policies.packs import ALL"),
        ("stacks/__main__.py", "import config\nfrom bulkhead.patterns import a"),
        ("stacks/cluster.py", "from bulkhead import PrivateCluster"),
        ("examples/a/__main__.py", "from bulkhead import SharedCluster"),
        ("components/__main__.py", "import bulkhead"),
    ],
)
def test_a_right_arrow_is_let_be(path: str, source: str) -> None:
    assert wrong_arrows(source, PurePosixPath(path)) == []


@pytest.mark.parametrize(
    "path", ["components/bulkhead/helpers.py", "components/bulkhead/attic/x.py", "components/x.py"]
)
def test_a_module_outside_every_room_is_seen(path: str) -> None:
    assert part_of(PurePosixPath(path)) not in MAY_IMPORT


def test_the_domain_loads_in_a_fresh_interpreter_without_pulumi_or_any_other_package() -> None:
    domain = HOUSE / "components/bulkhead/domain"
    names = sorted(f"bulkhead.domain.{path.stem}" for path in domain.glob("[!_]*.py"))
    program = (
        "import importlib, json, sys\n"
        "before = set(sys.modules)\n"
        "for name in json.loads(sys.argv[1]): importlib.import_module(name)\n"
        "print(json.dumps(sorted(set(sys.modules) - before)))\n"
    )
    finished = subprocess.run(
        [sys.executable, "-c", program, json.dumps(names)],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = json.loads(finished.stdout)
    assert set(names) <= set(loaded)
    assert {name.partition(".")[0] for name in loaded} - sys.stdlib_module_names == {"bulkhead"}

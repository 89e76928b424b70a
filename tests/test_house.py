import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
LONGEST_MODULE = 350

REQUIREMENTS = {
    "ISO": 11, "KEY": 4, "STO": 3, "NET": 2, "IAM": 3, "AUD": 1, "INF": 7, "TRN": 5,
    "COST": 4, "DAT": 5, "MOD": 3, "OBS": 2, "RSP": 2, "CMP": 1, "POL": 4,
}  # fmt: skip
"""How many requirements each group has; they are numbered from 1."""

REQUIREMENT_ID = re.compile(rf"\b({'|'.join(REQUIREMENTS)})-(\d+)\b")


def modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((HOUSE / folder).rglob("*.py"))


def unknown_requirements(text: str) -> list[str]:
    known = {f"{group}-{n + 1}" for group, count in REQUIREMENTS.items() for n in range(count)}
    return [found[0] for found in REQUIREMENT_ID.finditer(text) if found[0] not in known]


def tiers_compared_as_text(source: str) -> list[int]:
    """Lines on which ``<``, ``<=``, ``>`` or ``>=`` stands beside a tier instead of its rank."""

    def is_tier(node: ast.expr) -> bool:
        match node:
            case ast.Attribute(value=ast.Name(id="Tier")):
                return True
            case ast.Name(id=name) | ast.Attribute(attr=name):
                return name == "tier" or name.endswith("_tier")
        return False

    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
        and any(is_tier(operand) for operand in (node.left, *node.comparators))
    ]


def test_no_module_is_too_long_to_read() -> None:
    lengths = {
        str(path.relative_to(HOUSE)): len(path.read_text("utf-8").splitlines())
        for path in modules("components", "policies", "stacks")
    }
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_MODULE} == {}


def test_code_refers_only_to_requirements_that_exist() -> None:
    found = {
        str(path.relative_to(HOUSE)): unknown_requirements(path.read_text("utf-8"))
        for path in modules("components", "policies", "stacks", "examples")
    }
    assert {path: unknown for path, unknown in found.items() if unknown} == {}


@pytest.mark.parametrize("number", ["0", "12", "99", "01", "8601"])
def test_a_requirement_that_does_not_exist_is_seen(number: str) -> None:
    assert unknown_requirements(f"see (ISO-1, ISO-{number}).") == [f"ISO-{number}"]


def test_requirements_that_exist_and_words_that_only_resemble_them_are_let_be() -> None:
    assert unknown_requirements("ISO-11, COST-4, POL-1; ISO 8601, XISO-99, ISO-x, FOO-99") == []


def test_tiers_are_compared_by_rank() -> None:
    found = {
        str(path.relative_to(HOUSE)): tiers_compared_as_text(path.read_text("utf-8"))
        for path in modules("components", "policies", "stacks", "examples")
    }
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_a_tier_compared_as_text_is_seen() -> None:
    assert tiers_compared_as_text("tier >= Tier.CONFIDENTIAL") == [1]
    assert tiers_compared_as_text("0 < 1\nself.tier < labels.tier") == [2]
    assert tiers_compared_as_text("data_tier > other") == [1]
    assert tiers_compared_as_text("tier.rank >= Tier.PUBLIC.rank and tier == Tier.PUBLIC") == []


def test_the_component_host_needs_no_other_versions_than_the_package() -> None:
    project = tomllib.loads((HOUSE / "pyproject.toml").read_text())["project"]
    lines = (HOUSE / "components/requirements.txt").read_text().splitlines()
    needed = [line for line in lines if not line.startswith("#")]
    assert needed
    assert set(needed) <= set(project["dependencies"])

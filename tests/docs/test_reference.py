"""The generated pages are those that the code tells, and their examples work."""

from pathlib import Path

import pytest

from bulkhead.preview.run import Options, preview_function
from docs.component_pages import FOLDER, components, pages

ROOT = Path(__file__).parents[2]
EXAMPLES = {name: each.example for name, each in components().items() if each.example}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_previews_clean_under_the_policies(name: str) -> None:
    program = compile(EXAMPLES[name], f"<example of {name}>", "exec")
    plan = preview_function(
        lambda: exec(program, {"__name__": "__main__"}),  # noqa: S102 - our own docstrings
        options=Options(packs=[ROOT / "policies"]),
    )
    assert [error.message for error in plan.errors] == []
    assert [(v.policy, v.urn, v.message) for v in plan.violations if v.level == "mandatory"] == []
    assert f"bulkhead:index:{name}" in {resource.type for resource in plan.resources}


def test_every_component_shows_how_it_is_used() -> None:
    assert sorted(components()) == sorted(EXAMPLES)


def test_the_pages_are_current() -> None:
    written = {path: text for path, text in pages().items() if path.parent == FOLDER}
    assert {path.name for path in (ROOT / FOLDER).glob("*.md")} == {path.name for path in written}
    stale = [p.name for p, text in written.items() if (ROOT / p).read_text("utf-8") != text]
    assert stale == [], "run make docs"

"""RULES.md tells every rule as it is, with snippets that are the tests' own twins."""

import re
from pathlib import Path

import yaml

from bulkhead_policies.packs import REGULATED
from docs.rule_pages import PAGE, pages

ROOT = Path(__file__).parents[2]
TEXT = pages()[PAGE]
ENTRIES = {
    entry.partition("\n")[0]: entry
    for section in TEXT.split("\n## ")[1:]
    for entry in section.split("\n### ")[1:]
}


def test_the_page_is_current() -> None:
    assert (ROOT / PAGE).read_text("utf-8") == TEXT, "run make docs"


def test_every_rule_has_its_entry_and_a_row_that_leads_there() -> None:
    assert set(ENTRIES) == {rule.id for rule in REGULATED}
    assert set(re.findall(r"\(#(.+?)\)", TEXT)) == set(ENTRIES)


def test_an_entry_tells_what_the_rule_tells() -> None:
    for rule in REGULATED:
        entry = ENTRIES[rule.id]
        told = [rule.title, rule.why, rule.remediation, str(rule.severity)]
        told += [*rule.requirements, *rule.frameworks, *(f"`{o.name}`" for o in rule.options)]
        assert [text for text in told if text not in entry] == []


def test_what_is_refused_differs_from_what_is_accepted() -> None:
    for rule, entry in ENTRIES.items():
        refused, accepted = re.findall(r"```yaml\n(.*?)```", entry, re.DOTALL)
        assert refused != accepted, rule
        assert all(snippet.startswith("# ") for snippet in (refused, accepted)), rule
        for snippet in (refused, accepted):
            list(yaml.safe_load_all(snippet.replace("\n# ", "\n---\n# ")))

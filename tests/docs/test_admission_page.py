"""The page of what the cluster refuses is the one that the rules tell."""

from pathlib import Path

from bulkhead.cluster.admission.catalogue import admission_rules
from docs.admission_page import PAGE, pages

ROOT = Path(__file__).parents[2]


def test_the_page_is_current_and_tells_every_sentence() -> None:
    text = (ROOT / PAGE).read_text("utf-8")
    assert text == pages()[PAGE], "run make docs"
    assert [
        c.message for rule in admission_rules() for c in rule.checks if c.message not in text
    ] == []

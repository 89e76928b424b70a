"""Every policy document that the stacks and examples render is read, and none has a finding."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead.domain.environments import Environment
from bulkhead.preview.plan import Plan
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment, preview_stack
from tests.iam.documents import Assumed, documents
from tests.iam.evaluation import Evaluator

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(path.parent.name for path in ROOT.glob("examples/*/Pulumi.yaml"))


def plans(program: str) -> Iterator[Plan]:
    """The plans of an environment's stacks, or of an example."""
    options = Options(assume_applied=True)
    if program in EXAMPLES:
        yield preview_stack(load_project(ROOT / "examples" / program), "dev", options)
    else:
        yield from preview_environment(load_project(ROOT), Environment(program), options)


@pytest.mark.parametrize("program", [*Environment, *EXAMPLES])
def test_every_document_is_read_and_sound(evaluator: Evaluator, program: str) -> None:
    kinds: set[str] = set()
    for plan in plans(program):
        assert [error.message for error in plan.errors] == []
        found = documents(plan, assumed=Assumed(region="eu-central-1"))
        unread = [f"{name}: {note}" for name, notes in found.unmodelled.items() for note in notes]
        assert [note for note in unread if "not modelled" in note] == []
        assert [str(finding) for finding in evaluator.lint(found.policies)] == []
        kinds |= {kind for kind, _ in found.policies}
    assert kinds >= {"resource", "trust", "identity", "managed", "endpoint"}

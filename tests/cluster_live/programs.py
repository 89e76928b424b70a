"""Every program of the house that makes objects in a cluster."""

from collections.abc import Iterator
from pathlib import Path

from bulkhead.preview.plan import Plan
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment, preview_function, preview_stack
from docs.component_pages import components

HOUSE = Path(__file__).parents[2]
ENVIRONMENTS = ("dev", "staging", "prod")
EXAMPLES = {file.parent.name: file.parent for file in sorted(HOUSE.glob("examples/*/Pulumi.yaml"))}
APPLIED = Options(assume_applied=True)

DOCUMENTED = {
    name: each for name, each in components().items() if each.example and each.room != "foundation"
}
COMPONENTS = [name for name, each in DOCUMENTED.items() if each.room != "patterns"]
PATTERNS = [name for name, each in DOCUMENTED.items() if each.room == "patterns"]
"""Components whose documentation has a program that may make objects in a cluster."""


def plans(name: str) -> Iterator[Plan]:
    """The stacks of an environment, the stack of an example, or what documentation shows."""
    if name in ENVIRONMENTS:
        yield from preview_environment(load_project(HOUSE), name, APPLIED)
    elif name in EXAMPLES:
        yield preview_stack(load_project(EXAMPLES[name]), "dev", APPLIED)
    else:
        program = compile(DOCUMENTED[name].example, f"<example of {name}>", "exec")
        yield preview_function(
            lambda: exec(program, {"__name__": "__main__"}),  # noqa: S102 - our own docstrings
            assume_applied=True,
        )

"""Every program of the house that makes objects in a cluster."""

import functools
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


@functools.cache
def plans(name: str) -> tuple[Plan, ...]:
    """The stacks of an environment, the stack of an example, or what documentation shows.

    All of them together take a minute, and several tests look at each.
    """
    if name in ENVIRONMENTS:
        return tuple(preview_environment(load_project(HOUSE), name, APPLIED))
    if name in EXAMPLES:
        return (preview_stack(load_project(EXAMPLES[name]), "dev", APPLIED),)
    program = compile(DOCUMENTED[name].example, f"<example of {name}>", "exec")
    return (
        preview_function(
            lambda: exec(program, {"__name__": "__main__"}),  # noqa: S102 - our own docstrings
            assume_applied=True,
        ),
    )

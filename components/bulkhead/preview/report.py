"""Showing plans: as JSON for programs, as a tree and tables for people."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from bulkhead.preview.exposure import Exposure, exposures
from bulkhead.preview.monitor import STACK_TYPE
from bulkhead.preview.plan import Plan, Resource
from bulkhead.preview.summary import TenantIsolation, isolation
from bulkhead.preview.wire import masked


def exit_code(plans: Sequence[Plan]) -> int:
    """0 clean, 1 a mandatory violation, 2 an error of the program, its configuration or shape."""
    if any(plan.errors for plan in plans):
        return 2
    return int(any(v.level == "mandatory" for plan in plans for v in plan.violations))


def plan_as_json(plan: Plan) -> dict[str, Any]:
    """A plan in the documented shape, secrets masked and unknowns as the sentinel."""
    levels = [violation.level for violation in plan.violations]
    return {
        "project": plan.project,
        "stack": plan.stack,
        "resources": [
            {
                "urn": resource.urn,
                "type": resource.type,
                "name": resource.name,
                "parent": resource.parent,
                "inputs": masked(resource.inputs),
                "options": masked(resource.options),
                "dependencies": resource.dependencies,
            }
            for resource in plan.resources
        ],
        "outputs": masked(plan.outputs),
        "violations": [asdict(violation) for violation in plan.violations],
        "errors": [asdict(error) for error in plan.errors],
        "summary": {
            "resources": len(plan.resources),
            "mandatory": levels.count("mandatory"),
            "advisory": levels.count("advisory"),
            "errors": len(plan.errors),
            "isolation": [asdict(row) for row in isolation([plan])],
            "exposure": [asdict(row) for row in exposures([plan])],
            "notes": plan.notes,
        },
    }


def environment_as_json(plans: Sequence[Plan]) -> dict[str, Any]:
    """The layers of an environment, with the isolation and exposure that they give together."""
    return {
        "stacks": [plan_as_json(plan) for plan in plans],
        "summary": {
            "isolation": [asdict(row) for row in isolation(plans)],
            "exposure": [asdict(row) for row in exposures(plans)],
        },
    }


def print_plan(plan: Plan, console: Console) -> None:
    """Print a plan's resources as a tree, its outputs' names, notes, violations and errors."""
    console.print(f"Previewing [bold]{plan.project}/{plan.stack}[/bold]")
    console.print(_tree(plan))
    if plan.outputs:
        names = escape(", ".join(plan.outputs))
        console.print(f"Outputs: {names}", soft_wrap=True, highlight=False)
    for note in plan.notes:
        console.print(f"[yellow]note:[/yellow] {escape(note)}", soft_wrap=True, highlight=False)
    for violation in sorted(plan.violations, key=lambda v: v.level, reverse=True):
        colour = "red" if violation.level == "mandatory" else "yellow"
        console.print(
            f"[{colour}]{violation.level}[/{colour}] [bold]{escape(violation.policy)}[/bold] "
            f"({escape(violation.pack)})\n  {escape(violation.urn)}\n"
            + "\n".join(f"  {escape(line)}" for line in violation.message.splitlines()),
            soft_wrap=True,
            highlight=False,
        )
    for error in plan.errors:
        where = "".join(f"{part}: " for part in (error.urn, error.path) if part)
        console.print(
            f"[red]error:[/red] {escape(where + error.message)}", soft_wrap=True, highlight=False
        )
    console.print()


def print_summary(plans: Sequence[Plan], console: Console) -> None:
    """Print what isolates whom, what the internet reaches, and the counts of every stack."""
    if rows := isolation(plans):
        console.print(_table("What isolates whom", rows))
    if public := exposures(plans):
        console.print(_table("What the internet reaches", public))
    table = Table(title="Summary", title_justify="left", box=None, pad_edge=False)
    for heading in ("stack", "resources", "mandatory", "advisory", "errors"):
        table.add_column(heading, justify="left" if heading == "stack" else "right")
    for plan in plans:
        levels = [violation.level for violation in plan.violations]
        counts = (levels.count("mandatory"), levels.count("advisory"), len(plan.errors))
        table.add_row(plan.stack, str(len(plan.resources)), *map(str, counts))
    console.print(table)
    verdict = {
        0: Text("No mandatory violation.", "green"),
        1: Text("Blocked: a mandatory policy is violated.", "red"),
        2: Text("Failed: the preview is not complete.", "red"),
    }
    console.print(verdict[exit_code(plans)])


def _tree(plan: Plan) -> Tree:
    root = Tree(f"{STACK_TYPE} {plan.project}-{plan.stack}", guide_style="dim", highlight=False)
    nodes: dict[str, Tree] = {}
    for resource in plan.resources:
        parent = nodes.get(resource.parent or "", root)
        nodes[resource.urn] = parent.add(_line(resource))
    return root


def _line(resource: Resource) -> Text:
    verb = ("read", "cyan") if resource.read else ("create", "green")
    line = Text.assemble((resource.type, "" if resource.custom else "bold"), " ", resource.name)
    return line.append(f" {verb[0]}", verb[1])


def _table(title: str, rows: Sequence[TenantIsolation] | Sequence[Exposure]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in fields(rows[0]):
        table.add_column(column.name, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, asdict(row).values()))
    return table

"""Showing what the chooser recommends."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from bulkhead.domain.chooser import Option, Recommendation
from bulkhead.domain.isolation import PATTERNS


def as_json(found: Recommendation) -> dict[str, Any]:
    """The recommendation as plain data; what the program ``recommend --format json`` prints."""
    return {
        "risk": {key: str(value) for key, value in asdict(found.risk).items()},
        "recommended": {**_plain(found.option), "why": list(found.why)},
        "budget": None if found.budget is None else str(found.budget),
        "withinBudget": found.within_budget,
        "cautions": list(found.cautions),
        "alternatives": [
            {**_plain(other.option), "verdict": other.verdict} for other in found.alternatives
        ],
        "changes": list(found.changes),
    }


def _plain(option: Option) -> dict[str, Any]:
    profile = PATTERNS[option.pattern]
    return {
        "pattern": str(option.pattern),
        "letter": profile.letter,
        "confidentialPools": option.sealed,
        "isolation": str(profile.strength),
        "cost": str(profile.cost),
        "operations": profile.operations,
        "bestUse": profile.best_use,
        "limitation": profile.limitation,
    }


def show(found: Recommendation, console: Console) -> None:
    """Print the recommendation, and the other patterns as a table."""
    profile = PATTERNS[found.option.pattern]
    console.print(f"[bold green]{found.option}[/] (pattern {profile.letter})")
    console.print(f"  isolation   {profile.strength}")
    console.print(f"  cost        {profile.cost}")
    console.print(f"  operations  {profile.operations}")
    console.print(f"  best use    {profile.best_use}")
    for heading, lines in (
        ("Why", found.why),
        ("Look out", found.cautions),
        ("What would change the answer", found.changes),
    ):
        if lines:
            console.print(f"\n[bold]{heading}[/bold]")
            for line in lines:
                console.print(f"  - {line}", highlight=False)
    table = Table(title="The other patterns", title_justify="left", title_style="bold")
    for column in ("pattern", "isolation", "cost", "why not"):
        table.add_column(column, overflow="fold")
    for other in found.alternatives:
        against = PATTERNS[other.option.pattern]
        table.add_row(str(other.option), str(against.strength), str(against.cost), other.verdict)
    console.print()
    console.print(table)

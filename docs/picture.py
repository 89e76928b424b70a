"""Draws what `make preview` and the examples show as pictures: `make picture`.

The tree is cut to one tenant, or the picture would be longer than anybody scrolls.
"""

import datetime
import io
import re
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from bulkhead.preview import report
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment, preview_stack

ROOT = Path(__file__).parent.parent
SHOWN = "shared-market-research"
WIDTH = 150

OPENED = {"public-edge": "public-edge:publicUntil"}
"""Examples that are closed unless a day is given, with the key that takes it."""


def main() -> None:
    """Preview the dev platform and draw it."""
    options = Options(packs=[ROOT / "policies"])
    plans = list(preview_environment(load_project(ROOT), "dev", options))
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    workloads = plans[-1]
    tops = {r.urn: r.name for r in workloads.resources if not r.custom}
    seen = [r for r in workloads.resources if tops.get(r.parent or "", SHOWN) == SHOWN]
    console.print("[bold]$ make preview[/bold]\n[dim]…[/dim]")
    report.print_plan(replace(workloads, resources=seen), console)
    report.print_summary(plans, console)
    save(console, ROOT / "docs/preview.svg")
    for file in sorted(ROOT.glob("examples/*/Pulumi.yaml")):
        draw_example(file.parent)


def draw_example(folder: Path) -> None:
    """Draw what a preview of an example says at its end."""
    until = str(datetime.date.today() + datetime.timedelta(days=90))
    config = {OPENED[folder.name]: until} if folder.name in OPENED else {}
    options = Options(packs=[ROOT / "policies"], config=config)
    plan = preview_stack(load_project(folder), "dev", options)
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    given = "".join(f" -c {key}={value}" for key, value in config.items())
    console.print(
        f"[bold]$ bulkhead preview --stack dev --policy-pack ../../policies{given}[/bold]"
    )
    console.print("[dim]…[/dim]")
    report.print_summary([plan], console)
    save(console, folder / "preview.svg")


def save(console: Console, path: Path) -> None:
    """Write what was printed as a picture."""
    svg = console.export_svg(title="bulkhead", unique_id=path.parent.name)
    # The fonts of the export would be loaded from a third party.
    svg = re.sub(r"@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    path.write_text(svg.replace("Fira Code", "monospace"))


if __name__ == "__main__":
    main()

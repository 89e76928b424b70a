"""``make bench``: ratios against a bare program, and against importing the SDKs, in one run."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.policies import handler_seconds, start_seconds

ROOT = Path(__file__).parent.parent
TENANTS = {1: 3, 100: 3, 1000: 1}
"""How often each number of tenants is measured; the largest alone takes minutes."""

PARTITIONS = {1: 3, 5: 3, 15: 3}
"""How often each number of partitions is measured; 15 are three environments of five tiers."""

COMMAND_RUNS = 3
PACK_SIZES = (1250, 5000, 20_000)
"""Resources of the stacks that the packs judge; where no rule scans, each takes the same time."""


def main() -> None:
    """Print the tables."""
    console = Console(width=100)
    _packs(console)
    for pattern in ("shared-cluster", "dedicated-node-pools"):
        _components(console, pattern, "tenants", TENANTS)
    _components(console, "foundation", "partitions", PARTITIONS)
    _command(console)


def _packs(console: Console) -> None:
    table = Table(title=f"Every rule; the pack starts in {start_seconds():.2f} s beyond the SDK")
    for heading in ("resources", "handlers s", "ms each"):
        table.add_column(heading, justify="right")
    for resources in PACK_SIZES:
        seconds = handler_seconds(resources)
        table.add_row(str(resources), f"{seconds:.2f}", f"{1000 * seconds / resources:.2f}")
    console.print(table)


def _components(console: Console, program: str, unit: str, sizes: Mapping[int, int]) -> None:
    table = Table(title=f"{program} against the same resources bare, medians")
    for heading in (unit, "resources", "components s", "bare s", "ratio", "ms each", "MiB"):
        table.add_column(heading, justify="right")
    with tempfile.TemporaryDirectory() as folder:
        for size, runs in sizes.items():
            file = Path(folder) / "plan"
            pairs = []
            for _ in range(runs):
                console.print(f"{size} {unit} …", style="dim")
                ours = _measure("components", str(file), program, str(size))
                pairs.append((ours, _measure("bare", str(file))))
            seconds = [statistics.median(pair[i]["seconds"] for pair in pairs) for i in (0, 1)]
            ratio = statistics.median(ours["seconds"] / bare["seconds"] for ours, bare in pairs)
            count = int(pairs[0][0]["resources"])
            table.add_row(
                str(size),
                str(count),
                f"{seconds[0]:.2f}",
                f"{seconds[1]:.2f}",
                f"{ratio:.2f}",
                f"{1000 * seconds[0] / count:.1f}",
                f"{pairs[0][0]['mib']:.0f}",
            )
    console.print(table)


def _measure(*arguments: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.measure", *arguments],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _command(console: Console) -> None:
    """The whole command on the dev platform against importing what it uses."""
    preview = [str(Path(sys.executable).parent / "bulkhead"), "preview", "--env", "dev"]
    shown = subprocess.run(
        [*preview, "--format", "json"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    stacks = json.loads(shown.stdout)["stacks"]
    types = sorted({found["type"] for stack in stacks for found in stack["resources"]})
    touch = (
        "import pulumi, pulumi_aws, pulumi_kubernetes\n"
        "from bulkhead.preview.types import args_class\n"
        f"for token in {types!r}: args_class(token)\n"
    )
    pairs = [
        (_seconds([*preview, "--policy-pack", "policies"]), _seconds([sys.executable, "-c", touch]))
        for _ in range(COMMAND_RUNS)
    ]
    table = Table(title=f"bulkhead preview --env dev with the policies, median of {COMMAND_RUNS}")
    for heading in ("preview s", "imports s", "ratio"):
        table.add_column(heading, justify="right")
    table.add_row(
        f"{statistics.median(pair[0] for pair in pairs):.2f}",
        f"{statistics.median(pair[1] for pair in pairs):.2f}",
        f"{statistics.median(ours / bare for ours, bare in pairs):.2f}",
    )
    console.print(table)


def _seconds(command: list[str]) -> float:
    before = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - before


if __name__ == "__main__":
    main()

"""``make bench``: ratios against the bare thing in the same run; ``PARTS="tenants"`` for some.

Parts are ``packs``, ``components``, ``command``, and on a control plane ``tenants`` and
``admission``.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.admission import REQUESTS, ROUNDS, latencies
from benchmarks.policies import handler_seconds, start_seconds
from benchmarks.tenants import CONNECTIONS, take
from tests.control_plane.builds import build
from tests.installation import UnavailableError

ROOT = Path(__file__).parent.parent
TENANTS = {1: 3, 100: 3, 1000: 1}
"""How often each number of tenants is measured; the largest alone takes minutes."""

PARTITIONS = {1: 3, 5: 3, 15: 3}
"""How often each number of partitions is measured; 15 are three environments of five tiers."""

COMMAND_RUNS = 3
APPLIED = (10, 100, 1000)
"""Tenants that a control plane takes, each number once."""

PACK_SIZES = (1250, 5000, 20_000)
"""Resources of the stacks that the packs judge; where no rule scans, each takes the same time."""


def main() -> None:
    """Print the tables of the parts that are named, or of all."""
    console = Console(width=100)
    asked = sys.argv[1:] or list(PARTS)
    if unknown := [part for part in asked if part not in PARTS]:
        sys.exit(f"unknown part of the bench, got {unknown[0]!r}; allowed: {', '.join(PARTS)}")
    for part in asked:
        PARTS[part](console)


def _packs(console: Console) -> None:
    table = Table(title=f"Every rule; the pack starts in {start_seconds():.2f} s beyond the SDK")
    for heading in ("resources", "handlers s", "ms each"):
        table.add_column(heading, justify="right")
    for resources in PACK_SIZES:
        seconds = handler_seconds(resources)
        table.add_row(str(resources), f"{seconds:.2f}", f"{1000 * seconds / resources:.2f}")
    console.print(table)


def _every_component(console: Console) -> None:
    for pattern in ("shared-cluster", "dedicated-node-pools"):
        _components(console, pattern, "tenants", TENANTS)
    _components(console, "foundation", "partitions", PARTITIONS)


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


def _tenants(console: Console) -> None:
    if not (programs := _control_plane(console)):
        return
    table = Table(title=f"shared-cluster on a control plane, {CONNECTIONS} connections")
    for heading in ("tenants", "objects", "render s", "apply s", "counted s", "a second", "ratio"):
        table.add_column(heading, justify="right")
    for tenants in APPLIED:
        console.print(f"{tenants} tenants …", style="dim")
        found = take(tenants, programs, lambda said: console.print(said, style="dim"))
        each = found.apply / found.objects
        table.add_row(
            str(tenants),
            str(found.objects),
            f"{found.render:.1f}",
            f"{found.apply:.1f}",
            f"{found.counted:.1f}",
            f"{1 / each:.0f}",
            f"{each / found.bare:.2f}",
        )
    table.caption = "ratio: of an object to a bare config map, by the same connections"
    console.print(table)


def _admission(console: Console) -> None:
    if not (programs := _control_plane(console)):
        return
    console.print("requests without and with the policies …", style="dim")
    table = Table(title=f"Requests with the policies, {ROUNDS * REQUESTS} each, milliseconds")
    for heading in ("creates", "median", "without", "ratio", "p99", "without"):
        table.add_column(heading, justify="right")
    for each in latencies(programs, lambda said: console.print(said, style="dim")):
        medians = [statistics.median(found) for found in (each.having, each.without)]
        tails = [each.p99(found) for found in (each.having, each.without)]
        table.add_row(
            each.kind,
            *(f"{value:.1f}" for value in medians),
            f"{medians[0] / medians[1]:.2f}",
            *(f"{value:.1f}" for value in tails),
        )
    console.print(table)


def _control_plane(console: Console) -> Path | None:
    """The programs of a control plane; where there are none, it is said how to get them."""
    try:
        return build("kubernetes", lambda said: console.print(said, style="dim"))
    except UnavailableError as error:
        console.print(f"left out: {error}")
        return None


def _seconds(command: list[str]) -> float:
    before = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - before


PARTS: Mapping[str, Callable[[Console], None]] = {
    "packs": _packs,
    "components": _every_component,
    "command": _command,
    "tenants": _tenants,
    "admission": _admission,
}
"""What is measured, by the name that asks for it alone."""


if __name__ == "__main__":
    main()

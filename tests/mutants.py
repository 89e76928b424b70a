"""``make mutants``: changes the rules' code a thousand times over and counts what the tests notice.

Works on a copy of what is committed, so that the working tree stays as it is. ``SAMPLE=200`` tries
that many mutants, drawn with a fixed seed, instead of all.
"""

import os
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

HOUSE = Path(__file__).parents[1]
COSMIC_RAY = "cosmic-ray==8.7.0"
LEAST_KILLED = 0.85
SEED = 6

TESTS = (
    "twins", "tables", "view", "documents", "settings", "levels", "remedies", "stack", "analyzer",
    "registry", "well_made",
)  # fmt: skip
"""Test modules in the order of what they kill; the first red test ends the run of a mutant."""

FREE = re.compile(r"core/ReplaceBinaryOperator_(?:(?:Pow|Mul)_|BitOr_(?!BitAnd))")
"""Mutants that any import kills, such as ``**values`` made into ``//values``, would flatter."""

CONFIG = """
[cosmic-ray]
module-path = "policies/bulkhead_policies"
excluded-modules = ["policies/bulkhead_policies/__init__.py"]
timeout = 120.0
test-command = "{python} -B -m pytest -q -x -p no:cacheprovider {tests}"

[cosmic-ray.distributor]
name = "local"
"""


def main() -> None:
    """Make the mutants, run the tests on each and tell which live."""
    sample = int(os.environ.get("SAMPLE", "0"))
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "bulkhead"
        subprocess.run(["git", "clone", "-q", str(HOUSE), str(copy)], check=True)
        tests = " ".join(f"tests/policies/test_{name}.py" for name in TESTS)
        (copy / "mutants.toml").write_text(
            CONFIG.format(python=sys.executable, tests=tests), "utf-8"
        )
        _cosmic_ray(copy, "init")
        with sqlite3.connect(copy / "mutants.sqlite") as session:
            _keep(session, sample)
        _cosmic_ray(copy, "exec")
        with sqlite3.connect(copy / "mutants.sqlite") as session:
            killed, living = _results(session)
    tried = killed + len(living)
    print(*living, sep="\n")  # noqa: T201
    print(f"{killed} of {tried} mutants killed ({killed / tried:.1%})")  # noqa: T201
    sys.exit(killed < LEAST_KILLED * tried)


def _cosmic_ray(copy: Path, command: str) -> None:
    path = os.pathsep.join(str(copy / part) for part in (".", "policies", "components"))
    subprocess.run(
        [
            Path(sys.executable).with_name("uv"),
            *("tool", "run", "--quiet", "--from", COSMIC_RAY),
            *("cosmic-ray", command, "mutants.toml", "mutants.sqlite"),
        ],
        cwd=copy,
        check=True,
        env={**os.environ, "PYTHONPATH": path},
    )


def _keep(session: sqlite3.Connection, sample: int) -> None:
    """Leave the mutants that tell something, and of these a sample."""
    found = session.execute(
        "SELECT job_id, operator_name FROM mutation_specs "
        "ORDER BY module_path, operator_name, occurrence"
    )
    telling = [job for job, operator in found if not FREE.match(operator)]
    if sample:
        telling = random.Random(SEED).sample(telling, min(sample, len(telling)))  # noqa: S311
    session.execute("CREATE TEMP TABLE kept (job_id)")
    session.executemany("INSERT INTO kept VALUES (?)", [(job,) for job in telling])
    for table in ("mutation_specs", "work_items"):
        session.execute(f"DELETE FROM {table} WHERE job_id NOT IN (SELECT job_id FROM kept)")  # noqa: S608


def _results(session: sqlite3.Connection) -> tuple[int, list[str]]:
    """How many mutants died, and where the others live."""
    rows = session.execute(
        "SELECT test_outcome, module_path, start_pos_row, operator_name FROM work_results "
        "JOIN mutation_specs USING (job_id) ORDER BY module_path, start_pos_row"
    ).fetchall()
    living = [f"{path}:{row} {what}" for outcome, path, row, what in rows if outcome != "KILLED"]
    return len(rows) - len(living), living


if __name__ == "__main__":
    main()

"""Installing what the evaluator runs, once per machine."""

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.iam.evaluation import EVALUATOR

HOW = "install Node.js 20 or newer with npm (https://nodejs.org) to run the IAM tests"


class UnavailableError(Exception):
    """The evaluator can't run on this machine."""


def install(tell: Callable[[str], None]) -> Path:
    """The folder with the evaluator's packages, filled by npm if it is not there yet.

    ``tell`` is told when that takes place.

    Raises:
        UnavailableError: Node.js or npm is missing, or the packages can't be had.
    """
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise UnavailableError(f"{program} is not on PATH: {HOW}")
    lock = EVALUATOR / "package-lock.json"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bulkhead"
    folder = cache / f"iam-evaluator-{digest}"
    complete = folder / "complete"
    if complete.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"iam-evaluator-{digest}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not complete.exists():
            tell(f"Installing the IAM evaluator into {folder} (a few seconds, 20 MB)")
            _fill(folder)
            complete.touch()
    return folder


def _fill(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(EVALUATOR / name, folder)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise UnavailableError(f"npm can't install the IAM evaluator: {done.stderr.strip()}")

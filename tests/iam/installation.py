"""Installing what the evaluator runs, once per machine."""

import hashlib
import shutil
import subprocess
from pathlib import Path

from tests.iam.evaluation import EVALUATOR
from tests.installation import Tell, UnavailableError, installed

HOW = "install Node.js 20 or newer with npm (https://nodejs.org) to run the IAM tests"


def install(tell: Tell) -> Path:
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
    return installed(
        f"iam-evaluator-{digest}",
        _fill,
        tell=tell,
        message="Installing the IAM evaluator into {} (a few seconds, 20 MB)",
    )


def _fill(folder: Path) -> None:
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

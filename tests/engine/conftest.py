import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engine.workspace import Workspace

PROVIDERS = Path(__file__).parent / "standin" / "provider.py"


@pytest.fixture(scope="session")
def desk() -> Iterator[str]:
    """The port where the stand-in providers are asked for."""
    if shutil.which("pulumi") is None:
        pytest.skip(
            "the Pulumi CLI is not on PATH: install it with Pulumi's installer "
            "(https://www.pulumi.com/docs/install) to run the engine tests"
        )
    with subprocess.Popen(
        [sys.executable, PROVIDERS], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def workspace(desk: str, tmp_path: Path) -> Callable[..., Workspace]:
    """Make a workspace of a project that is judged by policy packs."""
    return lambda project, packs=(): Workspace(project, packs, folder=tmp_path, desk=desk)

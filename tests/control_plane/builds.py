"""Building the programs of a control plane from their Go modules, once per machine."""

import hashlib
import json
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

from tests.installation import Tell, UnavailableError, installed

MODULES = Path(__file__).parent / "modules"
"""A folder for each build: a ``go.mod`` whose tools are the programs, and its ``go.sum``."""

HOW = (
    "install Go 1.26 or newer (https://go.dev/dl) or set BULKHEAD_KUBECONFIG to run the cluster "
    "tests"
)
ABOUT = {
    "agentsandbox": "agent-sandbox's controller (2 minutes)",
    "kubernetes": "kube-apiserver, kube-controller-manager, kube-scheduler and etcd (10 minutes)",
    "kwok": "kwok (2 minutes)",
    "cyclonus": "cyclonus (2 minutes)",
    "egctl": "egctl (6 minutes)",
    "aigateway": "Envoy AI Gateway's controller and processor (4 minutes)",
    "helm": "helm (2 minutes)",
    "kueue": "kueue (4 minutes)",
    "ratelimit": "Envoy's rate-limit service (1 minute)",
}
"""What each module holds, and about how long two cores take for it with an empty cache."""

NAMES = {"server": "etcd"}
"""Programs that are better known under another name than their package's."""

FLAGS = ["-trimpath", "-ldflags=-s -w"]
PROGRESS_SECONDS = 30


def build(module: str, tell: Tell) -> Path:
    """The folder with the programs of ``module``, built if they are not there yet.

    Raises:
        UnavailableError: Go is missing, or the build fails.
    """
    if shutil.which("go") is None:
        raise UnavailableError(f"go is not on PATH: {HOW}")
    source = MODULES / module
    digest = hashlib.sha256(repr(FLAGS).encode())
    for name in ("go.mod", "go.sum"):
        digest.update((source / name).read_bytes())

    def fill(folder: Path) -> None:
        _build(source, folder, tell)

    return installed(
        f"{module}-{digest.hexdigest()[:16]}",
        fill,
        tell=tell,
        message=f"Building {ABOUT[module]} into {{}}",
    )


def _build(source: Path, folder: Path, tell: Tell) -> None:
    command = ["go", "build", "-v", *FLAGS, "-o", f"{folder}/", "tool"]
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false"}
    with subprocess.Popen(
        command,
        cwd=source,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        said: list[str] = []
        reader = threading.Thread(target=said.extend, args=(process.stderr,))
        reader.start()
        began = time.monotonic()
        while reader.is_alive():
            reader.join(PROGRESS_SECONDS)
            if reader.is_alive():
                seconds = time.monotonic() - began
                tell(f"  … {source.name}: {len(said)} packages built or fetched, {seconds:.0f} s")
    if process.returncode != 0:
        raise UnavailableError(f"go can't build {source.name}: {''.join(said[-5:]).strip()}")
    for built, name in NAMES.items():
        if (folder / built).exists():
            (folder / built).rename(folder / name)


def source(folder: Path, path: str) -> Path:
    """The folder with the source of the Go module ``path`` that the module in ``folder`` requires.

    Raises:
        UnavailableError: it can't be fetched.
    """
    done = subprocess.run(
        ["go", "mod", "download", "-json", path],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise UnavailableError(f"go can't fetch {path}: {done.stderr.strip()}")
    return Path(json.loads(done.stdout)["Dir"])

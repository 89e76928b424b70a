import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.control_plane.processes import free_ports, running

HOUSE = Path(__file__).parents[2]
SLEEP = Path("/bin/sleep")

STARTER = f"""
import os, signal, sys
from pathlib import Path
from tests.control_plane.processes import running
# A shell's background job ignores it, and so would what that starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
with running(Path({str(SLEEP)!r}), "60", log=Path(sys.argv[1])) as process:
    print(process.pid, flush=True)
    signal.pause()
"""


def alive(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return status != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux alone ends orphans")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_process_ends_with_the_test_run_however_that_ends(how: int, tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTER, str(tmp_path / "log")]
    with subprocess.Popen(
        command, cwd=HOUSE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as starter:
        assert starter.stdout
        child = int(starter.stdout.readline())
        assert alive(child)
        starter.send_signal(how)
    until = time.monotonic() + 10
    while alive(child):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_process_that_ignores_the_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.control_plane.processes.GRACE_SECONDS", 0.2)
    script = "trap '' TERM; echo ready; while :; do sleep 0.1; done"
    log = tmp_path / "log"
    with running(Path("/bin/sh"), "-c", script, log=log) as process:
        while "ready" not in log.read_text("utf-8"):
            time.sleep(0.02)
        assert os.getpgid(process.pid) == process.pid
    assert process.returncode == -signal.SIGKILL


def test_free_ports_differ() -> None:
    assert len(set(free_ports(8))) == 8

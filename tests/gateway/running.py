"""The gateway's data plane, running, as its clients see it."""

import contextlib
import json
import os
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import urllib3

from bulkhead.domain.secrets import CACHE_USER_NAME
from bulkhead.foundation.counters_access import COUNTING
from bulkhead.workloads.gateway_edge import HIDDEN
from tests.control_plane.processes import free_ports, running
from tests.gateway import dataplane
from tests.gateway.certified import Certificates
from tests.gateway.programs import Programs
from tests.gateway.rendered import HOST
from tests.gateway.servers import Issuer, Models, handler, serving
from tests.gateway.translated import Translation

PORTS = (
    *("gateway", "admin", "processor-admin", "models", "nobody", "issuer"),
    *("redis", "ratelimit", "ratelimit-http", "ratelimit-debug"),
)
PATIENCE_SECONDS, PAUSE_SECONDS = 20, 0.02
CLIENTS = 200

PROMPT = "a prompt that no log may hold"
QUERY = "a-query-that-no-log-may-hold"


class Limiter:
    """The service that counts, which may be gone or stalled for a while."""

    def __init__(self, program: Path, log: Path, settings: dict[str, str], port: int) -> None:
        self._program, self._log, self._settings, self._port = program, log, settings, port
        self._stack = contextlib.ExitStack()
        self._process: subprocess.Popen[bytes]

    def start(self) -> None:
        made = running(self._program, log=self._log, environment=self._settings)
        self._process = self._stack.enter_context(made)
        eventually(lambda: listens(self._port))

    def stop(self) -> None:
        self._stack.close()

    @contextlib.contextmanager
    def gone(self) -> Iterator[None]:
        self.stop()
        try:
            yield
        finally:
            self.start()

    @contextlib.contextmanager
    def stalled(self) -> Iterator[None]:
        os.killpg(self._process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self._process.pid, signal.SIGCONT)


@dataclass(frozen=True)
class DataPlane:
    """A gateway that listens, and what is behind it."""

    issuer: Issuer
    models: Models
    ports: dict[str, int]
    certificates: Certificates
    access_log: Path
    limiter: Limiter
    _pool: urllib3.HTTPSConnectionPool

    def ask(
        self,
        token: str | None = None,
        *,
        model: str = "llama",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
        path: str = "/v1/chat/completions",
    ) -> int:
        """Send one request as a client; its status."""
        said = [{"role": "user", "content": PROMPT}]
        asked = {"model": model, **({"input": PROMPT} if "emb" in path else {"messages": said})}
        sent = {"host": HOST, "content-type": "application/json", **(headers or {})}
        if token:
            sent["authorization"] = f"Bearer {token}"
        answer = self._pool.request(
            "POST", f"{path}?q={QUERY}", body=json.dumps(asked) if body is None else body,
            headers=sent,
        )  # fmt: skip
        return answer.status

    def connect(self) -> ssl.SSLSocket:
        """A bare connection of a client, over TLS."""
        context = ssl.create_default_context(cafile=str(self.certificates.authority))
        bare = socket.create_connection(
            ("127.0.0.1", self.ports["gateway"]), timeout=PATIENCE_SECONDS
        )
        return context.wrap_socket(bare, server_hostname=HOST)

    def records(self, path: str, least: int) -> list[dict[str, Any]]:
        """What the access log says of requests for ``path``, as soon as it has ``least``."""
        found: list[dict[str, Any]] = []

        def enough() -> bool:
            text = self.access_log.read_text() if self.access_log.exists() else ""
            records = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
            found[:] = [record for record in records if record["path"] == path]
            return len(found) >= least

        eventually(enough)
        return found

    def forget(self) -> None:
        """Begin anew: nobody has used any quota."""
        assert self.counters("FLUSHALL") == "+OK"
        self.models.forget()

    def counters(self, *commands: str) -> str:
        """What the store of counters answers to the last of some commands."""
        answer = ""
        with (
            socket.create_connection(("127.0.0.1", self.ports["redis"])) as redis,
            redis.makefile("r") as answers,
        ):
            for command in commands:
                redis.sendall(f"{command}\r\n".encode())
                answer = answers.readline().rstrip()
        return answer


def eventually(check: Callable[[], bool]) -> None:
    """Wait until ``check`` is true."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not check():
        assert time.monotonic() < deadline, "it never came to pass"
        time.sleep(PAUSE_SECONDS)


def in_one_window(plane: DataPlane, ask: Callable[[], list[int]]) -> list[int]:
    """The statuses of ``ask``, begun anew when a minute turned meanwhile: it opens a new window."""
    while True:
        plane.forget()
        minute = time.time() // 60
        statuses = ask()
        if time.time() // 60 == minute:
            return statuses


@contextlib.contextmanager
def data_plane(
    programs: Programs,
    translation: Translation,
    settings: str,
    certificates: Certificates,
    folder: Path,
) -> Iterator[DataPlane]:
    """Run Envoy as ``translation`` configures it, with all that it talks to.

    ``settings`` are those of Envoy AI Gateway's processor.
    """
    ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
    log, processor = folder / "access.log", folder / "processor.sock"
    dataplane.write(
        folder,
        dataplane.bootstrap(translation, ports, certificates, log, processor),
        dataplane.rate_limits(translation),
    )
    issuer, models = Issuer(), Models()
    answers = handler(issuer, models)
    with contextlib.ExitStack() as stack:
        enter = stack.enter_context
        enter(serving(ports["models"], answers, certificates, "model", mutual=True))
        enter(serving(ports["issuer"], answers, certificates, "issuer", mutual=False))
        (folder / "settings.yaml").write_text(settings)
        processing = [f"-configPath={folder / 'settings.yaml'}", f"-extProcAddr=unix://{processor}"]
        processing += [f"-adminPort={ports['processor-admin']}", "-logLevel=error"]
        hidden = {each["name"]: each["value"] for each in HIDDEN} | {"DISABLE_PPROF": "true"}
        enter(
            running(
                programs.processor,
                *processing,
                log=folder / "processor.log",
                environment=hidden,
            )
        )
        redis = ["--port", str(ports["redis"]), "--bind", "127.0.0.1", "--save", ""]
        redis += ["--user", CACHE_USER_NAME, f">{dataplane.PASSWORD}", *COUNTING.split()]
        enter(running(programs.redis, *redis, log=folder / "redis.log"))
        eventually(lambda: listens(ports["redis"]))
        environment = dataplane.rate_limiter_environment(folder, ports)
        log_of_limiter = folder / "ratelimit.log"
        limiter = Limiter(programs.ratelimit, log_of_limiter, environment, ports["ratelimit"])
        stack.callback(limiter.stop)
        limiter.start()
        envoy = ["-c", str(folder / "envoy.json"), "--use-dynamic-base-id", "--log-level", "warn"]
        quick = ["--file-flush-interval-msec", "20", "--concurrency", "1"]
        enter(running(programs.envoy, *envoy, *quick, log=folder / "envoy.log"))
        pool = enter(_clients(ports["gateway"], certificates))
        plane = DataPlane(issuer, models, ports, certificates, log, limiter, pool)
        eventually(lambda: _ready(plane))
        yield plane


def _clients(port: int, certificates: Certificates) -> urllib3.HTTPSConnectionPool:
    return urllib3.HTTPSConnectionPool(
        "127.0.0.1",
        port,
        ca_certs=str(certificates.authority),
        server_hostname=HOST,
        assert_hostname=HOST,
        maxsize=CLIENTS,
        retries=False,
        timeout=PATIENCE_SECONDS * 2,
    )


def listens(port: int) -> bool:
    """Whether somebody does."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


def _ready(plane: DataPlane) -> bool:
    """Whether a client is let through, for which the issuer's keys must have come."""
    with contextlib.suppress(urllib3.exceptions.HTTPError):
        return plane.ask(plane.issuer.token("beta")) == 200
    return False

"""Running CrossGuard policy packs over the analyzer protocol, as the engine runs them."""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import grpc
import yaml
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.pack_config import LEVELS, PackConfig, reconcile
from bulkhead.preview.plan import Violation
from bulkhead.preview.wire import secret_as_before, struct_to_plain, to_struct

_Answer = TypeVar("_Answer")
_RAISED = "Exception calling application: "
_LARGEST_MESSAGE = 400 * 1024 * 1024
"""Bytes of a gRPC message, as the engine allows: a large stack is analysed in one message."""


class PolicyPack:
    """A policy pack in a process of its own.

    The process starts with the object and is first asked when there is a resource to judge, so
    that it loads while the program loads. ``close`` ends it.
    """

    def __init__(
        self,
        folder: Path,
        *,
        project: str,
        stack: str,
        stack_config: Mapping[str, str],
        config: PackConfig,
    ) -> None:
        """Start the pack in ``folder``; its policies may read the stack's configuration.

        Raises:
            RefusedError: the folder holds no Python policy pack.
        """
        self.folder = folder
        self._config = config
        self._pending: list[tuple[str, grpc.Future[Any]]] = []
        self._channel: grpc.Channel | None = None
        self._refusal: RefusedError | None = None
        self._levels: dict[str, str] | None = None
        python = _interpreter(folder)
        environment = {
            **os.environ,
            "PULUMI_PROJECT": project,
            "PULUMI_STACK": stack,
            "PULUMI_CONFIG": json.dumps(dict(stack_config)),
            "PULUMI_DRY_RUN": "true",
        }
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (closed by close)
        self._process = subprocess.Popen(  # noqa: S603 (the pack that the user named)
            [python, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(folder)],
            stdout=subprocess.PIPE,
            stderr=self._log,
            stdin=subprocess.DEVNULL,
            env=environment,
        )

    def connect(self) -> dict[str, str]:
        """Wait until the pack serves, and configure it; return the level of every policy.

        Raises:
            RefusedError: the pack did not start, or its configuration is wrong; again at every
                further call.
        """
        if self._refusal is not None:
            raise self._refusal
        if self._levels is None:
            try:
                self._levels = self._configure()
            except RefusedError as error:
                self._refusal = error
                raise
        return self._levels

    def _configure(self) -> dict[str, str]:
        stdout = self._process.stdout
        assert stdout is not None  # noqa: S101 (a pipe was asked for)
        port = stdout.readline().decode(errors="replace").strip()
        if not port.isdigit():
            self._process.kill()
            self._process.wait()
            reason = self._complaint() or f"exit code {self._process.returncode}"
            raise RefusedError(f"the policy pack did not start ({reason})", where=str(self.folder))
        # What policies print must not fill the pipe and stop them.
        self._drain = threading.Thread(target=stdout.read, daemon=True)
        self._drain.start()
        self._channel = grpc.insecure_channel(
            f"127.0.0.1:{port}",
            options=[
                ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
                ("grpc.max_send_message_length", _LARGEST_MESSAGE),
            ],
        )
        self._stub = analyzer_pb2_grpc.AnalyzerStub(self._channel)
        info = self._asked(
            "the policy pack can't describe itself",
            lambda: self._stub.GetAnalyzerInfo(empty_pb2.Empty()),
        )
        self.name = info.name
        levels, configured = reconcile(info, self._config)
        request = analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=configured)
        self._asked(
            "the policy pack refused its configuration", lambda: self._stub.Configure(request)
        )
        return levels

    def remediate(
        self, request: analyzer_pb2.AnalyzeRequest, properties: Struct
    ) -> Iterator[tuple[str, str]]:
        """Let remediation policies change ``properties`` in place.

        Yields each policy that had something to say, with the reason why it could not run, or an
        empty string if it made its change.
        """
        if "remediate" not in self.connect().values():
            return
        answer = self._asked(
            f"a policy failed on {request.urn}", lambda: self._stub.Remediate(request)
        )
        for remediation in answer.remediations:
            if not remediation.diagnostic:
                before, after = map(struct_to_plain, (properties, remediation.properties))
                properties.CopyFrom(to_struct(secret_as_before(after, before)))
            yield remediation.policyName, remediation.diagnostic

    def analyze(self, request: analyzer_pb2.AnalyzeRequest) -> None:
        """Hand a resource over; the answer is awaited by ``findings``."""
        self.connect()
        self._pending.append((request.urn, self._stub.Analyze.future(request)))

    def findings(
        self, resources: Sequence[analyzer_pb2.AnalyzerResource], stack_urn: str
    ) -> Iterator[Violation]:
        """What the resource policies and then, over all ``resources``, the stack policies found."""
        for urn, pending in self._pending:
            answer = self._asked(f"a policy failed on {urn}", pending.result)
            yield from self._violations(answer, urn)
        self._pending.clear()
        request = analyzer_pb2.AnalyzeStackRequest(resources=resources)
        answer = self._asked(
            f"a policy failed on {stack_urn}", lambda: self._stub.AnalyzeStack(request)
        )
        yield from self._violations(answer, stack_urn)

    def close(self) -> None:
        """End the pack's process."""
        if self._channel is not None:
            self._channel.close()
        self._process.kill()
        self._process.wait()
        if self._channel is not None:
            self._drain.join()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._log.close()

    def _violations(self, answer: analyzer_pb2.AnalyzeResponse, urn: str) -> Iterator[Violation]:
        for found in answer.diagnostics:
            yield Violation(
                pack=self.name,
                policy=found.policyName,
                level=LEVELS[found.enforcementLevel],
                urn=found.urn or urn,
                message=found.message.strip(),
            )

    def _asked(self, complaint: str, ask: Callable[[], _Answer]) -> _Answer:
        try:
            return ask()
        except grpc.RpcError as error:
            reason = " ".join((error.details() or "").removeprefix(_RAISED).split())
            raise RefusedError(f"{complaint} ({reason})", where=str(self.folder)) from None

    def _complaint(self) -> str:
        """The last line that the pack wrote about its trouble, and where in the pack that was."""
        self._log.seek(0)
        text = self._log.read().decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        places = re.findall(rf'File "{re.escape(str(self.folder))}/(.+)", line (\d+)', text)
        return f"{lines[-1]}{' at {}:{}'.format(*places[-1]) if places else ''}" if lines else ""


def _interpreter(folder: Path) -> str:
    """The Python of the pack's virtual environment, or the one that runs the preview."""
    file = folder / "PulumiPolicy.yaml"
    if not file.is_file() or not (folder / "__main__.py").is_file():
        raise RefusedError(
            "no Python policy pack here",
            allowed="a folder with PulumiPolicy.yaml and __main__.py",
            where=str(folder),
        )
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except (yaml.YAMLError, UnicodeDecodeError):
        raise RefusedError("not readable as YAML", where=str(file)) from None
    runtime = document.get("runtime") if isinstance(document, dict) else None
    options = (runtime.get("options") or {}) if isinstance(runtime, dict) else {}
    environment = options.get("virtualenv")
    if environment:
        python = folder / environment / "bin" / "python"
        if python.is_file():
            return str(python)
    return sys.executable

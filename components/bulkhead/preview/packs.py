"""Running CrossGuard policy packs over the analyzer protocol, as the engine runs them."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import yaml
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.pack_config import LEVELS, PackConfig, reconcile
from bulkhead.preview.plan import Violation

_LARGEST_MESSAGE = 400 * 1024 * 1024
"""Bytes of a gRPC message, as the engine allows: a large stack is analysed in one message."""


class PolicyPack:
    """A policy pack in a process of its own.

    The process starts with the object and is asked from ``connect`` on, so that it loads while
    the program loads. ``close`` ends it.
    """

    def __init__(self, folder: Path, *, project: str, stack: str, config: PackConfig) -> None:
        """Start the pack in ``folder``.

        Raises:
            RefusedError: the folder holds no Python policy pack.
        """
        self.folder = folder
        self._config = config
        self._pending: list[tuple[str, grpc.Future[Any]]] = []
        python = _interpreter(folder)
        environment = {
            **os.environ,
            "PULUMI_PROJECT": project,
            "PULUMI_STACK": stack,
            "PULUMI_DRY_RUN": "true",
        }
        self._process = subprocess.Popen(  # noqa: S603 (the pack that the user named)
            [python, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(folder)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            env=environment,
            text=True,
        )

    def connect(self) -> None:
        """Wait until the pack serves, and configure it.

        Raises:
            RefusedError: the pack did not start, or its configuration is wrong.
        """
        assert self._process.stdout is not None  # noqa: S101 (a pipe was asked for)
        port = self._process.stdout.readline().strip()
        if not port.isdigit():
            raise RefusedError(
                f"the policy pack did not start ({self._complaint()})", where=str(self.folder)
            )
        self._channel = grpc.insecure_channel(
            f"127.0.0.1:{port}",
            options=[
                ("grpc.max_receive_message_length", _LARGEST_MESSAGE),
                ("grpc.max_send_message_length", _LARGEST_MESSAGE),
            ],
        )
        self._stub = analyzer_pb2_grpc.AnalyzerStub(self._channel)
        info = self._stub.GetAnalyzerInfo(empty_pb2.Empty())
        self.name = info.name
        self._levels, configured = reconcile(info, self._config)
        try:
            self._stub.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=configured))
        except grpc.RpcError as error:
            raise RefusedError(
                f"the policy pack refused its configuration ({error.details()})",
                where=str(self.folder),
            ) from None

    def remediate(self, request: analyzer_pb2.AnalyzeRequest, properties: Struct) -> None:
        """Let remediation policies change ``properties`` in place."""
        if "remediate" not in self._levels.values():
            return
        answer = self._stub.Remediate(
            analyzer_pb2.AnalyzeRequest.FromString(request.SerializeToString())
        )
        for remediation in answer.remediations:
            if remediation.HasField("properties"):
                properties.CopyFrom(remediation.properties)

    def analyze(self, request: analyzer_pb2.AnalyzeRequest) -> None:
        """Hand a resource over; the answer is awaited by ``findings``."""
        self._pending.append((request.urn, self._stub.Analyze.future(request)))

    def findings(
        self, resources: Sequence[analyzer_pb2.AnalyzerResource], stack_urn: str
    ) -> Iterator[Violation]:
        """What the resource policies and then, over all ``resources``, the stack policies found."""
        for urn, answer in self._pending:
            yield from self._violations(answer.result().diagnostics, urn)
        self._pending.clear()
        request = analyzer_pb2.AnalyzeStackRequest(resources=resources)
        yield from self._violations(self._stub.AnalyzeStack(request).diagnostics, stack_urn)

    def close(self) -> None:
        """End the pack's process."""
        self._process.kill()
        self._process.communicate()

    def _violations(self, diagnostics: Any, urn: str) -> Iterator[Violation]:
        for found in diagnostics:
            yield Violation(
                pack=self.name,
                policy=found.policyName,
                level=LEVELS.get(found.enforcementLevel, "mandatory"),
                urn=found.urn or urn,
                message=found.message.strip(),
            )

    def _complaint(self) -> str:
        """The last line that the pack wrote before it gave up."""
        self._process.kill()
        _, stderr = self._process.communicate()
        lines = [line.strip() for line in stderr.splitlines() if line.strip()]
        return lines[-1] if lines else f"exit code {self._process.returncode}"


def _interpreter(folder: Path) -> str:
    """The Python of the pack's virtual environment, or the one that runs the preview."""
    file = folder / "PulumiPolicy.yaml"
    if not file.is_file() or not (folder / "__main__.py").is_file():
        raise RefusedError(
            "no Python policy pack here",
            allowed="a folder with PulumiPolicy.yaml and __main__.py",
            where=str(folder),
        )
    document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    runtime = document.get("runtime") if isinstance(document, dict) else None
    options = (runtime.get("options") or {}) if isinstance(runtime, dict) else {}
    environment = options.get("virtualenv")
    if environment:
        python = folder / environment / "bin" / "python"
        if python.is_file():
            return str(python)
    return sys.executable

"""A Pulumi project on the real engine, with its own copy, state and stand-in providers."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROVIDERS = ("aws", "kubernetes", "random")
LAUNCHER = Path(__file__).parent / "standin" / "launcher.py"


@dataclass(frozen=True)
class Run:
    """How a command of the CLI ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr

    @property
    def events(self) -> list[dict[str, Any]]:
        """What a preview streams, one event a line."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def resources(self) -> dict[str, dict[str, Any]]:
        """By URN what the engine was asked to make; the stack itself is the engine's own."""
        steps = [e["resourcePreEvent"]["metadata"] for e in self.events if "resourcePreEvent" in e]
        return {s["urn"]: s["new"] for s in steps if s["type"] != "pulumi:pulumi:Stack"}

    @property
    def violations(self) -> list[dict[str, Any]]:
        return [e["policyEvent"] for e in self.events if "policyEvent" in e]

    @property
    def complaints(self) -> str:
        """Why a preview failed."""
        diagnostics = [e["diagnosticEvent"] for e in self.events if "diagnosticEvent" in e]
        errors = [d["message"] for d in diagnostics if d["severity"] == "error"]
        return "\n".join([*errors, self.stderr])


class Workspace:
    """A copy of a project that may be brought up and destroyed without a trace in the checkout."""

    def __init__(self, project: Path, packs: Sequence[Path], *, folder: Path, desk: str) -> None:
        """Work in ``folder``, with the stand-ins whose process listens at port ``desk``."""
        self.project = adopted(project, folder / "project")
        copies = [adopted(pack, folder / "packs" / pack.name) for pack in packs]
        self.policies = [word for copy in copies for word in ("--policy-pack", str(copy))]
        self.state = folder / "state"
        programs = folder / "bin"
        for place in (self.state, programs):
            place.mkdir()
        for package in PROVIDERS:
            launcher = programs / f"pulumi-resource-{package}"
            command = shlex.join([sys.executable, "-I", "-S", str(LAUNCHER), desk, package])
            launcher.write_text(f"#!/bin/sh\nexec {command}\n")
            launcher.chmod(0o755)
        self.environment = {
            # a developer's own backend, token or plugin settings have no say here
            **{k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_", "AWS_"))},
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": self.state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "for a state that lives as long as one test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true",
            # else the whole state is written after every step: gigabytes for a large platform
            "PULUMI_EXPERIMENTAL": "true",
            "PULUMI_SKIP_CHECKPOINTS": "true",
        }

    def init(self, stack: str) -> None:
        self._demand("stack", "init", stack)

    def preview(self, stack: str, *flags: str) -> Run:
        return self._run("preview", "--json", "--stack", stack, *flags)

    def up(self, stack: str, *flags: str) -> Run:
        return self._update("up", stack, *flags)

    def destroy(self, stack: str) -> Run:
        self._demand("state", "unprotect", "--all", "--yes", "--stack", stack)
        return self._update("destroy", stack, "--skip-preview")

    def export(self, stack: str, *flags: str) -> dict[str, Any]:
        exported = json.loads(self._demand("stack", "export", "--stack", stack, *flags).stdout)
        deployment: dict[str, Any] = exported["deployment"]
        return deployment

    def _update(self, command: str, stack: str, *flags: str) -> Run:
        return self._run(command, "--stack", stack, "--yes", "--suppress-progress", *flags)

    def _demand(self, *arguments: str) -> Run:
        run = self._run(*arguments)
        if run.code:
            raise RuntimeError(f"pulumi {shlex.join(arguments)}\n{run.output}")
        return run

    def _run(self, *arguments: str) -> Run:
        done = subprocess.run(
            ["pulumi", *arguments, "--non-interactive", "--color", "never"],
            cwd=self.project,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        return Run(done.returncode, done.stdout, done.stderr)


def adopted(source: Path, target: Path) -> Path:
    """Copy a project or a pack, set to run with the interpreter that runs the tests."""
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(".*", "__pycache__"))
    for file in (target / "Pulumi.yaml", target / "PulumiPolicy.yaml"):
        if file.is_file():
            settings = yaml.safe_load(file.read_text(encoding="utf-8"))
            options = {"toolchain": "pip", "virtualenv": sys.prefix}
            settings["runtime"] = {"name": "python", "options": options}
            file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return target

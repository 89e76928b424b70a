"""Reading Pulumi.yaml and a stack's configuration as the Pulumi CLI does."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.plan import MASK

LAYERS = ("foundation", "cluster", "workloads")
"""The layers of a platform in the order in which they read each other; a stack of an environment
is named ``<environment>-<layer>``, and layers not listed here follow in alphabetical order."""


class _Loader(yaml.SafeLoader):
    """YAML as the CLI reads it: only ``true`` and ``false`` are booleans, dates are strings."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in resolvers if not tag.endswith((":bool", ":timestamp"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


@dataclass(frozen=True)
class Project:
    """A Pulumi project.

    Attributes:
        name: the project's name.
        root: folder of Pulumi.yaml.
        program: folder or file that is run.
        config_folder: folder of the stacks' configuration files.
        defaults: configuration that Pulumi.yaml itself gives, by full key.
        required: full keys that Pulumi.yaml declares without a default.
    """

    name: str
    root: Path
    program: Path
    config_folder: Path
    defaults: Mapping[str, Any] = field(default_factory=dict)
    required: frozenset[str] = frozenset()

    @property
    def folder(self) -> Path:
        """The folder that the program runs in."""
        return self.program if self.program.is_dir() else self.program.parent

    def stacks(self) -> list[str]:
        """Names of the stacks that have a configuration file."""
        found = (re.fullmatch(r"Pulumi\.(.+)\.ya?ml", p.name) for p in self.config_folder.iterdir())
        return sorted(match[1] for match in found if match)

    def layers(self, environment: str) -> list[str]:
        """Names of an environment's stacks, in the order of ``LAYERS``.

        Raises:
            RefusedError: there is none.
        """
        prefix = f"{environment}-"
        layers = [s.removeprefix(prefix) for s in self.stacks() if s.startswith(prefix)]
        if not layers:
            raise RefusedError(
                "no stack of this environment",
                given=environment,
                allowed=f"one with files like Pulumi.{environment}-foundation.yaml",
                where=str(self.config_folder),
            )
        order = {layer: index for index, layer in enumerate(LAYERS)}
        return [prefix + layer for layer in sorted(layers, key=lambda la: (order.get(la, 99), la))]


@dataclass(frozen=True)
class StackConfig:
    """A stack's configuration as the program sees it: strings by full key, objects as JSON."""

    values: Mapping[str, str] = field(default_factory=dict)
    secret_keys: frozenset[str] = frozenset()


def load_project(path: Path) -> Project:
    """Read the project at ``path``, its folder or its Pulumi.yaml.

    Raises:
        RefusedError: there is no project, it is no Python one, or a part of it is missing.
    """
    root = path if path.is_dir() else path.parent
    candidates = [root / name for name in ("Pulumi.yaml", "Pulumi.yml")]
    file = next((candidate for candidate in candidates if candidate.is_file()), None)
    if file is None or not path.exists():
        raise RefusedError("no Pulumi project here", where=str(path), allowed="a Pulumi.yaml")
    document = _read_mapping(file)
    runtime = document.get("runtime")
    language = runtime.get("name") if isinstance(runtime, dict) else runtime
    if language != "python":
        raise RefusedError(
            "not a Python project", given=language, allowed="python", where=f"{file}: runtime"
        )
    name = _text(document, "name", file, None)
    program = root / _text(document, "main", file, ".")
    if program.is_dir() and not (program / "__main__.py").is_file():
        raise RefusedError("the program has no __main__.py", where=str(program))
    if not program.exists():
        raise RefusedError("the program does not exist", given=program, where=f"{file}: main")
    defaults, required = _project_config(document, name, file)
    return Project(
        name=name,
        root=root.resolve(),
        program=program.resolve(),
        config_folder=(root / _text(document, "stackConfigDir", file, ".")).resolve(),
        defaults=defaults,
        required=required,
    )


def load_config(
    project: Project, stack: str, extra: Mapping[str, str] | None = None
) -> StackConfig:
    """Read the configuration of ``stack``; ``extra`` are values for this preview only.

    A value that is encrypted stays unread: the program gets ``[secret]`` for it, marked secret.

    Raises:
        RefusedError: there is no file of that stack while the project has files of others, the
            file is no YAML mapping, or a required value is missing.
    """
    file = project.config_folder / f"Pulumi.{stack.rsplit('/', 1)[-1]}.yaml"
    document: Mapping[str, Any] = {}
    if file.is_file():
        document = _read_mapping(file).get("config") or {}
        if not isinstance(document, dict):
            raise RefusedError("not a mapping", given=document, where=f"{file}: config")
    elif project.stacks():
        raise RefusedError(
            "no such stack", given=stack, allowed=project.stacks(), where=str(project.config_folder)
        )
    values: dict[str, str] = {}
    secrets: set[str] = set()
    given = {_full_key(key, project.name): value for key, value in document.items()}
    added = {_full_key(key, project.name): value for key, value in (extra or {}).items()}
    for key, value in {**project.defaults, **given, **added}.items():
        plain, secret = _reveal(value)
        values[key] = _as_text(plain)
        # A value given in place of an encrypted one is as secret as that.
        if secret or _reveal(given.get(key))[1]:
            secrets.add(key)
    missing = sorted(project.required - values.keys())
    if missing:
        raise RefusedError(
            "a required configuration value is missing", given=missing[0], where=str(file)
        )
    return StackConfig(values, frozenset(secrets))


def _read_mapping(file: Path) -> dict[str, Any]:
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), _Loader)  # noqa: S506 (a SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        problem = " ".join(str(error).split())
        raise RefusedError(f"not readable as YAML ({problem})", where=str(file)) from None
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise RefusedError("not a mapping", given=document, where=str(file))
    return document


def _text(document: Mapping[str, Any], key: str, file: Path, default: str | None) -> str:
    value = document.get(key, default)
    if not isinstance(value, str) or not value:
        raise RefusedError("a name or path is needed", given=value, where=f"{file}: {key}")
    return value


def _project_config(
    document: Mapping[str, Any], name: str, file: Path
) -> tuple[dict[str, Any], frozenset[str]]:
    declared = document.get("config") or {}
    if isinstance(declared, str):  # before stackConfigDir, `config` named the folder
        return {}, frozenset()
    if not isinstance(declared, dict):
        raise RefusedError("not a mapping", given=declared, where=f"{file}: config")
    defaults: dict[str, Any] = {}
    required: set[str] = set()
    for key, entry in declared.items():
        full = _full_key(key, name)
        if not isinstance(entry, dict):
            defaults[full] = entry
        elif "value" in entry or "default" in entry:
            defaults[full] = entry.get("value", entry.get("default"))
        elif "type" in entry:
            required.add(full)
    return defaults, frozenset(required)


def _full_key(key: Any, project: str) -> str:
    parts = str(key).split(":")
    if len(parts) == 3 and parts[1] == "config":
        return f"{parts[0]}:{parts[2]}"
    return str(key) if len(parts) > 1 else f"{project}:{key}"


def _reveal(value: Any) -> tuple[Any, bool]:
    """Put the mask where a value is encrypted; tell whether any was."""
    if isinstance(value, dict):
        if set(value) == {"secure"}:
            return MASK, True
        pairs = {key: _reveal(item) for key, item in value.items()}
        return {k: p for k, (p, _) in pairs.items()}, any(s for _, s in pairs.values())
    if isinstance(value, list):
        items = [_reveal(item) for item in value]
        return [p for p, _ in items], any(s for _, s in items)
    return value, False


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))

"""Running a project's program as in a process of its own, with nothing of it left behind."""

import contextlib
import importlib
import os
import runpy
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from bulkhead.preview.project import Project

_LIBRARIES = tuple({Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib")})
_KEPT = frozenset({"bulkhead", "pulumi", "__main__"}) | sys.stdlib_module_names
"""Packages of which the program gets what is loaded already, whatever its folder holds."""


@contextlib.contextmanager
def inside(project: Project) -> Iterator[Callable[[], dict[str, Any]]]:
    """The project's program, to be run in its folder; it returns its module's namespace.

    What the program and its subprocesses print goes to standard error, and it has no input.
    """
    folder = project.folder
    path, argv, cwd, environment = list(sys.path), sys.argv, Path.cwd(), dict(os.environ)
    with _own_modules(folder), _output_to_stderr(), _no_input():
        sys.path.insert(0, str(folder))
        sys.argv = [str(project.program)]
        os.chdir(folder)
        try:
            yield lambda: runpy.run_path(str(project.program), run_name="__main__")
        finally:
            os.chdir(cwd)
            sys.path[:], sys.argv = path, argv
            for name in os.environ.keys() - environment.keys():
                del os.environ[name]
            os.environ.update(environment)


@contextlib.contextmanager
def _own_modules(folder: Path) -> Iterator[None]:
    """Let the program load its own modules, also where another one's have the same name."""
    provided = {file.stem for file in folder.glob("*.py")}
    provided |= {file.parent.name for file in folder.glob("*/__init__.py")}
    shadowed = {
        name: sys.modules.pop(name)
        for name in list(sys.modules)
        if name.partition(".")[0] in provided - _KEPT
    }
    before = set(sys.modules)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for name in set(sys.modules) - before:
            if name.partition(".")[0] not in _KEPT and not _is_library(name, sys.modules[name]):
                del sys.modules[name]
        sys.modules.update(shadowed)


def _is_library(name: str, module: ModuleType) -> bool:
    """Whether a module was installed, and not written beside the program.

    An SDK may stand there too, but can register itself with Pulumi once in a process only.
    """
    found = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", [])), None)
    if found is None or name.startswith("pulumi_"):
        return True
    file = Path(found)
    is_installed = {"site-packages", "dist-packages"} & set(file.parts)
    return bool(is_installed) or any(map(file.is_relative_to, _LIBRARIES))


@contextlib.contextmanager
def _output_to_stderr() -> Iterator[None]:
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


@contextlib.contextmanager
def _no_input() -> Iterator[None]:
    kept = sys.stdin
    with Path(os.devnull).open(encoding="utf-8") as nothing:
        sys.stdin = nothing
        try:
            yield
        finally:
            sys.stdin = kept

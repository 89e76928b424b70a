"""The evaluator is installed once per machine, and what it needs is said where it is missing."""

import json
from pathlib import Path

import pytest

from tests.iam.evaluation import EVALUATOR
from tests.iam.installation import install
from tests.installation import UnavailableError


def test_a_machine_without_node_is_told_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UnavailableError, match=r"node is not on PATH: install Node\.js"):
        install(print)


def test_what_is_installed_is_not_installed_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("node", "npm"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\nmkdir -p node_modules\necho run >> ran\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    told: list[str] = []
    first, second = install(told.append), install(told.append)
    assert first == second
    assert first.is_relative_to(tmp_path / "cache" / "bulkhead")
    assert (first / "ran").read_text(encoding="utf-8") == "run\n"
    assert len(told) == 1


def test_a_failed_installation_is_told_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, script in (("node", ""), ("npm", "echo no network >&2; exit 1")):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for _ in range(2):
        with pytest.raises(UnavailableError, match="no network"):
            install(print)


def test_the_lock_pins_every_package_and_names_no_host() -> None:
    lock = json.loads((EVALUATOR / "package-lock.json").read_text(encoding="utf-8"))
    wanted = json.loads((EVALUATOR / "package.json").read_text(encoding="utf-8"))["dependencies"]
    packages = {
        name.removeprefix("node_modules/"): package
        for name, package in lock["packages"].items()
        if name
    }
    assert {name: package["version"] for name, package in packages.items()} == wanted
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert "resolved" not in json.dumps(lock)

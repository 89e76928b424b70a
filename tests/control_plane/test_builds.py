from pathlib import Path

import pytest

from tests.control_plane import builds
from tests.control_plane.builds import ABOUT, MODULES, build
from tests.installation import UnavailableError


def test_without_go_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(UnavailableError, match=r"go is not on PATH: install Go 1\.26"):
        build("kubernetes", print)


def test_every_module_says_how_long_it_takes() -> None:
    assert set(ABOUT) == {file.parent.name for file in MODULES.glob("*/go.mod")}


def test_a_program_that_go_can_not_build_is_told_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "modules" / "broken"
    module.mkdir(parents=True)
    (module / "go.mod").write_text("module broken\n\ngo 1.24\n\ntool broken/cmd\n", "utf-8")
    (module / "go.sum").touch()
    monkeypatch.setattr(builds, "MODULES", tmp_path / "modules")
    monkeypatch.setitem(ABOUT, "broken", "nothing")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    said: list[str] = []
    for _ in range(2):
        with pytest.raises(UnavailableError, match="go can't build broken"):
            build("broken", said.append)
    assert len([line for line in said if line.startswith("Building nothing into ")]) == 2

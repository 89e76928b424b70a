"""Definitions of custom resources can be had on every machine, and only those that were pinned."""

import copy
import shutil
from pathlib import Path

import pytest

from tests.control_plane import crds
from tests.control_plane.crds import MODULES, PROJECTS, REQUIRED, Definitions, definitions

GROUPS = {group for project in PROJECTS for group in project.groups}


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a clone far from any folder with definitions."""
    monkeypatch.delenv("BULKHEAD_CRDS", raising=False)
    monkeypatch.setattr(crds, "HOUSE", tmp_path / "clone")


def groups(found: Definitions) -> set[str]:
    return {each["spec"]["group"] for each in found.found}


@pytest.mark.usefixtures("alone")
def test_alone_the_definitions_come_from_the_projects_go_modules() -> None:
    if shutil.which("go") is None:
        pytest.skip("go is not on PATH")
    said: list[str] = []
    found = definitions(said.append)
    for group, why in found.missing.items():
        said.append(f"{group}: {why}")
    assert groups(found) | {each.partition("/")[0] for each in found.missing} == GROUPS
    assert "v1beta2" in str([v["name"] for d in found.found for v in d["spec"]["versions"]])


@pytest.mark.usefixtures("alone")
def test_a_module_that_changed_since_it_was_pinned_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if shutil.which("go") is None:
        pytest.skip("go is not on PATH")
    shutil.copytree(MODULES, tmp_path / "definitions")
    sums = tmp_path / "definitions" / "go.sum"
    sums.write_text(
        "".join(
            line.replace("h1:", "h1:X") if "/kueue " in line else line
            for line in sums.read_text("utf-8").splitlines(keepends=True)
        ),
        "utf-8",
    )
    monkeypatch.setattr(crds, "MODULES", tmp_path / "definitions")
    monkeypatch.setattr(crds, "PROJECTS", [p for p in PROJECTS if "kueue" in p.module])
    found = definitions(lambda said: None)
    assert found.found == []
    assert set(found.missing) == {"kueue.x-k8s.io"}


@pytest.mark.usefixtures("alone")
def test_without_go_only_the_objects_of_those_groups_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    said: list[str] = []
    found = definitions(said.append)
    assert set(found.missing) == GROUPS
    pod = {"apiVersion": "v1", "kind": "Pod"}
    queue = {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "LocalQueue"}
    assert found.takes([pod, queue], said.append) == [pod]
    assert said == ["  objects of kueue.x-k8s.io are left out: go is not on PATH"]


@pytest.mark.usefixtures("alone")
def test_a_kind_whose_definition_is_too_old_is_left_out_and_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if shutil.which("go") is None:
        pytest.skip("go is not on PATH")
    monkeypatch.setattr(crds, "PROJECTS", [p for p in PROJECTS if p.outdated])
    found = definitions(lambda said: None)
    route = {"apiVersion": "aigateway.envoyproxy.io/v1beta1", "kind": "AIGatewayRoute"}
    said: list[str] = []
    assert found.takes([route, {**route, "kind": "MCPRoute"}], said.append) == [route]
    assert said == [
        "  objects of aigateway.envoyproxy.io/MCPRoute are left out: ai-gateway@v1.0.0 is older "
        "than what is installed"
    ]


def test_a_folder_of_definitions_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text(
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"
        "metadata: {name: scaledobjects.keda.sh}\n"
        "spec: {group: keda.sh, names: {kind: ScaledObject}}\n",
        "utf-8",
    )
    monkeypatch.setenv("BULKHEAD_CRDS", str(tmp_path))
    monkeypatch.setattr("shutil.which", lambda name: None)
    found = definitions(lambda said: None)
    (mine,) = (each["spec"] for each in found.found)
    assert mine == {"group": "keda.sh", "names": {"kind": "ScaledObject"}}
    assert set(found.missing) == GROUPS - {"keda.sh"}


def test_every_project_is_pinned() -> None:
    pinned = dict(REQUIRED.findall((MODULES / "go.mod").read_text("utf-8")))
    assert set(pinned) == {project.module for project in PROJECTS}
    sums = (MODULES / "go.sum").read_text("utf-8")
    assert all(f"{module} {version} h1:" in sums for module, version in pinned.items())


def test_no_webhook_stands_between_the_versions_of_a_definition() -> None:
    definition = {"metadata": {"name": "x"}, "spec": {"group": "g", "conversion": {"a": 1}}}
    before = copy.deepcopy(definition)
    assert crds._unconverted(definition)["spec"] == {"group": "g"}
    assert definition == before

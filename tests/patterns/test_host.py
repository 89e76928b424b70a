import inspect
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi.provider.experimental.analyzer import Analyzer
from pulumi.provider.experimental.schema import generate_schema

import bulkhead

COMPONENTS = Path(bulkhead.__file__).parent.parent


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    host = runpy.run_path(str(COMPONENTS / "__main__.py"), run_name="host")
    found = Analyzer("bulkhead").analyze(host["COMPONENTS"])
    spec: dict[str, Any] = generate_schema(
        "bulkhead",
        "0.0.0",
        None,
        found["component_definitions"],
        found["type_definitions"],
        list(found["dependencies"]),
    ).to_json()
    return spec


def test_every_component_is_offered_to_programs_in_other_languages(schema: dict[str, Any]) -> None:
    offered = {token.removeprefix("bulkhead:index:") for token in schema["resources"]}
    assert offered == set(bulkhead.__all__)
    assert all(component["isComponent"] for component in schema["resources"].values())


def test_every_input_output_and_component_is_described(schema: dict[str, Any]) -> None:
    silent = [
        f"{token}.{name}"
        for token, found in {**schema["resources"], **schema["types"]}.items()
        for name, declaration in {
            **found.get("inputProperties", {}),
            **found.get("properties", {}),
            "": found,
        }.items()
        if not declaration.get("description")
    ]
    assert silent == []


def test_required_and_optional_arguments_are_told_apart(schema: dict[str, Any]) -> None:
    shared = schema["resources"]["bulkhead:index:SharedCluster"]
    assert set(shared["requiredInputs"]) == {*("scope", "administrators", "tenants", "pools")}
    tenant = schema["types"]["bulkhead:index:TenantArgs"]
    assert set(tenant["required"]) == {"name", "tier", "owner", "costCenter"}


def test_the_plugin_runs_python() -> None:
    plugin = yaml.safe_load((COMPONENTS / "PulumiPlugin.yaml").read_text("utf-8"))
    assert plugin["runtime"]["name"] == "python"


def test_every_export_and_its_arguments_are_there_and_typed() -> None:
    stub = (COMPONENTS / "bulkhead" / "__init__.pyi").read_text("utf-8")
    for name in bulkhead.__all__:
        component, arguments = (getattr(bulkhead, export) for export in (name, f"{name}Args"))
        assert component.__name__ == name
        assert inspect.get_annotations(component.__init__)["args"] is arguments
        for export in (name, f"{name}Args"):
            assert re.search(rf"\b{export} as {export}\b", stub)


def test_an_unknown_export_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'bulkhead' has no attribute 'Sharedcluster'"):
        _ = bulkhead.Sharedcluster


def test_importing_the_package_loads_no_provider() -> None:
    program = "import bulkhead, bulkhead.domain.tiers, sys, json; print(json.dumps([*sys.modules]))"
    finished = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    loaded = set(json.loads(finished.stdout))
    assert not [name for name in loaded if name.startswith("pulumi")]

"""The JSON schemas of the configuration files, for editors.

``python -m stacks.schemas`` writes them.
"""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from stacks.config import HERE, ClustersConfig, FoundationConfig, WorkloadsConfig
from stacks.tenants_file import TenantsFile

FOLDER = HERE / "schema"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
LAYERS: dict[str, type[BaseModel]] = {
    "foundation": FoundationConfig,
    "cluster": ClustersConfig,
    "workloads": WorkloadsConfig,
}


def layer_schema(model: type[BaseModel], project: str = "bulkhead") -> dict[str, Any]:
    """The schema of a stack's configuration file.

    Keys of the project are the model's; those of providers and of Pulumi itself are left open.
    """
    schema = model.model_json_schema()
    return {
        "$schema": DIALECT,
        "title": f"Pulumi.<environment>-*.yaml, {model.__name__}",
        "description": schema["description"],
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {
                    f"{project}:{key}": value for key, value in schema["properties"].items()
                },
                "patternProperties": {f"^(?!{project}:)": {}},
                "additionalProperties": False,
                "required": [f"{project}:{key}" for key in schema.get("required", [])],
            }
        },
        "required": ["config"],
        "$defs": schema.get("$defs", {}),
    }


def schemas() -> dict[Path, str]:
    """Every schema, by the file that it belongs in."""
    found = {FOLDER / f"{layer}.json": layer_schema(model) for layer, model in LAYERS.items()}
    found[FOLDER / "tenants.json"] = {"$schema": DIALECT, **TenantsFile.model_json_schema()}
    return {path: json.dumps(schema, indent=2) + "\n" for path, schema in found.items()}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for path, text in schemas().items():
        path.write_text(text, "utf-8")

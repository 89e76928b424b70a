"""The resources of ``scenes.json``, as a program declares them with any SDK."""

import json
from pathlib import Path
from typing import Any

import pulumi

SCENES = json.loads(Path(__file__).with_name("scenes.json").read_text(encoding="utf-8"))


def value(given: Any, made: list[pulumi.Resource]) -> Any:
    """``given`` as an output of the resources that it is made of."""
    if not made:
        return given
    return pulumi.Output.all(*(resource.urn for resource in made)).apply(lambda _: given)


for scene, resources in SCENES.items():
    made: dict[str, pulumi.Resource] = {}
    for told in resources:
        properties = {
            key: value(given, [made[name] for name in told["depends"].get(key, ()) if name in made])
            for key, given in told["properties"].items()
        }
        opts = pulumi.ResourceOptions(protect=told["protect"])
        name = f"{scene}--{told['name']}"
        made[told["name"]] = pulumi.CustomResource(told["type"], name, properties, opts)

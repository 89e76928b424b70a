"""What Envoy Gateway has Envoy AI Gateway change of what it translated, by its own protocol."""

import copy
import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.gateway.rendered import Manifest
from tests.gateway.translated import Translation

EXTENSION = Path(__file__).with_name("extension.py")
ANNOTATION = "gateway.envoyproxy.io/"


def hooked(
    messages: Path, translation: Translation, given: list[Manifest], port: int
) -> Translation:
    """The translation of ``given`` as the extension on ``port`` of the loopback changes it.

    ``messages`` is the folder with those of Envoy.
    """
    asked = {
        "clusters": translation.clusters,
        "listeners": translation.listeners,
        "routes": [_annotated(each, given) for each in translation.routes.values()],
    }
    done = subprocess.run(
        [sys.executable, EXTENSION, str(port)],
        input=json.dumps(asked),
        env={**os.environ, "PYTHONPATH": str(messages)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    changed = json.loads(done.stdout)
    return dataclasses.replace(
        translation,
        clusters=changed["clusters"],
        listeners=changed["listeners"],
        routes={each["name"]: each for each in changed["routes"]},
    )


def _annotated(routes: dict[str, Any], given: list[Manifest]) -> dict[str, Any]:
    """The routes with the annotations that Envoy Gateway hands on, and ``egctl`` does not read."""
    notes = {
        (each["kind"], each["metadata"]["name"]): {
            key.removeprefix(ANNOTATION): value
            for key, value in each["metadata"].get("annotations", {}).items()
            if key.startswith(ANNOTATION)
        }
        for each in given
    }
    found = copy.deepcopy(routes)
    for host in found["virtualHosts"]:
        for route in host["routes"]:
            for resource in route["metadata"]["filterMetadata"]["envoy-gateway"]["resources"]:
                resource["annotations"] = notes[resource["kind"], resource["name"]]
    return found

"""The custom resource definitions of the controllers whose objects the platform makes."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

from tests.control_plane.api import Api
from tests.installation import UnavailableError

HOUSE = Path(__file__).parents[2]
ESTABLISH_SECONDS = 60


def folder() -> Path:
    """Where the definitions are.

    Raises:
        UnavailableError: they are not on this machine.
    """
    found = Path(os.environ.get("BULKHEAD_CRDS") or HOUSE.parent / "shared" / "crds")
    if not found.is_dir():
        raise UnavailableError(
            f"{found} has no custom resource definitions: set BULKHEAD_CRDS to a folder with those "
            "of Kueue, Karpenter, Envoy Gateway, Envoy AI Gateway, KEDA, agent-sandbox and "
            "sigstore's policy-controller, from each project's own release"
        )
    return found


def definitions() -> list[dict[str, Any]]:
    """Every definition in the folder."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found = []
    for file in sorted(folder().rglob("*.yaml")):
        documents = yaml.load_all(file.read_text("utf-8"), loader)
        found += [d for d in documents if d and d["kind"] == "CustomResourceDefinition"]
    return found


def install(api: Api) -> None:
    """Install them all and wait until the API serves each."""
    wanted = definitions()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(api.ensure, wanted))
    until = time.monotonic() + ESTABLISH_SECONDS
    for definition in wanted:
        while not _established(api.get(definition)):
            assert time.monotonic() < until, definition["metadata"]["name"]
            time.sleep(0.1)


def _established(definition: dict[str, Any]) -> bool:
    conditions = definition["status"].get("conditions") or []
    return any(c["type"] == "Established" and c["status"] == "True" for c in conditions)

"""How long a control plane takes for many tenants: a pattern's objects, rendered and applied."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.programs import shared_cluster
from bulkhead.preview.run import preview_function
from tests.control_plane import rendered
from tests.control_plane.api import Api
from tests.control_plane.plane import start

CONNECTIONS = 8
BARE = 1000
"""Config maps that are applied before there is any policy, to compare with."""

PROGRESS_SECONDS = 10

Tell = Callable[[str], None]
Manifest = dict[str, Any]


@dataclass(frozen=True)
class Taken:
    """What one number of tenants took.

    Attributes:
        tenants, objects: how many.
        render: seconds in which the program is previewed and its objects are written.
        apply: seconds in which the API server takes them, by ``CONNECTIONS`` connections.
        counted: seconds after that until every quota is counted, and so in force.
        bare: seconds for a bare config map in place of an object.
    """

    tenants: int
    objects: int
    render: float
    apply: float
    counted: float
    bare: float


def take(tenants: int, programs: Path, tell: Tell) -> Taken:
    """Render the tenants of a ``SharedCluster``, and apply them to a control plane of their own."""
    preview_function(shared_cluster(1), assume_applied=True)
    before = time.perf_counter()
    plan = preview_function(shared_cluster(tenants), assume_applied=True)
    objects = rendered.objects(plan)
    render = time.perf_counter() - before
    with start(programs) as plane:
        api = plane.api
        bare = sum(_seconds(api, [_config_map(n) for n in range(BARE)], tell)) / BARE
        apply = sum(_seconds(api, objects, tell))
        before = time.perf_counter()
        rendered.wait(lambda: _counted(api), what="quotas are not counted", seconds=600)
        counted = time.perf_counter() - before
    return Taken(tenants, len(objects), render, apply, counted, bare)


def _seconds(api: Api, objects: list[Manifest], tell: Tell) -> Iterator[float]:
    """Seconds for each of the parts that wait for each other: policies, namespaces, the rest."""
    of_cluster = [each for each in objects if "namespace" not in each["metadata"]]
    namespaces = [each for each in of_cluster if each["kind"] == "Namespace"]
    others = [each for each in of_cluster if each["kind"] != "Namespace"]
    inside = [each for each in objects if "namespace" in each["metadata"]]
    for part in (others, namespaces, inside):
        before = time.perf_counter()
        _apply(api, part, tell)
        yield time.perf_counter() - before


def _apply(api: Api, objects: Iterable[Manifest], tell: Tell) -> None:
    wanted = list(objects)
    told = time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        done = pool.map(lambda manifest: rendered.apply(api, manifest), wanted)
        for number, _ in enumerate(done, start=1):
            if time.monotonic() > told + PROGRESS_SECONDS:
                told = time.monotonic()
                tell(f"  {number} of {len(wanted)} objects")


def _counted(api: Api) -> bool:
    quotas = api.call("GET", "/api/v1/resourcequotas")["items"]
    return all((each.get("status") or {}).get("used") for each in quotas)


def _config_map(number: int) -> Manifest:
    metadata = {"name": f"bare-{number}", "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"key": "value"}}

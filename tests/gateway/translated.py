"""Objects of the gateway as the real Envoy Gateway translates them."""

import json
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.gateway.rendered import Manifest


@dataclass(frozen=True)
class Translation:
    """What Envoy Gateway says of objects, and the configuration that it would send to a proxy.

    Attributes:
        objects: the objects with their status, by kind and name.
        listeners, clusters, routes: Envoy's configuration.
    """

    objects: dict[tuple[str, str], Manifest]
    listeners: list[dict[str, Any]]
    clusters: list[dict[str, Any]]
    routes: dict[str, dict[str, Any]]

    def conditions(self) -> Iterator[tuple[str, str, str]]:
        """Kind, name, and each condition as ``Type=Status Reason: message``."""
        for (kind, name), found in self.objects.items():
            for condition in _conditions(found.get("status")):
                yield kind, name, condition


def translate(egctl: Path, objects: Iterable[Manifest], folder: Path) -> Translation:
    """Translate objects with the program ``egctl``; what it refuses to read is an error."""
    file = folder / "objects.yaml"
    file.write_text(yaml.safe_dump_all(objects))
    command = [egctl, "experimental", "translate", "--from", "gateway-api"]
    done = subprocess.run(
        [*command, "--to", "gateway-api,xds", "-o", "json", "-f", file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return _read(json.loads(done.stdout))


def _read(answer: dict[str, Any]) -> Translation:
    (proxy,) = answer.pop("xds").values()
    dumps = {dump["@type"].rpartition(".")[2]: dump for dump in proxy["configs"]}
    listeners = [
        _plain(each["activeState"]["listener"])
        for each in dumps["ListenersConfigDump"].get("dynamicListeners", ())
    ]
    clusters = [
        _plain(each["cluster"])
        for each in dumps["ClustersConfigDump"].get("dynamicActiveClusters", ())
    ]
    routes = [
        _plain(each["routeConfig"])
        for each in dumps["RoutesConfigDump"].get("dynamicRouteConfigs", ())
    ]
    objects = [
        each
        for found in answer.values()
        for each in (found if isinstance(found, list) else [found])
    ]
    return Translation(
        objects={(each["kind"], each["metadata"]["name"]): each for each in objects},
        listeners=listeners,
        clusters=clusters,
        routes={route["name"]: route for route in routes},
    )


def _plain(resource: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key != "@type"}


def _conditions(status: Any) -> Iterator[str]:
    if isinstance(status, list):
        for each in status:
            yield from _conditions(each)
    elif isinstance(status, dict):
        for found in status.get("conditions", ()):
            yield "{type}={status} {reason}: {message}".format(**found)
        yield from _conditions(list(status.values()))

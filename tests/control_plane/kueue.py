"""Kueue's own controller beside a control plane: its chart's objects, and its process on loopback.

It runs with the configuration, the service account and the rights that the chart gives it. What
differs from a cluster is where it listens, that a service leads there by the name of the host, and
that the test writes its certificates, which there the kubelet mounts.
"""

import base64
import contextlib
import copy
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import urllib3
import yaml

from tests.control_plane import crds
from tests.control_plane.api import Api, ApiRefusalError, Manifest
from tests.control_plane.plane import BrokenError, ControlPlane, act_as
from tests.control_plane.processes import free_ports, running
from tests.control_plane.rendered import apply, wait

HOST = "localhost"
SERVICE, SECRET, ACCOUNT = (
    f"kueue-{word}" for word in ("webhook-service", "webhook-server-cert", "controller-manager")
)
READY_SECONDS = 60
OUTSIDE = {"APIService"}
"""Kinds of the chart's objects that lead to its pods, which run nowhere here."""

FEATURES = "--feature-gates=VisibilityOnDemand=false"
"""Nobody asks for pending jobs through the API server, which would need an APIService."""


@contextlib.contextmanager
def kueue(programs: Path, plane: ControlPlane, chart: Iterable[Manifest]) -> Iterator[None]:
    """Run the controller until the ``with`` statement ends; ``chart`` is what Helm rendered.

    The chart's objects stay until the control plane goes.
    """
    webhooks, health, metrics = free_ports(3)
    found = [_reached(each, webhooks) for each in chart if each["kind"] not in OUTSIDE]
    (config,) = (each for each in found if each["kind"] == "ConfigMap")
    folder = plane.folder / "kueue"
    folder.mkdir()
    settings = folder / "config.yaml"
    settings.write_text(_configuration(config, folder, webhooks, health, metrics), "utf-8")
    definitions = [each for each in found if each["kind"] == "CustomResourceDefinition"]
    for manifest in found:
        apply(plane.api, manifest)
    crds.await_established(plane.api, definitions)
    flags = (
        f"--config={settings}",
        f"--kubeconfig={act_as(plane, config['metadata']['namespace'], ACCOUNT)}",
        FEATURES,
    )
    log = plane.folder / "kueue.log"
    with running(programs / "kueue", *flags, log=log) as process:
        _mount(plane.api, config["metadata"]["namespace"], folder)
        wait(
            lambda: _ready(health) or process.poll() is not None,
            what=f"Kueue does not become ready: {_end(log)}",
            seconds=READY_SECONDS,
        )
        if process.poll() is not None:
            raise BrokenError(f"Kueue ends: {_end(log)}")
        yield


def _reached(manifest: Manifest, port: int) -> dict[str, Any]:
    """The object as it leads to a process on this host at ``port``."""
    changed = copy.deepcopy(dict(manifest))
    if changed["kind"] == "Service" and changed["metadata"]["name"] == SERVICE:
        ports = [{"name": "webhooks", "port": port}]
        changed["spec"] = {"type": "ExternalName", "externalName": HOST, "ports": ports}
    for client in _clients(changed):
        if "service" in client:
            client["service"]["port"] = port
    return changed


def _clients(value: Any) -> Iterator[dict[str, Any]]:
    """Every ``clientConfig`` in an object."""
    if isinstance(value, dict):
        if "clientConfig" in value:
            yield value["clientConfig"]
        for each in value.values():
            yield from _clients(each)
    elif isinstance(value, list):
        for each in value:
            yield from _clients(each)


def _configuration(config: Manifest, folder: Path, webhooks: int, health: int, metrics: int) -> str:
    """The chart's configuration with addresses of this host."""
    (text,) = config["data"].values()
    settings = yaml.safe_load(text)
    settings["webhook"] |= {"host": HOST, "port": webhooks, "certDir": str(folder)}
    settings["health"] = {"healthProbeBindAddress": f"{HOST}:{health}"}
    settings["metrics"] |= {"bindAddress": f"{HOST}:{metrics}"}
    settings["leaderElection"] |= {"resourceNamespace": config["metadata"]["namespace"]}
    return yaml.safe_dump(settings)


def _mount(api: Api, namespace: str, folder: Path) -> None:
    """Write the certificates, once the controller has made them."""
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRET, "namespace": namespace},
    }
    data: Mapping[str, str] = {}

    def there() -> bool:
        nonlocal data
        with contextlib.suppress(ApiRefusalError):
            data = api.get(secret).get("data") or {}
        return "tls.crt" in data

    wait(there, what="Kueue makes no certificates", seconds=READY_SECONDS)
    for name, value in data.items():
        (folder / name).write_bytes(base64.b64decode(value))


def _ready(port: int) -> bool:
    with contextlib.suppress(urllib3.exceptions.HTTPError):
        answer = urllib3.request("GET", f"http://{HOST}:{port}/readyz", retries=False, timeout=1)
        return answer.status == 200
    return False


def _end(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-10:])

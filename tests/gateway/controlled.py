"""Envoy AI Gateway's own controller on a real API server, with the rights that it gets (INF-2).

It runs as its service account, behind the roles that are rendered for it. It makes routes for Envoy
Gateway and the configuration of its processor, and Envoy Gateway calls it to have what it
translated changed.
"""

import contextlib
import fcntl
import socket
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bulkhead import GatewayControllers
from bulkhead.workloads.controller_roles import WEBHOOK
from bulkhead.workloads.gateway_charts import AI_CONTROLLER
from bulkhead.workloads.gateway_edge import GATEWAY
from bulkhead.workloads.names import CONTROLLER_NAMESPACE, GATEWAY_NAMESPACE
from tests.control_plane import crds
from tests.control_plane.api import Api
from tests.control_plane.builds import MODULES, source
from tests.control_plane.plane import ControlPlane, act_as
from tests.control_plane.processes import free_ports, running
from tests.control_plane.rendered import applied, objects, wait
from tests.foundation.samples import planned
from tests.gateway.certified import Certificates
from tests.gateway.rendered import Manifest
from tests.installation import UnavailableError
from tests.workloads.test_gateway_controllers import arguments

OWN_PORTS = (8080, 18002)
"""Where the controller listens whatever it is told: metrics, and limits that nobody uses here."""

SETTINGS = "filter-config.yaml"

MADE = {
    "HTTPRoute": "/apis/gateway.networking.k8s.io/v1/namespaces/{}/httproutes",
    "HTTPRouteFilter": "/apis/gateway.envoyproxy.io/v1alpha1/namespaces/{}/httproutefilters",
}
"""Kinds that it makes for Envoy Gateway."""

KEPT = ("name", "namespace", "annotations", "labels")


@dataclass(frozen=True)
class Controlled:
    """What the controller made of a gateway's objects.

    Attributes:
        objects: its own for Envoy Gateway, in place of those that only it knows.
        conditions: what it says of those, as kind, name and ``Type=Status``.
        settings: its processor's configuration.
        port: where Envoy Gateway calls it.
        log: what it wrote.
    """

    objects: list[Manifest]
    conditions: list[tuple[str, str, str]]
    settings: str
    port: int
    log: Path


@contextlib.contextmanager
def controlled(
    plane: ControlPlane, program: Path, given: list[Manifest], certificates: Certificates
) -> Iterator[Controlled]:
    """Run the controller on a gateway's objects until it has made all that follows from them.

    Raises:
        UnavailableError: somebody else listens on one of its ports.
    """
    own = [each for each in given if each["apiVersion"].startswith("aigateway.")]
    rest = [each for each in given if each not in own]
    rights = objects(
        planned(lambda: GatewayControllers("controllers", arguments()), assume_applied=True)
    )
    with (
        tempfile.TemporaryDirectory() as temporary,
        _alone(),
        crds.installed(plane.api, _definitions()),
        applied(plane.api, [_namespace(), *rights, _webhook(), _proxy(), *given]),
    ):
        folder = Path(temporary)
        port, webhook_port = free_ports(2)
        log = folder / "controller.log"
        flags = [
            f"-port=127.0.0.1:{port}",
            f"-webhookPort={webhook_port}",
            f"-tlsCertDir={certificates.authority.parent}",
            f"-caBundleName={certificates.authority.name}",
            f"-tlsCertName={certificates.certificate('server').name}",
            f"-tlsKeyName={certificates.key('server').name}",
            f"-envoyGatewayNamespace={CONTROLLER_NAMESPACE}",
            f"-watchNamespaces={GATEWAY_NAMESPACE}",
            "-enableLeaderElection=false",  # asks for a namespace that only pods have
        ]
        environment = {
            "KUBECONFIG": str(act_as(plane, CONTROLLER_NAMESPACE, AI_CONTROLLER)),
            "POD_NAMESPACE": CONTROLLER_NAMESPACE,
            "DISABLE_PPROF": "true",
        }
        with running(program, *flags, log=log, environment=environment) as process:

            def settled() -> bool:
                assert process.poll() is None, log.read_text()[-2000:]
                return all(_accepted(plane.api, each) for each in own) and _complete(plane.api, own)

            try:
                wait(settled, what="the controller does not come to an end")
            except AssertionError as error:
                raise AssertionError(log.read_text()[-6000:]) from error
            yield Controlled(
                objects=[*rest, *_made(plane.api)],
                conditions=[
                    (each["kind"], each["metadata"]["name"], condition)
                    for each in own
                    for condition in _conditions(plane.api, each)
                ],
                settings=_settings(plane.api),
                port=port,
                log=log,
            )


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Its ports are the same wherever it runs, so test runs take turns."""
    with (Path(tempfile.gettempdir()) / "bulkhead-ai-controller.lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        for port in OWN_PORTS:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("", port))
                except OSError as error:
                    raise UnavailableError(
                        f"port {port} is taken, on which Envoy AI Gateway's controller listens: "
                        "end what listens there to run the gateway's tests"
                    ) from error
        yield


def _definitions() -> Iterator[Manifest]:
    """Those of the versions that run here."""
    for build, module in (
        ("aigateway", "github.com/envoyproxy/ai-gateway"),
        ("egctl", "github.com/envoyproxy/gateway"),
    ):
        (folder,) = (each.folder for each in crds.PROJECTS if each.module == module)
        yield from crds.read(source(MODULES / build, module) / folder)


def _namespace() -> Manifest:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": GATEWAY_NAMESPACE}}


def _webhook() -> Manifest:
    """The chart's webhook, into which the controller writes its authority."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": {"name": WEBHOOK},
        "webhooks": [
            {
                "name": "pods.example.com",
                "admissionReviewVersions": ["v1"],
                "sideEffects": "None",
                "failurePolicy": "Ignore",
                "clientConfig": {"service": {"name": "nobody", "namespace": CONTROLLER_NAMESPACE}},
            }
        ],
    }


def _proxy() -> Manifest:
    """The deployment that Envoy Gateway makes for the gateway; the controller waits for it."""
    label = "gateway.envoyproxy.io/owning-gateway-"
    labels = {f"{label}name": GATEWAY, f"{label}namespace": GATEWAY_NAMESPACE}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "envoy", "image": "envoy"}]},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "proxy", "namespace": GATEWAY_NAMESPACE, "labels": labels},
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }


def _conditions(api: Api, manifest: Manifest) -> list[str]:
    status = api.get(manifest).get("status") or {}
    return [f"{each['type']}={each['status']}" for each in status.get("conditions", ())]


def _accepted(api: Api, manifest: Manifest) -> bool:
    return "Accepted=True" in _conditions(api, manifest)


def _complete(api: Api, own: list[Manifest]) -> bool:
    """Whether every route has become one, and every model that it names is in the settings."""
    routes = [each for each in own if each["kind"] == "AIGatewayRoute"]
    made = {each["metadata"]["name"] for each in _made(api) if each["kind"] == "HTTPRoute"}
    told = _settings(api)
    return all(
        each["metadata"]["name"] in made and each["metadata"]["name"] in told for each in routes
    )


def _made(api: Api) -> list[Manifest]:
    """What the controller made, without what the API server adds."""
    found = []
    for kind, path in MADE.items():
        answer = api.call("GET", path.format(GATEWAY_NAMESPACE))
        for each in answer["items"]:
            metadata = {key: each["metadata"][key] for key in KEPT if key in each["metadata"]}
            made = {"apiVersion": answer["apiVersion"], "kind": kind, "metadata": metadata}
            found.append({**made, "spec": each["spec"]})
    return found


def _settings(api: Api) -> str:
    """The processor's configuration, or nothing as long as there is none."""
    answer: dict[str, Any] = api.call("GET", f"/api/v1/namespaces/{GATEWAY_NAMESPACE}/secrets")
    for each in answer["items"]:
        data = each.get("data") or {}
        if SETTINGS in data:
            return b64decode(data[SETTINGS]).decode()
    return ""

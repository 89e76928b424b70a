"""A real control plane on loopback: etcd, API server, controller manager and scheduler."""

import contextlib
import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from bulkhead.domain.addresses import SERVICE_NETWORK
from tests.control_plane.api import Api
from tests.control_plane.certificates import write_certificates
from tests.control_plane.processes import free_ports, running

START_SECONDS = 90
ISSUER = "https://kubernetes.default.svc"

REPORTED = "v0.0.0-tests"
"""The version that the server tells: what a build from modules tells is no version, which
controllers can't read."""


class BrokenError(Exception):
    """A program of the control plane ended or never became ready."""


@dataclass
class ControlPlane:
    """A control plane that runs as long as the ``with`` statement of ``start``.

    Attributes:
        api: its API as an administrator.
        kubeconfig: how programs reach it as an administrator; None for one that was there before.
        folder: where logs and certificates are.
    """

    api: Api
    kubeconfig: Path
    folder: Path = field(default_factory=Path)


@contextlib.contextmanager
def start(programs: Path) -> Iterator[ControlPlane]:
    """Start a control plane from the folder with its ``programs``; stop it and leave nothing."""
    with (
        tempfile.TemporaryDirectory(prefix="bulkhead-", ignore_cleanup_errors=True) as temporary,
        contextlib.ExitStack() as stack,
    ):
        folder = Path(temporary)
        write_certificates(folder)
        etcd_port, peer_port, port = free_ports(3)
        url = f"https://127.0.0.1:{port}"
        etcd = f"http://127.0.0.1:{etcd_port}"

        def run(name: str, *flags: str) -> subprocess.Popen[bytes]:
            log = folder / f"{name}.log"
            return stack.enter_context(running(programs / name, *flags, log=log))

        run("etcd", *_etcd_flags(folder, etcd, f"http://127.0.0.1:{peer_port}"))
        server = run("kube-apiserver", *_server_flags(folder, etcd, port))
        api = Api.of(url, folder, "admin")
        _wait(api, server, folder)
        for name in ("controller-manager", "scheduler"):
            config = write_kubeconfig(folder, name, url)
            run(f"kube-{name}", *_client_flags(name, config, folder))
        yield ControlPlane(api, write_kubeconfig(folder, "kwok", url), folder)


def _etcd_flags(folder: Path, url: str, peer: str) -> list[str]:
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _server_flags(folder: Path, etcd: str, port: int) -> list[str]:
    """As EKS runs it where it matters: privileged pods are let through to admission, and pods that
    ask for GPUs tolerate the taint of nodes with GPUs (EKS User Guide, "platform versions")."""
    return [
        f"--etcd-servers={etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={port}",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        f"--tls-cert-file={folder / 'server.crt'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        f"--client-ca-file={folder / 'ca.crt'}",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={folder / 'tokens.key'}",
        f"--service-account-signing-key-file={folder / 'tokens.key'}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction,ExtendedResourceToleration",
        "--allow-privileged=true",
        "--endpoint-reconciler-type=none",
        "--profiling=false",
        f"--version={REPORTED}",
    ]


def _client_flags(name: str, config: Path, folder: Path) -> list[str]:
    flags = [f"--kubeconfig={config}", "--leader-elect=false", "--secure-port=0"]
    if name == "controller-manager":
        flags += [
            f"--service-account-private-key-file={folder / 'tokens.key'}",
            f"--root-ca-file={folder / 'ca.crt'}",
            "--use-service-account-credentials=true",
            "--controllers=*",
        ]
    return flags


def write_kubeconfig(folder: Path, name: str, url: str) -> Path:
    """Write a kubeconfig of the client ``name``."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": name,
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
        "clusters": [
            {
                "name": name,
                "cluster": {"server": url, "certificate-authority": str(folder / "ca.crt")},
            }
        ],
        "users": [
            {
                "name": name,
                "user": {
                    "client-certificate": str(folder / f"{name}.crt"),
                    "client-key": str(folder / f"{name}.key"),
                },
            }
        ],
    }
    path = folder / f"{name}.kubeconfig"
    path.write_text(json.dumps(config), encoding="utf-8")
    return path


def act_as(plane: ControlPlane, namespace: str, account: str) -> Path:
    """Write a kubeconfig of who may do what a service account may, and no more."""
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    wanted = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = plane.api.call("POST", path, body=wanted)["status"]["token"]
    config = json.loads(plane.kubeconfig.read_text("utf-8"))
    (user,) = config["users"]
    user["user"] = {"token": token}
    written = plane.folder / f"{account}.kubeconfig"
    written.write_text(json.dumps(config), "utf-8")
    return written


def _wait(api: Api, server: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            if api.request("GET", "/readyz").status == 200:
                return
        time.sleep(0.1)
    log = (folder / "kube-apiserver.log").read_text("utf-8", "replace").splitlines()
    raise BrokenError("the API server does not become ready: " + "\n".join(log[-10:]))

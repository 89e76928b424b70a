"""Certificates of the gateway, of servers and of the issuer, from one authority."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import trustme

from tests.gateway.rendered import HOST

SERVERS = ("*.alpha.svc.cluster.local", "*.beta.svc.cluster.local")
CLIENT = "inference-gateway"


class Certificates:
    """Files in a folder, and the objects in which Envoy Gateway looks for them."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.authority = folder / "authority.crt"
        authority.cert_pem.write_to_path(self.authority)
        self._folder = folder
        self._issued = {
            "server": authority.issue_cert(HOST),
            "client": authority.issue_cert(CLIENT),
            "issuer": authority.issue_cert("issuer.example"),
            "model": authority.issue_cert(*SERVERS),
        }
        for name, issued in self._issued.items():
            for number, pem in enumerate(issued.cert_chain_pems):
                pem.write_to_path(self.certificate(name), append=number > 0)
            issued.private_key_pem.write_to_path(self.key(name))

    def certificate(self, name: str) -> Path:
        return self._folder / f"{name}.crt"

    def key(self, name: str) -> Path:
        return self._folder / f"{name}.key"

    def objects(self, namespace: str) -> list[dict[str, Any]]:
        """The Secrets and the ConfigMap that a gateway names."""
        secrets = [
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "type": "kubernetes.io/tls",
                "metadata": {"name": name, "namespace": namespace},
                "data": {
                    "tls.crt": b64encode(self.certificate(name).read_bytes()).decode(),
                    "tls.key": b64encode(self.key(name).read_bytes()).decode(),
                },
            }
            for name in ("server", "client")
        ]
        authority = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "authority", "namespace": namespace},
            "data": {"ca.crt": self.authority.read_text()},
        }
        return [*secrets, authority]

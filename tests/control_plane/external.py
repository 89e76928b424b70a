"""A control plane that was there before, by ``BULKHEAD_KUBECONFIG``."""

import base64
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.control_plane.api import Api
from tests.control_plane.plane import ControlPlane
from tests.installation import UnavailableError


def kubeconfig() -> Path | None:
    """The file that names the control plane, or None."""
    named = os.environ.get("BULKHEAD_KUBECONFIG")
    return Path(named) if named else None


@contextlib.contextmanager
def reach(path: Path) -> Iterator[ControlPlane]:
    """Reach the current context's control plane as its user, who must administer it.

    Raises:
        UnavailableError: the user has neither a certificate nor a token.
    """
    config = yaml.safe_load(path.read_text("utf-8"))
    context = _named(config, "contexts", config["current-context"])["context"]
    cluster = _named(config, "clusters", context["cluster"])["cluster"]
    user = _named(config, "users", context["user"])["user"]
    if not user.keys() & {"client-certificate", "client-certificate-data", "token"}:
        raise UnavailableError(
            f"the user {context['user']} of {path} has neither a client certificate nor a token"
        )
    with tempfile.TemporaryDirectory(prefix="bulkhead-") as temporary:
        folder = Path(temporary)
        tls = {
            argument: str(found)
            for argument, key, source in (
                ("ca_certs", "certificate-authority", cluster),
                ("cert_file", "client-certificate", user),
                ("key_file", "client-key", user),
            )
            if (found := _file(source, key, folder))
        }
        yield ControlPlane(Api(cluster["server"], token=user.get("token", ""), **tls), path, folder)


def _named(config: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    return next(entry for entry in config[kind] if entry["name"] == name)


def _file(source: dict[str, Any], key: str, folder: Path) -> Path | None:
    if f"{key}-data" in source:
        path = folder / key
        path.write_bytes(base64.b64decode(source[f"{key}-data"]))
        return path
    return Path(source[key]) if key in source else None

"""A control plane that was there before, by ``BULKHEAD_KUBECONFIG``."""

import base64
import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import urllib3
import yaml

from tests.control_plane.api import Api, ApiRefusalError
from tests.control_plane.plane import ControlPlane

EVERYTHING = {
    "apiVersion": "authorization.k8s.io/v1",
    "kind": "SelfSubjectAccessReview",
    "spec": {"resourceAttributes": {"group": "*", "resource": "*", "verb": "*"}},
}


class UnusableError(Exception):
    """The control plane that somebody named can't be used; the sentence says why."""


def kubeconfig() -> Path | None:
    """The file that names the control plane, or None."""
    named = os.environ.get("BULKHEAD_KUBECONFIG")
    return Path(named) if named else None


@contextlib.contextmanager
def reach(path: Path) -> Iterator[ControlPlane]:
    """Reach the current context's control plane as its user, who must administer it.

    Raises:
        UnusableError: the file can't be read or is no kubeconfig, the user has neither a
            certificate nor a token, or the control plane does not answer, or not as to an
            administrator.
    """
    where = f"BULKHEAD_KUBECONFIG={path}"
    cluster, user = _read(path, where)
    with tempfile.TemporaryDirectory(prefix="bulkhead-") as temporary:
        folder = Path(temporary)
        try:
            tls = {
                argument: str(found)
                for argument, key, source in (
                    ("ca_certs", "certificate-authority", cluster),
                    ("cert_file", "client-certificate", user),
                    ("key_file", "client-key", user),
                )
                if (found := _file(source, key, folder))
            }
            api = Api(cluster["server"], token=user.get("token", ""), **tls)
            everything = _may_everything(api)
        except ApiRefusalError as error:
            raise UnusableError(f"{where}: the control plane refuses its user: {error}") from None
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise UnusableError(
                f"{where}: the control plane {cluster['server']} does not answer: {error}"
            ) from None
        if not everything:
            raise UnusableError(f"{where}: its user does not administer the control plane")
        yield ControlPlane(api, path, folder)


def _read(path: Path, where: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The cluster and the user of the current context."""
    try:
        config = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        told = " ".join(str(error).split())
        raise UnusableError(f"{where}: the file can't be read: {told}") from None
    try:
        context = _named(config, "contexts", config["current-context"])["context"]
        cluster = _named(config, "clusters", context["cluster"])["cluster"]
        user = _named(config, "users", context["user"])["user"]
        server = cluster["server"]
    except (KeyError, TypeError, StopIteration):
        raise UnusableError(
            f"{where}: the file is no kubeconfig with a current context, its cluster and its user"
        ) from None
    if not str(server).startswith("https://"):
        raise UnusableError(f"{where}: not the URL of a server, got {server!r}; allowed: https://…")
    if not user.keys() & {"client-certificate", "client-certificate-data", "token"}:
        raise UnusableError(
            f"{where}: the user {context['user']} has neither a client certificate nor a token"
        )
    return cluster, user


def _may_everything(api: Api) -> bool:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    return bool(api.call("POST", path, body=EVERYTHING)["status"]["allowed"])


def _named(config: dict[str, Any], kind: str, name: str) -> dict[str, Any]:
    return next(entry for entry in config[kind] if entry["name"] == name)


def _file(source: dict[str, Any], key: str, folder: Path) -> Path | None:
    if f"{key}-data" in source:
        path = folder / key
        path.write_bytes(base64.b64decode(source[f"{key}-data"]))
        return path
    return Path(source[key]) if key in source else None

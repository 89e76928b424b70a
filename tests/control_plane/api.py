"""A Kubernetes API as tests use it: by manifests, strictly, as anybody.

Kubernetes' own client for Python can't be asked for strict field validation, nor to act as somebody
else for one call; what tests need of the API is five verbs of HTTP.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import urllib3

Manifest = Mapping[str, Any]

STRICT = {"fieldValidation": "Strict"}
APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


class ApiRefusalError(Exception):
    """The API server refused a request."""

    def __init__(self, code: int, body: Mapping[str, Any]) -> None:
        self.code = code
        self.reason: str = body.get("reason", "")
        self.message: str = body.get("message", "")
        super().__init__(f"{code} {self.reason}: {self.message}")


@dataclass(frozen=True)
class Kind:
    """Where objects of a kind are, as discovery tells it."""

    base: str
    plural: str
    namespaced: bool

    def path(self, namespace: str | None, name: str | None = None) -> str:
        """The path of an object, or of all."""
        parts = [self.base, *(("namespaces", namespace) if self.namespaced and namespace else ())]
        return "/".join(part for part in (*parts, self.plural, name) if part)


class Api:
    """The API of one cluster, as its administrator or as whom ``impersonate`` names."""

    def __init__(self, url: str, *, token: str = "", **tls: Any) -> None:
        """Reach the server at ``url``; ``tls`` are arguments of ``urllib3.PoolManager``."""
        self.url = url.rstrip("/")
        self._pool = urllib3.PoolManager(maxsize=8, retries=False, **tls)
        self._who: list[tuple[str, str]] = []
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._kinds: dict[tuple[str, str], Kind] = {}

    @classmethod
    def of(cls, url: str, folder: Path, client: str) -> "Api":
        """As the owner of a certificate in ``folder``."""
        return cls(
            url,
            ca_certs=str(folder / "ca.crt"),
            cert_file=str(folder / f"{client}.crt"),
            key_file=str(folder / f"{client}.key"),
        )

    def impersonate(self, user: str, *groups: str) -> "Api":
        """The same API as ``user`` in ``groups``."""
        other = object.__new__(Api)
        other.__dict__.update(self.__dict__)
        everybody = (*groups, "system:authenticated")
        other._who = [("Impersonate-User", user), *(("Impersonate-Group", g) for g in everybody)]
        return other

    def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        content: str = "application/json",
        **params: str,
    ) -> urllib3.BaseHTTPResponse:
        """The raw answer; ``params`` are those of the URL."""
        headers = urllib3.HTTPHeaderDict({"Content-Type": content, **self._headers})
        for name, value in self._who:
            headers.add(name, value)
        data = None if body is None else json.dumps(body).encode()
        query = f"?{urlencode(params)}" if params else ""
        return self._pool.request(method, self.url + path + query, body=data, headers=headers)

    def call(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The answer's body.

        Raises:
            ApiRefusalError: it is an error.
        """
        response = self.request(method, path, **options)
        try:
            body: dict[str, Any] = response.json()
        except ValueError:
            body = {"message": response.data.decode("utf-8", "replace")}
        if response.status >= 400:
            raise ApiRefusalError(response.status, body)
        return body

    def kind(self, version: str, kind: str) -> Kind:
        """Where objects of a kind are."""
        if (version, kind) not in self._kinds:
            base = f"/api/{version}" if "/" not in version else f"/apis/{version}"
            for found in self.call("GET", base)["resources"]:
                if "/" not in found["name"]:
                    self._kinds[version, found["kind"]] = Kind(
                        base, found["name"], found["namespaced"]
                    )
        return self._kinds[version, kind]

    def path(self, manifest: Manifest, subresource: str = "") -> str:
        """The path of the object that ``manifest`` describes."""
        kind = self.kind(manifest["apiVersion"], manifest["kind"])
        metadata = manifest["metadata"]
        path = kind.path(metadata.get("namespace"), metadata["name"])
        return f"{path}/{subresource}" if subresource else path

    def apply(self, manifest: Manifest, **params: str) -> dict[str, Any]:
        """Apply on the server side; an unknown field is refused."""
        options = {**STRICT, "fieldManager": "tests", "force": "true", **params}
        return self.call("PATCH", self.path(manifest), body=manifest, content=APPLY, **options)

    def create(self, manifest: Manifest, **params: str) -> dict[str, Any]:
        """Create; an unknown field is refused."""
        kind = self.kind(manifest["apiVersion"], manifest["kind"])
        path = kind.path(manifest["metadata"].get("namespace"))
        return self.call("POST", path, body=manifest, **STRICT, **params)

    def ensure(self, manifest: Manifest) -> bool:
        """Create, unless an object of the name is there already; whether it was created."""
        try:
            self.create(manifest)
        except ApiRefusalError as error:
            if error.reason != "AlreadyExists":
                raise
            return False
        return True

    def patch(self, manifest: Manifest, change: object, **params: str) -> dict[str, Any]:
        """Merge a change into the object that ``manifest`` describes."""
        path = self.path(manifest)
        return self.call("PATCH", path, body=change, content=MERGE, **STRICT, **params)

    def get(self, manifest: Manifest) -> dict[str, Any]:
        """The object that ``manifest`` describes, as it is now."""
        return self.call("GET", self.path(manifest))

    def delete(self, manifest: Manifest, **params: str) -> None:
        """Delete the object that ``manifest`` describes."""
        self.call("DELETE", self.path(manifest), **params)

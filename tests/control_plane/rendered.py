"""The Kubernetes objects of a preview, applied as Pulumi's provider would and taken away again."""

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from bulkhead.preview.manifests import manifests
from bulkhead.preview.plan import Plan
from tests.control_plane.api import Api, ApiRefusalError, Manifest

SETTLE_SECONDS = 60

UNCHANGEABLE = {"StorageClass"}
"""Kinds whose objects can't be changed, only made anew."""


def objects(plan: Plan) -> list[dict[str, Any]]:
    """Every object in the order of creation, and after them the patches of objects that Kubernetes
    itself makes."""
    assert [error.message for error in plan.errors] == []
    return [*manifests(plan).values(), *patches(plan)]


def patches(plan: Plan) -> list[dict[str, Any]]:
    """The patches, each as the object that it applies to."""
    return [
        {**resource.inputs, "kind": resource.inputs["kind"].removesuffix("Patch")}
        for resource in plan.resources
        if resource.type.startswith("kubernetes:") and resource.type.endswith("Patch")
    ]


@contextlib.contextmanager
def applied(api: Api, wanted: Iterable[Manifest]) -> Iterator[None]:
    """Apply in order, and at the end delete what was not there before.

    What was applied here already is of another of the program's clusters, and gives way.

    Raises:
        ApiRefusalError: one is refused.
    """
    made: dict[tuple[str, str, str], Manifest] = {}
    try:
        for manifest in wanted:
            metadata = manifest["metadata"]
            name = (manifest["kind"], metadata.get("namespace", ""), metadata["name"])
            there = _there(api, manifest)
            if name in made and manifest["kind"] in UNCHANGEABLE:
                api.delete(made[name])
                there = _there(api, manifest)
            apply(api, manifest)
            if not there:
                made[name] = manifest
        yield
    finally:
        for manifest in reversed(made.values()):
            with contextlib.suppress(ApiRefusalError):
                api.delete(manifest)


def apply(api: Api, manifest: Manifest) -> None:
    """Apply, once Kubernetes has made what is patched or needed."""

    def attempt() -> bool:
        try:
            api.apply(manifest)
        except ApiRefusalError as error:
            if error.code != 404 or time.monotonic() > until:
                raise
            return False
        return True

    until = time.monotonic() + SETTLE_SECONDS
    wait(attempt, what=f"{manifest['kind']} {manifest['metadata']['name']} can't be applied")


def wait(condition: Callable[[], bool], *, what: str, seconds: float = SETTLE_SECONDS) -> None:
    """Wait until ``condition`` holds; ``what`` is said when it never does."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, what
        time.sleep(0.05)


def _there(api: Api, manifest: Manifest) -> bool:
    """Whether the object exists; one that is going is waited for."""
    found = True

    def settled() -> bool:
        nonlocal found
        try:
            found = True
            return "deletionTimestamp" not in api.get(manifest)["metadata"]
        except ApiRefusalError as error:
            if error.code != 404:
                raise
            found = False
            return True

    wait(settled, what=f"{manifest['kind']} {manifest['metadata']['name']} does not go away")
    return found

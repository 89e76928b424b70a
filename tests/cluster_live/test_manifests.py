"""A real API server takes everything that stacks and examples make, with no field unknown to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead.preview.plan import Plan
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment, preview_stack
from tests.control_plane.api import ApiRefusalError
from tests.control_plane.plane import ControlPlane
from tests.control_plane.rendered import applied, objects

HOUSE = Path(__file__).parents[2]
ENVIRONMENTS = ("dev", "staging", "prod")
EXAMPLES = sorted(file.parent for file in HOUSE.glob("examples/*/Pulumi.yaml"))
APPLIED = Options(assume_applied=True)


def plans(what: str | Path) -> Iterator[Plan]:
    if isinstance(what, Path):
        yield preview_stack(load_project(what), "dev", APPLIED)
    else:
        yield from preview_environment(load_project(HOUSE), what, APPLIED)


@pytest.mark.parametrize(
    "what", [*ENVIRONMENTS, *EXAMPLES], ids=lambda what: getattr(what, "name", what)
)
def test_the_api_server_takes_every_manifest(plane: ControlPlane, what: str | Path) -> None:
    manifests = [manifest for plan in plans(what) for manifest in objects(plan)]
    assert len(manifests) > 20
    with applied(plane.api, manifests):
        pass


def test_the_api_server_refuses_a_field_that_it_does_not_know(plane: ControlPlane) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "quota", "namespace": "default"},
        "spec": {"hard": {"pods": "1"}, "scopeSelectors": {}},
    }
    with pytest.raises(ApiRefusalError, match="field not declared in schema"):
        plane.api.apply(quota, dryRun="All")

from collections.abc import Iterator

import pytest

from tests.control_plane import external
from tests.control_plane.builds import build
from tests.control_plane.plane import ControlPlane, start
from tests.installation import Tell, UnavailableError, teller, unavailable


@pytest.fixture(scope="session")
def tell(request: pytest.FixtureRequest) -> Tell:
    """Tells what takes long."""
    return teller(request.config)


@pytest.fixture(scope="module")
def plane(tell: Tell) -> Iterator[ControlPlane]:
    """A control plane of this module's own, or the one that BULKHEAD_KUBECONFIG names."""
    try:
        path = external.kubeconfig()
        with external.reach(path) if path else start(build("kubernetes", tell)) as running:
            yield running
    except UnavailableError as error:
        unavailable(error)

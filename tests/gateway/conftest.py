from collections.abc import Iterator
from pathlib import Path

import pytest

from bulkhead.workloads.names import GATEWAY_NAMESPACE
from tests.gateway import programs
from tests.gateway.certified import Certificates
from tests.gateway.rendered import controlled, objects
from tests.gateway.running import DataPlane, data_plane
from tests.gateway.translated import Translation, translate
from tests.installation import UnavailableError, teller, unavailable


@pytest.fixture(scope="session")
def egctl(request: pytest.FixtureRequest) -> Path:
    """Envoy Gateway's translator; where it can't be had tests are skipped, in CI they fail."""
    try:
        return programs.egctl(teller(request.config))
    except UnavailableError as error:
        unavailable(error)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def translation(
    egctl: Path, certificates: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Translation:
    """What the real translator makes of a gateway."""
    seen = [*controlled(objects()), *certificates.objects(GATEWAY_NAMESPACE)]
    return translate(egctl, seen, tmp_path_factory.mktemp("translation"))


@pytest.fixture(scope="session")
def running_plane(
    request: pytest.FixtureRequest,
    translation: Translation,
    certificates: Certificates,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DataPlane]:
    try:
        found = programs.programs(teller(request.config))
    except UnavailableError as error:
        unavailable(error)
    folder = tmp_path_factory.mktemp("data-plane")
    with data_plane(found, translation, certificates, folder) as plane:
        yield plane


@pytest.fixture
def plane(running_plane: DataPlane) -> DataPlane:
    """A gateway whose quotas nobody has used."""
    running_plane.forget()
    return running_plane

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from bulkhead.workloads.names import GATEWAY_NAMESPACE
from tests.control_plane.builds import build
from tests.control_plane.plane import start
from tests.gateway import programs
from tests.gateway.certified import Certificates
from tests.gateway.controlled import Controlled, controlled
from tests.gateway.hooked import hooked
from tests.gateway.rendered import objects
from tests.gateway.running import DataPlane, data_plane
from tests.gateway.translated import Translation, translate
from tests.installation import UnavailableError, teller, unavailable


class Made(NamedTuple):
    """What controllers make of a gateway: objects, Envoy's configuration, and a log."""

    controlled: Controlled
    translation: Translation
    log: str


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
def made(
    request: pytest.FixtureRequest,
    egctl: Path,
    certificates: Certificates,
    tmp_path_factory: pytest.TempPathFactory,
) -> Made:
    """What the real controllers make of a gateway."""
    tell = teller(request.config)
    try:
        kubernetes, controller = build("kubernetes", tell), build("aigateway", tell) / "controller"
        messages = programs.messages(tell)
        with (
            start(kubernetes) as plane,
            controlled(plane, controller, objects(), certificates) as found,
        ):
            seen = [*found.objects, *certificates.objects(GATEWAY_NAMESPACE)]
            plain = translate(egctl, seen, tmp_path_factory.mktemp("translation"))
            translation = hooked(messages, plain, found.objects, found.port)
            return Made(found, translation, found.log.read_text())
    except UnavailableError as error:
        unavailable(error)


@pytest.fixture(scope="session")
def translation(made: Made) -> Translation:
    """The configuration that Envoy gets."""
    return made.translation


@pytest.fixture(scope="session")
def running_plane(
    request: pytest.FixtureRequest,
    made: Made,
    certificates: Certificates,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DataPlane]:
    try:
        found = programs.programs(teller(request.config))
    except UnavailableError as error:
        unavailable(error)
    folder = tmp_path_factory.mktemp("data-plane")
    settings = made.controlled.settings
    with data_plane(found, made.translation, settings, certificates, folder) as plane:
        yield plane


@pytest.fixture
def plane(running_plane: DataPlane) -> DataPlane:
    """A gateway whose quotas nobody has used."""
    running_plane.forget()
    return running_plane

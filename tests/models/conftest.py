from pathlib import Path

import pytest

from tests.installation import UnavailableError, teller, unavailable
from tests.models.tools import tools


@pytest.fixture(scope="session")
def programs(request: pytest.FixtureRequest) -> Path:
    """The folder with the programs; where they can't be had tests are skipped, in CI they fail."""
    try:
        return tools(teller(request.config))
    except UnavailableError as error:
        unavailable(error)

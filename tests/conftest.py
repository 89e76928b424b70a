import os
import sys
from collections.abc import Callable, Iterator

import pytest

from tests.iam.evaluation import Evaluator
from tests.iam.installation import UnavailableError, install
from tests.iam.model import Decision, Request, World


@pytest.fixture(scope="session")
def evaluator(request: pytest.FixtureRequest) -> Iterator[Evaluator]:
    """The evaluator; where it can't run, tests are skipped, in CI they fail."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def tell(message: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"\n{message}\n")

    try:
        modules = install(tell)
    except UnavailableError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    with Evaluator(modules) as running:
        yield running


@pytest.fixture
def decide(evaluator: Evaluator) -> Callable[[Request, World], Decision]:
    """Decide one request."""
    return lambda request, world: evaluator.evaluate([request], world)[0]

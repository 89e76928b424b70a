from collections.abc import Callable, Iterator

import pytest

from tests.iam.evaluation import Evaluator
from tests.iam.installation import install
from tests.iam.model import Decision, Request, World
from tests.installation import UnavailableError, teller, unavailable


@pytest.fixture(scope="session")
def evaluator(request: pytest.FixtureRequest) -> Iterator[Evaluator]:
    """The evaluator; where it can't run, tests are skipped, in CI they fail."""
    try:
        modules = install(teller(request.config))
    except UnavailableError as error:
        unavailable(error)
    with Evaluator(modules) as running:
        yield running


@pytest.fixture
def decide(evaluator: Evaluator) -> Callable[[Request, World], Decision]:
    """Decide one request."""
    return lambda request, world: evaluator.evaluate([request], world)[0]

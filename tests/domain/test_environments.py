from itertools import pairwise

import pytest

from bulkhead.domain.environments import ENVIRONMENTS, Environment


def test_every_environment_has_rules() -> None:
    assert set(ENVIRONMENTS) == set(Environment)


@pytest.mark.parametrize("environment", Environment)
def test_eks_gets_the_two_zones_it_needs(environment: Environment) -> None:
    assert ENVIRONMENTS[environment].zones >= 2


def test_production_keeps_two_zones_when_one_is_lost_and_its_data_is_protected() -> None:
    assert ENVIRONMENTS[Environment.PROD].zones - 1 >= 2
    assert ENVIRONMENTS[Environment.PROD].protect_data


def test_a_later_stage_is_never_looser() -> None:
    for earlier, later in pairwise(Environment):
        assert ENVIRONMENTS[earlier].zones <= ENVIRONMENTS[later].zones
        assert ENVIRONMENTS[earlier].protect_data <= ENVIRONMENTS[later].protect_data

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
        one, next_one = ENVIRONMENTS[earlier].watch, ENVIRONMENTS[later].watch
        assert one.insights <= next_one.insights
        assert one.continuous <= next_one.continuous
        assert one.lock_vaults <= next_one.lock_vaults
        assert one.alarmed_severity >= next_one.alarmed_severity


def test_production_is_watched_more_closely_than_dev_in_every_respect() -> None:
    dev, prod = ENVIRONMENTS[Environment.DEV].watch, ENVIRONMENTS[Environment.PROD].watch
    assert [prod.insights, prod.continuous, prod.lock_vaults] == [True, True, True]
    assert [dev.insights, dev.continuous, dev.lock_vaults] == [False, False, False]
    assert prod.alarmed_severity < dev.alarmed_severity

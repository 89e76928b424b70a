"""Envoy AI Gateway's own controller takes what is rendered, within its few rights (INF-2)."""

import yaml

from bulkhead.workloads.gateway_routes import TELLING
from tests.gateway.conftest import Made


def test_every_object_is_accepted_by_its_controller(made: Made) -> None:
    conditions = made.controlled.conditions
    assert {kind for kind, _, _ in conditions} == {
        *("AIGatewayRoute", "AIServiceBackend", "GatewayConfig"),
    }
    assert {condition for _, _, condition in conditions} == {"Accepted=True"}


def test_its_narrowed_rights_are_enough(made: Made) -> None:
    assert "forbidden" not in made.log
    assert "ERROR" not in made.log


def test_its_processor_takes_out_what_would_tell_a_prompt(made: Made) -> None:
    backends = yaml.safe_load(made.controlled.settings)["backends"]
    assert len(backends) == 8
    for each in backends:
        assert set(each["httpBodyMutation"]["remove"]) == set(TELLING)
        assert each["httpHeaderMutation"]["remove"] == ["authorization"]

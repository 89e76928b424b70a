"""A pack's configuration is checked before use, and a complaint names the key (POL-3)."""

import datetime
from typing import Any

import pytest

from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead_policies import cost, labels
from bulkhead_policies.packs import REGULATED
from bulkhead_policies.settings import Settings, read_settings

TODAY = datetime.date(2026, 11, 22)
EXEMPTION = {
    "urn": "urn:pulumi:dev::*::aws:s3/bucket:Bucket::legacy-*",
    "owner": "data-platform",
    "reason": "moves to the new store with the next release",
    "expires": "2026-12-31",
}


def read(*options: Any, **given: Any) -> Settings:
    return read_settings("rule", options, given, TODAY)


def test_options_have_defaults_of_their_own() -> None:
    settings = Settings()
    assert settings[cost.NODES] == {
        Environment.DEV: 10,
        Environment.STAGING: 20,
        Environment.PROD: 100,
    }
    assert "tenant" in settings[labels.KEYS]


def test_a_configured_option_replaces_the_default() -> None:
    assert read(labels.KEYS, keys=["owner"])[labels.KEYS] == ("owner",)


def test_an_environment_left_out_keeps_its_default() -> None:
    nodes = read(cost.NODES, nodes={"prod": 500.0})[cost.NODES]
    assert nodes == {Environment.DEV: 10, Environment.STAGING: 20, Environment.PROD: 500}
    families = read(cost.FAMILIES, families={"dev": ["m6i"]})[cost.FAMILIES]
    assert families[Environment.DEV] == ("m6i",)
    assert families[Environment.PROD] == Settings()[cost.FAMILIES][Environment.PROD]


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"node": {}}, "rule.node: unknown key; allowed: nodes, keys, regions, exemptions"),
        ({"nodes": 3}, "rule.nodes: not a mapping, got '3'"),
        ({"nodes": {"test": 1}}, "rule.nodes: unknown environment, got 'test'; allowed: dev"),
        ({"nodes": {"dev": "1"}}, "rule.nodes.dev: not a whole number, got '1'"),
        ({"nodes": {"dev": 1.5}}, "rule.nodes.dev: not a whole number, got '1.5'"),
        ({"nodes": {"dev": True}}, "rule.nodes.dev: not a whole number, got 'True'"),
        ({"nodes": {"dev": -1}}, "rule.nodes.dev: a negative number, got '-1'"),
        ({"keys": "owner"}, "rule.keys: not a list, got 'owner'"),
        ({"keys": ["owner", 3]}, "rule.keys[1]: not a text, got '3'"),
        ({"keys": [" "]}, "rule.keys[0]: not a text"),
        (
            {"regions": ["eu-central-9"]},
            "rule.regions[0]: unknown, got 'eu-central-9'; allowed: ap-",
        ),
        ({"exemptions": EXEMPTION}, "rule.exemptions: not a list"),
        ({"exemptions": ["all"]}, "rule.exemptions[0]: not an exemption, got 'all'"),
        ({"exemptions": [{**EXEMPTION, "why": "x"}]}, "rule.exemptions[0]: not an exemption"),
        ({"exemptions": [EXEMPTION, {**EXEMPTION, "urn": 1}]}, "rule.exemptions[1].urn: not a"),
        ({"exemptions": [{**EXEMPTION, "urn": "*"}]}, "rule.exemptions[0].urn: an exemption for"),
        ({"exemptions": [{**EXEMPTION, "owner": " "}]}, "rule.exemptions[0].owner: not a text"),
        ({"exemptions": [{**EXEMPTION, "reason": "tbd"}]}, "rule.exemptions[0].reason: an exem"),
        ({"exemptions": [{**EXEMPTION, "expires": "soon"}]}, "rule.exemptions[0].expires: not a"),
        (
            {"exemptions": [{**EXEMPTION, "expires": "2026-11-21"}]},
            "rule.exemptions[0].expires: the exemption has expired, got '2026-11-21'",
        ),
        (
            {"exemptions": [{**EXEMPTION, "expires": "2028-11-21"}]},
            "rule.exemptions[0].expires: the exemption expires too late",
        ),
    ],
)
def test_a_wrong_value_is_refused_with_its_key(given: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read(cost.NODES, labels.KEYS, cost.REGIONS, **given)
    assert str(refused.value).startswith(complaint)


def test_an_exemption_covers_the_urns_of_its_pattern_and_its_rule() -> None:
    settings = read(exemptions=[EXEMPTION])
    legacy = "urn:pulumi:dev::project::aws:s3/bucket:Bucket::legacy-logs"
    found = settings.exemption("rule", ["urn:x", legacy])
    assert found is not None
    assert str(found) == "exempted until 2026-12-31 by data-platform: " + EXEMPTION["reason"]
    assert settings.exemption("rule", ["urn:x"]) is None
    assert settings.exemption("other", [legacy]) is None


def test_the_last_day_of_an_exemption_counts() -> None:
    read(exemptions=[{**EXEMPTION, "expires": TODAY.isoformat()}])


@pytest.mark.parametrize(
    "option",
    dict.fromkeys(option for rule in REGULATED for option in rule.options),
    ids=lambda option: option.name,
)
def test_the_schema_of_an_option_tells_its_default(option: Any) -> None:
    assert option.schema["description"]
    assert option.parse(option.schema["default"], "default") == option.default

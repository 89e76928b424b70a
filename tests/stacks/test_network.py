"""Networks of the stacks differ by what the catalogue says of environments and tiers (NET-2)."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from bulkhead.domain.environments import ENVIRONMENTS, Environment
from bulkhead.preview.plan import Plan
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_stack
from tests.foundation.samples import one

ROOT = Path(__file__).parents[2]
PROJECT = load_project(ROOT)
FIREWALL = "aws:networkfirewall/firewall:Firewall"
DOMAINS = "aws:route53/resolverFirewallDomainList:ResolverFirewallDomainList"


@pytest.fixture
def foundation(tmp_path: Path) -> Callable[..., Plan]:
    """Previews a foundation whose shared cluster has some of its configuration changed."""

    def preview(environment: Environment, **config: object) -> Plan:
        content = yaml.safe_load((ROOT / "stacks" / f"tenants.{environment}.yaml").read_text())
        content["clusters"]["shared"].update(config)
        path = tmp_path / "tenants.test.yaml"
        path.write_text(yaml.safe_dump(content), "utf-8")
        options = Options(config={"bulkhead:tenants": str(path)}, packs=[ROOT / "policies"])
        return preview_stack(PROJECT, f"{environment}-foundation", options)

    return preview


@pytest.mark.parametrize("environment", Environment)
def test_a_way_out_previews_clean_and_is_as_strict_as_the_environment(
    foundation: Callable[..., Plan], environment: Environment
) -> None:
    plan = foundation(
        environment, egress={"training": ["huggingface.co"]}, private_domains=["corp.internal"]
    )
    assert [error.message for error in plan.errors] == []
    assert [(v.policy, v.urn, v.message) for v in plan.violations] == []
    rules, firewall = ENVIRONMENTS[environment], one(plan, FIREWALL).inputs
    assert len(firewall["subnetMappings"]) == rules.zones
    assert firewall["deleteProtection"] is rules.protect_data
    names = one(plan, DOMAINS, "shared-dns-allowed").inputs["domains"]
    assert {"huggingface.co", "corp.internal"} <= set(names)


def test_a_network_without_domains_has_no_firewall(foundation: Callable[..., Plan]) -> None:
    assert list(foundation(Environment.PROD).of_type(FIREWALL)) == []


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        (
            {"egress": {"model": ["a.com"]}},
            "egress: not a plane that may reach domains, got 'model'; "
            "allowed: control, data, inference, training",
        ),
        (
            {"private_domains": ["internal"]},
            "private_domains: not a domain, got 'internal'; allowed: one like huggingface.co, or "
            ".huggingface.co with all beneath it",
        ),
    ],
)
def test_a_wrong_way_out_is_refused_before_anything_is_made(
    foundation: Callable[..., Plan], config: dict[str, object], sentence: str
) -> None:
    plan = foundation(Environment.DEV, **config)
    assert plan.resources == []
    assert [e.message for e in plan.errors] == [f"tenants.test.yaml: clusters.shared.{sentence}"]

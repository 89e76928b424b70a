"""Environments for tests that need tenants on every pattern."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_stack
from tests.patterns.platforms import ENCLAVE, PLUGIN

ROOT = Path(__file__).parents[2]
DEV = ROOT / "stacks" / "tenants.dev.yaml"

Edit = Callable[[dict[str, Any]], object]
"""Changes an environment's file."""

HOME = {
    "support-assist": "shared",
    "doc-summary": "shared",
    "market-research": "shared",
    "fraud-models": "shared",
    "claims": "claims",
    "ledger": "ledger",
    "fraud-weights": "confidential",
}
"""Where each tenant runs."""


def refusals(tenants: str) -> list[str]:
    """What the cluster layer says of an environment's file; nothing is registered by then."""
    options = Options(config={"bulkhead:tenants": tenants})
    plan = preview_stack(load_project(ROOT), "dev-cluster", options)
    assert plan.resources == []
    return [error.message for error in plan.errors]


def every_pattern() -> dict[str, Any]:
    """The production environment, with a tenant on each pattern that it has none on."""
    content: dict[str, Any] = yaml.safe_load(
        (ROOT / "stacks" / "tenants.prod.yaml").read_text("utf-8")
    )
    zones = ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    host = {"name": "hosts", "instance_types": ["m7i.8xlarge"], "hosts": 1, "max_size": 4}
    seal = {"name": "enclaves", "instance_types": ["m7i.4xlarge"], "seal": ENCLAVE}
    content["clusters"] |= {
        "ledger": {"cidr": "10.24.0.0/16", "zones": zones, "pools": [{**host, "zone": zones[0]}]},
        "confidential": {
            "cidr": "10.25.0.0/16",
            "enclave_plugin": PLUGIN.replace("111122223333", "777788889999"),
            "pools": [{**seal, "tenant": "fraud-weights"}],
        },
    }
    content["tenants"] += [
        {
            "name": "ledger",
            "tier": "regulated",
            "pattern": "dedicated-hosts",
            "owner": "ledger-ml",
            "cost_center": "cc-420",
            "risk": {"regulation": "no-shared-hosts"},
        },
        {
            "name": "fraud-weights",
            "tier": "confidential",
            "pattern": "confidential-compute",
            "owner": "fraud-ml",
            "cost_center": "cc-310",
            "risk": {"model": "crown-jewel"},
        },
    ]
    return content

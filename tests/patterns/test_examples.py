import datetime
from pathlib import Path

import pytest

from bulkhead.preview.exposure import exposures
from bulkhead.preview.plan import Plan
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_stack

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(ROOT.glob("examples/*/Pulumi.yaml"))
PACKS = [ROOT / "policies", *sorted((ROOT / "policies" / "packs").iterdir())]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.parent.name)
def test_an_example_previews_clean_under_every_pack_and_is_ready_to_fork(file: Path) -> None:
    plan = preview_stack(load_project(file.parent), "dev", Options(packs=PACKS))
    assert [error.message for error in plan.errors] == []
    assert [(v.pack, v.policy, v.urn) for v in plan.violations if v.level == "mandatory"] == []
    assert len(plan.resources) > 100
    present = {path.name for path in file.parent.iterdir()}
    assert {
        "__main__.py",
        "Pulumi.dev.yaml",
        "README.md",
        "preview.svg",
        "requirements.txt",
    } <= present


def test_the_shared_cluster_refuses_the_regulated_team_as_its_readme_says() -> None:
    folder = Path(__file__).parents[2] / "examples" / "shared-cluster"
    options = Options(config={"shared-cluster:fraudScoring": "true"})
    (error,) = preview_stack(load_project(folder), "dev", options).errors
    assert error.message == (
        "shared.tenants.fraud-scoring: tier 'regulated' needs very high isolation and may not run "
        "on pattern 'shared-cluster', whose isolation is medium; the weakest pattern that would do "
        "is 'single-tenant-cluster'"
    )
    readme = " ".join((folder / "README.md").read_text("utf-8").split())
    assert error.message in readme


def test_the_sandboxes_refuse_the_nodes_own_kernel_as_their_readme_says() -> None:
    folder = ROOT / "examples" / "agent-sandbox"
    options = Options(config={"agent-sandbox:runtime": ""})
    (error,) = preview_stack(load_project(folder), "dev", options).errors
    assert error.message == (
        "code-assist-sandbox.runtime: too weak a runtime for agents of tier 'internal', got \"the "
        "node's own kernel\"; allowed: gvisor, kata, isolated-sandbox, confidential-sandbox"
    )
    assert error.message in " ".join((folder / "README.md").read_text("utf-8").split())


def endpoint(**config: str) -> Plan:
    """The endpoint's example with some of its configuration changed."""
    written = {f"inference-endpoint:{key}": value for key, value in config.items()}
    folder = ROOT / "examples" / "inference-endpoint"
    return preview_stack(load_project(folder), "dev", Options(config=written))


def test_a_rollback_of_the_endpoint_is_one_step_as_its_readme_says() -> None:
    """INF-7: one value of the configuration, by which one object changes."""
    tried, back = endpoint(), endpoint(traffic='{"v1": 100}')
    before, after = ({each.urn: each.inputs for each in plan.resources} for plan in (tried, back))
    assert before.keys() == after.keys()
    (changed,) = [urn for urn in before if before[urn] != after[urn]]
    assert changed.endswith(
        "AIGatewayRoute::shared-inference-aigatewayroute-support-assist.llama-3.1-8b"
    )
    (rule,) = after[changed]["spec"]["rules"]
    assert [each["weight"] for each in rule["backendRefs"]] == [100, 0]


def test_a_budget_that_carries_too_little_is_refused_as_the_readme_says() -> None:
    """INF-6."""
    (error,) = endpoint(monthlyUsd="2000").errors
    assert error.message == (
        "llama.min_replicas: the budget carries fewer replicas than always run, got '2 x 1'; "
        "allowed: 1 in all"
    )
    assert error.message in (ROOT / "examples/inference-endpoint/README.md").read_text("utf-8")


def opened(until: datetime.date) -> Plan:
    """The public edge's example with a last day."""
    config = {"public-edge:publicUntil": str(until)}
    folder = ROOT / "examples" / "public-edge"
    return preview_stack(load_project(folder), "dev", Options(packs=PACKS, config=config))


def test_the_public_edge_is_closed_until_a_day_is_told() -> None:
    folder = ROOT / "examples" / "public-edge"
    closed = preview_stack(load_project(folder), "dev", Options())
    assert exposures([closed]) == []
    until = datetime.date.today() + datetime.timedelta(days=90)
    plan = opened(until)
    assert [error.message for error in plan.errors] == []
    assert [(v.policy, v.urn) for v in plan.violations if v.level == "mandatory"] == []
    assert [(row.owner, row.expires) for row in exposures([plan])] == [("partner-team", str(until))]
    reports = [v.message for v in plan.violations if v.policy == "bulkhead-exemptions-report"]
    assert any(f"open until {until} by partner-team" in message for message in reports)


def test_a_day_that_is_over_is_refused_as_the_readme_says() -> None:
    (error,) = opened(datetime.date(2026, 1, 31)).errors
    said = "edge.opt_in.expires: the opt-in has expired, got '2026-01-31'; allowed: "
    assert error.message.startswith(said)
    assert said in (ROOT / "examples" / "public-edge" / "README.md").read_text("utf-8")

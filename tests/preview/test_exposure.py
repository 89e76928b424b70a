"""A preview's summary tells what the internet reaches, who answers for it and until when."""

import io

import pulumi_aws as aws
from rich.console import Console

from bulkhead import PublicEdge
from bulkhead.preview.exposure import Exposure, exposures
from bulkhead.preview.report import plan_as_json, print_summary
from tests.foundation.samples import planned
from tests.workloads.edges import EXPIRES, arguments


def test_a_public_edge_stands_with_its_opt_in() -> None:
    plan = planned(lambda: PublicEdge("edge", arguments()))
    told = {
        "name": "edge",
        "kind": "REST API",
        "owner": "partner-team",
        "expires": str(EXPIRES),
        "reason": "Partners try the summaries",
    }
    assert plan_as_json(plan)["summary"]["exposure"] == [told]
    console = Console(file=io.StringIO(), width=150)
    print_summary([plan], console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert "What the internet reaches" in shown
    assert f"partner-team  {EXPIRES}" in shown


def other() -> None:
    """What other programs open, and what they don't."""
    aws.apigateway.RestApi("private", endpoint_configuration={"types": "PRIVATE"})
    aws.apigateway.RestApi("rest")
    aws.apigatewayv2.Api("http", protocol_type="HTTP")
    aws.lb.LoadBalancer("inside", internal=True)
    aws.lb.LoadBalancer("outside")


def test_what_nobody_answers_for_stands_too() -> None:
    found = exposures([planned(other)])
    assert {row.name: row.kind for row in found} == {
        "rest": "REST API",
        "http": "HTTP API",
        "outside": "load balancer",
    }
    assert {(row.owner, row.expires, row.reason) for row in found} == {("nobody",) * 3}


def test_nothing_is_said_where_nothing_is_reached() -> None:
    plan = planned(lambda: aws.lb.LoadBalancer("inside", internal=True))
    console = Console(file=io.StringIO(), width=150)
    print_summary([plan], console)
    assert "internet" not in console.file.getvalue()  # type: ignore[attr-defined]
    assert exposures([plan]) == list[Exposure]()

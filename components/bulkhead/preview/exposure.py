"""Reading out of a plan what the internet reaches, and until when (INF-1)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bulkhead.domain.exposure import EXPOSURE_TAGS
from bulkhead.preview.plan import Plan, Resource

NOBODY = "nobody"
"""What stands where nobody has said who answers for it, why, or until when."""


@dataclass(frozen=True)
class Exposure:
    """Something that the internet reaches, with the opt-in that its tags tell."""

    name: str
    kind: str
    owner: str
    expires: str
    reason: str


def exposures(plans: Iterable[Plan]) -> list[Exposure]:
    """What the internet reaches in ``plans``: APIs that are not private, public load balancers."""
    found = []
    for plan in plans:
        for resource in plan.resources:
            if not resource.read and (kind := _public_kind(resource)):
                tags = resource.inputs.get("tags")
                told = tags if isinstance(tags, Mapping) else {}
                opt_in = {key: told.get(tag) for key, tag in EXPOSURE_TAGS.items()}
                words = {k: v if isinstance(v, str) and v else NOBODY for k, v in opt_in.items()}
                found.append(Exposure(name=resource.name, kind=kind, **words))
    return found


def _public_kind(resource: Resource) -> str | None:
    """What it is, if the internet reaches it; what a plan does not know is taken for public."""
    match resource.type:
        case "aws:apigateway/restApi:RestApi":
            configured = resource.inputs.get("endpointConfiguration")
            types = configured.get("types") if isinstance(configured, Mapping) else None
            return None if types in ("PRIVATE", ["PRIVATE"]) else "REST API"
        case "aws:apigatewayv2/api:Api":
            return "HTTP API"
        case "aws:lb/loadBalancer:LoadBalancer" | "aws:alb/loadBalancer:LoadBalancer":
            return None if resource.inputs.get("internal") is True else "load balancer"
    return None

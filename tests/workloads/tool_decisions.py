"""What Envoy AI Gateway decides of a tool's call, by the rules of a rendered MCPRoute.

The gateway's own processor is published as an image only. This follows its source
(``internal/mcpproxy/authorization.go`` and ``mcpproxy.go`` at v1.1.0): rules in order, the first
that matches decides, then the default; a session has the servers that the selector lets in.
"""

from collections.abc import Mapping
from typing import Any

Claims = Mapping[str, Any]


def calls(route: Mapping[str, Any], claims: Claims, server: str, tool: str) -> bool:
    """Whether the bearer of ``claims`` calls ``tool`` of ``server`` through a route."""
    offered = [ref for ref in route["backendRefs"] if ref["name"] == server]
    listed = any(tool in ref["toolSelector"]["include"] for ref in offered)
    return listed and selected(route, claims, server) and authorized(route, claims, server, tool)


def selected(route: Mapping[str, Any], claims: Claims, server: str) -> bool:
    """Whether a session of the bearer has the server at all."""
    selector = route["backendSelector"]
    for rule in selector["rules"]:
        if _holds(rule["cel"], claims):
            return bool(rule["action"] == "Allow")
    return bool(selector["defaultAction"] == "Allow")


def authorized(route: Mapping[str, Any], claims: Claims, server: str, tool: str) -> bool:
    """What the authorization says."""
    authorization = route["securityPolicy"]["authorization"]
    for rule in authorization["rules"]:
        targets = [(each["backend"], each["tool"]) for each in rule["target"]["tools"]]
        wanted = rule["source"]["jwt"]["claims"]
        bears = all(_claim(claims, each["name"]) in each["values"] for each in wanted)
        if (server, tool) in targets and bears:
            return bool(rule["action"] == "Allow")
    return bool(authorization["defaultAction"] == "Allow")


def _claim(claims: Claims, path: str) -> Any:
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


def _holds(cel: str, claims: Claims) -> bool:
    """The one shape of CEL that routes have: a claim equals a text; an error is no match."""
    left, _, right = cel.partition(" == ")
    path = left.removeprefix("request.auth.jwt.claims")
    keys = path.removeprefix('["').removesuffix('"]').split('"]["')
    return bool(_claim(claims, ".".join(keys)) == right.strip('"'))

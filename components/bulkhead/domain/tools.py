"""Tools of agents: which servers offer which, and which tenant may call which (ISO-11)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.inference import HOST

TOOL = re.compile(r"[A-Za-z0-9_.-]{1,128}")
"""A tool's name, and never a pattern of names (Model Context Protocol, "Tools")."""

MOST_TOOLS = 32
"""Tools of one server that a route of Envoy AI Gateway lets through."""

PATH = re.compile(r"/[A-Za-z0-9/_.-]{0,255}")

CALLS_A_MINUTE = 120
"""Calls of one tenant: two a second is more than an agent that reads what it is answered."""


@dataclass(frozen=True)
class ToolServer:
    """A server that offers tools by the Model Context Protocol.

    Attributes:
        name: how grants name it; agents see it before the names of its tools.
        host, port, path: where it is, over TLS.
        tools: what of its tools anybody may be granted.
        secret: Secret with the key ``apiKey`` that it asks for; empty for none.
    """

    name: str
    host: str
    tools: tuple[str, ...]
    port: int = 443
    path: str = "/mcp"
    secret: str = ""

    def check(self, *, where: str) -> "ToolServer":
        """Return the server if the gateway can stand in front of it.

        Raises:
            RefusedError: the name, the host, the port or the path is none, or the tools are none,
                too many, patterns, or stand twice.
        """
        parsing.name(self.name, where=f"{where}.name")
        if HOST.fullmatch(self.host) is None:
            raise RefusedError(
                "not a DNS name",
                given=self.host,
                allowed="one like tools.example.com",
                where=f"{where}.host",
            )
        if not 0 < self.port < 65536:
            raise RefusedError(
                "not a port", given=self.port, allowed="1 to 65535", where=f"{where}.port"
            )
        if PATH.fullmatch(self.path) is None:
            raise RefusedError(
                "not a path", given=self.path, allowed="one like /mcp", where=f"{where}.path"
            )
        check_tools(self.tools, where=f"{where}.tools")
        return self


@dataclass(frozen=True)
class Grant:
    """What a tenant's agents may call of one server."""

    tenant: str
    server: str
    tools: tuple[str, ...]


def check_tools(tools: Sequence[str], *, where: str) -> None:
    """Refuse a list of tools that is no allowlist.

    Raises:
        RefusedError: there is no tool or too many, one is a pattern, or stands twice.
    """
    if not 0 < len(tools) <= MOST_TOOLS or len(set(tools)) < len(tools):
        raise RefusedError(
            "not a list of tools",
            given=", ".join(tools) or "none",
            allowed=f"1 to {MOST_TOOLS}, each once",
            where=where,
        )
    for tool in tools:
        if TOOL.fullmatch(tool) is None:
            raise RefusedError(
                "not the name of one tool",
                given=tool,
                allowed="letters, digits, '_', '-' and '.'",
                where=where,
            )


def check_grants(
    grants: Sequence[Grant],
    servers: Mapping[str, ToolServer],
    tenants: Sequence[str],
    *,
    where: str,
) -> dict[str, list[Grant]]:
    """The grants by tenant, if each is of a known one and within what its server offers.

    Raises:
        RefusedError: tenant or server is unknown, a tool is none of the server's, or a tenant has
            two grants of one server.
    """
    found: dict[str, list[Grant]] = {}
    for number, grant in enumerate(grants):
        path = f"{where}[{number}]"
        if grant.tenant not in tenants:
            raise RefusedError(
                "an unknown tenant", given=grant.tenant, allowed=tenants, where=f"{path}.tenant"
            )
        if grant.server not in servers:
            raise RefusedError(
                "an unknown server", given=grant.server, allowed=servers, where=f"{path}.server"
            )
        check_tools(grant.tools, where=f"{path}.tools")
        offered = servers[grant.server].tools
        for tool in grant.tools:
            if tool not in offered:
                raise RefusedError(
                    f"no tool that '{grant.server}' offers through the gateway",
                    given=tool,
                    allowed=offered,
                    where=f"{path}.tools",
                )
        if any(other.server == grant.server for other in found.get(grant.tenant, [])):
            raise RefusedError(
                f"two grants of one server for tenant '{grant.tenant}'",
                given=grant.server,
                allowed="one with all of its tools",
                where=f"{path}.server",
            )
        found.setdefault(grant.tenant, []).append(grant)
    return found

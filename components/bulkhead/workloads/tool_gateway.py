"""The gateway in front of agents' tools."""

from typing import NotRequired, TypedDict

import pulumi

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.inference import check_host
from bulkhead.domain.labels import Plane
from bulkhead.domain.tools import CALLS_A_MINUTE, Grant, ToolServer, check_grants
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope, read_tier
from bulkhead.workloads import gateway_edge, gateway_policies, tool_specs
from bulkhead.workloads.gateway_objects import AI, CORE, ENVOY, GatewayComponent
from bulkhead.workloads.inference_arguments import IssuerArgs, read_issuer
from bulkhead.workloads.network_policies import tool_policies


class ToolServerArgs(TypedDict):
    """A server that offers tools by the Model Context Protocol."""

    name: str
    """How grants name it; agents see it before the names of its tools."""
    host: str
    """Its DNS name, on its certificate, which a public authority signed."""
    port: NotRequired[int]
    """Its port. Default: 443."""
    path: NotRequired[str]
    """Where it serves the protocol. Default: ``/mcp``."""
    tools: list[str]
    """What of its tools tenants may be granted; 32 at most. The others don't exist."""
    secret: NotRequired[str]
    """Secret in the gateway's namespace whose ``apiKey`` the gateway shows it. Default: none."""


class ToolGrantArgs(TypedDict):
    """What a tenant's agents may call of one server."""

    tenant: str
    """Whose agents."""
    server: str
    """Which server."""
    tools: list[str]
    """Which of its tools."""


class ToolNetworksArgs(TypedDict):
    """Where the gateway may connect to, all by HTTPS."""

    servers: Strings
    """Networks of the tools' servers: of an endpoint, or of the way out."""
    issuer: Strings
    """Networks in which the issuer's keys are."""


class ToolGatewayArgs(TypedDict):
    """What a ``ToolGateway`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    host: str
    """DNS name that agents use; it leads to the Service ``tools`` of the gateway's namespace."""
    certificate: str
    """TLS Secret in the gateway's namespace that agents see."""
    issuer: IssuerArgs
    """Who vouches for agents' sessions."""
    networks: ToolNetworksArgs
    """Where the gateway may connect to."""
    servers: list[ToolServerArgs]
    """The tools' servers."""
    tenants: list[str]
    """Names of the tenants that may be granted tools."""
    grants: list[ToolGrantArgs]
    """Who may call what. What is not granted is denied."""
    calls_a_minute: NotRequired[int]
    """Calls of one tenant. Default: 120."""
    proxies: NotRequired[int]
    """Number of proxies. Default: 2."""


class ToolGateway(GatewayComponent):
    """One gateway in front of all tools, on Envoy AI Gateway's ``MCPRoute`` (ISO-11).

    Agents reach tools through it and by no other way. A session needs a token of the issuer; its
    verified claim names the tenant. Each tenant has a route of its own, to the servers that it was
    granted tools of. Each call is decided: this tenant, this server, this tool, or denied; names of
    other tools are not even listed. The gateway holds the servers' keys, so that no sandbox does.
    Calls of a tenant are counted. The log tells who called which tool, and neither its arguments
    nor its answer.

    Tools are named, never matched by patterns. What a tool does with its arguments the gateway does
    not know: grant tools that are safe with any.

    Needs a Kubernetes provider, a ``GatewayNamespace`` and ``GatewayControllers``.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import ToolGateway

        ToolGateway(
            "tools",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "host": "tools.dev.example.com",
                "certificate": "tools-server",
                "issuer": {
                    "url": "https://login.example.com/",
                    "jwks_uri": "https://login.example.com/keys",
                    "audiences": ["tools"],
                },
                "networks": {"servers": ["10.20.30.0/28"], "issuer": ["10.20.31.0/28"]},
                "servers": [
                    {
                        "name": "tickets",
                        "host": "tickets.example.com",
                        "tools": ["search_tickets", "comment_ticket"],
                        "secret": "tickets-key",
                    },
                ],
                "tenants": ["assist"],
                "grants": [
                    {"tenant": "assist", "server": "tickets", "tools": ["search_tickets"]},
                ],
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    host: pulumi.Output[str]
    """DNS name that agents use."""
    urls: pulumi.Output[dict[str, str]]
    """Where each tenant's agents find their tools."""

    def __init__(
        self, name: str, args: ToolGatewayArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the gateway.

        Raises:
            RefusedError: the scope, the tier, the host, the issuer, a server, a grant or a number
                is refused.
        """
        args = checked(args, ToolGatewayArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        host = check_host(args["host"], where=f"{name}.host")
        issuer = read_issuer(args["issuer"], where=f"{name}.issuer")
        networks = checked(args["networks"], ToolNetworksArgs, where=f"{name}.networks")
        servers = _read_servers(args["servers"], where=f"{name}.servers")
        granted = check_grants(
            _read_grants(args["grants"], where=f"{name}.grants"),
            servers,
            args["tenants"],
            where=f"{name}.grants",
        )
        a_minute = args.get("calls_a_minute", CALLS_A_MINUTE)
        proxies = args.get("proxies", 2)
        for word, number, most in (("calls_a_minute", a_minute, 10_000), ("proxies", proxies, 12)):
            if not 1 <= number <= most:
                raise RefusedError(
                    "out of bounds", given=number, allowed=f"1 to {most}", where=f"{name}.{word}"
                )
        labels = scope.labels(tier, Plane.INFERENCE, "tool-gateway").kubernetes()
        super().__init__(name, labels, opts)

        specs, named = tool_specs, tool_specs.TOOL_GATEWAY
        traffic = gateway_policies.client_traffic() | specs.at_gateway()
        identity = gateway_policies.identity(issuer) | specs.at_gateway()
        kind = gateway_edge.gateway_class()
        ports = sorted({server.port for server in servers.values()})
        self._add(ENVOY, "EnvoyProxy", named, specs.proxy(labels, proxies))
        self._add(AI, "GatewayConfig", named, gateway_edge.processor())
        # What guards the listener is there before it opens.
        guards = [
            self._add(CORE, "GatewayClass", specs.TOOL_CLASS, kind, namespace=None),
            *self._policies(tool_policies(networks["servers"], ports, networks["issuer"])),
            self._add(ENVOY, "ClientTrafficPolicy", named, traffic),
            self._add(ENVOY, "SecurityPolicy", named, identity),
        ]
        self._add(
            CORE,
            "Gateway",
            named,
            specs.gateway(host, args["certificate"]),
            annotations={gateway_edge.CONFIG_ANNOTATION: named},
            after=guards,
        )
        backends = [
            self._add(ENVOY, "Backend", server.name, specs.backend(server))
            for server in servers.values()
        ]
        for tenant, grants in granted.items():
            counted = self._add(
                ENVOY, "BackendTrafficPolicy", f"tools-{tenant}", specs.calls(tenant, a_minute)
            )
            route = specs.tool_route(tenant, grants, servers, issuer, host)
            self._add(AI, "MCPRoute", tenant, route, after=[counted, *backends])
        base = f"https://{host}:{specs.TOOL_PORT}"
        urls = {tenant: base + specs.route_path(tenant) for tenant in granted}
        self._export({"host": host, "urls": urls})


def _read_servers(args: list[ToolServerArgs], *, where: str) -> dict[str, ToolServer]:
    found: dict[str, ToolServer] = {}
    for number, each in enumerate(args):
        path = f"{where}[{number}]"
        given = checked(each, ToolServerArgs, where=path)
        server = ToolServer(
            name=given["name"],
            host=given["host"],
            tools=tuple(given["tools"]),
            port=given.get("port", ToolServer.port),
            path=given.get("path", ToolServer.path),
            secret=given.get("secret", ToolServer.secret),
        ).check(where=path)
        if server.name in found:
            raise RefusedError("a server's name stands twice", given=server.name, where=path)
        found[server.name] = server
    return found


def _read_grants(args: list[ToolGrantArgs], *, where: str) -> list[Grant]:
    grants = []
    for number, each in enumerate(args):
        given = checked(each, ToolGrantArgs, where=f"{where}[{number}]")
        grants.append(Grant(given["tenant"], given["server"], tuple(given["tools"])))
    return grants

"""What callers say about inference: who vouches for clients, and who may use which model."""

from typing import Any, NotRequired, TypedDict

from bulkhead.domain import parsing
from bulkhead.domain.inference import Limits, Route, Servers, Window, check_routes
from bulkhead.domain.issuers import Issuer
from bulkhead.foundation.arguments import checked


class IssuerArgs(TypedDict):
    """Who vouches for the gateway's clients."""

    url: str
    """The ``iss`` of tokens, an HTTPS URL."""
    jwks_uri: str
    """Where its keys are, an HTTPS URL that the gateway reaches."""
    audiences: list[str]
    """The ``aud`` of which a token must have one: the gateway's own name, and nobody else's."""
    tenant_claim: NotRequired[str]
    """Claim that names the tenant. Default: ``tenant``."""


class LimitsArgs(TypedDict):
    """The most of one model that one tenant may use."""

    requests: NotRequired[dict[str, int]]
    """Requests by window: minute, hour, day or month. Default: 60 a minute."""
    tokens: NotRequired[dict[str, int]]
    """Prompt and output tokens by window. Default: 1,000,000 a day and 20,000,000 a month."""
    parallel_requests: NotRequired[int]
    """Requests under way at once, over all proxies. Default: 12."""
    output_tokens: NotRequired[int]
    """Tokens that an answer may have. Default: 1024."""
    timeout_seconds: NotRequired[int]
    """How long an answer may take as a whole. Default: 120."""


class OtherServersArgs(TypedDict):
    """Servers of another release of a route's model."""

    server: str
    """Name of the Service in front of them, in the tenant's namespace."""
    version: str
    """Digest of the model that they run."""
    weight: int
    """Per cent of the requests that they get; the route's own servers get the rest."""


class ModelRouteArgs(TypedDict):
    """A tenant's way to one model."""

    tenant: str
    """Who may use it."""
    model: str
    """How clients name it in their requests."""
    server: str
    """Name of the Service in front of its servers, in the tenant's namespace."""
    version: str
    """Digest of the model that they run: ``sha256:`` and 64 hexadecimal digits."""
    limits: NotRequired[LimitsArgs]
    """The most that the tenant may use of it. Default: see ``LimitsArgs``."""
    others: NotRequired[list[OtherServersArgs]]
    """Servers of other releases, to try a new one or to go back (INF-7). Default: none."""


def read_issuer(args: IssuerArgs, *, where: str) -> Issuer:
    """The issuer that ``args`` describe.

    Raises:
        RefusedError: see ``checked`` and ``Issuer.check``.
    """
    args = checked(args, IssuerArgs, where=where)
    return Issuer(
        url=args["url"],
        jwks_uri=args["jwks_uri"],
        audiences=tuple(args["audiences"]),
        tenant_claim=args.get("tenant_claim", Issuer.tenant_claim),
    ).check(where=where)


def read_routes(args: list[ModelRouteArgs], *, proxies: int, where: str) -> list[Route]:
    """The routes that ``args`` describe.

    Raises:
        RefusedError: see ``checked``, ``read_limits`` and ``check_routes``.
    """
    routes = []
    for number, each in enumerate(args):
        path = f"{where}[{number}]"
        given = checked(each, ModelRouteArgs, where=path)
        limits = read_limits(given.get("limits", LimitsArgs()), where=f"{path}.limits")
        others = tuple(
            Servers(**checked(other, OtherServersArgs, where=f"{path}.others[{place}]"))
            for place, other in enumerate(given.get("others", []))
        )
        route = Route(
            given["tenant"], given["model"], given["server"], given["version"], limits, others
        )
        routes.append(route)
    return check_routes(routes, proxies=proxies, where=where)


def read_limits(args: LimitsArgs, *, where: str) -> Limits:
    """The limits that ``args`` describe.

    Raises:
        RefusedError: a window is none that the gateway counts, or see ``checked``.
    """
    given: dict[str, Any] = dict(checked(args, LimitsArgs, where=where))
    for kind in ("requests", "tokens"):
        if kind in given:
            given[kind] = {
                parsing.choice(Window, window, where=f"{where}.{kind}"): most
                for window, most in given[kind].items()
            }
    return Limits(**given)

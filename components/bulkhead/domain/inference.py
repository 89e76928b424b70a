"""Limits of inference: how much of a model a tenant may use, and how fast (INF-3)."""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from bulkhead.domain import parsing
from bulkhead.domain.addresses import parse_private
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import DIGEST


class Window(StrEnum):
    """A span of time in which the gateway counts, shortest first.

    They are the units of Envoy's rate-limit service; each begins with the clock (a day at midnight
    UTC, a month on its first day) and not with the first request.
    """

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    MONTH = "month"

    @property
    def rank(self) -> int:
        """Position from the shortest, 0 for a minute."""
        return list(Window).index(self)


PROMPT_KIB, LARGEST_PROMPT_KIB = 256, 4096
"""Size of a request's body in KiB: by default room for about 64,000 tokens of text. At the most
4 MiB, since a proxy holds every request in memory as a whole before it reads the model's name."""

LONGEST_TIMEOUT_SECONDS = 3600
"""A generation that takes longer belongs into a batch."""


@dataclass(frozen=True)
class Limits:
    """The most of one model that one tenant may use.

    Attributes:
        requests: number of requests by window; 60 a minute by default, one a second.
        tokens: prompt and output tokens together by window. The default of a million a day and
            20 million a month bounds what a stolen credential costs before anybody looks.
        parallel_requests: requests under way at once, over all proxies; 12 by default, which one
            server of a 7B model batches without slowing down.
        output_tokens: tokens that a request may ask for, in all of its answers together; 1,024 by
            default. ``generation_config`` binds the servers to it.
        timeout_seconds: how long an answer may take as a whole; 120 by default.
    """

    requests: Mapping[Window, int] = field(default_factory=lambda: {Window.MINUTE: 60})
    tokens: Mapping[Window, int] = field(
        default_factory=lambda: {Window.DAY: 1_000_000, Window.MONTH: 20_000_000}
    )
    parallel_requests: int = 12
    output_tokens: int = 1024
    timeout_seconds: int = 120

    def check(self, *, where: str) -> "Limits":
        """Return the limits if the gateway can hold them.

        Raises:
            RefusedError: a number is not positive or too large, a kind of quota has no window, or a
                longer window allows less than a shorter one, which would never be reached.
        """
        for kind in ("requests", "tokens"):
            _check_windows(getattr(self, kind), where=f"{where}.{kind}")
        for name, most in (
            ("parallel_requests", 10_000),
            ("output_tokens", 1_000_000),
            ("timeout_seconds", LONGEST_TIMEOUT_SECONDS),
        ):
            number = getattr(self, name)
            if not 1 <= number <= most:
                raise RefusedError(
                    "not a limit", given=number, allowed=f"1 to {most}", where=f"{where}.{name}"
                )
        return self

    @property
    def generation_config(self) -> dict[str, int]:
        """What the servers must be told, so that no answer is longer than ``output_tokens``.

        vLLM takes it as ``--override-generation-config``: for a request that asks for no number it
        is the default, and for all others the most (vLLM, "Engine Arguments").
        """
        return {"max_new_tokens": self.output_tokens}


def _check_windows(quotas: Mapping[Window, int], *, where: str) -> None:
    if not quotas:
        raise RefusedError("a quota needs a window", allowed=list(Window), where=where)
    for window, number in quotas.items():
        if number < 1:
            raise RefusedError(
                "not a quota", given=number, allowed="1 or more", where=f"{where}.{window}"
            )
    ordered = sorted(quotas, key=lambda window: window.rank)
    for shorter, longer in itertools.pairwise(ordered):
        if quotas[longer] < quotas[shorter]:
            raise RefusedError(
                f"the quota of a {longer} is smaller than that of a {shorter}",
                given=quotas[longer],
                allowed=f"{quotas[shorter]} or more",
                where=f"{where}.{longer}",
            )


WHOLE = 100
"""Per cent of the requests."""


@dataclass(frozen=True)
class Servers:
    """Servers of one release of a model.

    Attributes:
        server: name of the Service in front of them, in the tenant's namespace.
        version: digest of the model that they run, for the log; 12 characters are shown.
        weight: per cent of the requests that they get.
    """

    server: str
    version: str
    weight: int = WHOLE

    def check(self, *, where: str) -> None:
        """Refuse servers that can't be reached or told apart.

        Raises:
            RefusedError: the server can't be a name, the version is no digest, or the weight is out
                of bounds.
        """
        parsing.name(self.server, where=f"{where}.server")
        if not DIGEST.fullmatch(self.version):
            raise RefusedError(
                "a model needs the digest of what its servers run",
                given=self.version,
                allowed="sha256:<64 hexadecimal digits>",
                where=f"{where}.version",
            )
        if not 0 <= self.weight <= WHOLE:
            raise RefusedError(
                "not a part of the requests",
                given=self.weight,
                allowed=f"0 to {WHOLE} per cent, all releases together {WHOLE}",
                where=f"{where}.weight",
            )


@dataclass(frozen=True)
class Route:
    """A tenant's way to one model.

    Attributes:
        tenant: who may use it.
        model: how clients name it in their requests.
        server: name of the Service in front of its inference servers, in the tenant's namespace.
        version: digest of the model that the servers run, for the log; 12 characters are shown.
        limits: the most that the tenant may use of it.
        others: servers of other releases, which take their part of the requests (INF-7).
    """

    tenant: str
    model: str
    server: str
    version: str
    limits: Limits = field(default_factory=Limits)
    others: tuple[Servers, ...] = ()

    @property
    def releases(self) -> tuple[Servers, ...]:
        """All servers, first those that get what the others leave."""
        rest = WHOLE - sum(other.weight for other in self.others)
        return (Servers(self.server, self.version, rest), *self.others)

    @property
    def name(self) -> str:
        """Name of its objects; tenants' names have no dot, so no two routes have the same."""
        return f"{self.tenant}.{self.model}"

    def check(self, *, where: str) -> "Route":
        """Return the route if the gateway can have it.

        Raises:
            RefusedError: tenant, model or a server can't be names, a version is no digest, the
                weights are no whole, a server stands twice, or a limit is refused.
        """
        parsing.name(self.tenant, where=f"{where}.tenant")
        if not MODEL.fullmatch(self.model):
            raise RefusedError(
                "not a usable model name",
                given=self.model,
                allowed="1 to 63 lower-case letters, digits, '-' and '.', starting and ending with "
                "a letter or digit",
                where=f"{where}.model",
            )
        names: set[str] = set()
        for number, servers in enumerate(self.releases):
            path = f"{where}.others[{number - 1}]" if number else where
            servers.check(where=path)
            if servers.server in names:
                raise RefusedError(
                    "a server stands twice", given=servers.server, where=f"{path}.server"
                )
            names.add(servers.server)
        self.limits.check(where=f"{where}.limits")
        return self


MOST_PROXIES = 12
"""Proxies of one gateway: enough for 100,000 connections, few enough to split a ceiling."""

MODEL = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?")


HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")


def check_host(host: str, *, where: str) -> str:
    """Return the DNS name if clients can use it.

    Raises:
        RefusedError: it is no full DNS name in lower case.
    """
    if not HOST.fullmatch(host):
        raise RefusedError(
            "not a DNS name", given=host, allowed="one like inference.example.com", where=where
        )
    return host


def check_clients(networks: Iterable[str], *, where: str) -> list[str]:
    """Return the networks of clients if a private load balancer can be opened to them.

    Raises:
        RefusedError: there is none, which a load balancer takes for all, or one is not private.
    """
    clients = [
        str(parse_private(network, where=f"{where}[{number}]"))
        for number, network in enumerate(networks)
    ]
    if not clients:
        raise RefusedError("a gateway needs clients", allowed="one or more networks", where=where)
    return clients


def check_prompt(kib: int, *, where: str) -> int:
    """Return the size of prompts if the gateway can hold them.

    Raises:
        RefusedError: it is none, or too large.
    """
    if not 1 <= kib <= LARGEST_PROMPT_KIB:
        raise RefusedError(
            "not a size of prompts", given=kib, allowed=f"1 to {LARGEST_PROMPT_KIB}", where=where
        )
    return kib


def check_routes(routes: Iterable[Route], *, proxies: int, where: str) -> list[Route]:
    """Return the routes if one gateway of so many ``proxies`` can have them all.

    Each proxy counts for itself, so a ceiling of parallel requests is split between them.

    Raises:
        RefusedError: there is no proxy, a route is refused, a tenant's model stands twice, or a
            ceiling is too low to be split.
    """
    if not 1 <= proxies <= MOST_PROXIES:
        raise RefusedError(
            "not a number of proxies", given=proxies, allowed=f"1 to {MOST_PROXIES}", where=where
        )
    checked: dict[str, Route] = {}
    for number, route in enumerate(routes):
        route.check(where=f"{where}[{number}]")
        if route.limits.parallel_requests < proxies:
            raise RefusedError(
                "a ceiling of parallel requests that can't be split between the proxies",
                given=route.limits.parallel_requests,
                allowed=f"{proxies} or more, one for each proxy",
                where=f"{where}[{number}].limits.parallel_requests",
            )
        if route.name in checked:
            raise RefusedError(
                f"the model stands twice for tenant '{route.tenant}'",
                given=route.model,
                where=f"{where}[{number}].model",
            )
        checked[route.name] = route
    return list(checked.values())

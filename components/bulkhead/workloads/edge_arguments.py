"""What callers say about a public edge: who opted in, for whom, and to which gateway."""

import re
from typing import NotRequired, TypedDict

import pulumi

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exposure import EXPOSURE_RULE, Client, OptIn, check_clients
from bulkhead.domain.inference import MODEL, Window
from bulkhead.foundation.arguments import Strings, checked


class OptInArgs(TypedDict):
    """Permission to be reached from the internet (INF-1)."""

    owner: str
    """Team that answers for it."""
    reason: str
    """Why, as a sentence of letters, digits, blanks and any of ``_.:/=+@-``."""
    expires: str
    """Last day on which it holds, ``YYYY-MM-DD``; at most a year ahead."""


class ClientArgs(TypedDict):
    """One who comes from outside, and the most that it may ask."""

    name: str
    """DNS label; names its key and its usage plan."""
    requests: NotRequired[dict[str, int]]
    """Requests by window: minute or hour for the throttle, day or month for the quota. Default: 60
    a minute, and as many in a day as that lets through."""
    parallel_requests: NotRequired[int]
    """Requests that may come at once before the throttle refuses any. Default: 12."""


class EdgeTargetArgs(TypedDict):
    """The gateway behind the edge."""

    host: str
    """Name on its certificate, as its ``InferenceGateway`` has it."""
    load_balancer_arn: pulumi.Input[str]
    """ARN of its internal load balancer."""
    load_balancer_cidrs: Strings
    """Networks of the load balancer's subnets."""
    vpc_id: pulumi.Input[str]
    """The VPC of both."""
    subnet_ids: Strings
    """Subnets of the link to it, in two zones at least; the gateway's ``clients`` hold their
    networks."""


def read_opt_in(args: OptInArgs, *, host: str, where: str) -> OptIn:
    """The opt-in that ``args`` describe.

    Raises:
        RefusedError: its end is no day, or see ``checked``.
    """
    args = checked(args, OptInArgs, where=where)
    return OptIn(
        rule=EXPOSURE_RULE,
        subject=host,
        owner=args["owner"],
        reason=args["reason"],
        expires=parsing.date(args["expires"], where=f"{where}.expires"),
    )


def read_clients(args: list[ClientArgs], *, where: str) -> list[Client]:
    """The clients that ``args`` describe.

    Raises:
        RefusedError: a window is unknown, or see ``checked`` and ``check_clients``.
    """
    clients = []
    for number, each in enumerate(args):
        path = f"{where}[{number}]"
        given = checked(each, ClientArgs, where=path)
        asked = {
            parsing.choice(Window, window, where=f"{path}.requests"): most
            for window, most in given.get("requests", {}).items()
        }
        client = Client(
            given["name"],
            parallel_requests=given.get("parallel_requests", Client.parallel_requests),
        )
        clients.append(Client(client.name, asked or client.requests, client.parallel_requests))
    return check_clients(clients, where=where)


def read_models(names: list[str], *, where: str) -> list[str]:
    """The models that clients may name.

    Raises:
        RefusedError: there is none, one stands twice, or one can't be a model's name.
    """
    if not names or len(set(names)) < len(names):
        raise RefusedError(
            "not a list of different models",
            given=", ".join(names),
            allowed="one or more, each once",
            where=where,
        )
    for number, name in enumerate(names):
        if not MODEL.fullmatch(name):
            raise RefusedError("not a usable model name", given=name, where=f"{where}[{number}]")
    return names


TRUST_STORE = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/\S+")


def check_trust_store(address: str | None, *, where: str) -> str | None:
    """Return the address of a trust store if API Gateway can read one there.

    Raises:
        RefusedError: it is no object in S3.
    """
    if address is not None and not TRUST_STORE.fullmatch(address):
        raise RefusedError(
            "not a trust store", given=address, allowed="s3://<bucket>/<key>", where=where
        )
    return address

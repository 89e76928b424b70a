"""What callers say about the gateway of a cluster."""

import ipaddress
from collections.abc import Collection
from typing import NotRequired, TypedDict

from bulkhead.cluster.pool_arguments import PoolArgs
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.inference import PROMPT_KIB, check_clients, check_host, check_prompt
from bulkhead.domain.labels import PLATFORM
from bulkhead.domain.scope import Scope
from bulkhead.domain.subnets import LAYOUT, SubnetGroup
from bulkhead.foundation.arguments import Strings, checked
from bulkhead.workloads.gateway_controllers import GatewayImagesArgs, read_gateway_images
from bulkhead.workloads.inference_arguments import (
    IssuerArgs,
    ModelRouteArgs,
    read_issuer,
    read_routes,
)
from bulkhead.workloads.inference_gateway import CertificatesArgs

GATEWAY_POOL: PoolArgs = {
    "name": "gateway",
    "instance_types": ["m7i.large"],
    "min_size": 2,
    "max_size": 4,
    "tenant": PLATFORM,
}
"""Nodes of the proxies, which hold the gateway's keys: no tenant's pods land beside them, on any
pattern. Two, so that the gateway survives the loss of one."""


CERTIFICATES: CertificatesArgs = {
    "server": "gateway-server",
    "client": "gateway-client",
    "authority": "cluster-authority",
}
"""Objects that hold the gateway's certificates where no others are named."""


class GatewayWaysArgs(TypedDict):
    """Networks that the gateway knows."""

    clients: list[str]
    """Private networks of the clients."""
    issuer: Strings
    """Networks in which the issuer's keys are, by HTTPS: of an endpoint, or of the way out."""
    inference: NotRequired[list[str]]
    """Networks of the inference plane, where the load balancer and the counters are. Default: those
    of the cluster's own ``cidr``."""


class GatewayArgs(TypedDict):
    """The gateway in front of the models of a cluster's tenants."""

    host: str
    """DNS name that clients use."""
    issuer: IssuerArgs
    """Who vouches for clients."""
    images: GatewayImagesArgs
    """Images of the controllers and of what they start, by digest."""
    certificates: NotRequired[CertificatesArgs]
    """The gateway's certificates. Default: ``gateway-server``, ``gateway-client`` and
    ``cluster-authority``."""
    networks: GatewayWaysArgs
    """Who may connect to the gateway, and where it may connect to."""
    models: list[ModelRouteArgs]
    """The models that tenants use, one entry for each tenant and model."""
    prompt_kib: NotRequired[int]
    """Size of a request's body in KiB. Default: 256."""
    proxies: NotRequired[int]
    """Number of proxies. Default: one for each zone of the environment."""
    counters_node_type: NotRequired[str]
    """Type of the counters' two nodes. Default: ``cache.t4g.small``."""
    certificate_manager: NotRequired[bool]
    """Whether the cluster has cert-manager, which renews the webhook's certificate. Default: no."""


def check_gateway(
    args: GatewayArgs,
    scope: Scope,
    tenants: Collection[str],
    cidr: str | None,
    *,
    where: str,
) -> GatewayArgs:
    """Return the arguments with what they leave out, if a cluster of these tenants can have it.

    Raises:
        RefusedError: the host, the issuer, an image, a network, a size, a route or a limit is
            refused, or a model is of a tenant that the cluster does not have.
    """
    args = checked(args, GatewayArgs, where=where)
    check_host(args["host"], where=f"{where}.host")
    read_issuer(args["issuer"], where=f"{where}.issuer")
    read_gateway_images(args["images"], where=f"{where}.images")
    certificates = checked(
        args.get("certificates", CERTIFICATES), CertificatesArgs, where=f"{where}.certificates"
    )
    ways = checked(args["networks"], GatewayWaysArgs, where=f"{where}.networks")
    check_clients(ways["clients"], where=f"{where}.networks.clients")
    check_prompt(args.get("prompt_kib", PROMPT_KIB), where=f"{where}.prompt_kib")
    read_routes(
        args["models"], proxies=args.get("proxies", scope.rules.zones), where=f"{where}.models"
    )
    for number, model in enumerate(args["models"]):
        if model["tenant"] not in tenants:
            raise RefusedError(
                "a model of a tenant that the cluster does not have",
                given=model["tenant"],
                allowed=sorted(tenants),
                where=f"{where}.models[{number}].tenant",
            )
    return {
        **args,
        "certificates": certificates,
        "networks": {**ways, "inference": _inference(ways, cidr, where=where)},
    }


def _inference(ways: GatewayWaysArgs, cidr: str | None, *, where: str) -> list[str]:
    given = ways.get("inference")
    if given:
        return given
    if cidr is None:
        raise RefusedError(
            "a gateway in a network that exists needs to know its inference plane",
            allowed="the plane's networks",
            where=f"{where}.networks.inference",
        )
    return [str(LAYOUT[SubnetGroup.INFERENCE].within(ipaddress.IPv4Network(cidr)))]

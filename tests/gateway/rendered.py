"""The gateway's objects, as they are rendered."""

from typing import Any

from bulkhead import InferenceGateway
from bulkhead.preview.manifests import manifests
from tests.foundation.samples import planned, scope

Manifest = dict[str, Any]

HOST = "inference.example.internal"
ISSUER = "https://issuer.example/"
AUDIENCE = "inference-gateway"
VERSION = f"sha256:{'ab' * 32}"
NEXT_VERSION = f"sha256:{'cd' * 32}"
PARALLEL = 8
CEILING = 64
"""Tokens that a request may ask for."""
AWAY = "away"
"""A model whose servers are down."""


def arguments(**changes: Any) -> Any:
    """Arguments of a gateway with two tenants, one of which has a small quota of tokens."""
    return {
        "scope": scope(),
        "tier": "internal",
        "host": HOST,
        "issuer": {
            "url": ISSUER,
            "jwks_uri": f"{ISSUER}keys",
            "audiences": [AUDIENCE],
        },
        "certificates": {"server": "server", "client": "client", "authority": "authority"},
        "networks": {
            "clients": ["10.64.0.0/16"],
            "load_balancer": ["10.20.8.0/22"],
            "issuer": ["10.20.250.0/24"],
        },
        "models": [
            model("alpha", "llama", tokens={"day": 100, "month": 1000}, output_tokens=CEILING),
            model("beta", "llama", requests={"minute": 1000}),
            model("beta", "mistral", requests={"minute": 3}),
            model("beta", AWAY),
            released("beta", "split", weight=50),
            released("beta", "moved", weight=100),
        ],
        "proxies": 1,
        **changes,
    }


def model(tenant: str, name: str, **limits: Any) -> dict[str, Any]:
    return {
        "tenant": tenant,
        "model": name,
        "server": name,
        "version": VERSION,
        "limits": {"parallel_requests": PARALLEL, **limits},
    }


def released(tenant: str, name: str, *, weight: int) -> dict[str, Any]:
    """A model with a second release, which gets so many per cent of the requests."""
    other = {"server": f"{name}-next", "version": NEXT_VERSION, "weight": weight}
    return {**model(tenant, name, requests={"minute": 1000}), "others": [other]}


def objects(**changes: Any) -> list[Manifest]:
    """What a gateway renders."""
    plan = planned(lambda: InferenceGateway("gateway", arguments(**changes)), assume_applied=True)
    return list(manifests(plan).values())

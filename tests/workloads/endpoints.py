"""An endpoint that is sound, for tests to change."""

import copy
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.preview.plan import Plan
from tests.foundation.samples import ACCOUNT, REGION, planned, scope

REGISTRY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/dev/internal"
OWN, PLATFORM = f"{REGISTRY}/acme", f"{REGISTRY}/platform"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/bulkhead/dev/internal/dev-acme-inference-server"
WORKSPACE = "ws-11111111-2222-3333-4444-555555555555"
KEY = (
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEWSNm4agctEa04pXKRAMyKH1dNVfB\n"
    "56rn2voTY4JW7+ah/ZHAdt4MH9QlouOhr4pCZVQtNoOcbjkv6nEE/KMcEg==\n"
    "-----END PUBLIC KEY-----\n"
)


def digest(letter: str) -> str:
    """A digest of one letter."""
    return f"sha256:{64 * letter}"


def image(name: str, letter: str = "a", registry: str = PLATFORM) -> str:
    """An image by digest."""
    return f"{registry}/{name}@{digest(letter)}"


TENANT = {
    "name": "acme",
    "tier": "internal",
    "owner": "team-acme",
    "cost_center": "cc-42",
    "quota": {
        "gpus": 4, "pod_gpus": 2, "cpus": 48, "memory_gib": 192, "ephemeral_gib": 300,
    },
}  # fmt: skip


def card(version: str = "3.1.0", letter: str = "b", **changes: Any) -> dict[str, Any]:
    """A model's card."""
    return {
        "name": "llama-3.1-8b",
        "version": version,
        "artifact": image("models/llama", letter, OWN),
        "owner": "team-acme",
        "status": "approved",
        "submitted_by": "jo@example.com",
        "approved_by": "kim@example.com",
        "retires": "2999-12-31",
        "datasets": ["tickets@2026-08"],
        **changes,
    }


def release(model: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A release."""
    return {
        "model": model or card(),
        "image": image("vllm"),
        "replica": {"gpus": 1, "cpus": 8, "memory_gib": 32},
        **changes,
    }


def arguments(**changes: Any) -> Any:
    """Arguments of an endpoint with two releases, the older of which has the requests."""
    return copy.deepcopy(
        {
            "scope": scope(),
            "tenant": TENANT,
            "role_arn": ROLE_ARN,
            "releases": {
                "v1": release(prompt="support-prompt-1"),
                "v2": release(card("3.2.0", "c"), prompt="support-prompt-2"),
            },
            "traffic": {"v1": 100},
            "verification": {"image": image("model-signing"), "public_key": KEY},
            "certificates": {"server": "server-tls", "clients": "gateway-authority"},
            "budget": {"monthly_usd": 6000, "replica_hour_usd": 1.5},
            "metrics": {"workspace_id": WORKSPACE, "collector": image("otel-collector")},
            **changes,
        }
    )


def endpoint(**changes: Any) -> Plan:
    """What an endpoint registers."""

    def program() -> None:
        from bulkhead import InferenceEndpoint

        opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
        InferenceEndpoint("llama", arguments(**changes), opts)

    return planned(program)

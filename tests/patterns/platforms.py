"""Platforms of every pattern, for tests that hold for all of them."""

from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws

import bulkhead
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ADMIN, planned, scope

COMMON: dict[str, Any] = {
    "scope": scope(),
    "cidr": "10.20.0.0/16",
    "administrators": [ADMIN],
    "zones": ["eu-central-1a", "eu-central-1b"],
}


def tenant(name: str, tier: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "tier": tier,
        "owner": f"{name}-team",
        "cost_center": f"cc-{name}",
        "quota": {"cpus": 8, "memory_gib": 32},
        **more,
    }


def pool(name: str, kind: str = "m7i.4xlarge", **more: Any) -> dict[str, Any]:
    return {"name": name, "instance_types": [kind], "max_size": 2, **more}


ENCLAVE = {"protection": "nitro-enclaves", "measurements": {"pcr0": "5f" * 48, "pcr8": "6e" * 48}}
TPM = {
    "protection": "nitro-tpm",
    "measurements": {"pcr4": "4a" * 48, "pcr12": "00" * 48},
    "ami_id": "ami-0123456789abcdef0",
}
PLUGIN = f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/enclave-plugin@sha256:{'5e' * 32}"

PLATFORMS: dict[str, dict[str, Any]] = {
    "SharedCluster": {
        "tenants": [tenant("red", "internal"), tenant("blue", "public")],
        "pools": [pool("general")],
    },
    "DedicatedNodePools": {
        "tenants": [
            tenant("red", "confidential"),
            tenant("blue", "confidential"),
            tenant("green", "internal"),
            tenant("grey", "internal"),
        ],
        "pools": [
            pool("red-gpu", "g6.4xlarge", tenant="red"),
            pool("blue-general", tenant="blue"),
            pool("inner", tier="internal"),
        ],
    },
    "SingleTenantCluster": {
        "tenants": [tenant("red", "regulated")],
        "pools": [pool("general")],
    },
    "ConfidentialCompute": {
        "tenants": [
            tenant("red", "confidential", risk={"model": "crown-jewel"}),
            tenant("blue", "confidential"),
        ],
        "pools": [
            pool("red-enclaves", tenant="red", seal=ENCLAVE),
            pool("blue-gpu", "g6.4xlarge", tenant="blue", seal=TPM),
        ],
        "enclave_plugin": PLUGIN,
    },
    "DedicatedHosts": {
        "tenants": [tenant("red", "regulated", risk={"regulation": "no-shared-hosts"})],
        "pools": [pool("hosts", "m7i.8xlarge", max_size=12, hosts=2, zone="eu-central-1a")],
    },
}
"""Arguments besides the common ones, by component."""


def build(component: str, name: str = "platform", **changes: Any) -> Any:
    """Register a platform with the providers of a program."""
    provider = aws.Provider("aws", region="eu-central-1")
    args = {**COMMON, **PLATFORMS[component], **changes}
    made: Callable[..., Any] = getattr(bulkhead, component)
    return made(name, args, pulumi.ResourceOptions(provider=provider))


def platform(component: str, **changes: Any) -> Plan:
    return planned(lambda: build(component, **changes))

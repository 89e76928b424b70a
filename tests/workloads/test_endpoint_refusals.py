"""What an endpoint is refused for, before anything is registered (INF-4 to INF-7)."""

from typing import Any

import pytest

from bulkhead import InferenceEndpoint
from tests.foundation.samples import refusal
from tests.workloads.endpoints import (
    OWN,
    PLATFORM,
    REGISTRY,
    TENANT,
    arguments,
    card,
    image,
    release,
)

NO_IMAGE = (
    "an image is mirrored to a private registry and named by digest, got '{}'; allowed: "
    "<account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<64 hex digits>, with a tag before "
    "the @ or without"
)
TAGGED = f"{PLATFORM}/vllm:v0.18.0"
REGULATED: dict[str, Any] = {
    **TENANT,
    "tier": "regulated",
    "pattern": "single-tenant-cluster",
}
EXEMPTION = {
    "owner": "ciso",
    "reason": "a pilot without personal data",
    "expires": "2000-01-01",
}


def said(**changes: Any) -> str:
    return refusal(lambda: InferenceEndpoint("llama", arguments(**changes)))


def with_release(**changes: Any) -> dict[str, Any]:
    return {"releases": {"v1": release(**changes)}}


def with_card(**changes: Any) -> dict[str, Any]:
    return with_release(model=card(**changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            with_card(artifact=f"{OWN}/models/llama"),
            "llama.releases.v1.model.artifact: " + NO_IMAGE.format(f"{OWN}/models/llama"),
        ),
        (
            with_card(artifact=f"{OWN}/models/llama:3.1.0"),
            "llama.releases.v1.model.artifact: " + NO_IMAGE.format(f"{OWN}/models/llama:3.1.0"),
        ),
        (with_release(image=TAGGED), "llama.releases.v1.image: " + NO_IMAGE.format(TAGGED)),
        (
            with_release(image=image("vllm", registry=f"{REGISTRY}/globex")),
            f"llama.releases.v1.image: an image of no registry of the tenant, got "
            f"'{REGISTRY}/globex/vllm'; allowed: {OWN}, {PLATFORM}",
        ),
        (
            with_card(status="candidate"),
            "llama.releases.v1.model.status: a version that is not approved is not served, got "
            "'candidate'; allowed: approved, production",
        ),
        (
            with_card(retires="2000-01-31"),
            "llama.releases.v1.model.retires: the version is retired, got 'llama-3.1-8b 3.1.0 "
            "since 2000-01-31'; allowed: a version whose last day has not passed",
        ),
        (
            with_card(approved_by="jo@example.com"),
            "llama.releases.v1.model.approved_by: who submits a version does not approve it, got "
            "'jo@example.com'; allowed: somebody else",
        ),
        (
            {"releases": {"v1": {"image": image("vllm")}}},
            "llama.releases.v1.model: a missing argument",
        ),
        (
            with_release(replica={"gpus": 3}),
            "llama.releases.v1.replica.gpus: not what a replica may take, got '3'; allowed: 1 to "
            "2, by the tenant's quota",
        ),
        (
            with_release(replica={"memory_gib": 0}),
            "llama.releases.v1.replica.memory_gib: not what a replica may take, got '0'; allowed: "
            "1 to 192, by the tenant's quota",
        ),
        (
            {"traffic": {"v1": 110}},
            "llama.traffic.v1: not a part of the requests, got '110'; allowed: 0 to 100 per cent",
        ),
        (
            {"traffic": {"v1": 90}},
            "llama.traffic: the parts of the requests don't add up, got '90'; allowed: 100",
        ),
        (
            {"traffic": {"v0": 100}},
            "llama.traffic: no such release, got 'v0'; allowed: v1, v2",
        ),
        (
            {"budget": {"monthly_usd": 1500, "replica_hour_usd": 1.5}},
            "llama.min_replicas: the budget carries fewer replicas than always run, got '2 x 1'; "
            "allowed: 1 in all",
        ),
        (
            {"min_replicas": 3},
            "llama.min_replicas: the environment carries fewer replicas than always run, got "
            "'2 x 3'; allowed: 4 in all",
        ),
        (
            {"min_replicas": 0},
            "llama.min_replicas: a server needs a replica, got '0'; allowed: 1 or more",
        ),
        (
            {"runtime": "runc"},
            "llama.runtime: no runtime class of tier 'internal', got 'runc'; allowed: "
            "confidential-sandbox, gvisor, isolated-sandbox, kata",
        ),
        (
            {"tenant": REGULATED, "runtime": "gvisor", **with_release()},
            "llama.runtime: no runtime class of tier 'regulated', got 'gvisor'; allowed: "
            "confidential-sandbox, isolated-sandbox, kata",
        ),
        (
            {"tenant": REGULATED},
            "llama.scanner: answers of tier 'regulated' are scanned before a client sees them; "
            "allowed: a scanner, or a scanning_exemption with owner, reason and expires",
        ),
        (
            {"verification": {"image": image("model-signing"), "public_key": "PRIVATE"}},
            "llama.verification.public_key: not a public key, got 'a private key'; allowed: PEM: "
            "-----BEGIN PUBLIC KEY----- and so on",
        ),
        (
            {"metrics": {"workspace_id": "ws-1", "collector": image("otel-collector")}},
            "llama.metrics.workspace_id: not a workspace of Amazon Managed Service for "
            "Prometheus, got 'ws-1'; allowed: ws-<its UUID>",
        ),
        (
            {"limits": {"output_tokens": 0}},
            "llama.limits.output_tokens: not a limit, got '0'; allowed: 1 to 1000000",
        ),
        (
            {"nodes": "all"},
            "llama.nodes: not whose nodes it uses, got 'all'; allowed: tenant, tier",
        ),
    ],
)
def test_what_can_not_be_is_refused(changes: dict[str, Any], sentence: str) -> None:
    if changes.get("tenant") is REGULATED:
        changes = {**changes, "registries": [REGISTRY]}
    assert said(**{"traffic": {"v1": 100}, **changes}) == sentence


def test_an_exemption_from_scanning_ends() -> None:
    found = said(tenant=REGULATED, registries=[REGISTRY], scanning_exemption=EXEMPTION)
    assert found.startswith(
        "llama.scanning_exemption.expires: the exemption has expired, got '2000-01-01'"
    )


@pytest.mark.parametrize("option", ["trust-remote-code", "enable-log-requests", "chat-template"])
def test_a_server_is_tuned_and_not_opened(option: str) -> None:
    found = said(**with_release(tuning={option: ""}))
    assert found.startswith(
        f"llama.releases.v1.tuning: not an option that tunes a server, got '{option}'; allowed: "
    )

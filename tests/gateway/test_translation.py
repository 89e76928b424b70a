"""The real Envoy Gateway accepts what the component renders (INF-2)."""

import copy
from pathlib import Path
from typing import Any

import pytest

from bulkhead.workloads.names import GATEWAY_NAMESPACE
from tests.gateway.certified import Certificates
from tests.gateway.conftest import Made
from tests.gateway.translated import Translation, translate

EXPECTED = {"Overridden", "RouteRulesOverlap"}
"""Conditions that are true by design: a route's own policy is the stricter one, and each route
brings an answer for what no route takes."""


def test_every_object_is_accepted(translation: Translation) -> None:
    conditions = [c for c in translation.conditions() if c[2].partition("=")[0] not in EXPECTED]
    kinds = {kind for kind, _, condition in conditions if condition.startswith("Accepted=True")}
    assert kinds >= {
        *("GatewayClass", "Gateway", "EnvoyProxy", "HTTPRoute", "Backend"),
        *("ClientTrafficPolicy", "SecurityPolicy", "BackendTrafficPolicy"),
        "EnvoyExtensionPolicy",
    }
    assert [c for c in conditions if "=True" not in c[2]] == []


def test_an_object_that_is_not_accepted_shows(
    made: Made, egctl: Path, certificates: Certificates, tmp_path: Path
) -> None:
    seen = copy.deepcopy(made.controlled.objects)
    (gateway,) = (each for each in seen if each["kind"] == "Gateway")
    gateway["spec"]["listeners"][0]["tls"]["certificateRefs"][0]["name"] = "missing"
    given = [*seen, *certificates.objects(GATEWAY_NAMESPACE)]
    conditions = list(translate(egctl, given, tmp_path).conditions())
    assert any(c[0] == "Gateway" and c[2].startswith("ResolvedRefs=False") for c in conditions)


def managers(translation: Translation) -> list[dict[str, Any]]:
    (listener,) = (each for each in translation.listeners if each["name"].endswith("/https"))
    return [chain["filters"][-1]["typedConfig"] for chain in listener["filterChains"]]


def test_clients_get_no_more_time_than_it_says(translation: Translation) -> None:
    for manager in managers(translation):
        assert manager["requestHeadersTimeout"] == "5s"
        assert manager["requestTimeout"] == "15s"


@pytest.mark.parametrize("tenant", ["alpha", "beta"])
def test_servers_are_reached_over_mutual_tls(translation: Translation, tenant: str) -> None:
    (cluster,) = (c for c in translation.clusters if f"/{tenant}.llama/" in c["name"])
    (match,) = cluster["transportSocketMatches"]
    tls = match["transportSocket"]["typedConfig"]
    assert tls["sni"] == f"llama.{tenant}.svc.cluster.local"
    common = tls["commonTlsContext"]
    assert common["tlsParams"]["tlsMinimumProtocolVersion"] == "TLSv1_3"
    assert common["tlsCertificateSdsSecretConfigs"][0]["name"] == f"{GATEWAY_NAMESPACE}/client"

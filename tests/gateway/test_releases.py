"""Releases of a model side by side, on the real Envoy (INF-7)."""

from collections import Counter

import pytest

from tests.gateway.rendered import objects as rendered
from tests.gateway.rendered import released
from tests.gateway.running import DataPlane
from tests.gateway.translated import Translation

ASKED = 60


def test_each_release_is_reached_over_mutual_tls_by_its_own_name(translation: Translation) -> None:
    named = {
        match["transportSocket"]["typedConfig"]["sni"]
        for cluster in translation.clusters
        if "/beta.split/" in cluster["name"]
        for match in cluster["transportSocketMatches"]
    }
    assert named == {"split.beta.svc.cluster.local", "split-next.beta.svc.cluster.local"}


@pytest.mark.parametrize(
    ("model", "servers"),
    [("split", {"split", "split-next"}), ("moved", {"moved-next"}), ("llama", {"llama"})],
)
def test_requests_go_to_releases_by_weight(plane: DataPlane, model: str, servers: set[str]) -> None:
    token = plane.issuer.token("beta")
    assert [plane.ask(token, model=model) for _ in range(ASKED)] == ASKED * [200]
    seen = Counter(headers["host"] for headers in plane.models.headers)
    assert {host.partition(".")[0] for host in seen} == servers
    assert sum(seen.values()) == ASKED


def test_a_rollback_changes_weights_and_nothing_else() -> None:
    before, after = (
        {
            (each["kind"], each["metadata"]["name"]): each
            for each in rendered(models=[released("beta", "llama", weight=weight)])
        }
        for weight in (100, 0)
    )
    assert before.keys() == after.keys()
    assert [key for key in before if before[key] != after[key]] == [
        ("AIGatewayRoute", "beta.llama")
    ]
    for each, weights in ((before, [0, 100]), (after, [100, 0])):
        route = each["AIGatewayRoute", "beta.llama"]
        (rule,) = route["spec"]["rules"]
        assert [backend.pop("weight") for backend in rule["backendRefs"]] == weights
    assert before == after

"""The page of who reaches whom tells what is documented (ISO-2). That the policies do just this is
computed in ``tests/cluster_live/test_reach.py``."""

from pathlib import Path

from docs.pod_flows import ADDRESSES, CLOSED, FLOWS, PODS
from docs.pod_matrix import pages

ROOT = Path(__file__).parents[2]


def test_the_page_is_current() -> None:
    stale = [path for path, text in pages().items() if (ROOT / path).read_text("utf-8") != text]
    assert stale == [], "run make docs"


def test_connections_are_between_what_is_asked_about() -> None:
    named = {peer for flow in FLOWS for peer in (*flow.sources, *flow.targets)}
    assert named <= {*PODS, *ADDRESSES}
    assert not named & {*CLOSED}


def test_every_kind_of_pods_has_labels_of_its_own() -> None:
    places = [(kind.namespace, kind.labels) for kind in PODS]
    assert len(set(places)) == len(places)

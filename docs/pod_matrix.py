"""Which pods reach what, written from ``docs/pod_flows.py``."""

import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path

from docs.pod_flows import ADDRESSES, FLOWS, PODS, STRANGER, Address, Peer, Port

PAGE = Path("docs/pod-matrix.md")
NOTHING = "-"

INTRODUCTION = """\
# Which pods reach what

Written by `make docs` from `docs/pod_flows.py`. `tests/cluster_live/test_reach.py` computes with
cyclonus what the network policies allow that bulkhead renders: this, for every pair and port, and
nothing else. Without any one policy, or any one of their rules, it is another; and no stack,
example or component renders a policy that the computation leaves out.

- `<tenant>` stands for each tenant's name. Nothing leads from one tenant's namespaces to another's.
- A pod's own node always reaches it, whatever policies say (Kubernetes, "Network Policies"): that
  is how the kubelet probes. Pods on the network of their node, such as the CNI's own, have no
  policies.
- These are policies of pods. The networks around them have bounds of their own:
  [who reaches what in a network](network-matrix.md).
- In namespaces that bulkhead does not close, policies are the business of who makes them. Clusters
  of `PrivateCluster` enforce strictly: there a pod that no policy selects reaches nothing.

## Connections
"""


def pages() -> dict[Path, str]:
    """The page by its path below the repository's root."""
    parts = [INTRODUCTION, _connections(), "## By namespace\n", _matrix(), _silent()]
    return {PAGE: "\n".join(parts)}


def _connections() -> str:
    return _table(
        ("from", "to", "port", "why"),
        (
            (
                "<br>".join(_names(flow.sources)),
                "<br>".join(_names(flow.targets)),
                _words(flow.ports) + (", of the same namespace" if flow.within else ""),
                flow.why,
            )
            for flow in FLOWS
        ),
    )


def _names(peers: Sequence[Peer]) -> list[str]:
    """The peers by namespace, and in words where all pods of one are meant."""
    found: dict[str, list[Peer]] = {}
    for peer in dict.fromkeys(peers):
        found.setdefault(_group(peer), []).append(peer)
    lines = []
    for place, some in found.items():
        every = {kind for kind in PODS if _group(kind) == place}
        if not every:
            lines.append(place)
        elif len(every) > 1 and every == set(some):
            lines.append(f"{place}: every pod")
        else:
            lines.append(f"{place}: {', '.join(peer.name for peer in some)}")
    return lines


def _group(peer: Peer) -> str:
    """The namespace of pods, and the name of anything else."""
    if isinstance(peer, Address):
        return peer.name
    return peer.namespace if peer == STRANGER else f"`{peer.namespace}`"


def _matrix() -> str:
    """What each namespace and address reaches of each other; what one alone reaches stands last."""
    cells: dict[str, dict[str, set[Port] | None]] = {}
    for flow in FLOWS:
        pairs = itertools.product(map(_group, flow.sources), map(_group, flow.targets))
        for source, name in pairs:
            row = cells.setdefault(source, {})
            before = row.get(name, set())
            row[name] = None if flow.ports is None or before is None else before | {*flow.ports}
    names = list(dict.fromkeys([*map(_group, PODS), *map(_group, ADDRESSES)]))
    callers = {name: [source for source in cells if name in cells[source]] for name in names}
    shared = [
        name for name in names if callers[name] and (name[0] == "`" or len(callers[name]) > 1)
    ]
    rows = []
    for caller in (name for name in names if name in cells):
        told = {name: _words(ports) for name, ports in cells[caller].items()}
        own = [f"{name} {words}" for name, words in told.items() if name not in shared]
        fields = [told.get(name, NOTHING) for name in shared]
        rows.append((caller, *fields, "; ".join(own) or NOTHING))
    return _table(("from \\ to", *shared, "what it alone reaches"), rows)


def _silent() -> str:
    """Which peers reach nothing, and which nothing reaches."""
    sources = {peer for flow in FLOWS for peer in flow.sources}
    targets = {peer for flow in FLOWS for peer in flow.targets}
    reaching = [peer for peer in PODS if peer not in sources]
    reached = [peer for peer in ADDRESSES if peer not in targets | sources]
    return (
        f"Reach nothing: {'; '.join(_names(reaching))}.\n\n"
        f"Reached by nothing, and reaching no pod: {'; '.join(_names(reached))}.\n"
    )


def _words(ports: Iterable[Port] | None) -> str:
    """Ports in words; those of both protocols once."""
    if ports is None:
        return "all"
    kinds: dict[int, list[str]] = {}
    for number, kind in sorted(ports):
        kinds.setdefault(number, []).append(kind.lower())
    numbers: dict[str, list[str]] = {}
    for number, found in kinds.items():
        numbers.setdefault(" and ".join(found), []).append(str(number))
    return "; ".join(f"{kind} {', '.join(found)}" for kind, found in numbers.items())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)

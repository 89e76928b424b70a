"""What network policies allow, as cyclonus computes it, without a cluster."""

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from tests.cluster_live.compartments import Manifest
from tests.cluster_live.networks import API, End, Question

ANSWER = re.compile(r"IS ALLOWED\? \| +(TRUE|FALSE)")


def allowed(
    cyclonus: Path,
    folder: Path,
    policies: Iterable[Manifest],
    labels: Mapping[str, Mapping[str, str]],
    asked: Sequence[Question],
) -> set[Question]:
    """Of what is asked, what ``policies`` allow; ``labels`` are those of namespaces.

    The files by which cyclonus is asked are written to ``folder``.
    """
    policies = list(policies)
    seen = {
        key
        for selector in selectors(policies)
        for key in (
            *selector.get("matchLabels", {}),
            *(each["key"] for each in selector.get("matchExpressions", [])),
        )
    }
    rules, traffic = folder / "policies.json", folder / "traffic.json"
    listed = {"apiVersion": API, "kind": "NetworkPolicyList"}
    rules.write_text(json.dumps({**listed, "items": policies}), "utf-8")
    traffic.write_text(
        json.dumps(
            [
                {
                    "Source": _peer(each.source, labels, seen),
                    "Destination": _peer(each.target, labels, seen),
                    "ResolvedPort": each.port[0],
                    "Protocol": each.port[1],
                }
                for each in asked
            ]
        ),
        "utf-8",
    )
    command = [cyclonus, "analyze", "--mode", "query-traffic", "--policy-path", rules]
    done = subprocess.run(
        [*command, "--traffic-path", traffic], capture_output=True, text=True, check=True
    )
    answers = ANSWER.findall(done.stdout)
    return {each for each, answer in zip(asked, answers, strict=True) if answer == "TRUE"}


def _peer(end: End, labels: Mapping[str, Mapping[str, str]], seen: Set[str]) -> dict[str, Any]:
    """An end as cyclonus reads it, with the labels by which policies select.

    It prints each label of each answer, which takes longer than all else.
    """
    if not end.namespace:
        return {"IP": end.address}
    pod = {
        "Namespace": end.namespace,
        "NamespaceLabels": {k: v for k, v in labels[end.namespace].items() if k in seen},
        "PodLabels": {key: value for key, value in end.labels if key in seen},
    }
    return {"IP": end.address, "Internal": pod}


def selectors(found: Any) -> Iterator[dict[str, Any]]:
    """Every selector of labels inside."""
    if isinstance(found, dict):
        if found.keys() & {"matchLabels", "matchExpressions"}:
            yield found
        found = list(found.values())
    if isinstance(found, list):
        for each in found:
            yield from selectors(each)

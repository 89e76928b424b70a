"""A namespace outside of every compartment, or in a weaker one than its risk needs, is refused."""

import copy
import datetime
from collections.abc import Callable
from typing import Any

import pytest

from bulkhead.cluster.admission.catalogue import admission_rules
from tests.cluster_live.compartments import Compartments, Manifest, rendered, sparing_label
from tests.cluster_live.refusals import refusal, refused_by
from tests.control_plane.rendered import applied

(RULE,) = (rule for rule in admission_rules() if "namespaces" in rule.matches[0].resources)
PROVOKED = {(RULE.name, check) for check in range(len(RULE.checks))}

Change = Callable[[Manifest], object]
TODAY = datetime.datetime.now(datetime.UTC).date()


def namespace(**labels: str) -> Manifest:
    """A sound namespace of a new tenant."""
    (found,) = (m for m in rendered() if m["kind"] == "Namespace" and named(m) == "acme")
    made = copy.deepcopy(found)
    made["metadata"]["name"] = "initech"
    return labelled(made, tenant="initech", **labels)


def named(manifest: Manifest) -> str:
    return str(manifest["metadata"]["name"])


def labelled(manifest: Manifest, **labels: str) -> Manifest:
    found = {f"bulkhead.dev/{key}": value for key, value in labels.items()}
    manifest["metadata"]["labels"].update(found)
    return manifest


def noted(manifest: Manifest, **notes: str) -> Manifest:
    found = {f"bulkhead.dev/{key.replace('_', '-')}": value for key, value in notes.items()}
    manifest["metadata"]["annotations"].update(found)
    return manifest


def exempt(days: int) -> dict[str, str]:
    expires = TODAY + datetime.timedelta(days=days)
    return {
        "exemption_owner": "ciso-office",
        "exemption_reason": "a pilot on synthetic data",
        "exemption_expires": expires.isoformat(),
    }


def without(key: str) -> Manifest:
    made = namespace()
    del made["metadata"]["labels"][key]
    return made


ATTEMPTS: list[tuple[str, int, Manifest]] = [
    ("no owner", 0, without("bulkhead.dev/owner")),
    ("no labels at all", 0, {**namespace(), "metadata": {"name": "initech"}}),
    ("a tier that nobody knows", 1, namespace(tier="secret")),
    ("an environment that nobody knows", 1, namespace(environment="qa")),
    ("no pod security", 2, without("pod-security.kubernetes.io/enforce")),
    ("a tier too high for the pattern", 3, namespace(tier="confidential")),
    ("a valuable model on shared nodes", 3, noted(namespace(), risk_model="valuable")),
    ("a regulated latency on shared nodes", 3, noted(namespace(), risk_latency="strict")),
    ("an exemption that has expired", 3, noted(namespace(tier="confidential"), **exempt(-1))),
    (
        "an exemption that nobody owns",
        3,
        noted(namespace(tier="confidential"), **(exempt(30) | {"exemption_owner": ""})),
    ),
]


@pytest.mark.parametrize(
    ("check", "bad"), [a[1:] for a in ATTEMPTS], ids=[attempt[0] for attempt in ATTEMPTS]
)
def test_a_namespace_that_is_no_compartment_is_refused(
    check: int, bad: Manifest, compartments: Compartments
) -> None:
    with refused_by(RULE, check):
        compartments.api.create(bad, dryRun="All")
    spared = copy.deepcopy(bad)
    spared["metadata"].setdefault("labels", {}).update(sparing_label(RULE.name))
    assert refusal(compartments.api, spared) == ""


@pytest.mark.parametrize(
    "good",
    [
        namespace(),
        namespace(tier="confidential", pattern="dedicated-node-pools"),
        noted(namespace(pattern="dedicated-node-pools"), risk_model="valuable"),
        noted(namespace(tier="confidential"), **exempt(30)),
        noted(namespace(tier="confidential"), **exempt(0)),
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "cert-manager-system"}},
    ],
)
def test_a_compartment_is_let_through(good: Manifest, compartments: Compartments) -> None:
    assert refusal(compartments.api, good) == ""


@pytest.mark.parametrize(("check", "labels"), [(4, {"tenant": "globex"}), (5, {"tier": "public"})])
def test_a_namespace_keeps_its_tenant_and_its_tier(
    check: int, labels: dict[str, str], compartments: Compartments
) -> None:
    change: dict[str, Any] = {
        "metadata": {"labels": {f"bulkhead.dev/{key}": value for key, value in labels.items()}}
    }
    with applied(compartments.api, [namespace()]):
        with refused_by(RULE, check):
            compartments.api.patch(namespace(), change, dryRun="All")
        spared = {"metadata": {"labels": sparing_label(RULE.name)}}
        compartments.api.patch(namespace(), spared)
        compartments.api.patch(namespace(), change, dryRun="All")


def test_a_namespace_may_rise_to_a_higher_tier(compartments: Compartments) -> None:
    change = {
        "metadata": {
            "labels": {
                "bulkhead.dev/tier": "confidential",
                "bulkhead.dev/pattern": "dedicated-node-pools",
            }
        }
    }
    with applied(compartments.api, [namespace()]):
        compartments.api.patch(namespace(), change, dryRun="All")

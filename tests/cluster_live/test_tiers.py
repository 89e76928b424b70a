"""What the cluster lets a tenant do is what the catalogue says of its tier (ISO-3, POL-2)."""

import copy
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bulkhead.cluster.admission import images, limits
from bulkhead.cluster.admission.labels import require_compartment
from bulkhead.domain.isolation import PATTERNS, sufficient_patterns
from bulkhead.domain.pods import SANDBOXES, Runtime
from bulkhead.domain.priorities import PRIORITIES
from bulkhead.domain.tiers import CATALOGUE, Tier, TierRules
from tests.cluster_live.cases import AGENT, Change, both, in_spec
from tests.cluster_live.compartments import (
    TENANTS,
    Compartments,
    Manifest,
    image,
    rendered,
    workload,
)
from tests.cluster_live.refusals import refusal, refused_by
from tests.control_plane.api import ApiRefusalError
from tests.control_plane.rendered import objects
from tests.foundation.samples import planned
from tests.foundation.samples import refusal as refused_at_preview
from tests.workloads.test_debug_access import program

HOME = {Tier(described["tier"]): name for name, described in reversed(TENANTS.items())}
"""A tenant of each tier."""


def deployment(tier: Tier, change: Change) -> Manifest:
    """A sound workload of the tier's tenant with a change."""
    made = workload(HOME[tier], image=image("platform", tier))
    change(made)
    return made


def admitted(compartments: Compartments, tier: Tier, manifest: Manifest) -> bool:
    """Whether the tenant's developer may deploy it."""
    return refusal(compartments.as_tenant(HOME[tier], "developer"), manifest) == ""


RUNTIMES: dict[str, Change] = {
    str(runtime): in_spec(**({"runtimeClassName": str(runtime)} if runtime else {}))
    for runtime in Runtime
}


@pytest.mark.parametrize("tier", Tier)
def test_its_pods_run_on_the_runtimes_of_the_tier(tier: Tier, compartments: Compartments) -> None:
    taken = {
        runtime
        for runtime, change in RUNTIMES.items()
        if admitted(compartments, tier, deployment(tier, change))
    }
    assert taken == CATALOGUE[tier].pods.runtimes
    for runtime in RUNTIMES.keys() - taken:
        with refused_by(limits.LIMIT_RUNTIMES, 0):
            compartments.api.create(deployment(tier, RUNTIMES[runtime]), dryRun="All")


@pytest.mark.parametrize("tier", Tier)
def test_its_agents_run_in_sandboxes_of_the_tier(tier: Tier, compartments: Compartments) -> None:
    taken = {
        runtime
        for runtime, change in RUNTIMES.items()
        if admitted(compartments, tier, deployment(tier, both(AGENT, change)))
    }
    assert taken == CATALOGUE[tier].pods.runtimes & SANDBOXES


@pytest.mark.parametrize("tier", Tier)
def test_its_pods_take_the_priorities_of_its_pipelines(
    tier: Tier, compartments: Compartments
) -> None:
    for priority in PRIORITIES:
        manifest = deployment(tier, in_spec(priorityClassName=priority.name))
        if priority.pipeline in CATALOGUE[tier].pipelines:
            assert admitted(compartments, tier, manifest), priority.name
        else:
            with refused_by(limits.LIMIT_PRIORITY):
                compartments.api.create(manifest, dryRun="All")


@pytest.mark.parametrize("tier", Tier)
def test_its_images_are_of_its_tier(tier: Tier, compartments: Compartments) -> None:
    for other in Tier:
        manifest = workload(HOME[tier], image=image("platform", other))
        if other is tier:
            assert admitted(compartments, tier, manifest)
        else:
            with refused_by(images.PIN_IMAGES, 1):
                compartments.api.create(manifest, dryRun="All")


@pytest.mark.parametrize("tier", Tier)
def test_its_people_read_logs_where_the_tier_opens_them(
    tier: Tier, compartments: Compartments
) -> None:
    for access in ("developer", "admin"):
        with pytest.raises(ApiRefusalError) as caught:
            compartments.as_tenant(HOME[tier], access).call(
                "GET", f"/api/v1/namespaces/{HOME[tier]}/pods/none/log"
            )
        assert caught.value.code == (404 if CATALOGUE[tier].pods.open_logs else 403)


@pytest.mark.parametrize("tier", Tier)
def test_its_namespace_stands_on_a_pattern_that_is_strong_enough(
    tier: Tier, compartments: Compartments
) -> None:
    for pattern in PATTERNS:
        (found,) = (
            each
            for each in rendered()
            if (each["kind"], each["metadata"]["name"]) == ("Namespace", HOME[tier])
        )
        manifest = copy.deepcopy(found)
        manifest["metadata"]["name"] = "another"
        manifest["metadata"]["labels"]["bulkhead.dev/pattern"] = str(pattern)
        if pattern in sufficient_patterns(tier):
            compartments.api.create(manifest, dryRun="All")
        else:
            with refused_by(require_compartment(()), 3):
                compartments.api.create(manifest, dryRun="All")


@pytest.mark.parametrize("tier", Tier)
def test_somebody_debugs_its_pods_for_the_hours_of_the_tier(
    tier: Tier, compartments: Compartments
) -> None:
    tenant = {"name": HOME[tier], **{k: str(v) for k, v in TENANTS[HOME[tier]].items()}}
    tenant.pop("training", None)
    hours = CATALOGUE[tier].pods.debug_hours
    plan = planned(lambda: program(tenant=tenant, hours=hours), assume_applied=True)
    for manifest in objects(plan):
        compartments.api.create(manifest, dryRun="All")
    said = refused_at_preview(lambda: program(tenant=tenant, hours=hours + 1))
    assert said.endswith(f"allowed: 2 to {hours} hours")


DIFFERENCES: Mapping[str, Callable[[TierRules], Any]] = {
    "runtimes": lambda rules: rules.pods.runtimes,
    "pipelines": lambda rules: rules.pipelines,
    "logs": lambda rules: rules.pods.open_logs,
    "patterns": lambda rules: rules.minimum_isolation,
    "debugging": lambda rules: rules.pods.debug_hours,
}


@pytest.mark.parametrize("what", DIFFERENCES)
def test_there_is_a_difference_between_tiers_to_hold(what: str) -> None:
    assert DIFFERENCES[what](CATALOGUE[Tier.PUBLIC]) != DIFFERENCES[what](CATALOGUE[Tier.REGULATED])

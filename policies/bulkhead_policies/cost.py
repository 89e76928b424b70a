"""Caps on what a program can spend, before it spends it."""

from fnmatch import fnmatchcase

from bulkhead.domain.environments import Environment
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.labels import LABELLED
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.settings import counts_by_environment, texts, texts_by_environment
from bulkhead_policies.tokens import (
    AUTOSCALING_GROUP,
    EKS_NODE_GROUP,
    INSTANCES,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    NAMESPACES,
)
from bulkhead_policies.view import View

ACCELERATED = ("g[0-9]*", "p[0-9]*", "inf[0-9]*", "trn[0-9]*", "dl[0-9]*")
"""Instance families with accelerators, which cost ten to a hundred times the others."""

GENERAL = ("c[0-9]*", "m[0-9]*", "r[0-9]*", "t[0-9]*")

FAMILIES = texts_by_environment(
    "families",
    {
        Environment.DEV: (*GENERAL, "g4dn", "g5", "g6", "g6e"),
        Environment.STAGING: (*GENERAL, "g4dn", "g5", "g6", "g6e", "p4d", "p4de", "inf2", "trn1"),
        Environment.PROD: (*GENERAL, *ACCELERATED),
    },
    "Instance families that each environment may use, as patterns in shell style.",
)

NODES = counts_by_environment(
    "nodes",
    {Environment.DEV: 10, Environment.STAGING: 20, Environment.PROD: 100},
    "The most nodes that one pool may grow to, per environment.",
)

ACCELERATED_NODES = counts_by_environment(
    "acceleratedNodes",
    {Environment.DEV: 2, Environment.STAGING: 4, Environment.PROD: 32},
    "The most nodes with accelerators that one pool may grow to, per environment.",
)

REGIONS = texts(
    "regions",
    (),
    "Regions that the organisation uses; none for all that a tier allows.",
    allowed=CATALOGUE[Tier.PUBLIC].regions,
)


@resource_rule(
    "bulkhead-ec2-limit-families",
    types=INSTANCES | {LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION, EKS_NODE_GROUP, AUTOSCALING_GROUP},
    severity=Severity.MEDIUM,
    requirements=("COST-4",),
    title="Instance families are those of the environment",
    why="An experiment on the largest GPU instance costs a month's budget in a day.",
    remediation="Choose a family that the environment allows, or have it allowed in the pack's "
    "configuration.",
    options=(FAMILIES,),
)
def families_limited(resource: Resource) -> Findings:
    """Judge every instance type that the resource names."""
    environment = resource.environment
    if environment is not None:
        allowed = resource.settings[FAMILIES][environment]
        yield from each(instance_types(resource), lambda kind: _in_families(kind, allowed))


def _in_families(kind: View, allowed: tuple[str, ...]) -> Findings:
    if not _is_one_of(kind.text(), allowed):
        yield kind.refuse("an instance family that the environment does not allow", allowed=allowed)


@resource_rule(
    "bulkhead-eks-limit-nodes",
    types=frozenset({EKS_NODE_GROUP, AUTOSCALING_GROUP}),
    severity=Severity.MEDIUM,
    requirements=("COST-4",),
    title="Node pools stay below the environment's ceiling",
    why="What an autoscaler may start, a loop in a job will start.",
    remediation="Lower the pool's maximum size, or raise the ceiling in the pack's configuration.",
    options=(NODES, ACCELERATED_NODES),
)
def nodes_limited(pool: Resource) -> Findings:
    """Judge the maximum size of a pool, more strictly where it has accelerators."""
    environment = pool.environment
    if environment is None:
        return
    accelerated = _has_accelerators(pool)
    ceiling = pool.settings[ACCELERATED_NODES if accelerated else NODES][environment]
    size = (
        pool.props["maxSize"]
        if pool.type == AUTOSCALING_GROUP
        else pool.props.at("scalingConfig", "maxSize")
    )
    if (size.number() or 0) > ceiling:
        kind = "nodes with accelerators" if accelerated else "nodes"
        yield size.refuse(f"too many {kind} for {environment}", allowed=f"{ceiling} or fewer")


@resource_rule(
    "bulkhead-region-limit-tiers",
    types=LABELLED - NAMESPACES,
    severity=Severity.HIGH,
    requirements=("COST-4", "DAT-3"),
    title="Resources live in a Region that their tier allows",
    why="Regulated data is audited where it may be; a copy elsewhere is found last.",
    remediation="Deploy to a Region of the tier.",
    options=(REGIONS,),
)
def regions_limited(resource: Resource) -> Findings:
    """Judge the resource's own Region, or its provider's; where neither says, nothing is known."""
    own, default = resource.props["region"], resource.provider["region"]
    region = own if own.is_set else default
    allowed = resource.tier_rules.regions
    if used := resource.settings[REGIONS]:
        allowed = allowed.intersection(used)
    if region.is_set and region.text() not in allowed:
        yield region.refuse(
            f"a resource {resource.of_tier} may not live in this Region", allowed=sorted(allowed)
        )


def instance_types(resource: Resource) -> list[View]:
    """Every instance type that a resource names."""
    props = resource.props
    if resource.type == EKS_NODE_GROUP:
        return props["instanceTypes"].items()
    if resource.type == AUTOSCALING_GROUP:
        overrides = props.at("mixedInstancesPolicy", "launchTemplate", "overrides").items()
        return [o["instanceType"] for o in overrides if o["instanceType"].is_set]
    return [props["instanceType"]] if props["instanceType"].is_set else []


def _has_accelerators(pool: Resource) -> bool:
    image = pool.props["amiType"].text() or ""
    return image.endswith(("_NVIDIA", "_GPU", "_NEURON")) or any(
        _is_one_of(kind.text(), ACCELERATED) for kind in instance_types(pool)
    )


def _is_one_of(kind: str | None, families: tuple[str, ...]) -> bool:
    family = (kind or "").partition(".")[0]
    return any(fnmatchcase(family, pattern) for pattern in families)

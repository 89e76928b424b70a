"""Caps on what a program can spend, before it spends it."""

from fnmatch import fnmatchcase

from bulkhead.domain.environments import ENVIRONMENTS, Environment
from bulkhead.domain.instances import INSTANCES
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.labels import LABELLED
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.settings import counts_by_environment, texts, texts_by_environment
from bulkhead_policies.tokens import (
    AUTOSCALING_GROUP,
    EKS_NODE_GROUP,
    MACHINES,
    NAMESPACES,
)
from bulkhead_policies.view import View

ACCELERATED = ("g[0-9]*", "p[0-9]*", "inf[0-9]*", "trn[0-9]*", "dl[0-9]*")
"""Instance families with accelerators, which cost ten to a hundred times the others."""

MOST_GPUS = max(instance.gpus for instance in INSTANCES.values())
"""What an accelerated instance counts as that the domain does not know."""

GENERAL = ("c[0-9]*", "m[0-9]*", "r[0-9]*", "t[0-9]*")
ALL_GPU_FAMILIES = tuple(
    sorted({name.partition(".")[0] for name, instance in INSTANCES.items() if instance.gpus})
)

FAMILIES = texts_by_environment(
    "families",
    {
        Environment.DEV: (*GENERAL, "g5", "g6", "g6e"),
        Environment.STAGING: (*GENERAL, "g5", "g6", "g6e", "p4d", "p4de"),
        Environment.PROD: (*GENERAL, *ALL_GPU_FAMILIES),
    },
    "Instance families that each environment may use, as patterns in shell style.",
)

NODES = counts_by_environment(
    "nodes",
    {environment: rules.pool_nodes for environment, rules in ENVIRONMENTS.items()},
    "The most nodes that one pool may grow to, per environment.",
)

GPUS = counts_by_environment(
    "gpus",
    {environment: rules.pool_gpus for environment, rules in ENVIRONMENTS.items()},
    "The most GPUs, or other accelerators, that one pool may grow to, per environment.",
)

REGIONS = texts(
    "regions",
    (),
    "Regions that the organisation uses; none for all that a tier allows.",
    allowed=CATALOGUE[Tier.PUBLIC].regions,
)


@resource_rule(
    "bulkhead-ec2-limit-families",
    types=MACHINES | {EKS_NODE_GROUP, AUTOSCALING_GROUP},
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
    if not _is_one_of(kind.text() or "", allowed):
        yield kind.refuse("an instance family that the environment does not allow", allowed=allowed)


@resource_rule(
    "bulkhead-eks-limit-nodes",
    types=frozenset({EKS_NODE_GROUP, AUTOSCALING_GROUP}),
    severity=Severity.MEDIUM,
    requirements=("COST-4",),
    title="Node pools stay below the environment's ceilings",
    why="What an autoscaler may start, a loop in a job will start.",
    remediation="Lower the pool's maximum size, or raise the ceiling in the pack's configuration.",
    options=(NODES, GPUS),
)
def nodes_limited(pool: Resource) -> Findings:
    """Judge the maximum size of a pool, in nodes and in GPUs."""
    environment = pool.environment
    if environment is None:
        return
    path = ("maxSize",) if pool.type == AUTOSCALING_GROUP else ("scalingConfig", "maxSize")
    size = pool.props.at(*path)
    per_node = max([_gpus_by_image(pool), *(_gpus(kind) for kind in instance_types(pool))])
    for what, count, option in (("nodes", 1, NODES), ("GPUs", per_node, GPUS)):
        ceiling = pool.settings[option][environment]
        if count and (size.number() or 0) * count > ceiling:
            yield size.refuse(
                f"too many {what} for {environment}, at {count} per node",
                allowed=f"{ceiling // count} or fewer",
            )


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


def _gpus(kind: View) -> int:
    """Accelerators of an instance type."""
    name = kind.text() or ""
    if name in INSTANCES:
        return INSTANCES[name].gpus
    return MOST_GPUS if _is_one_of(name, ACCELERATED) else 0


def _gpus_by_image(pool: Resource) -> int:
    """At least one, where a node group's image is made for accelerators."""
    image = pool.props["amiType"].text() or ""
    return 1 if image.endswith(("_NVIDIA", "_GPU", "_NEURON")) else 0


def _is_one_of(kind: str, families: tuple[str, ...]) -> bool:
    family = kind.partition(".")[0]
    return any(fnmatchcase(family, pattern) for pattern in families)

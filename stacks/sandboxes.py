"""Tenants' sandboxes: whether their clusters run them, and what they are."""

from collections.abc import Sequence
from typing import Any

import pulumi

from bulkhead import AgentSandbox
from bulkhead.domain.admission import registries
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.pools import pools_of
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.compartments import Compartments
from bulkhead.patterns.plan import Plan
from bulkhead.workloads.agent_sandbox import read_sandboxes
from bulkhead.workloads.sandbox_controller import read_controller
from stacks.tenants_file import ClusterConfig, TenantConfig


def check_sandboxes(
    config: ClusterConfig,
    tenants: Sequence[TenantConfig],
    plan: Plan,
    *,
    where: str,
    tenants_at: str,
) -> dict[str, dict[str, Any]]:
    """Check the sandboxes of a cluster's ``tenants``; return what is written of them, by tenant.

    ``where`` and ``tenants_at`` are the paths of the cluster and of the tenants in the file.

    Raises:
        RefusedError: the cluster lacks the controller, no pool of the tenant runs the runtime, or
            see ``AgentSandbox`` and ``SandboxController``.
    """
    written = {each.name: each.sandbox.given() for each in tenants if each.sandbox}
    for tenant in plan.tenants:
        given: Any = written.get(tenant.name)
        if given is None:
            continue
        path = f"{tenants_at}.{tenant.name}.sandbox"
        if config.sandbox_controller is None:
            raise RefusedError(
                "sandboxes on a cluster without their controller",
                given=tenant.name,
                allowed=f"sandbox_controller under {where.partition(': ')[2]}",
                where=path,
            )
        sandboxes = read_sandboxes(given, where=path)
        sandboxes.check(tenant, registries(plan.scope, tenant), where=path)
        run = {runtime for pool in pools_of(tenant, plan.pools) for runtime in pool.runtimes}
        if sandboxes.runtime not in run:
            raise RefusedError(
                "no pool of the tenant runs these sandboxes",
                given=sandboxes.runtime,
                allowed=sorted(run) or f"a pool with runtimes under {where.partition(': ')[2]}",
                where=f"{path}.runtime",
            )
    if config.sandbox_controller is not None:
        read_controller(config.sandbox_controller.given(), where=f"{where}.sandbox_controller")
    return written


def make_sandboxes(
    name: str,
    sandboxes: dict[str, dict[str, Any]],
    args: PatternArgs,
    plan: Plan,
    made: Compartments,
    opts: pulumi.ResourceOptions,
) -> dict[str, dict[str, Any]]:
    """Register the sandboxes of a cluster; return where each tenant claims its own."""
    described = zip(plan.tenants, args["tenants"], strict=True)
    found = {}
    for tenant, whose in described:
        if tenant.name in sandboxes:
            told: Any = {
                **sandboxes[tenant.name],
                "scope": args["scope"],
                "tenant": {**whose, "pattern": str(tenant.pattern)},
                "version": args.get("version"),
                "nodes": plan.nodes[tenant.name],
            }
            after = pulumi.ResourceOptions(depends_on=[made.spaces[tenant.name]])
            box = AgentSandbox(
                f"{name}-{tenant.name}-sandbox", told, pulumi.ResourceOptions.merge(opts, after)
            )
            found[tenant.name] = {"namespace": box.namespace, "warm_pool": box.warm_pool}
    return found

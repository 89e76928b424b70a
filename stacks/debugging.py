"""Debug access that the workloads layer's configuration grants."""

from collections.abc import Iterable
from typing import cast

from bulkhead import DebugAccessArgs
from bulkhead.domain.errors import RefusedError
from bulkhead.workloads.arguments import TenantArgs
from bulkhead.workloads.debug_access import read_access
from stacks.config import DebugAccessConfig, at_key
from stacks.environment import Platform


def debug_access(
    granted: Iterable[DebugAccessConfig], platform: Platform
) -> list[tuple[str, str, DebugAccessArgs]]:
    """The cluster, the name and the arguments of each access that is granted.

    Raises:
        RefusedError: there is no such tenant, or the access may not be granted now.
    """
    return [(*_place(given, platform), _arguments(given, platform)) for given in granted]


def _place(given: DebugAccessConfig, platform: Platform) -> tuple[str, str]:
    on = {t.name: name for name, each in platform.clusters.items() for t in each.plan.tenants}
    if given.tenant not in on:
        raise RefusedError(
            "debug access to an unknown tenant",
            given=given.tenant,
            allowed=on,
            where=f"{at_key('debug_access')}.{given.name}.tenant",
        )
    return on[given.tenant], given.name


def _arguments(given: DebugAccessConfig, platform: Platform) -> DebugAccessArgs:
    cluster = platform.clusters[_place(given, platform)[0]]
    pairs = zip(cluster.plan.tenants, cluster.args["tenants"], strict=True)
    ((tenant, described),) = [pair for pair in pairs if pair[0].name == given.tenant]
    args: DebugAccessArgs = {
        "scope": platform.args,
        "tenant": cast(TenantArgs, {**described, "pattern": str(tenant.pattern)}),
        "cluster_name": cluster.plan.cluster_name,
        **given.model_dump(mode="json", exclude={"name", "tenant"}),  # type: ignore[typeddict-item]
    }
    read_access(given.name, args)
    return args

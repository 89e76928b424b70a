"""How the charts of in-cluster controllers are installed, and where their pods run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.pools import SYSTEM_TAINT
from bulkhead.domain.labels import Plane
from bulkhead.domain.pools import PLANE_KEY

PATIENCE_SECONDS = 600
"""How long a controller may take to be ready; nodes may have to come up first."""


@dataclass(frozen=True)
class Chart:
    """A Helm chart of a controller's own project.

    Attributes:
        name: its address, ``oci://…``, or its name in ``repository``.
        version: the one version that was read and is installed.
        repository: URL of the repository; empty for ``oci://``.
    """

    name: str
    version: str
    repository: str = ""


def install(
    name: str,
    chart: Chart,
    *,
    release: str,
    namespace: str,
    values: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> k8s.helm.v3.Release:
    """Register ``chart`` as the Helm release ``release`` in a namespace that exists.

    An installation that fails is rolled back: half a controller holds no rule.
    """
    return k8s.helm.v3.Release(
        name,
        name=release,
        namespace=namespace,
        chart=chart.name,
        version=chart.version,
        repository_opts={"repo": chart.repository} if chart.repository else None,
        values=dict(values),
        atomic=True,
        cleanup_on_fail=True,
        timeout=PATIENCE_SECONDS,
        opts=opts,
    )


def on_system_nodes() -> dict[str, Any]:
    """What keeps pods with rights over the cluster off the tenants' nodes."""
    return {
        "nodeSelector": {PLANE_KEY: str(Plane.CONTROL)},
        "tolerations": [{**SYSTEM_TAINT, "operator": "Equal", "effect": "NoSchedule"}],
    }


def spread(pods: Mapping[str, str]) -> list[dict[str, Any]]:
    """Constraints that keep pods of a kind in different zones, where there is a choice."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": "topology.kubernetes.io/zone",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": dict(pods)},
        }
    ]

"""How the charts of in-cluster controllers are installed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

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

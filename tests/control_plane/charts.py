"""The objects of a Helm chart, as the real Helm renders them with a release's values."""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bulkhead.cluster.versions import KUBERNETES_VERSION


class ChartError(Exception):
    """Helm renders no objects from a chart with these values."""


def rendered(
    helm: Path, chart: Path, *, release: str, namespace: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The objects of ``release``, with its custom resource definitions, in Helm's order.

    Raises:
        ChartError: the chart refuses the values.
    """
    done = subprocess.run(
        [
            *(helm, "template", release, chart, f"--namespace={namespace}", "--values=-"),
            *("--include-crds", f"--kube-version={KUBERNETES_VERSION}"),
        ],
        input=json.dumps(values),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ChartError(done.stderr.strip())
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return [document for document in yaml.load_all(done.stdout, loader) if document]

"""The objects of a Helm chart, as the real Helm renders them with a release's values."""

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from bulkhead.cluster.versions import KUBERNETES_VERSION

PLACEHOLDER = re.compile(r"\$\{\w+\}")
"""Of an image, whose name the platform always gives, or of when it is pulled."""


class ChartError(Exception):
    """Helm renders no objects from a chart with these values."""


def rendered(
    helm: Path, chart: Path, *, release: str, namespace: str, values: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The objects of ``release``, with its custom resource definitions, in Helm's order.

    Raises:
        ChartError: the chart refuses the values.
    """
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as usual:
        usual.write(_defaults(chart))
        usual.flush()
        done = subprocess.run(
            [
                *(helm, "template", release, chart, f"--namespace={namespace}"),
                *(f"--values={usual.name}", "--values=-"),
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


def _defaults(chart: Path) -> str:
    """A chart's own values; where its release fills them in, as Envoy Gateway's does, so filled."""
    template = chart / "values.tmpl.yaml"
    if not template.exists():
        return (chart / "values.yaml").read_text("utf-8")
    return PLACEHOLDER.sub("IfNotPresent", template.read_text("utf-8"))

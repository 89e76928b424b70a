"""What charts make of the values that they get: closed controllers, which the cluster admits.

Helm renders each chart that a Go module brings; a value that the chart does not know, or reads
otherwise, shows here and nowhere else.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bulkhead.cluster.pools import SYSTEM_TAINT
from bulkhead.domain.pools import PLANE_KEY
from bulkhead.preview.plan import Plan, Secret
from bulkhead.preview.run import preview_function
from docs.component_pages import components
from docs.pod_flows import PODS
from tests.cluster_live.refusals import refusal
from tests.cluster_live.test_manifests import missing_namespaces
from tests.control_plane import charts, crds
from tests.control_plane.api import Manifest
from tests.control_plane.builds import MODULES, build, source
from tests.control_plane.crds import Definitions
from tests.control_plane.plane import ControlPlane
from tests.control_plane.rendered import applied, objects
from tests.installation import Tell, UnavailableError, unavailable

ENVOY, AI = "github.com/envoyproxy/gateway", "github.com/envoyproxy/ai-gateway"
KARPENTER = "github.com/aws/karpenter-provider-aws"
CHARTS = {
    "envoy-gateway": ("GatewayControllers", MODULES / "egctl", ENVOY, "charts/gateway-helm"),
    "ai-gateway": (
        "GatewayControllers", MODULES / "aigateway", AI, "manifests/charts/ai-gateway-helm"
    ),
    "agent-sandbox": (
        "SandboxController", MODULES / "agentsandbox", "sigs.k8s.io/agent-sandbox", "helm"
    ),
    "karpenter": ("Karpenter", crds.MODULES, KARPENTER, "charts/karpenter"),
    "kueue": ("QueueController", MODULES / "kueue", "sigs.k8s.io/kueue", "charts/kueue"),
}  # fmt: skip
"""Where each release's chart is: a component that installs it, and a module that brings it."""

ELSEWHERE = {
    "aws-load-balancer-controller", "kata-deploy", "keda", "policy-controller",
}  # fmt: skip
"""Releases whose charts no module brings: they are published by themselves."""

DEFINITIONS = {"ai-gateway-crds", "karpenter-crd"}
"""Releases of nothing but definitions."""

BY_TAG = {"agent-sandbox"}
"""Charts that write the image's tag into a label, which can't hold a digest."""

MIRRORED = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/\S+:v[0-9.]+")
BY_DIGEST = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/\S+@sha256:[0-9a-f]{64}")
TEMPLATES = {"CronJob", "DaemonSet", "Deployment", "Job", "StatefulSet"}


@dataclass(frozen=True)
class Installed:
    """A release: what surrounds it, and what its chart makes."""

    release: str
    namespace: str
    around: list[Manifest]
    made: list[dict[str, Any]]

    def pods(self) -> Iterator[tuple[str, Manifest]]:
        """The pods of its workloads, as their controllers would make them."""
        for each in self.made:
            if each["kind"] in TEMPLATES:
                spec = each["spec"].get("jobTemplate", each)["spec"]
                template = spec["template"]
                metadata = {**template.get("metadata", {}), "name": "pod"}
                metadata["namespace"] = self.namespace
                pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
                yield each["metadata"]["name"], {**pod, "spec": template["spec"]}


def previewed(component: str) -> Plan:
    program = compile(components()[component].example, component, "exec")
    return preview_function(
        lambda: exec(program, {"__name__": "__main__"}),  # noqa: S102 - our own docstrings
        assume_applied=True,
    )


def plain(value: Any) -> Any:
    """Values with the secrets among them."""
    match value:
        case Secret():
            return plain(value.value)
        case dict():
            return {key: plain(each) for key, each in value.items()}
        case list():
            return [plain(each) for each in value]
    return value


def releases(plan: Plan) -> dict[str, Any]:
    found = plan.of_type("kubernetes:helm.sh/v3:Release")
    return {each.inputs["name"]: each.inputs for each in found}


@pytest.fixture(scope="module")
def helm(tell: Tell) -> Path:
    try:
        return build("helm", tell) / "helm"
    except UnavailableError as error:
        unavailable(error)


@pytest.fixture(scope="module", params=CHARTS)
def installed(request: pytest.FixtureRequest, helm: Path) -> Installed:
    component, module, path, folder = CHARTS[request.param]
    plan = previewed(component)
    release = releases(plan)[request.param]
    try:
        chart = source(module, path) / folder
    except UnavailableError as error:
        unavailable(error)
    named = {"release": release["name"], "namespace": release["namespace"]}
    made = charts.rendered(helm, chart, values=plain(release["values"]), **named)
    return Installed(release["name"], release["namespace"], objects(plan), made)


def test_no_release_is_forgotten() -> None:
    found = {
        name
        for component, each in components().items()
        if each.example and each.room not in ("foundation", "patterns")
        for name in releases(previewed(component))
    }
    assert found == CHARTS.keys() | ELSEWHERE | DEFINITIONS


def test_every_image_is_a_mirrored_one_by_digest(installed: Installed) -> None:
    form = MIRRORED if installed.release in BY_TAG else BY_DIGEST
    images = {
        container["image"]
        for _, pod in installed.pods()
        for group in ("containers", "initContainers")
        for container in pod["spec"].get(group) or ()
    }
    assert images
    assert [image for image in images if form.fullmatch(image) is None] == []


def test_its_pods_run_on_the_system_s_nodes(installed: Installed) -> None:
    for name, pod in installed.pods():
        assert PLANE_KEY in (pod["spec"].get("nodeSelector") or {}), name
        keys = {each.get("key") for each in pod["spec"].get("tolerations") or ()}
        assert SYSTEM_TAINT["key"] in keys, name


def test_its_pods_are_of_the_kinds_that_network_policies_select(installed: Installed) -> None:
    """Policies that a chart brings would add to ours: they only ever open."""
    kinds = [{*each.labels} for each in PODS if each.namespace == installed.namespace]
    for name, pod in installed.pods():
        labels = pod["metadata"].get("labels", {})
        assert any(own and own <= labels.items() for own in kinds), name
    assert [each for each in installed.made if "NetworkPolic" in each["kind"]] == []


def test_its_pods_are_admitted_in_its_closed_namespace(
    plane: ControlPlane, definitions: Definitions, tell: Tell, installed: Installed
) -> None:
    around = [
        each
        for each in definitions.takes(installed.around, tell)
        if each["kind"] in ("Namespace", "ResourceQuota", "LimitRange", "ServiceAccount")
    ]
    accounts = [each for each in installed.made if each["kind"] == "ServiceAccount"]
    with applied(plane.api, [*around, *accounts]):
        for name, pod in installed.pods():
            assert refusal(plane.api, pod) == "", name


def test_the_api_server_takes_all_that_the_chart_makes(
    plane: ControlPlane, definitions: Definitions, tell: Tell, installed: Installed
) -> None:
    wanted = definitions.takes(
        (each for each in installed.made if each["kind"] != "CustomResourceDefinition"), tell
    )
    assert crds.unserved(plane.api, wanted) == set()
    with applied(plane.api, [*missing_namespaces(plane.api, wanted), *wanted]):
        pass


def test_its_accounts_read_no_secrets_of_tenants(installed: Installed) -> None:
    """A ClusterRole with secrets is a way into every compartment (CIS EKS 4.1.2)."""
    wide = [
        each["metadata"]["name"]
        for each in installed.made
        if each["kind"] == "ClusterRole"
        for rule in each.get("rules") or ()
        if "secrets" in rule.get("resources", ()) and not rule.get("resourceNames")
    ]
    assert wide == []

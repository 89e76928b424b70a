"""agent-sandbox's own controller makes sandboxes of what is rendered, behind all admission policies
(ISO-11).

It runs as its service account, with the roles of its own project.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.domain.sandboxes import CONTROLLER, CONTROLLER_NAMESPACE
from tests.cluster_live.compartments import Compartments, Manifest
from tests.cluster_live.test_sandboxes import HOME, KATA, claim, ends, rendered, template
from tests.control_plane import external
from tests.control_plane.api import Api, ApiRefusalError
from tests.control_plane.builds import MODULES, build, source
from tests.control_plane.crds import Definitions
from tests.control_plane.plane import ControlPlane, act_as
from tests.control_plane.processes import free_ports, running
from tests.control_plane.rendered import applied, wait
from tests.installation import Tell, UnavailableError, unavailable

__all__ = ["rendered", "template"]  # fixtures

MODULE = "sigs.k8s.io/agent-sandbox"
RIGHTS = {"ClusterRole", "ClusterRoleBinding", "Namespace", "Role", "RoleBinding", "ServiceAccount"}


def rights() -> Iterator[Manifest]:
    """What the project's own manifests let the controller do."""
    for file in sorted((source(MODULES / "agentsandbox", MODULE) / "k8s").glob("*.yaml")):
        for each in yaml.safe_load_all(file.read_text("utf-8")):
            if each and each["kind"] in RIGHTS:
                yield each


@pytest.fixture(scope="module")
def log(
    plane: ControlPlane,
    tell: Tell,
    compartments: Compartments,
    definitions: Definitions,
    rendered: list[Manifest],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """The log of the controller, which runs."""
    if external.kubeconfig():
        pytest.skip("the control plane of BULKHEAD_KUBECONFIG can't reach a controller here")
    try:
        program = build("agentsandbox", tell) / "agent-sandbox-controller"
    except UnavailableError as error:
        unavailable(error)
    folder = tmp_path_factory.mktemp("controller")
    (webhook,) = free_ports(1)
    flags = [
        "--extensions",
        "--leader-elect=false",
        "--metrics-bind-address=0",
        "--health-probe-bind-address=0",
        f"--webhook-port={webhook}",
        f"--webhook-cert-dir={folder}",
    ]
    # Roles first, then what it looks after: an object that goes before its controller stays.
    with applied(plane.api, rights()), applied(plane.api, [*rendered, KATA]):
        account = act_as(plane, CONTROLLER_NAMESPACE, CONTROLLER)
        file = folder / "controller.log"
        with running(program, *flags, log=file, environment={"KUBECONFIG": str(account)}):
            yield file


def found(api: Api, path: str, namespace: str = HOME) -> list[dict[str, Any]]:
    answer: dict[str, Any] = api.call("GET", path.format(namespace))
    items: list[dict[str, Any]] = answer["items"]
    return [each for each in items if "deletionTimestamp" not in each["metadata"]]


PODS = "/api/v1/namespaces/{}/pods"
SANDBOXES = "/apis/agents.x-k8s.io/v1beta1/namespaces/{}/sandboxes"


def test_the_warm_pool_s_pods_are_admitted_as_they_are_rendered(
    compartments: Compartments, log: Path
) -> None:
    wait(lambda: len(found(compartments.api, PODS)) == 1, what=log.read_text("utf-8"))
    (pod,) = found(compartments.api, PODS)
    spec = pod["spec"]
    assert spec["runtimeClassName"] == "kata"
    assert spec["automountServiceAccountToken"] is False
    assert [each["securityContext"]["readOnlyRootFilesystem"] for each in spec["containers"]] == [
        True
    ]
    assert pod["metadata"]["labels"]["bulkhead.dev/tenant"] == "acme"


def test_a_claim_gets_a_sandbox_that_ends_when_it_says(
    compartments: Compartments, template: Manifest, log: Path
) -> None:
    developer = compartments.as_tenant("acme", "developer")
    wanted = claim(template, HOME)
    developer.create(wanted)
    wait(lambda: bound(developer, wanted) != "", what=log.read_text("utf-8"))
    given = bound(developer, wanted)

    def sandboxes() -> set[str]:
        return {each["metadata"]["name"] for each in found(compartments.api, SANDBOXES)}

    assert given in sandboxes()
    developer.patch(wanted, {"spec": {"lifecycle": {"shutdownTime": ends(seconds=-1)}}})
    wait(lambda: given not in sandboxes(), what="the sandbox is still there")
    wait(lambda: len(found(compartments.api, PODS)) == 1, what="another is not made warm")


def bound(api: Api, wanted: Manifest) -> str:
    """Name of the sandbox that a claim got; empty while it has none."""
    try:
        status = api.get(wanted).get("status") or {}
    except ApiRefusalError as error:
        if error.code == 404:
            return ""
        raise
    return str((status.get("sandbox") or {}).get("name", ""))


def test_its_rights_are_enough_and_no_policy_stands_in_its_way(
    compartments: Compartments, log: Path
) -> None:
    wait(lambda: len(found(compartments.api, PODS)) > 0, what=log.read_text("utf-8"))
    assert "forbidden" not in log.read_text("utf-8")

"""A control plane of one's own is used as it is and left as it was, or refused in one sentence."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.control_plane.api import Api, ApiRefusalError
from tests.control_plane.builds import build
from tests.control_plane.external import UnusableError, reach
from tests.control_plane.plane import ControlPlane, start, write_kubeconfig
from tests.control_plane.processes import free_ports
from tests.control_plane.rendered import wait
from tests.installation import UnavailableError, teller, unavailable

HOUSE = Path(__file__).parents[2]
LIVE = "tests/cluster_live"
SLICE = (
    f"{LIVE}/test_defaults.py::test_a_pod_of_a_tenant_without_nodes_of_its_own_goes_where_it_likes",
    f"{LIVE}/test_limits.py::test_no_pod_takes_a_priority_of_the_system",
    f"{LIVE}/test_manifests.py::test_a_custom_resource_with_an_unknown_field_is_refused",
)
"""Tests that make namespaces, policies and priorities, and install every definition."""

TRANSIENT = {"events", "leases", "componentstatuses", "endpointslices"}
"""What Kubernetes itself writes all the time."""

OWN = "/api/v1/serviceaccounts kube-system/"
"""Accounts of Kubernetes' own controllers, each made once the controller first acts."""

STILL_SECONDS, SETTLE_SECONDS = 3, 120


TOKEN = {"token": "t"}
FILES = {"client-certificate": "/none", "client-key": "/none"}


def config(user: dict[str, str], server: str = "https://127.0.0.1:1") -> dict[str, Any]:
    return {
        "current-context": "own",
        "contexts": [{"name": "own", "context": {"cluster": "own", "user": "jo"}}],
        "clusters": [{"name": "own", "cluster": {"server": server}}],
        "users": [{"name": "jo", "user": user}],
    }


def written(config: dict[str, Any]) -> bytes:
    return yaml.safe_dump(config).encode()


def unusable(path: Path) -> str:
    with pytest.raises(UnusableError) as caught, reach(path):
        pass
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence.removeprefix(f"BULKHEAD_KUBECONFIG={path}: ")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "the file can't be read: [Errno 2] No such file or directory"),
        (b"\xff\xfe\x00", "the file can't be read: 'utf-8' codec can't decode"),
        (b"a: [", "the file can't be read: while parsing a flow node"),
        (b"", "the file is no kubeconfig with a current context, its cluster and its user"),
        (b"current-context: x", "the file is no kubeconfig with a current context"),
        (written(config(TOKEN) | {"users": []}), "the file is no kubeconfig"),
        (
            written(config(TOKEN, "10.0.0.1")),
            "not the URL of a server, got '10.0.0.1'; allowed: https://…",
        ),
        (
            written(config({"username": "jo"})),
            "the user jo has neither a client certificate nor a token",
        ),
        (written(config(FILES)), "the control plane https://127.0.0.1:1 does not answer: "),
        (
            written(config({"client-certificate-data": "!"})),
            "the control plane https://127.0.0.1:1 does not answer: ",
        ),
    ],
)
def test_a_file_that_names_no_control_plane_is_refused(
    content: bytes | None, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "kubeconfig"
    if content is not None:
        path.write_bytes(content)
    assert unusable(path).startswith(said)


def test_a_control_plane_that_does_not_answer_is_refused(tmp_path: Path) -> None:
    (port,) = free_ports(1)
    path = tmp_path / "kubeconfig"
    server = f"https://127.0.0.1:{port}"
    path.write_bytes(written(config(TOKEN, server)))
    said = unusable(path)
    assert said.startswith(f"the control plane {server} does not answer: ")
    assert "Connection refused" in said


@pytest.fixture(scope="module")
def plane(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    """Somebody else's control plane."""
    try:
        with start(build("kubernetes", teller(request.config))) as running:
            yield running
    except UnavailableError as error:
        unavailable(error)


@pytest.fixture(scope="module")
def own(plane: ControlPlane) -> Path:
    """The kubeconfig of who administers it."""
    return write_kubeconfig(plane.folder, "admin", plane.api.url)


def everything(api: Api) -> set[str]:
    """The paths of all objects that stay."""
    groups = api.call("GET", "/apis")["groups"]
    bases = ["/api/v1", *(f"/apis/{g['preferredVersion']['groupVersion']}" for g in groups)]
    found = set()
    for base in bases:
        for each in listed(api, base, "resources"):
            if "list" in each["verbs"] and each["name"] not in TRANSIENT:
                for item in listed(api, f"{base}/{each['name']}", "items"):
                    metadata = item["metadata"]
                    place = metadata.get("namespace", "")
                    found.add(f"{base}/{each['name']} {place}/{metadata['name']}")
    return {each for each in found if not each.startswith(OWN)}


def listed(api: Api, path: str, key: str) -> list[dict[str, Any]]:
    """What is there; nothing of a kind that went away since it was told of."""
    try:
        found: list[dict[str, Any]] = api.call("GET", path)[key]
    except ApiRefusalError as error:
        if error.code != 404:
            raise
        return []
    return found


def running(kubeconfig: Path, *which: str) -> subprocess.Popen[str]:
    """Another run of tests, on the control plane of a kubeconfig."""
    environment = {key: each for key, each in os.environ.items() if not key.startswith("PYTEST")}
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *which],
        cwd=HOUSE,
        env={**environment, "BULKHEAD_KUBECONFIG": str(kubeconfig)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def settled(api: Api) -> bool:
    """Whether each namespace has what Kubernetes makes in it, and nothing new comes."""
    before = everything(api)
    namespaces = [each for each in before if each.startswith("/api/v1/namespaces ")]
    certificates = [each for each in before if each.endswith("/kube-root-ca.crt")]
    time.sleep(STILL_SECONDS)
    return len(certificates) == len(namespaces) and everything(api) == before


def test_tests_run_on_it_and_leave_it_as_it_was(plane: ControlPlane, own: Path) -> None:
    wait(lambda: settled(plane.api), what="the control plane makes objects of its own")
    before, seen = everything(plane.api), set()
    with running(own, *SLICE) as run:
        while run.poll() is None:
            namespaces = plane.api.call("GET", "/api/v1/namespaces")["items"]
            seen |= {each["metadata"]["name"] for each in namespaces}
            time.sleep(0.2)
        assert run.stdout
        said = run.stdout.read()
    assert run.returncode == 0, said
    assert f"{len(SLICE)} passed" in said
    assert {"acme", "limits-system"} <= seen, "the tests ran elsewhere"
    until = time.monotonic() + SETTLE_SECONDS
    while everything(plane.api) != before and time.monotonic() < until:
        time.sleep(1)
    assert everything(plane.api) ^ before == set()


def test_a_user_who_does_not_administer_it_is_refused(plane: ControlPlane, tmp_path: Path) -> None:
    scheduler = write_kubeconfig(plane.folder, "scheduler", plane.api.url)
    assert unusable(scheduler) == "its user does not administer the control plane"
    stranger = config(TOKEN, plane.api.url)
    stranger["clusters"][0]["cluster"]["certificate-authority"] = str(plane.folder / "ca.crt")
    path = tmp_path / "kubeconfig"
    path.write_bytes(written(stranger))
    assert unusable(path).startswith("the control plane refuses its user: 401 Unauthorized")


def test_the_sentence_is_what_tests_fail_with(tmp_path: Path) -> None:
    with running(tmp_path / "none", SLICE[1]) as run:
        said, _ = run.communicate()
    assert run.returncode == 1
    assert f"BULKHEAD_KUBECONFIG={tmp_path / 'none'}: the file can't be read" in said
    assert "Traceback" not in said

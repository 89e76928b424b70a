"""Nobody gets into a running pod but by the tenant's debug access."""

from collections.abc import Iterator

import pytest

from bulkhead.cluster.admission.access import LIMIT_DEBUGGING
from tests.cluster_live.compartments import Compartments, image, workload
from tests.cluster_live.refusals import refused_by
from tests.control_plane.api import Api, ApiRefusalError
from tests.control_plane.rendered import applied

PROVOKED = {(LIMIT_DEBUGGING.name, 0)}

WAYS = [
    ("POST", "pods/chat/exec"),
    ("GET", "pods/chat/exec"),
    ("POST", "pods/chat/attach"),
    ("POST", "pods/chat/portforward"),
    ("GET", "pods/chat/proxy/metrics"),
    ("GET", "services/chat:8000/proxy/metrics"),
    ("PATCH", "pods/chat/ephemeralcontainers"),
]
"""Every way into a running pod."""

CLOSED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
DEBUGGER = {"name": "debug", "image": image("platform"), "securityContext": CLOSED}

ADMITTED = {400, 404, 500, 503}
"""What comes after admission where no kubelet runs: no upgrade of the connection, no node to ask,
no service."""


@pytest.fixture(scope="module")
def pod(compartments: Compartments) -> Iterator[None]:
    """A pod of acme's and one of a namespace that the rule leaves alone."""
    spared = compartments.without(LIMIT_DEBUGGING.name)
    with applied(compartments.api, [workload(where, "Pod") for where in ("acme", spared)]):
        yield


def attempt(who: Api, namespace: str, method: str, path: str) -> None:
    body = {
        "body": {"spec": {"ephemeralContainers": [DEBUGGER]}},
        "content": "application/strategic-merge-patch+json",
    }
    options = body if method == "PATCH" else {}
    who.call(method, f"/api/v1/namespaces/{namespace}/{path}", **options)


def let_through(who: Api, namespace: str, method: str, path: str) -> bool:
    try:
        attempt(who, namespace, method, path)
    except ApiRefusalError as error:
        return error.code in ADMITTED
    return True


@pytest.mark.parametrize(("method", "path"), WAYS)
@pytest.mark.usefixtures("pod")
def test_a_running_pod_is_closed_even_to_administrators(
    method: str, path: str, compartments: Compartments
) -> None:
    with refused_by(LIMIT_DEBUGGING):
        attempt(compartments.api, "acme", method, path)


@pytest.mark.parametrize(("method", "path"), WAYS)
@pytest.mark.usefixtures("pod")
def test_who_has_debug_access_gets_in_where_it_was_given(
    method: str, path: str, compartments: Compartments
) -> None:
    debugger = compartments.api.impersonate("jo", "system:masters", "acme:debug")
    assert let_through(debugger, "acme", method, path)
    other = compartments.api.impersonate("jo", "system:masters", "globex:debug")
    with refused_by(LIMIT_DEBUGGING):
        attempt(other, "acme", method, path)


@pytest.mark.parametrize(("method", "path"), WAYS)
@pytest.mark.usefixtures("pod")
def test_without_the_rule_an_administrator_gets_in(
    method: str, path: str, compartments: Compartments
) -> None:
    namespace = compartments.without(LIMIT_DEBUGGING.name)
    assert let_through(compartments.api, namespace, method, path)

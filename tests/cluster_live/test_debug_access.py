"""Debug access opens its ways in its tenant's namespace, for its person, and nothing else (ISO-10,
IAM-3)."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bulkhead.cluster.admission import images
from bulkhead.cluster.admission.access import LIMIT_DEBUGGING
from bulkhead.cluster.admission.rule import AdmissionRule
from bulkhead.domain.debugging import Way
from tests.cluster_live.cases import EMPTY, OTHER, model_volume
from tests.cluster_live.compartments import Compartments, Manifest, image, workload
from tests.cluster_live.refusals import refused_by
from tests.cluster_live.rights import Right, granted, rights
from tests.cluster_live.test_closed_pods import ADMITTED, DEBUGGER
from tests.control_plane.api import Api, ApiRefusalError
from tests.control_plane.rendered import applied, objects, wait
from tests.foundation.samples import one, planned
from tests.workloads.test_debug_access import program

PERSON = "arn:aws:sts::111122223333:assumed-role/dev-debug-acme-incident/jo"
"""Whom EKS tells of who has taken the role on."""

OPENED: dict[str, set[tuple[str, str]]] = {
    "debug-container": {
        ("pods/attach", "create"),
        ("pods/attach", "get"),
        ("pods/ephemeralcontainers", "patch"),
        ("pods/ephemeralcontainers", "update"),
    },
    "command": {("pods/exec", "create"), ("pods/exec", "get")},
    "logs": {("pods/log", "get")},
}
FOUND = {("pods", "get"), ("pods", "list"), ("pods", "watch")}
"""Who gets into pods must find them."""

ATTEMPTS = {
    ("GET", "log"): "logs",
    ("POST", "attach"): "debug-container",
    ("GET", "attach"): "debug-container",
    ("PATCH", "ephemeralcontainers"): "debug-container",
    ("POST", "exec"): "command",
    ("GET", "exec"): "command",
    ("POST", "portforward"): "",
    ("GET", "proxy/metrics"): "",
    ("POST", "eviction"): "",
}
"""What is asked of a pod, and the way that opens it, if any does."""


@dataclass(frozen=True)
class Debugger:
    """Who has taken the role on.

    Attributes:
        api: the API as that person.
        groups: whose groups those are that the access entry tells.
    """

    api: Api
    groups: list[str]


@contextlib.contextmanager
def access(compartments: Compartments, *ways: str) -> Iterator[Debugger]:
    """Debug access to acme's pods by ``ways``; none stands for what is the default."""
    plan = planned(lambda: program(ways=list(ways) or None), assume_applied=True)
    groups = one(plan, "aws:eks/accessEntry:AccessEntry").inputs["kubernetesGroups"]
    debugger = Debugger(compartments.api.impersonate(PERSON, *groups), groups)
    with applied(compartments.api, objects(plan)):
        wait(lambda: not refused(debugger.api, "GET", ""), what="the grant has no effect")
        yield debugger


@pytest.fixture(scope="module")
def pod(compartments: Compartments) -> Iterator[None]:
    """A pod that serves a model, in acme's namespace and in others'."""
    where = ("acme", "globex", compartments.without(images.PROTECT_MODELS.name))
    with applied(compartments.api, [serving(each) for each in where]):
        yield


def serving(namespace: str) -> Manifest:
    made = workload(namespace, "Pod", image=image("platform"))
    model_volume(EMPTY, readOnly=True)(made)
    return made


def request(
    who: Api, method: str, subresource: str, namespace: str = "acme", **container: Any
) -> None:
    options: dict[str, Any] = {}
    if method == "PATCH":
        own = [{**DEBUGGER, **container}]
        options = {
            "body": {"spec": {"ephemeralContainers": own}},
            "content": "application/strategic-merge-patch+json",
            "dryRun": "All",
        }
    elif subresource == "eviction":
        metadata = {"name": "chat", "namespace": namespace}
        options["body"] = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
    path = f"/api/v1/namespaces/{namespace}/pods/chat/{subresource}".rstrip("/")
    try:
        who.call(method, path, **options)
    except ApiRefusalError as error:
        if error.code not in ADMITTED:
            raise


def refused(who: Api, method: str, subresource: str, namespace: str = "acme") -> bool:
    """Whether the person has no right to it."""
    try:
        request(who, method, subresource, namespace)
    except ApiRefusalError as error:
        return error.code == 403 and f'User "{PERSON}" cannot' in error.message
    return False


@pytest.fixture(scope="module")
def every_right(compartments: Compartments) -> set[Right]:
    return rights(compartments.api)


def test_it_gives_no_right_but_its_own(compartments: Compartments, every_right: set[Right]) -> None:
    wanted = {("", *pair, True) for pair in FOUND.union(*OPENED.values())}
    of_pods = {right for right in every_right if right[1].partition("/")[0] == "pods"}
    with access(compartments, *OPENED) as debugger:
        for where, asked, there in (
            ("acme", every_right, wanted),
            ("globex", every_right, set()),
            ("acme-training", of_pods, set()),
        ):
            found = granted(compartments.api, PERSON, debugger.groups, asked, where)
            assert found == there, where
    assert granted(compartments.api, PERSON, debugger.groups, of_pods, "acme") == set()


@pytest.mark.parametrize("ways", [(), *((way,) for way in OPENED)], ids=str)
@pytest.mark.usefixtures("pod")
def test_each_way_opens_what_it_is_for(ways: tuple[str, ...], compartments: Compartments) -> None:
    opened = ways or ("debug-container",)
    with access(compartments, *ways) as debugger:
        for (method, subresource), way in ATTEMPTS.items():
            here = refused(debugger.api, method, subresource)
            assert here == (way not in opened), (method, subresource)
            assert refused(debugger.api, method, subresource, "globex")
    for method, subresource in ATTEMPTS:
        assert refused(debugger.api, method, subresource)


def test_every_way_is_tried() -> None:
    assert OPENED.keys() == set(Way)


@pytest.mark.usefixtures("pod")
def test_without_it_the_groups_of_debugging_and_of_admins_open_nothing(
    compartments: Compartments,
) -> None:
    for group in ("acme:debug", "acme:admin"):
        somebody = compartments.api.impersonate(PERSON, group)
        for (method, subresource), way in ATTEMPTS.items():
            if way in ("debug-container", "command"):
                assert refused(somebody, method, subresource), (group, method, subresource)


@pytest.mark.usefixtures("pod")
def test_the_right_alone_does_not_get_past_admission(compartments: Compartments) -> None:
    with access(compartments, "debug-container", "command") as debugger:
        (own,) = (each for each in debugger.groups if each != "acme:debug")
        somebody = compartments.api.impersonate(PERSON, own)
        for (method, subresource), way in ATTEMPTS.items():
            if way in ("debug-container", "command"):
                with refused_by(LIMIT_DEBUGGING):
                    request(somebody, method, subresource)


WRITABLE = {"volumeMounts": [{"name": "weights", "mountPath": "/scratch"}]}
CONTAINERS: list[tuple[str, dict[str, Any], AdmissionRule, int]] = [
    ("a tag", {"image": image("platform").partition("@")[0] + ":1"}, images.PIN_IMAGES, 0),
    ("a foreign image", {"image": OTHER + image("x").partition("x")[2]}, images.PIN_IMAGES, 1),
    ("the model, to write it", WRITABLE, images.PROTECT_MODELS, 2),
]


@pytest.mark.parametrize(
    ("container", "rule", "check"), [c[1:] for c in CONTAINERS], ids=[c[0] for c in CONTAINERS]
)
@pytest.mark.usefixtures("pod")
def test_a_debug_container_is_judged_as_any_other(
    container: dict[str, Any], rule: AdmissionRule, check: int, compartments: Compartments
) -> None:
    with access(compartments) as debugger:
        request(debugger.api, "PATCH", "ephemeralcontainers")
        with refused_by(rule, check):
            request(debugger.api, "PATCH", "ephemeralcontainers", **container)


@pytest.mark.usefixtures("pod")
def test_without_the_rule_a_debug_container_writes_the_model(compartments: Compartments) -> None:
    namespace = compartments.without(images.PROTECT_MODELS.name)
    debugger = compartments.api.impersonate(PERSON, "system:masters", "acme:debug")
    request(debugger, "PATCH", "ephemeralcontainers", namespace, **WRITABLE)


@pytest.mark.usefixtures("pod")
def test_a_debug_container_is_as_closed_as_the_pod(compartments: Compartments) -> None:
    with access(compartments) as debugger, pytest.raises(ApiRefusalError, match="PodSecurity"):
        request(debugger.api, "PATCH", "ephemeralcontainers", securityContext={"privileged": True})

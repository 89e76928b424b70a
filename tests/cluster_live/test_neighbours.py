"""Nobody of one tenant does anything in another's namespace, or to the cluster (ISO-3, ISO-10).

The API server itself says which kinds and verbs there are, custom resources included, and its
authorizer decides on each: what a new controller brings is asked about without a change here.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from bulkhead.domain.access import Access
from tests.cluster_live.compartments import Compartments
from tests.control_plane.api import Api
from tests.control_plane.crds import Definitions

SPECIAL = {
    ("rbac.authorization.k8s.io", "roles"): {"bind", "escalate"},
    ("rbac.authorization.k8s.io", "clusterroles"): {"bind", "escalate"},
    ("", "serviceaccounts"): {"impersonate"},
    ("", "users"): {"impersonate"},
    ("", "groups"): {"impersonate"},
    ("certificates.k8s.io", "signers"): {"approve", "sign"},
}
"""Verbs that discovery does not tell (Kubernetes, "Authorization")."""

OWN_RIGHTS = {"selfsubjectaccessreviews", "selfsubjectreviews", "selfsubjectrulesreviews"}
"""What everybody may ask: what they themselves may do."""

Right = tuple[str, str, str, bool]


def rights(api: Api) -> set[Right]:
    """Group, resource with its subresource, verb, and whether it is namespaced."""
    found: set[Right] = set()
    for base, group in _versions(api):
        for each in api.call("GET", base)["resources"]:
            verbs = {*each["verbs"], *SPECIAL.get((group, each["name"]), ())}
            # Subresources of connections are told with the verbs of HTTP's methods.
            found |= {(group, each["name"], verb, each["namespaced"]) for verb in verbs}
    for (group, resource), verbs in SPECIAL.items():
        found |= {(group, resource, verb, False) for verb in verbs}
    return found


def _versions(api: Api) -> Iterator[tuple[str, str]]:
    yield "/api/v1", ""
    for group in api.call("GET", "/apis")["groups"]:
        for version in group["versions"]:
            yield f"/apis/{version['groupVersion']}", group["name"]


def allowed(api: Api, user: str, groups: list[str], right: Right, namespace: str) -> bool:
    group, resource, verb, namespaced = right
    name, _, subresource = resource.partition("/")
    attributes: dict[str, Any] = {"group": group, "resource": name, "verb": verb}
    if subresource:
        attributes["subresource"] = subresource
    if namespaced:
        attributes["namespace"] = namespace
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": user,
            "groups": [*groups, "system:authenticated"],
            "resourceAttributes": attributes,
        },
    }
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    return bool(api.call("POST", path, body=review)["status"]["allowed"])


@pytest.fixture(scope="module")
def every_right(compartments: Compartments, definitions: Definitions) -> set[Right]:
    found = rights(compartments.api)
    custom = {right[0] for right in found} & {d["spec"]["group"] for d in definitions.found}
    assert len(found) > 500
    assert custom or not definitions.found, "custom resources are asked about too"
    return found


def granted(compartments: Compartments, every: set[Right], access: str, where: str) -> set[Right]:
    """What acme's people may do in a namespace and in the cluster."""
    asked = [right for right in sorted(every) if right[1] not in OWN_RIGHTS]

    def ask(right: Right) -> bool:
        return allowed(compartments.api, f"acme-{access}", [f"acme:{access}"], right, where)

    with ThreadPoolExecutor(4) as pool:
        return {right for right, yes in zip(asked, pool.map(ask, asked), strict=True) if yes}


@pytest.mark.parametrize("access", Access)
def test_nobody_does_anything_in_anothers_namespace_or_to_the_cluster(
    access: Access, compartments: Compartments, every_right: set[Right]
) -> None:
    assert granted(compartments, every_right, access, "globex") == set()


@pytest.mark.parametrize("where", ["bulkhead-gateway", "kube-system", "default"])
def test_an_admin_does_nothing_in_the_platforms_namespaces(
    where: str, compartments: Compartments, every_right: set[Right]
) -> None:
    assert granted(compartments, every_right, "admin", where) == set()


def test_at_home_an_admin_runs_workloads_and_takes_no_further_rights(
    compartments: Compartments, every_right: set[Right]
) -> None:
    own = granted(compartments, every_right, "admin", "acme")
    assert ("apps", "deployments", "create", True) in own
    assert all(namespaced for *_, namespaced in own)
    verbs = {verb for _, _, verb, _ in own}
    assert not verbs & {"bind", "escalate", "impersonate", "approve", "sign"}
    closed = {"pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy"}
    assert not {resource for _, resource, *_ in own} & {
        *closed, "pods/ephemeralcontainers", "serviceaccounts/token"
    }  # fmt: skip

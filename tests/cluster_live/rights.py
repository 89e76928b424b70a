"""What people may do in a cluster: every verb on every kind, as the API's authorizer decides.

The API server itself says which kinds and verbs there are, custom resources included: what a new
controller brings is asked about without a change here.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.control_plane.api import Api

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


def granted(
    api: Api, user: str, groups: list[str], every: Iterable[Right], where: str
) -> set[Right]:
    """What a user in ``groups`` may do in a namespace and in the cluster."""
    asked = [right for right in sorted(every) if right[1] not in OWN_RIGHTS]
    with ThreadPoolExecutor(4) as pool:
        told = pool.map(lambda right: allowed(api, user, groups, right, where), asked)
        return {right for right, yes in zip(asked, told, strict=True) if yes}

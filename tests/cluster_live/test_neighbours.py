"""Nobody of one tenant does anything in another's namespace, or to the cluster (ISO-3, ISO-10)."""

import pytest

from bulkhead.domain.access import Access
from tests.cluster_live.compartments import Compartments
from tests.cluster_live.rights import Right, granted, rights
from tests.control_plane.crds import Definitions


@pytest.fixture(scope="module")
def every_right(compartments: Compartments, definitions: Definitions) -> set[Right]:
    found = rights(compartments.api)
    custom = {right[0] for right in found} & {d["spec"]["group"] for d in definitions.found}
    assert len(found) > 500
    assert custom or not definitions.found, "custom resources are asked about too"
    return found


def at(compartments: Compartments, every: set[Right], access: str, where: str) -> set[Right]:
    """What acme's people may do in a namespace and in the cluster."""
    return granted(compartments.api, f"acme-{access}", [f"acme:{access}"], every, where)


@pytest.mark.parametrize("access", Access)
def test_nobody_does_anything_in_anothers_namespace_or_to_the_cluster(
    access: Access, compartments: Compartments, every_right: set[Right]
) -> None:
    assert at(compartments, every_right, access, "globex") == set()


@pytest.mark.parametrize("where", ["bulkhead-gateway", "kube-system", "default"])
def test_an_admin_does_nothing_in_the_platforms_namespaces(
    where: str, compartments: Compartments, every_right: set[Right]
) -> None:
    assert at(compartments, every_right, "admin", where) == set()


def test_at_home_an_admin_runs_workloads_and_takes_no_further_rights(
    compartments: Compartments, every_right: set[Right]
) -> None:
    own = at(compartments, every_right, "admin", "acme")
    assert ("apps", "deployments", "create", True) in own
    assert all(namespaced for *_, namespaced in own)
    verbs = {verb for _, _, verb, _ in own}
    assert not verbs & {"bind", "escalate", "impersonate", "approve", "sign"}
    closed = {"pods/exec", "pods/attach", "pods/portforward", "pods/proxy", "services/proxy"}
    assert not {resource for _, resource, *_ in own} & {
        *closed, "pods/ephemeralcontainers", "serviceaccounts/token"
    }  # fmt: skip

from collections.abc import Iterator

import pytest

from tests.cluster_live.compartments import Compartments
from tests.control_plane import crds, external
from tests.control_plane.api import Api
from tests.control_plane.builds import build
from tests.control_plane.plane import ControlPlane, start
from tests.control_plane.rendered import applied
from tests.installation import Tell, UnavailableError, teller, unavailable


@pytest.fixture(scope="session")
def tell(request: pytest.FixtureRequest) -> Tell:
    """Tells what takes long."""
    return teller(request.config)


@pytest.fixture(scope="module")
def plane(tell: Tell) -> Iterator[ControlPlane]:
    """A control plane of this module's own, or the one that BULKHEAD_KUBECONFIG names."""
    try:
        path = external.kubeconfig()
        with external.reach(path) if path else start(build("kubernetes", tell)) as running:
            yield running
    except external.UnusableError as error:
        pytest.fail(str(error), pytrace=False)
    except UnavailableError as error:
        unavailable(error)


@pytest.fixture(scope="session")
def defined(tell: Tell) -> crds.Definitions:
    """The custom resources of the controllers in the cluster, read once for all modules."""
    return crds.definitions(tell)


@pytest.fixture(scope="module")
def definitions(plane: ControlPlane, defined: crds.Definitions) -> Iterator[crds.Definitions]:
    """The same, while this module's control plane serves them."""
    with crds.installed(plane.api, defined.found):
        yield defined


@pytest.fixture(scope="module")
def compartments(plane: ControlPlane, definitions: crds.Definitions) -> Iterator[Compartments]:
    """Tenants of every kind behind all admission policies."""
    with Compartments(plane.api) as made:
        yield made


@pytest.fixture(scope="module")
def careless(compartments: Compartments) -> Iterator[Api]:
    """Whom an administrator gave Kubernetes' role admin, and Kueue's batch-admin, everywhere."""
    batch_admin = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "tests-batch-admin"},
        "rules": [{"apiGroups": ["kueue.x-k8s.io"], "resources": ["localqueues"], "verbs": ["*"]}],
    }
    bindings = [
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"tests-careless-{role}"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": role,
            },
            "subjects": [
                {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "careless"}
            ],
        }
        for role in ("admin", "tests-batch-admin")
    ]
    with applied(compartments.api, [batch_admin, *bindings]):
        yield compartments.api.impersonate("careless")

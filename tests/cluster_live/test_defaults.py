"""Each patch of a default adds what was left out, keeps what was written, and no other is in its
place (POL-2).

They are tried without admission rules and without pod security, which would refuse what a patch
that was taken away leaves open. ``test_stated`` lets the rules judge.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bulkhead.cluster.admission.defaults import (
    DEFAULTS,
    JOB_DEFAULTS,
    KEEP_FINISHED_SECONDS,
    POD_DEFAULTS,
    SET_DEFAULTS,
    AdmissionDefault,
)
from tests.cluster_live.compartments import QUOTA, Manifest, rendered
from tests.cluster_live.training_cases import PRIORITY, QUEUE
from tests.control_plane import crds
from tests.control_plane.api import Api, ApiRefusalError
from tests.control_plane.plane import ControlPlane
from tests.control_plane.rendered import applied, wait

Steps = tuple[Any, ...]
"""The way to a value: keys, positions, and fields that tell an element of a list."""

ORGANIZATION = {"bulkhead.dev/organization": "group"}
"""A label that the tenants of ``compartments`` do without."""

JOB_SETS = "jobset.x-k8s.io/v1alpha2"
TRAINER = {"metadata": {"labels": {QUEUE: "fine-tuning"}}}
CLASS = ("spec", "template", "spec", "priorityClassName")


@dataclass(frozen=True)
class Probe:
    """One value that a patch adds.

    Attributes:
        default, patch: the default, and which of its patches.
        namespace: where the object is made.
        steps: where the value stands.
        added: the value where the object has none.
        own: another that somebody wrote.
        beside: what the object says besides, so that there is something to add.
    """

    default: AdmissionDefault
    patch: int
    namespace: str
    steps: Steps
    added: Any
    own: Any
    beside: Manifest | None = None

    def __str__(self) -> str:
        return f"{self.default.name} {self.patch} {self.namespace} {self.steps[-1]}"


def _label(namespace: str, key: str, added: str) -> Probe:
    steps = ("metadata", "labels", f"bulkhead.dev/{key}")
    return Probe(POD_DEFAULTS, 0, namespace, steps, added, "another")


def _pod(patch: int, *steps: Any, added: Any, own: Any, namespace: str = "ledger") -> Probe:
    return Probe(POD_DEFAULTS, patch, namespace, ("spec", *steps), added, own)


def _nodes(namespace: str, key: str, value: str) -> Iterator[Probe]:
    selected = _pod(1, "nodeSelector", key, added=value, own="others", namespace=namespace)
    found = {"key": key, "operator": "Equal", "value": value, "effect": "NoSchedule"}
    own = {**found, "value": "others"}
    yield from (
        selected,
        _pod(2, "tolerations", {"key": key}, added=found, own=own, namespace=namespace),
    )


def _container(patch: int, group: str, number: int) -> Iterator[Probe]:
    for word, added, own in (
        ("allowPrivilegeEscalation", False, True),
        ("capabilities", {"drop": ["ALL"]}, {"drop": ["NET_RAW"]}),
    ):
        yield _pod(patch, group, number, "securityContext", word, added=added, own=own)


def _job(patch: int, *steps: Any, added: Any, own: Any, namespace: str = "acme") -> Probe:
    beside = TRAINER if namespace == "acme-training" else None
    return Probe(JOB_DEFAULTS, patch, namespace, steps, added, own, beside)


TUNING, RETRAINING = "bulkhead-fine-tuning", "bulkhead-retraining"
PROBES = [
    _label("ledger", "tenant", "ledger"),
    _label("ledger", "tier", "confidential"),
    _label("ledger", "environment", "dev"),
    _label("ledger", "owner", "team-ledger"),
    _label("ledger", "cost-center", "cc-42"),
    _label("ledger", "project", "ledger"),
    _label("ledger", "organization", "group"),
    _label("ledger", "pattern", "dedicated-node-pools"),
    _label("ledger", "plane", "inference"),
    _label("acme-training", "plane", "training"),
    *_nodes("ledger", "bulkhead.dev/tenant", "ledger"),
    *_nodes("audit", "bulkhead.dev/tier", "confidential"),
    _pod(3, "securityContext", "runAsNonRoot", added=True, own=False),
    _pod(3, "securityContext", "seccompProfile", added={"type": "RuntimeDefault"},
         own={"type": "Unconfined"}),
    *_container(4, "containers", 0),
    *_container(4, "containers", 1),
    *_container(5, "initContainers", 0),
    _job(0, "spec", "activeDeadlineSeconds", added=QUOTA["job_hours"] * 3600, own=60),
    _job(1, "spec", "ttlSecondsAfterFinished", added=KEEP_FINISHED_SECONDS, own=0),
    _job(2, "metadata", "labels", PRIORITY, added=TUNING, own=RETRAINING,
         namespace="acme-training"),
    Probe(SET_DEFAULTS, 0, "acme-training", ("metadata", "labels", PRIORITY), TUNING, RETRAINING,
          TRAINER),
    *(
        Probe(SET_DEFAULTS, 1, "acme-training",
              ("spec", "replicatedJobs", number, "template", *CLASS), TUNING, RETRAINING, TRAINER)
        for number in range(2)
    ),
    _job(3, *CLASS, added=TUNING, own=RETRAINING, namespace="acme-training"),
]  # fmt: skip
"""Every value that is added; that none is forgotten, the patches that were taken away tell."""

NOTHING = "false ? [JSONPatch{op: 'remove', path: '/metadata'}] : []"
"""A patch that changes nothing; a policy has one at least."""

PATCHES = [(default, n) for default in DEFAULTS for n in range(len(default.patches))]


def bare(probe: Probe) -> Manifest:
    """A pod, a job or a set of jobs that leaves everything out."""
    spec: Manifest = {
        "containers": [{"name": "main", "image": "x"}, {"name": "side", "image": "x"}],
        "initContainers": [{"name": "init", "image": "x"}],
    }
    made: Manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": spec}
    if probe.default is JOB_DEFAULTS:
        spec["restartPolicy"] = "Never"
        template = {"template": {"spec": spec}}
        made = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {}, "spec": template}
    if probe.default is SET_DEFAULTS:
        spec["restartPolicy"] = "Never"
        jobs = [
            {"name": name, "template": {"spec": {"template": {"spec": copy.deepcopy(spec)}}}}
            for name in ("leader", "workers")
        ]
        replicated = {"replicatedJobs": jobs}
        made = {"apiVersion": JOB_SETS, "kind": "JobSet", "metadata": {}, "spec": replicated}
    made |= copy.deepcopy(probe.beside or {})
    made["metadata"] |= {"name": "bare", "namespace": probe.namespace}
    return made


def found(made: Any, steps: Steps) -> Any:
    """The value to which ``steps`` lead, or None."""
    for step in steps:
        if isinstance(step, dict):
            made = next((each for each in made or [] if step.items() <= each.items()), None)
        else:
            made = made[step] if isinstance(step, int) else (made or {}).get(step)
    return made


def stating(manifest: Manifest, steps: Steps, value: Any) -> Manifest:
    """The object with a value of its own there."""
    *way, last = steps
    here: Any = manifest
    for step, following in zip(way, steps[1:], strict=True):
        empty: Any = [] if isinstance(following, dict) else {}
        here = here[step] if isinstance(step, int) else here.setdefault(step, empty)
    if isinstance(last, dict):
        here.append(value)
    else:
        here[last] = value
    return manifest


def added(api: Api, probe: Probe) -> bool:
    try:
        made = api.create(bare(probe), dryRun="All")
    except ApiRefusalError as error:
        # Policies learn of a kind some time after the API server serves it.
        if error.code != 503:
            raise
        return False
    return bool(found(made, probe.steps) == probe.added)


def missing(api: Api) -> list[Probe]:
    """The probes whose value is not added."""
    return [probe for probe in PROBES if not added(api, probe)]


def policy(default: AdmissionDefault, *, without: int | None = None) -> Manifest:
    """The policy of a default, without one of its patches."""
    kind = "MutatingAdmissionPolicy"
    (made,) = (
        copy.deepcopy(each)
        for each in rendered()
        if each["kind"] == kind and each["metadata"]["name"] == default.name
    )
    left = tuple(
        NOTHING if number == without else patch for number, patch in enumerate(default.patches)
    )
    (mutation,) = made["spec"]["mutations"]
    mutation["jsonPatch"]["expression"] = replace(default, patches=left).patch()
    return made


@pytest.fixture(scope="module")
def wanted() -> list[Manifest]:
    """The defaults, the priorities that they name, and namespaces that nothing else judges."""
    kinds = ("MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "PriorityClass")
    places = {probe.namespace for probe in PROBES}
    made = [each for each in rendered() if each["kind"] in kinds]
    for each in rendered():
        if each["kind"] == "Namespace" and each["metadata"]["name"] in places:
            unjudged = copy.deepcopy(each)
            labels = unjudged["metadata"]["labels"]
            kept = {key: value for key, value in labels.items() if "pod-security" not in key}
            unjudged["metadata"]["labels"] = kept | ORGANIZATION
            account = {"name": "default", "namespace": each["metadata"]["name"]}
            made += [unjudged, {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account}]
    return made


@pytest.fixture(scope="module")
def api(plane: ControlPlane, wanted: list[Manifest], defined: crds.Definitions) -> Iterator[Api]:
    sets = [each for each in defined.found if each["spec"]["names"]["kind"] == "JobSet"]
    with crds.installed(plane.api, sets), applied(plane.api, wanted):
        wait(lambda: missing(plane.api) == [], what="what was left out is not added")
        yield plane.api


@pytest.mark.parametrize("probe", PROBES, ids=str)
def test_what_was_left_out_is_added(probe: Probe, api: Api) -> None:
    assert found(api.create(bare(probe), dryRun="All"), probe.steps) == probe.added


@pytest.mark.parametrize("probe", PROBES, ids=str)
def test_what_was_written_is_kept_and_the_rest_is_added_beside_it(probe: Probe, api: Api) -> None:
    made = api.create(stating(bare(probe), probe.steps, probe.own), dryRun="All")
    assert found(made, probe.steps) == probe.own
    others = [
        other
        for other in PROBES
        if (other.default, other.namespace) == (probe.default, probe.namespace)
        and other.steps != probe.steps
    ]
    assert [str(each) for each in others if found(made, each.steps) != each.added] == []


@pytest.mark.parametrize(
    ("namespace", "steps", "value"),
    [
        ("ledger", ("metadata", "labels", "app"), "chat"),
        ("ledger", ("spec", "nodeSelector", "topology.kubernetes.io/zone"), "a"),
        ("ledger", ("spec", "tolerations", {"key": "nvidia.com/gpu"}),
         {"key": "nvidia.com/gpu", "operator": "Exists"}),
        ("ledger", ("spec", "securityContext", "fsGroup"), 1000),
        ("ledger", ("spec", "containers", 1, "securityContext", "runAsUser"), 1000),
        ("ledger", ("spec", "initContainers", 0, "securityContext", "runAsUser"), 1000),
    ],
)  # fmt: skip
def test_what_was_written_beside_it_stays(
    namespace: str, steps: Steps, value: Any, api: Api
) -> None:
    probes = [p for p in PROBES if p.default is POD_DEFAULTS and p.namespace == namespace]
    made = api.create(stating(bare(probes[0]), steps, value), dryRun="All")
    assert found(made, steps) == value
    assert [str(each) for each in probes if found(made, each.steps) != each.added] == []


def test_a_pod_of_a_tenant_without_nodes_of_its_own_goes_where_it_likes(api: Api) -> None:
    made = api.create(bare(replace(PROBES[0], namespace="acme")), dryRun="All")
    assert "nodeSelector" not in made["spec"]
    assert all("bulkhead.dev" not in each["key"] for each in made["spec"]["tolerations"])


@pytest.mark.parametrize(
    ("namespace", "beside"),
    [
        ("acme", TRAINER),
        ("acme-training", None),
        ("acme-training", {"metadata": {"labels": {QUEUE: "unknown"}}}),
    ],
)
def test_a_job_in_no_queue_of_its_tenant_gets_no_priority(
    namespace: str, beside: Manifest | None, api: Api
) -> None:
    probe = replace(PROBES[-1], namespace=namespace, beside=beside)
    made = api.create(bare(probe), dryRun="All")
    assert PRIORITY not in made["metadata"].get("labels", {})
    assert found(made, CLASS) is None


def test_a_job_that_a_schedule_makes_gets_them_too(api: Api) -> None:
    controller = "system:serviceaccount:kube-system:cronjob-controller"
    who = api.impersonate(controller, "system:serviceaccounts")
    for probe in PROBES:
        if probe.default is JOB_DEFAULTS:
            assert found(who.create(bare(probe), dryRun="All"), probe.steps) == probe.added


@pytest.mark.parametrize(
    ("default", "patch"), PATCHES, ids=lambda each: getattr(each, "name", None)
)
def test_no_other_patch_is_in_its_place(default: AdmissionDefault, patch: int, api: Api) -> None:
    its = [probe for probe in PROBES if (probe.default, probe.patch) == (default, patch)]
    assert its, "nothing shows what the patch adds"
    try:
        api.apply(policy(default, without=patch))
        wait(lambda: missing(api) == its, what="other values than its own are missing")
    finally:
        api.apply(policy(default))
    wait(lambda: missing(api) == [], what="the whole default does not come back")

"""Each number of the quota and of the limit range holds, and no other in its place (TRN-3).

They are tried without any admission policy, in a namespace outside of the compartments: what is
refused here is refused by the one number, which is then taken away.
"""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bulkhead.domain.tenants import Quota
from bulkhead.preview.run import preview_function
from bulkhead.workloads.quota import limit_range, priority_quota, resource_quota
from tests.cluster.test_services import ARGS
from tests.control_plane.api import Api, ApiRefusalError, Manifest
from tests.control_plane.plane import ControlPlane
from tests.control_plane.rendered import applied, objects, wait
from tests.foundation.samples import planned

NAMESPACE = "limits-system"
LEAST = Quota(
    gpus=0, cpus=1, memory_gib=1, storage_gib=1, ephemeral_gib=1, pods=1, services=1,
    volume_claims=1, secrets=1, config_maps=1, jobs=1,
)  # fmt: skip
"""The smallest quota: one of each fills it."""


def program() -> None:
    import pulumi_kubernetes as k8s

    metadata = {"namespace": NAMESPACE}
    k8s.core.v1.Namespace("namespace", metadata={"name": NAMESPACE})
    for name, kind, spec in (
        ("quota", k8s.core.v1.ResourceQuota, resource_quota(LEAST)),
        ("no-system-priority", k8s.core.v1.ResourceQuota, priority_quota()),
        ("limits", k8s.core.v1.LimitRange, limit_range(LEAST)),
    ):
        kind(name, metadata={"name": name, **metadata}, spec=spec)


RENDERED = {
    each["metadata"]["name"]: each
    for each in objects(preview_function(program, assume_applied=True))
}
HARD = RENDERED["quota"]["spec"]["hard"]
LIMITS = [
    (number, bound, resource)
    for number, limit in enumerate(RENDERED["limits"]["spec"]["limits"])
    for bound in ("min", "max")
    for resource in limit.get(bound, {})
]


def cluster_services() -> None:
    from bulkhead import ClusterServices

    ClusterServices("services", ARGS)


def thing(version: str, kind: str, name: str, **body: Any) -> Manifest:
    return {
        "apiVersion": version,
        "kind": kind,
        "metadata": {"name": name, "namespace": NAMESPACE},
        **body,
    }


def pod(name: str, requests: Any = None, limits: Any = None, **spec: Any) -> Manifest:
    least = {"cpu": "1m", "memory": "1Mi", "ephemeral-storage": "1Mi"}
    resources = {"requests": {**least, **(requests or {})}, "limits": {**least, **(limits or {})}}
    container = {"name": "main", "image": "x", "resources": resources}
    return thing("v1", "Pod", name, spec={"containers": [container], **spec})


def asking(resource: str, amount: str) -> Callable[[str], Manifest]:
    return lambda name: pod(name, {resource: amount}, {resource: amount})


def limited(resource: str, amount: str) -> Callable[[str], Manifest]:
    return lambda name: pod(name, {}, {resource: amount})


def claim(storage: str) -> Callable[[str], Manifest]:
    return lambda name: thing(
        "v1",
        "PersistentVolumeClaim",
        name,
        spec={"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": storage}}},
    )


def service(kind: str) -> Callable[[str], Manifest]:
    return lambda name: thing("v1", "Service", name, spec={"type": kind, "ports": [{"port": 80}]})


def job(name: str) -> Manifest:
    template = {"spec": {"containers": [{"name": "m", "image": "x"}], "restartPolicy": "Never"}}
    return thing("batch/v1", "Job", name, spec={"suspend": True, "template": template})


def cron_job(name: str) -> Manifest:
    spec = {"schedule": "0 3 * * *", "suspend": True, "jobTemplate": {"spec": job("x")["spec"]}}
    return thing("batch/v1", "CronJob", name, spec=spec)


def ingress(name: str) -> Manifest:
    backend = {"service": {"name": "x", "port": {"number": 80}}}
    return thing("networking.k8s.io/v1", "Ingress", name, spec={"defaultBackend": backend})


def device_claim(name: str) -> Manifest:
    return thing("resource.k8s.io/v1", "ResourceClaim", name, spec={})


def device_template(name: str) -> Manifest:
    return thing("resource.k8s.io/v1", "ResourceClaimTemplate", name, spec={"spec": {}})


OVER: dict[str, Callable[[str], Manifest]] = {
    "requests.nvidia.com/gpu": asking("nvidia.com/gpu", "1"),
    "requests.cpu": asking("cpu", "2"),
    "limits.cpu": limited("cpu", "2"),
    "requests.memory": asking("memory", "2Gi"),
    "limits.memory": limited("memory", "2Gi"),
    "requests.ephemeral-storage": asking("ephemeral-storage", "2Gi"),
    "limits.ephemeral-storage": limited("ephemeral-storage", "2Gi"),
    "requests.storage": claim("2Gi"),
    "persistentvolumeclaims": claim("1Mi"),
    "pods": lambda name: pod(name),
    "services": service("ClusterIP"),
    "services.loadbalancers": service("LoadBalancer"),
    "services.nodeports": service("NodePort"),
    "secrets": lambda name: thing("v1", "Secret", name),
    "configmaps": lambda name: thing("v1", "ConfigMap", name),
    "count/jobs.batch": job,
    "count/cronjobs.batch": cron_job,
    "count/ingresses.networking.k8s.io": ingress,
    "count/resourceclaims.resource.k8s.io": device_claim,
    "count/resourceclaimtemplates.resource.k8s.io": device_template,
}
"""What goes over each number of the quota; where one is allowed it is made first."""

BEYOND: dict[tuple[str, str, str], Callable[[str], Manifest]] = {
    ("Container", "max", "cpu"): limited("cpu", "2"),
    ("Container", "max", "memory"): limited("memory", "2Gi"),
    ("Container", "max", "ephemeral-storage"): limited("ephemeral-storage", "2Gi"),
    ("Pod", "max", "memory"): limited("memory", "2Gi"),
    ("PersistentVolumeClaim", "min", "storage"): claim("1Mi"),
    ("PersistentVolumeClaim", "max", "storage"): claim("2Gi"),
}
"""What goes beyond each bound of the limit range."""


def said(api: Api, manifest: Manifest) -> str:
    try:
        api.create(manifest, dryRun="All")
    except ApiRefusalError as error:
        return error.message
    return ""


@pytest.fixture(scope="module")
def api(plane: ControlPlane) -> Iterator[Api]:
    account = thing("v1", "ServiceAccount", "default")
    with applied(plane.api, [RENDERED[NAMESPACE], account]):
        yield plane.api


def in_force(api: Api, quota: Manifest) -> None:
    hard = quota["spec"]["hard"]
    wait(
        lambda: (api.get(quota).get("status") or {}).get("hard", {}).keys() == hard.keys(),
        what="the quota is not counted",
    )


def without(quota: Manifest, key: str) -> Manifest:
    changed = copy.deepcopy(dict(quota))
    del changed["spec"]["hard"][key]
    return changed


@pytest.mark.parametrize("key", HARD)
def test_each_number_of_the_quota_holds_and_only_it(key: str, api: Api) -> None:
    make, quota = OVER[key], RENDERED["quota"]
    first = [] if key.startswith(("requests.", "limits.")) or HARD[key] == "0" else [make("first")]
    with applied(api, [*first, quota]):
        in_force(api, quota)
        if first:
            wait(lambda: api.get(quota)["status"]["used"][key] != "0", what="it is not counted")
        wait(lambda: f"{key}=" in said(api, make("second")), what=f"{key} does not hold")
        assert "exceeded quota: quota" in said(api, make("second"))
        less = without(quota, key)
        api.call("PUT", api.path(quota), body=less)
        in_force(api, less)
        wait(lambda: f"{key}=" not in said(api, make("second")), what="another is in its place")


def test_no_pod_takes_a_priority_of_the_system(api: Api) -> None:
    urgent = pod("urgent", priorityClassName="system-node-critical")
    assert said(api, urgent) == ""
    with applied(api, [RENDERED["no-system-priority"]]):
        in_force(api, RENDERED["no-system-priority"])
        assert "exceeded quota: no-system-priority" in said(api, urgent)


def test_nothing_runs_in_the_namespace_that_is_there_by_default(api: Api) -> None:
    (closed,) = (
        each
        for each in objects(planned(cluster_services, assume_applied=True))
        if each["kind"] == "ResourceQuota"
    )
    assert closed["metadata"]["namespace"] == "default"
    stray = {**pod("stray"), "metadata": {"name": "stray", "namespace": "default"}}
    wait(lambda: said(api, stray) == "", what="there is no account in the namespace default")
    with applied(api, [closed]):
        in_force(api, closed)
        assert "exceeded quota: closed" in said(api, stray)


@pytest.mark.parametrize(("number", "bound", "resource"), LIMITS)
def test_each_bound_of_the_limit_range_holds_and_only_it(
    number: int, bound: str, resource: str, api: Api
) -> None:
    limits = RENDERED["limits"]
    kind = limits["spec"]["limits"][number]["type"]
    attempt = BEYOND[kind, bound, resource]("x")
    sentence = f"{bound}imum {resource} usage per {kind} is "
    with applied(api, [limits]):
        wait(lambda: sentence in said(api, attempt), what=f"no {sentence}")
    less = copy.deepcopy(dict(limits))
    del less["spec"]["limits"][number][bound][resource]
    with applied(api, [less]):
        wait(lambda: sentence not in said(api, attempt), what="another bound is in its place")


def test_a_pod_that_states_nothing_gets_the_defaults(api: Api) -> None:
    bare = thing("v1", "Pod", "bare", spec={"containers": [{"name": "main", "image": "x"}]})
    with applied(api, [RENDERED["limits"]]):

        def limited() -> bool:
            made = api.create(bare, dryRun="All")["spec"]["containers"][0]["resources"]
            return set(made.get("limits", {})) == {"cpu", "memory", "ephemeral-storage"}

        wait(limited, what="a pod has no limits")

"""A real API server admits an endpoint's pods, and refuses each way around what they promise."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead.cluster.admission import access, images, labels, limits, servers
from bulkhead.cluster.admission.rule import AdmissionRule
from bulkhead.preview.run import preview_function
from tests.cluster_live.compartments import QUOTA, TENANTS, Compartments, Manifest, image
from tests.cluster_live.refusals import refused_by
from tests.control_plane.crds import Definitions
from tests.control_plane.rendered import applied, objects, wait
from tests.installation import Tell
from tests.workloads.endpoints import arguments, card, release

GPU = "nvidia.com/gpu"


def program() -> None:
    from bulkhead import InferenceEndpoint

    opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
    small = {"gpus": 1, "cpus": 4, "memory_gib": 16}
    described = {"name": "acme", "owner": "team-acme", "cost_center": "cc-42", "quota": QUOTA}
    InferenceEndpoint(
        "llama",
        arguments(
            tenant={**described, **TENANTS["acme"]},
            releases={
                "v1": release(replica=small, prompt="support-prompt-1"),
                "v2": release(card("3.2.0", "c"), replica=small),
            },
            scanner={"image": image("platform")},
        ),
        opts,
    )


@pytest.fixture(scope="module")
def rendered() -> list[Manifest]:
    return objects(preview_function(program, assume_applied=True))


@pytest.fixture(scope="module")
def deployment(rendered: list[Manifest]) -> Manifest:
    """A release without a prompt, whose pods need no driver."""
    (found,) = (
        manifest
        for manifest in rendered
        if (manifest["kind"], manifest["metadata"]["name"]) == ("Deployment", "llama-v2")
    )
    return found


@pytest.fixture(scope="module")
def running(
    compartments: Compartments, definitions: Definitions, rendered: list[Manifest], tell: Tell
) -> Iterator[None]:
    with applied(compartments.api, definitions.takes(rendered, tell)):
        yield


@pytest.mark.usefixtures("running")
def test_every_object_is_taken_and_its_pods_are_admitted(compartments: Compartments) -> None:
    chosen = "bulkhead.dev/workload=llama"

    def pods() -> list[dict[str, Any]]:
        path = "/api/v1/namespaces/acme/pods"
        return list(compartments.api.call("GET", path, labelSelector=chosen)["items"])

    wait(lambda: len(pods()) == 2, what="the endpoint's pods are not made")
    for pod in pods():
        spec = pod["spec"]
        assert spec["initContainers"][0]["name"] == "verify"
        (model,) = (volume for volume in spec["volumes"] if volume["name"] == "model")
        assert "@sha256:" in model["image"]["reference"]
        assert pod["metadata"]["labels"]["bulkhead.dev/model"] == "llama-3.1-8b"


def verifier(manifest: Manifest) -> Manifest:
    found: Manifest = manifest["spec"]["template"]["spec"]["initContainers"][0]
    return found


def server(manifest: Manifest) -> Manifest:
    found: Manifest = manifest["spec"]["template"]["spec"]["containers"][0]
    return found


def spec(manifest: Manifest) -> Manifest:
    found: Manifest = manifest["spec"]["template"]["spec"]
    return found


def mount(container: Manifest, name: str) -> Manifest:
    (found,) = (each for each in container["volumeMounts"] if each["name"] == name)
    return found  # type: ignore[no-any-return]


def another_volume(manifest: Manifest) -> None:
    spec(manifest)["volumes"].append({"name": "other", "image": {"reference": image("acme")}})
    mount(server(manifest), "model")["name"] = "other"


def elsewhere(manifest: Manifest) -> None:
    spec(manifest)["volumes"].append({"name": "other", "image": {"reference": image("acme")}})
    server(manifest)["volumeMounts"].append(
        {"name": "other", "mountPath": "/data", "readOnly": True}
    )


def own_key(manifest: Manifest) -> None:
    (signer,) = (v for v in spec(manifest)["volumes"] if v["name"] == "signer")
    signer["configMap"]["name"] = "own-key"


def covered_key(manifest: Manifest) -> None:
    spec(manifest)["volumes"].append({"name": "own", "configMap": {"name": "own-key"}})
    path = verifier(manifest)["command"]
    verifier(manifest)["volumeMounts"].append(
        {
            "name": "own",
            "mountPath": path[path.index("--public_key") + 1],
            "subPath": "signer.pem",
            "readOnly": True,
        }
    )


def more_gpus(manifest: Manifest) -> None:
    for asked in server(manifest)["resources"].values():
        asked[GPU] = "3"


def two_keys(manifest: Manifest) -> None:
    verifier(manifest)["command"] += ["--public_key", "/scratch/key.pem"]


ATTEMPTS: dict[str, tuple[AdmissionRule, int, Callable[[Manifest], object]]] = {
    "a server image by tag": (
        images.PIN_IMAGES, 0, lambda m: server(m).update(image=image("platform")[:-72] + ":1"),
    ),
    "a model by tag": (
        images.PIN_IMAGES, 0,
        lambda m: spec(m)["volumes"][0]["image"].update(reference=image("acme")[:-72] + ":1"),
    ),
    "a model of another tenant": (
        images.PIN_IMAGES, 1,
        lambda m: spec(m)["volumes"][0]["image"].update(reference=image("globex")),
    ),
    "a model that can be written": (
        images.PROTECT_MODELS, 0, lambda m: mount(server(m), "model").pop("readOnly"),
    ),
    "no verification": (
        servers.VERIFY_MODELS, 0, lambda m: spec(m)["initContainers"].pop(0),
    ),
    "another volume than the verified one": (servers.VERIFY_MODELS, 0, another_volume),
    "a second model at another path": (servers.VERIFY_MODELS, 0, elsewhere),
    "verification beside the server": (
        servers.VERIFY_MODELS, 0, lambda m: verifier(m).update(restartPolicy="Always"),
    ),
    "a command that verifies nothing": (
        servers.VERIFY_MODELS, 1,
        lambda m: verifier(m)["command"].__setitem__(slice(0, 3), ["sh", "-c", "true"]),
    ),
    "files that are left out": (
        servers.VERIFY_MODELS, 1,
        lambda m: verifier(m)["command"].append("--ignore_unsigned_files"),
    ),
    "a verifier of one's own": (
        servers.VERIFY_MODELS, 2, lambda m: verifier(m).update(image=image("acme")),
    ),
    "a key of one's own": (servers.VERIFY_MODELS, 3, own_key),
    "a key laid over the platform's": (servers.VERIFY_MODELS, 3, covered_key),
    "a second key": (servers.VERIFY_MODELS, 3, two_keys),
    "more GPUs than a pod may": (
        limits.LIMIT_GPUS, 0, more_gpus,
    ),
    "another role's account": (
        labels.LIMIT_ROLES, 1,
        lambda m: m["spec"]["template"]["metadata"]["labels"].pop("bulkhead.dev/role"),
    ),
    "a token": (
        access.DENY_TOKENS, 0, lambda m: spec(m).update(automountServiceAccountToken=True),
    ),
}  # fmt: skip
PROVOKED = {(rule.name, check) for rule, check, _ in ATTEMPTS.values()}


def as_new(manifest: Manifest) -> Manifest:
    changed = copy.deepcopy(manifest)
    changed["metadata"]["name"] = "other"
    return changed


def test_a_developer_may_deploy_the_same(compartments: Compartments, deployment: Manifest) -> None:
    developer = compartments.as_tenant("acme", "developer")
    developer.create(as_new(deployment), dryRun="All")


@pytest.mark.parametrize("what", ATTEMPTS)
def test_a_way_around_is_refused(
    what: str, compartments: Compartments, deployment: Manifest
) -> None:
    rule, check, change = ATTEMPTS[what]
    attempt = as_new(deployment)
    change(attempt)
    assert attempt != as_new(deployment)
    with refused_by(rule, check):
        compartments.as_tenant("acme", "developer").create(attempt, dryRun="All")


@pytest.mark.parametrize("what", [w for w, a in ATTEMPTS.items() if a[0] is servers.VERIFY_MODELS])
def test_without_the_rule_a_model_is_served_unverified(
    what: str, compartments: Compartments, deployment: Manifest
) -> None:
    rule, _, change = ATTEMPTS[what]
    attempt = as_new(deployment)
    attempt["metadata"]["namespace"] = compartments.without(rule.name)
    change(attempt)
    compartments.api.create(attempt, dryRun="All")


def test_who_signs_models_is_the_platform_s_to_say(compartments: Compartments) -> None:
    signer = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "own-signer", "namespace": "acme"},
        "data": {"signer.pem": "own"},
    }
    with refused_by(access.PROTECT_FENCES):
        compartments.as_tenant("acme", "developer").create(signer, dryRun="All")
    compartments.api.create(signer, dryRun="All")

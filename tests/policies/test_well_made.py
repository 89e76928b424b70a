"""Well-made public stacks pass the packs, and one weak property is caught by its rule alone."""

from typing import Any

import pytest

from bulkhead.preview.shapes import check_inputs
from tests.policies.scenes import UNKNOWN, Scene, found
from tests.policies.well_made import WELL_MADE

POD = "spec/template/spec"
NOTES = "spec/template/metadata/annotations"

MUTATIONS: list[tuple[str, str, str, Any, str]] = [
    ("certificates", "rules/0/resources/0", "certificates", "*", "rbac-deny-wildcards"),
    ("certificates", "webhooks/0/failurePolicy", "certificates", "Ignore", "admission-fail-closed"),
    ("charts", "values/prometheus/prometheusSpec/hostNetwork", "", True, "helm-deny-host-access"),
    ("charts", "version", "", "", "helm-pin-chart"),
    ("fine-tuning", f"{POD}/nodeName", "lora", "ip-10-0-0-1", "pod-deny-node-pinning"),
    ("fine-tuning", "spec/activeDeadlineSeconds", "lora", None, "job-bound-duration"),
    ("fine-tuning", "spec/ttlSecondsAfterFinished", "lora", None, "job-clean-up"),
    ("fine-tuning", "spec/namespaceSelector", "fine-tuning", {}, "kueue-select-namespaces"),
    (
        "fine-tuning",
        "metadata/labels/kueue.x-k8s.io~1queue-name",
        "lora",
        None,
        "job-name-queue",
    ),
    ("ingress controller", f"{POD}/hostPID", "ingress-controller", True, "pod-deny-host-access"),
    (
        "ingress controller",
        "metadata/annotations/service.beta.kubernetes.io~1aws-load-balancer-scheme",
        "ingress-controller",
        "internet-facing",
        "service-keep-internal",
    ),
    ("metrics", "rules/0/resources/0", "prometheus", "pods/exec", "rbac-deny-exec"),
    ("metrics", "data/API_KEY", "prometheus", "correct-horse", "configmap-deny-secrets"),
    ("metrics", f"{POD}/shareProcessNamespace", "grafana", True, "pod-keep-processes-apart"),
    ("metrics", f"{POD}/automountServiceAccountToken", "grafana", True, "pod-withhold-token"),
    ("model server", f"{NOTES}/bulkhead.dev~1model-approval", "vllm", None, "endpoint-carry-card"),
    (
        "model server",
        f"{POD}/containers/0/image",
        "vllm",
        "vllm/vllm-openai:v1.2.3",
        "image-allow-registries image-pin-digest",
    ),
    (
        "model server",
        "spec/ingress/0/from/0",
        "vllm",
        {"podSelector": {"matchLabels": {"app": "client"}}},
        "endpoint-hide-behind-gateway",
    ),
    ("model server", "spec/maxReplicaCount", "vllm", 99, "scaler-limit-replicas"),
    ("model server", f"{POD}/priorityClassName", "vllm", None, "pod-rank-gpus"),
    ("node pools", "spec/limits", "general", None, "karpenter-limit-pools"),
    ("node pools", "spec/template/spec/taints", "gpu", [], "karpenter-taint-accelerators"),
    (
        "node pools",
        "spec/metadataOptions/httpTokens",
        "gpu",
        "optional",
        "karpenter-require-imdsv2",
    ),
    ("operator", "spec/refreshInterval", "database", "0", "externalsecret-follow-rotation"),
    ("operator", "roleRef/name", "database-operator", "cluster-admin", "rbac-deny-cluster-admin"),
    (
        "operator",
        "subjects/0/name",
        "database-operator",
        "default",
        "rbac-deny-default-account pod-withhold-token",
    ),
]


@pytest.mark.parametrize("name", WELL_MADE)
def test_a_well_made_stack_gives_no_alarm(name: str) -> None:
    assert [(d.policyName, d.urn, d.message) for d in found(WELL_MADE[name])] == []


@pytest.mark.parametrize("name", WELL_MADE)
def test_a_well_made_stack_has_the_shape_that_the_providers_declare(name: str) -> None:
    errors = [e for r in WELL_MADE[name] for e in check_inputs(r.type, r.properties)]
    assert [(error.path, error.message) for error in errors] == []


@pytest.mark.parametrize(
    ("name", "path", "of", "weak", "rules"), MUTATIONS, ids=[f"{m[0]} {m[1]}" for m in MUTATIONS]
)
def test_one_weakness_is_caught_by_its_rule_alone(
    name: str, path: str, of: str, weak: Any, rules: str
) -> None:
    said = found(weakened(WELL_MADE[name], path, of, weak))
    assert {d.policyName.removeprefix("bulkhead-") for d in said} == set(rules.split())


@pytest.mark.parametrize("name", WELL_MADE)
def test_what_a_well_made_stack_does_not_know_yet_is_never_passed_in_silence(name: str) -> None:
    """The specification of the first resource that has one, unknown as a whole."""
    scene = WELL_MADE[name]
    key = "spec" if any("spec" in r.properties for r in scene) else "values"
    first = next(r for r in scene if key in r.properties)
    said = found(tuple(r.but(key, UNKNOWN) if r is first else r for r in scene))
    assert {d.policyName for d in said} == {"bulkhead-preview-decide-unknowns"}


def weakened(scene: Scene, path: str, of: str, weak: Any) -> Scene:
    """The scene with one property changed of the first resource so named that can have it."""
    *steps, last = [step.replace("~1", "/") for step in path.split("/")]
    named = [r for r in scene if not of or r.properties["metadata"]["name"] == of]
    having = [r for r in named if last in (_holder(r.properties, steps) or ())]
    able = having or [r for r in named if _holder(r.properties, steps) is not None]
    return tuple(r.but(path, weak) if r is able[0] else r for r in scene)


def _holder(value: Any, steps: list[str]) -> Any:
    """What stands at the end of the steps, None for nothing."""
    for step in steps:
        try:
            value = value[int(step) if isinstance(value, list) else step]
        except (KeyError, IndexError):
            return None
    return value

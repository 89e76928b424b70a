"""What leaves everything to the defaults gets past every rule; what is written instead is judged
like anything else (POL-2)."""

import copy
from typing import Any

import pytest

from bulkhead.cluster.admission import labels, limits, placement, training
from bulkhead.cluster.admission.rule import AdmissionRule
from tests.cluster_live.compartments import TENANTS, Compartments, Manifest, image, workload
from tests.cluster_live.refusals import refused_by
from tests.cluster_live.test_defaults import CLASS, Steps, stating
from tests.cluster_live.training_cases import PRIORITY, PRODUCTION, QUEUE
from tests.control_plane.api import ApiRefusalError

OTHERS = {"key": "bulkhead.dev/tenant", "operator": "Equal", "value": "audit"}


def pod(namespace: str) -> Manifest:
    """A pod with what no default can know: its images and its workload."""
    made = workload(namespace, "Pod")
    main = {"name": "main", "image": image(namespace, TENANTS[namespace]["tier"])}
    made["spec"] = {"containers": [main], "initContainers": [{**main, "name": "init"}]}
    return made


def job(namespace: str) -> Manifest:
    """A job that says no more than its queue, where it has one."""
    made = workload(namespace, "Job")
    del made["spec"]["activeDeadlineSeconds"]
    if namespace.endswith("-training"):
        made["metadata"]["labels"] = {QUEUE: "fine-tuning"}
    return made


SOUND = {"acme": pod, "ledger": pod, "audit": pod, "acme-training": job}


def create(compartments: Compartments, manifest: Manifest) -> Manifest:
    tenant = manifest["metadata"]["namespace"].removesuffix("-training")
    return compartments.as_tenant(tenant, "admin").create(manifest, dryRun="All")


@pytest.mark.parametrize(
    ("make", "namespace"), [*((make, name) for name, make in SOUND.items()), (job, "acme")]
)
def test_what_leaves_everything_to_the_defaults_is_let_through(
    make: Any, namespace: str, compartments: Compartments
) -> None:
    create(compartments, make(namespace))


@pytest.mark.parametrize(
    ("namespace", "steps", "value", "rule", "check"),
    [
        ("acme", ("metadata", "labels", "bulkhead.dev/cost-center"), "cc-1",
         labels.PROTECT_LABELS, 0),
        ("ledger", ("spec", "nodeSelector", OTHERS["key"]), "audit", placement.KEEP_TO_POOL, 0),
        ("ledger", ("spec", "tolerations", OTHERS), OTHERS, placement.KEEP_TO_POOL, 1),
        ("acme-training", ("spec", "activeDeadlineSeconds"), 10**6, limits.REQUIRE_DEADLINE, 1),
        ("acme-training", ("metadata", "labels", PRIORITY), PRODUCTION, training.REQUIRE_QUEUE, 2),
        ("acme-training", CLASS, PRODUCTION, training.REQUIRE_QUEUE, 2),
    ],
)  # fmt: skip
def test_a_value_of_ones_own_is_judged_by_its_rule(
    namespace: str,
    steps: Steps,
    value: Any,
    rule: AdmissionRule,
    check: int,
    compartments: Compartments,
) -> None:
    with refused_by(rule, check):
        create(compartments, stating(SOUND[namespace](namespace), steps, copy.copy(value)))


CLOSED = "violates PodSecurity"


@pytest.mark.parametrize(
    ("steps", "value", "said"),
    [
        (("securityContext", "runAsNonRoot"), False, "runAsNonRoot != true"),
        (("securityContext", "seccompProfile"), {"type": "Unconfined"}, "seccompProfile"),
        *(
            ((group, 0, "securityContext", word), value, f"must set securityContext.{word}")
            for group in ("containers", "initContainers")
            for word, value in (
                ("allowPrivilegeEscalation", True),
                ("capabilities", {"drop": ["NET_RAW"]}),
            )
        ),
    ],
)
def test_a_security_context_of_ones_own_is_judged_by_pod_security(
    steps: Steps, value: Any, said: str, compartments: Compartments
) -> None:
    with pytest.raises(ApiRefusalError, match=CLOSED) as caught:
        create(compartments, stating(pod("acme"), ("spec", *steps), value))
    assert said in caught.value.message

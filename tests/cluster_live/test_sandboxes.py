"""A real API server admits a tenant's sandboxes, and refuses each way out of one."""

import contextlib
import copy
import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead.cluster.admission.access import PROTECT_FENCES
from bulkhead.cluster.admission.rule import AdmissionRule
from bulkhead.cluster.admission.sandboxes import BOUND_LIFETIME, KEEP_CLOSED, KEEP_SANDBOXED
from bulkhead.domain.sandboxes import SANDBOX_CONTROLLER
from bulkhead.preview.run import preview_function
from tests.cluster_live.compartments import (
    QUOTA,
    TENANTS,
    Compartments,
    Manifest,
    image,
    sparing_label,
)
from tests.cluster_live.refusals import refusal, refused_by
from tests.control_plane.crds import Definitions
from tests.control_plane.rendered import applied, objects, wait
from tests.foundation.samples import scope

HOME = "acme-sandbox"
NOW = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
Change = Callable[[Manifest], object]


def program() -> None:
    from bulkhead import AgentSandbox, SandboxRuntimes

    opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
    described = {"name": "acme", "owner": "team-acme", "cost_center": "cc-42", "quota": QUOTA}
    AgentSandbox(
        "sandbox",
        {
            "scope": scope(),
            "tenant": {**described, **TENANTS["acme"]},
            "runtime": "kata",
            "image": image("acme"),
            "hours": 2,
            "warm": 1,
            "storage_gib": 5,
        },
        opts,
    )
    runtimes = {"scope": scope(), "tier": "restricted", "runtimes": ["gvisor"]}
    SandboxRuntimes("runtimes", {**runtimes, "cluster_cidrs": ["10.20.1.0/28"]}, opts)


@pytest.fixture(scope="module")
def rendered() -> list[Manifest]:
    return objects(preview_function(program, assume_applied=True))


@pytest.fixture(scope="module")
def template(rendered: list[Manifest]) -> Manifest:
    (found,) = (m for m in rendered if m["kind"] == "SandboxTemplate")
    return found


KATA: Manifest = {
    "apiVersion": "node.k8s.io/v1",
    "kind": "RuntimeClass",
    "metadata": {"name": "kata"},
    "handler": "kata-qemu-runtime-rs",
    "overhead": {"podFixed": {"cpu": "250m", "memory": "320Mi"}},
    "scheduling": {
        "nodeSelector": {"bulkhead.dev/runtime-kata": "true"},
        "tolerations": [
            {
                "key": "bulkhead.dev/sandbox",
                "operator": "Equal",
                "value": "true",
                "effect": "NoSchedule",
            }
        ],
    },
}


@pytest.fixture(scope="module")
def running(
    compartments: Compartments, definitions: Definitions, rendered: list[Manifest]
) -> Iterator[None]:
    with applied(compartments.api, [*rendered, KATA]):
        yield


@pytest.fixture(scope="module")
def spared(
    compartments: Compartments, rendered: list[Manifest], running: None
) -> Iterator[Callable[[AdmissionRule], str]]:
    """Namespaces like acme's of sandboxes that every policy but one binds."""
    with contextlib.ExitStack() as made:
        names: dict[str, str] = {}

        def without(rule: AdmissionRule) -> str:
            if rule.name not in names:
                name = f"{rule.name.removeprefix('bulkhead-')}-sandbox"
                copies = [
                    copy.deepcopy(m)
                    for m in rendered
                    if m["kind"] in ("Namespace", "ServiceAccount")
                ]
                for each in copies:
                    if each["kind"] == "Namespace":
                        each["metadata"]["name"] = name
                        each["metadata"]["labels"] |= sparing_label(rule.name)
                    else:
                        each["metadata"]["namespace"] = name
                made.enter_context(applied(compartments.api, copies))
                names[rule.name] = name
            return names[rule.name]

        yield without


def pod(template: Manifest, namespace: str) -> Manifest:
    """What the controller makes of the template."""
    body = copy.deepcopy(template["spec"]["podTemplate"])
    body["spec"]["volumes"].append({"name": "workspace", "emptyDir": {}})
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "agent", "namespace": namespace, **body["metadata"]},
        "spec": body["spec"],
    }


def sandbox(template: Manifest, namespace: str) -> Manifest:
    """A sandbox that somebody makes by hand."""
    return {
        "apiVersion": "agents.x-k8s.io/v1beta1",
        "kind": "Sandbox",
        "metadata": {"name": "agent", "namespace": namespace},
        "spec": {
            "podTemplate": copy.deepcopy(template["spec"]["podTemplate"]),
            "shutdownTime": ends(hours=1),
            "shutdownPolicy": "Delete",
        },
    }


def claim(template: Manifest, namespace: str) -> Manifest:
    """What a tenant's people write."""
    return {
        "apiVersion": "extensions.agents.x-k8s.io/v1beta1",
        "kind": "SandboxClaim",
        "metadata": {"name": "session", "namespace": namespace},
        "spec": {
            "warmPoolRef": {"name": "agent"},
            "lifecycle": {"shutdownTime": ends(hours=1), "shutdownPolicy": "Delete"},
        },
    }


def other_template(template: Manifest, namespace: str) -> Manifest:
    """A template besides the platform's."""
    made = copy.deepcopy(template)
    made["metadata"] |= {"name": "other", "namespace": namespace}
    return made


def ends(**hence: int) -> str:
    return (NOW + datetime.timedelta(**hence)).isoformat().replace("+00:00", "Z")


def in_pod(**fields: Any) -> Change:
    def change(manifest: Manifest) -> None:
        inner = manifest["spec"].get("podTemplate", manifest)["spec"]
        inner.update(copy.deepcopy(fields))

    return change


def in_container(**fields: Any) -> Change:
    def change(manifest: Manifest) -> None:
        inner = manifest["spec"].get("podTemplate", manifest)["spec"]
        inner["containers"][0] |= copy.deepcopy(fields)

    return change


def in_spec(**fields: Any) -> Change:
    return lambda manifest: manifest["spec"].update(copy.deepcopy(fields))


def unlabelled(manifest: Manifest) -> None:
    del manifest["metadata"]["labels"]["bulkhead.dev/role"]


SECRET_FILE = [{"name": "tmp", "secret": {"secretName": "token"}}, {"name": "workspace"}]
SECRET_VARIABLE = [{"name": "K", "valueFrom": {"secretKeyRef": {"name": "token", "key": "k"}}}]
WRITABLE = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
PROJECTED = {"sources": [{"serviceAccountToken": {"path": "token"}}]}
EARLIER = {"shutdownTime": ends(hours=1)}
Maker = Callable[[Manifest, str], Manifest]

ATTEMPTS: list[tuple[str, AdmissionRule, int, Maker, Change]] = [
    ("runc", KEEP_CLOSED, 0, sandbox, lambda m: in_pod(runtimeClassName="")(m)),
    ("a foreign runtime in a template", KEEP_CLOSED, 0, other_template,
     in_pod(runtimeClassName="runc-fast")),
    ("a token", KEEP_CLOSED, 1, sandbox, in_pod(automountServiceAccountToken=True)),
    ("a token by default", KEEP_CLOSED, 1, other_template,
     lambda m: m["spec"]["podTemplate"]["spec"].pop("automountServiceAccountToken")),
    ("an identity in AWS", KEEP_CLOSED, 1, sandbox,
     in_pod(serviceAccountName="inference-server")),
    ("the host's network", KEEP_CLOSED, 2, sandbox, in_pod(hostNetwork=True)),
    ("the host's files", KEEP_CLOSED, 2, other_template,
     in_pod(volumes=[{"name": "tmp", "hostPath": {"path": "/"}}])),
    ("privileges", KEEP_CLOSED, 2, sandbox,
     in_container(securityContext={"privileged": True, "readOnlyRootFilesystem": True})),
    ("a port of the host", KEEP_CLOSED, 2, sandbox,
     in_container(ports=[{"containerPort": 80, "hostPort": 80}])),
    ("a root to write", KEEP_CLOSED, 3, sandbox, in_container(securityContext=WRITABLE)),
    ("a secret as a file", KEEP_CLOSED, 4, other_template, in_pod(volumes=SECRET_FILE[:1])),
    ("a token in a volume", KEEP_CLOSED, 4, sandbox,
     in_pod(volumes=[{"name": "tmp", "projected": PROJECTED}])),
    ("a secret as a variable", KEEP_CLOSED, 4, sandbox, in_container(env=SECRET_VARIABLE)),
    ("a pod that is no sandbox", KEEP_SANDBOXED, 0, pod, unlabelled),
    ("a pod with a root to write", KEEP_SANDBOXED, 1, pod, in_container(securityContext=WRITABLE)),
    ("a pod with a secret", KEEP_SANDBOXED, 2, pod, in_container(env=SECRET_VARIABLE)),
    ("a pod with all of a secret", KEEP_SANDBOXED, 2, pod,
     in_container(envFrom=[{"secretRef": {"name": "token"}}])),
    ("a sandbox without an end", BOUND_LIFETIME, 0, sandbox, lambda m: m["spec"].pop(
        "shutdownTime")),
    ("a sandbox that stays", BOUND_LIFETIME, 0, sandbox, in_spec(shutdownPolicy="Retain")),
    ("a claim without an end", BOUND_LIFETIME, 0, claim, lambda m: m["spec"].pop("lifecycle")),
    ("a claim that stays", BOUND_LIFETIME, 0, claim, in_spec(lifecycle=EARLIER)),
    ("a claim for days", BOUND_LIFETIME, 1, claim,
     in_spec(lifecycle={"shutdownTime": ends(hours=50), "shutdownPolicy": "Delete"})),
    ("a sandbox for days", BOUND_LIFETIME, 1, sandbox, in_spec(shutdownTime=ends(hours=50))),
    ("a claim that passes for a server", BOUND_LIFETIME, 2, claim,
     in_spec(additionalPodMetadata={"labels": {"bulkhead.dev/role": "inference-server"}})),
]  # fmt: skip
"""What is attempted, of a sound object of the kind."""

PROVOKED = {(rule.name, check) for _, rule, check, _, _ in ATTEMPTS}


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize("make", [pod, sandbox, other_template, claim])
def test_sound_objects_are_admitted(
    make: Maker, compartments: Compartments, template: Manifest
) -> None:
    assert refusal(compartments.api, make(template, HOME)) == ""


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(("what", "rule", "check", "make", "change"), ATTEMPTS)
def test_an_attempt_is_refused_by_its_rule_and_by_no_other(
    what: str,
    rule: AdmissionRule,
    check: int,
    make: Maker,
    change: Change,
    compartments: Compartments,
    template: Manifest,
    spared: Callable[[AdmissionRule], str],
) -> None:
    attempt = make(template, HOME)
    change(attempt)
    with refused_by(rule, check):
        compartments.api.create(attempt, dryRun="All")
    attempt["metadata"]["namespace"] = spared(rule)
    assert refusal(compartments.api, attempt) == "", what


@pytest.mark.usefixtures("running")
def test_a_sandbox_lands_on_its_nodes_and_is_charged_for_its_machine(
    compartments: Compartments, template: Manifest
) -> None:
    made = compartments.api.create(pod(template, HOME), dryRun="All")["spec"]
    assert made["nodeSelector"]["bulkhead.dev/runtime-kata"] == "true"
    assert made["overhead"] == {"cpu": "250m", "memory": "320Mi"}
    assert "bulkhead.dev/sandbox" in {each.get("key") for each in made["tolerations"]}


@pytest.mark.usefixtures("running")
def test_people_claim_sandboxes_and_make_none_themselves(
    compartments: Compartments, template: Manifest
) -> None:
    developer = compartments.as_tenant("acme", "developer")
    assert refusal(developer, claim(template, HOME)) == ""
    for made in (sandbox, other_template, pod):
        for access in ("viewer", "developer", "admin"):
            who = compartments.as_tenant("acme", access)
            assert "is forbidden" in refusal(who, made(template, HOME))
    assert "is forbidden" in refusal(
        compartments.as_tenant("globex", "admin"), claim(template, HOME)
    )


@pytest.mark.usefixtures("running")
def test_the_controller_opens_the_network_where_only_sandboxes_run(
    compartments: Compartments, template: Manifest
) -> None:
    controller = compartments.api.impersonate(SANDBOX_CONTROLLER)
    rights = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "tests-sandbox-controller"},
        "rules": [
            {
                "apiGroups": ["networking.k8s.io"],
                "resources": ["networkpolicies"],
                "verbs": ["create"],
            }
        ],
    }
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "tests-sandbox-controller"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "tests-sandbox-controller",
        },
        "subjects": [
            {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "User",
                "name": SANDBOX_CONTROLLER,
            }
        ],
    }
    policy = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "agent-network-policy", "namespace": HOME},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        | {"egress": template["spec"]["networkPolicy"]["egress"]},
    }
    with applied(compartments.api, [rights, binding]):
        wait(lambda: refusal(controller, policy) == "", what="the controller has no rights")
        policy["metadata"] = {"name": "agent-network-policy", "namespace": "acme"}
        with refused_by(PROTECT_FENCES):
            controller.create(policy, dryRun="All")

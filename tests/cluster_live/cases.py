"""What tenants attempt, each beside a twin that is let through.

A case changes a sound workload in one way. Its rule, and its rule alone, must refuse it.
"""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bulkhead.cluster.admission import access, images, labels, limits, network, placement
from bulkhead.cluster.admission.rule import AdmissionRule
from tests.cluster_live.compartments import Manifest, image, pod_spec, pod_template, workload

Change = Callable[[Manifest], object]
GPU = "nvidia.com/gpu"


def nothing(manifest: Manifest) -> None:
    """Leaves the object as it is."""


@dataclass(frozen=True)
class Case:
    """One attempt.

    Attributes:
        what: the attempt in words.
        rule, check: the rule that refuses it, and which of its sentences.
        bad: makes the attempt of a sound object.
        good: makes the twin; None if no tenant may make such an object at all.
        kind: kind of the workload that is changed.
        make: makes the sound object, if it is no workload.
        who: the access of the tenant's person, ``careless`` for somebody whom an administrator
            has bound to Kubernetes' own role admin, or ``sets`` for the controller of sets of jobs.
        namespace: the tenant's namespace in which it is made.
    """

    what: str
    rule: AdmissionRule
    check: int
    bad: Change
    good: Change | None = nothing
    kind: str = "Deployment"
    make: Callable[[str], Manifest] | None = None
    who: str = "developer"
    namespace: str = "acme"

    def manifest(self, namespace: str, change: Change) -> Manifest:
        """A sound object in ``namespace`` with a change."""
        made = self.make(namespace) if self.make else workload(namespace, self.kind)
        change(made)
        return made

    def __str__(self) -> str:
        return f"{self.rule.name}: {self.what}"


def in_spec(**fields: Any) -> Change:
    """Fields of the pod."""
    return lambda manifest: pod_spec(manifest).update(copy.deepcopy(fields))


def in_container(**fields: Any) -> Change:
    """Fields of its first container."""
    return lambda manifest: pod_spec(manifest)["containers"][0].update(copy.deepcopy(fields))


def in_spec_of_object(**fields: Any) -> Change:
    """Fields of the object's own specification."""
    return lambda manifest: manifest["spec"].update(fields)


def labelled(**values: str) -> Change:
    """Labels of the pod; underscores are hyphens."""
    found = {f"bulkhead.dev/{key.replace('_', '-')}": value for key, value in values.items()}
    return lambda manifest: pod_template(manifest)["metadata"]["labels"].update(found)


def own_label(key: str, value: str) -> Change:
    """A label of the object itself."""
    return lambda m: m["metadata"].setdefault("labels", {}).update({f"bulkhead.dev/{key}": value})


def both(*changes: Change) -> Change:
    """Several changes."""
    return lambda manifest: [change(manifest) for change in changes]


def gpus(count: int, resource: str = GPU) -> Change:
    """So many devices for the first container."""
    return in_container(resources={"limits": {resource: str(count)}})


def model_volume(source: Manifest, path: str = "/models/llm", **mount: Any) -> Change:
    """A volume that is mounted as a model."""
    return both(
        in_spec(volumes=[{"name": "weights", **source}]),
        in_container(volumeMounts=[{"name": "weights", "mountPath": path, **mount}]),
    )


def token(**projected: Any) -> Change:
    """A volume with a token of the pod's service account."""
    source = {"serviceAccountToken": {"path": "token", "expirationSeconds": 3600, **projected}}
    return in_spec(volumes=[{"name": "token", "projected": {"sources": [source]}}])


def node_affinity(**term: Any) -> Change:
    """A demand on nodes."""
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    return in_spec(affinity={"nodeAffinity": required})


def pod_affinity(kind: str, when: str = "required", **term: Any) -> Change:
    """A demand on the pods beside."""
    found: Any = {
        "topologyKey": "kubernetes.io/hostname",
        "labelSelector": {"matchLabels": {"app": "chat"}},
        **term,
    }
    if when == "preferred":
        found = {"weight": 1, "podAffinityTerm": found}
    return in_spec(affinity={kind: {f"{when}DuringSchedulingIgnoredDuringExecution": [found]}})


def toleration(**fields: str) -> Change:
    """A toleration."""
    return in_spec(tolerations=[fields])


def service(namespace: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "chat", "namespace": namespace},
        "spec": {"selector": {"app": "chat"}, "ports": [{"port": 8000}]},
    }


def secret(namespace: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "token",
            "namespace": namespace,
            "annotations": {"kubernetes.io/service-account.name": "inference-server"},
        },
    }


def claim(namespace: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": "weights",
            "namespace": namespace,
            "labels": {"bulkhead.dev/model": "llm-7b"},
        },
        "spec": {
            "accessModes": ["ReadOnlyMany"],
            "resources": {"requests": {"storage": "10Gi"}},
        },
    }


def ingress(namespace: str) -> Manifest:
    backend = {"service": {"name": "chat", "port": {"number": 8000}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "chat", "namespace": namespace},
        "spec": {"defaultBackend": backend},
    }


def config_map(namespace: str) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": namespace},
        "data": {"AWS_ENDPOINT_URL_S3": "https://attacker.example"},
    }


def open_network(namespace: str) -> Manifest:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "open", "namespace": namespace},
        "spec": {"podSelector": {}, "ingress": [{}], "egress": [{}]},
    }


def named(name: str) -> Change:
    return lambda manifest: manifest["metadata"].update(name=name)


OTHER = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/dev/internal/globex"
DIGEST = f"@sha256:{'b' * 64}"
EMPTY: Manifest = {"emptyDir": {}}
AGENT = both(
    labelled(role="agent-sandbox"),
    in_container(securityContext={"readOnlyRootFilesystem": True}),
)
SANDBOXED = both(AGENT, in_spec(runtimeClassName="kata"))

CASES = [
    # Labels
    Case("another tenant's name", labels.PROTECT_LABELS, 0, own_label("tenant", "globex"),
         own_label("tenant", "acme")),
    Case("a lower tier on a job", labels.PROTECT_LABELS, 0, own_label("tier", "public"),
         kind="Job"),
    Case("another payer on a claim", labels.PROTECT_LABELS, 0, own_label("cost-center", "cc-1"),
         own_label("cost-center", "cc-42"), make=claim),
    Case("another owner on a service", labels.PROTECT_LABELS, 0, own_label("owner", "team-globex"),
         make=service),
    Case("another tenant's name on a template", labels.PROTECT_LABELS, 1,
         labelled(tenant="globex"), labelled(tenant="acme")),
    Case("another project on a cron job's template", labels.PROTECT_LABELS, 1,
         labelled(project="globex"), labelled(project="acme"), kind="CronJob"),
    Case("a pod that says nothing of its workload", labels.REQUIRE_LABELS, 0,
         lambda m: m["metadata"].pop("labels"), kind="Pod", who="admin"),
    Case("a template that says nothing of its workload", labels.REQUIRE_LABELS, 0,
         lambda m: pod_template(m)["metadata"]["labels"].pop("bulkhead.dev/workload")),
    Case("a role that nobody knows", labels.LIMIT_ROLES, 0, labelled(role="gateway"),
         labelled(role="inference-server")),
    Case("the servers' account for another pod", labels.LIMIT_ROLES, 1,
         in_spec(serviceAccountName="inference-server"),
         both(in_spec(serviceAccountName="inference-server"), labelled(role="inference-server"))),
    # Images and models
    Case("a tag", images.PIN_IMAGES, 0, in_container(image=image("acme").partition("@")[0] + ":1")),
    Case("a short digest", images.PIN_IMAGES, 0, in_container(image=image("acme")[:-1])),
    Case("a tag in an init container", images.PIN_IMAGES, 0,
         in_spec(initContainers=[{"name": "init", "image": image("acme").partition("@")[0]}]),
         in_spec(initContainers=[{"name": "init", "image": image("platform")}])),
    Case("a foreign registry", images.PIN_IMAGES, 1, in_container(image=f"docker.io/nginx{DIGEST}"),
         in_container(image=image("platform"))),
    Case("another tenant's repository", images.PIN_IMAGES, 1,
         in_container(image=OTHER + DIGEST)),
    Case("a registry whose name begins alike", images.PIN_IMAGES, 1,
         in_container(image=image("acme").replace("/acme@", "/acme-evil@")),
         in_container(image=image("acme").replace("/acme@", "/acme/server:1@"))),
    Case("a foreign model image", images.PIN_IMAGES, 1,
         model_volume({"image": {"reference": f"ghcr.io/models/llm{DIGEST}"}}, readOnly=True),
         model_volume({"image": {"reference": image("acme")}}, readOnly=True)),
    Case("a model that can be written", images.PROTECT_MODELS, 0, model_volume(EMPTY),
         model_volume(EMPTY, readOnly=True)),
    Case("a model at the root of models", images.PROTECT_MODELS, 0,
         model_volume(EMPTY, path="/models"), model_volume(EMPTY, path="/models-cache")),
    Case("a claim of models that can be written", images.PROTECT_MODELS, 1,
         model_volume({"persistentVolumeClaim": {"claimName": "weights"}}, readOnly=True),
         model_volume({"persistentVolumeClaim": {"claimName": "weights", "readOnly": True}},
                      readOnly=True)),
    Case("models mounted a second time to be written", images.PROTECT_MODELS, 2,
         both(model_volume(EMPTY, readOnly=True),
              lambda m: pod_spec(m)["containers"][0]["volumeMounts"].append(
                  {"name": "weights", "mountPath": "/scratch"}))),
    Case("a claim on a model to write it", images.PROTECT_CLAIMS, 0,
         in_spec_of_object(accessModes=["ReadWriteOnce"]), make=claim),
    # Limits
    Case("more GPUs than a pod may", limits.LIMIT_GPUS, 0, gpus(3), gpus(2)),
    Case("GPUs in an init container", limits.LIMIT_GPUS, 0,
         in_spec(initContainers=[
             {"name": "init", "image": image("acme"), "resources": {"limits": {GPU: "3"}}}])),
    Case("GPUs in a sidecar", limits.LIMIT_GPUS, 0,
         both(gpus(2), in_spec(initContainers=[
             {"name": "side", "image": image("acme"), "restartPolicy": "Always",
              "resources": {"limits": {GPU: "1"}}}])),
         both(gpus(1), in_spec(initContainers=[
             {"name": "side", "image": image("acme"), "restartPolicy": "Always",
              "resources": {"limits": {GPU: "1"}}}]))),
    Case("a slice of a GPU that no quota counts", limits.LIMIT_GPUS, 1,
         gpus(1, "nvidia.com/mig-1g.5gb"), gpus(1)),
    Case("an accelerator that no quota counts", limits.LIMIT_GPUS, 1,
         gpus(1, "aws.amazon.com/neuron")),
    Case("a claim on devices", limits.LIMIT_GPUS, 2,
         in_spec(resourceClaims=[{"name": "gpu", "resourceClaimName": "gpu"}])),
    Case("a job without an end", limits.REQUIRE_DEADLINE, 0,
         lambda m: m["spec"]["jobTemplate"]["spec"].pop("activeDeadlineSeconds"), kind="CronJob"),
    Case("a job that ends too late", limits.REQUIRE_DEADLINE, 1,
         in_spec_of_object(activeDeadlineSeconds=12 * 3600 + 1),
         in_spec_of_object(activeDeadlineSeconds=12 * 3600), kind="Job"),
    Case("a cron job that ends too late", limits.REQUIRE_DEADLINE, 1,
         lambda m: m["spec"]["jobTemplate"]["spec"].update(activeDeadlineSeconds=10**6),
         kind="CronJob"),
    Case("a priority of the system", limits.LIMIT_PRIORITY, 0,
         in_spec(priorityClassName="system-node-critical"),
         in_spec(priorityClassName="bulkhead-inference")),
    Case("a runtime that nobody knows", limits.LIMIT_RUNTIMES, 0,
         in_spec(runtimeClassName="runc-insecure"), in_spec(runtimeClassName="gvisor")),
    Case("an agent without a sandbox", limits.LIMIT_RUNTIMES, 1, AGENT, SANDBOXED),
    # Placement
    Case("another tenant's nodes", placement.KEEP_TO_POOL, 0,
         in_spec(nodeSelector={"bulkhead.dev/tenant": "ledger"}),
         in_spec(nodeSelector={"bulkhead.dev/tenant": "platform", "bulkhead.dev/pool": "gpu"})),
    Case("another tenant's taint", placement.KEEP_TO_POOL, 1,
         toleration(key="bulkhead.dev/tenant", value="ledger", effect="NoSchedule"),
         toleration(key=GPU, operator="Exists")),
    Case("every taint of a key", placement.KEEP_TO_POOL, 1,
         toleration(key="bulkhead.dev/tenant", operator="Exists"),
         toleration(key="node.kubernetes.io/unreachable", operator="Exists")),
    Case("every taint", placement.KEEP_TO_POOL, 1, toleration(operator="Exists")),
    Case("the nodes of sandboxes without a sandbox", placement.KEEP_TO_POOL, 1,
         toleration(key="bulkhead.dev/sandbox", value="true", effect="NoSchedule"),
         both(toleration(key="bulkhead.dev/sandbox", value="true", effect="NoSchedule"),
              in_spec(runtimeClassName="kata"))),
    Case("the system's nodes", placement.KEEP_TO_POOL, 1,
         toleration(key="CriticalAddonsOnly", operator="Exists")),
    Case("a node by its name", placement.KEEP_TO_POOL, 2, in_spec(nodeName="ip-10-0-0-1")),
    Case("a node by an affinity to its name", placement.KEEP_TO_POOL, 3,
         node_affinity(matchFields=[
             {"key": "metadata.name", "operator": "In", "values": ["ip-10-0-0-1"]}]),
         node_affinity(matchExpressions=[
             {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["a"]}])),
    Case("near another tenant's pods", placement.KEEP_APART, 0,
         pod_affinity("podAffinity", namespaces=["globex"]),
         lambda m: pod_affinity("podAffinity", namespaces=[m["metadata"]["namespace"]])(m)),
    Case("near everybody's pods, if possible", placement.KEEP_APART, 0,
         pod_affinity("podAffinity", "preferred", namespaceSelector={}),
         pod_affinity("podAffinity", "preferred")),
    Case("away from everybody, so that nobody else is scheduled", placement.KEEP_APART, 0,
         pod_affinity("podAntiAffinity", namespaceSelector={}), pod_affinity("podAntiAffinity")),
    Case("the host's network", placement.DENY_HOST, 0, in_spec(hostNetwork=True),
         in_spec(hostNetwork=False)),
    Case("the host's processes", placement.DENY_HOST, 0, in_spec(hostPID=True)),
    Case("the host's memory", placement.DENY_HOST, 0, in_spec(hostIPC=True)),
    Case("the host's files", placement.DENY_HOST, 1,
         in_spec(volumes=[{"name": "root", "hostPath": {"path": "/"}}]),
         in_spec(volumes=[{"name": "tmp", "emptyDir": {}}])),
    Case("a port of the host", placement.DENY_HOST, 2,
         in_container(ports=[{"containerPort": 8000, "hostPort": 8000}]),
         in_container(ports=[{"containerPort": 8000}])),
    Case("a privileged container", placement.DENY_HOST, 3,
         in_container(securityContext={"privileged": True}),
         in_container(securityContext={"privileged": False})),
    # Identities
    Case("a token of the API", access.DENY_TOKENS, 0, in_spec(automountServiceAccountToken=True),
         in_spec(automountServiceAccountToken=False)),
    Case("a token in a volume", access.DENY_TOKENS, 1, token()),
    Case("a token for AWS of another account", access.DENY_TOKENS, 1,
         token(audience="pods.eks.amazonaws.com"),
         both(token(audience="pods.eks.amazonaws.com"), labelled(role="inference-server"),
              in_spec(serviceAccountName="inference-server"))),
    Case("a secret that asks for a token", access.DENY_TOKEN_SECRETS, 0,
         lambda m: m.update(type="kubernetes.io/service-account-token"),
         lambda m: m.update(type="Opaque"), make=secret),
    Case("a network policy that opens everything", access.PROTECT_FENCES, 0, nothing, None,
         make=open_network, who="careless"),
    Case("the platform's config map", access.PROTECT_FENCES, 0, named("model-artifacts"),
         make=config_map),
    # Ways in
    Case("a load balancer", network.KEEP_SERVICES_INTERNAL, 0,
         in_spec_of_object(type="LoadBalancer"),
         in_spec_of_object(type="ClusterIP"), make=service),
    Case("a node port", network.KEEP_SERVICES_INTERNAL, 0, in_spec_of_object(type="NodePort"),
         in_spec_of_object(clusterIP="None"), make=service),
    Case("an external name", network.KEEP_SERVICES_INTERNAL, 0,
         in_spec_of_object(type="ExternalName", externalName="attacker.example"), make=service),
    Case("an address outside", network.KEEP_SERVICES_INTERNAL, 1,
         in_spec_of_object(externalIPs=["203.0.113.7"]), make=service),
    Case("an ingress", network.DENY_INGRESS, 0, nothing, None, make=ingress, who="careless"),
]  # fmt: skip
"""Every attempt by a manifest; updates, namespaces and connections are attempted in the tests."""

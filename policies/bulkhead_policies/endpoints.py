"""Servers of models: behind the gateway, with a card, read-only and within limits."""

from collections.abc import Mapping
from functools import partial

from bulkhead.domain.admission import INFERENCE_SERVER, MODEL_LABEL, ROLE_LABEL
from bulkhead.domain.environments import ENVIRONMENTS
from bulkhead.domain.images import DIGEST
from bulkhead.domain.models import APPROVAL_NOTE, DIGEST_NOTE, VERSION_NOTE
from bulkhead_policies.findings import Findings, StopError, any_holds, each
from bulkhead_policies.pods import CONTROLLERS, templates
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.selectors import Place, by_place, place, selects
from bulkhead_policies.settings import counts_by_environment, texts
from bulkhead_policies.stack import Stack
from bulkhead_policies.tokens import NETWORK_POLICIES, kinds
from bulkhead_policies.view import View

NAMESPACE_NAME = "kubernetes.io/metadata.name"

GATEWAY_NAMESPACES = texts(
    "gateways", ("bulkhead-gateway",), "Namespaces whose pods may call servers of models."
)

CARD = {
    VERSION_NOTE: "a version",
    DIGEST_NOTE: "sha256:<64 hex digits>",
    APPROVAL_NOTE: "who or what approved it",
}
"""Annotations of a server's pods that say which model it serves, beside the label of its name."""

MODEL_VOLUMES = ("persistentVolumeClaim", "csi", "nfs", "image", "hostPath")

SCALED_OBJECTS = kinds("ScaledObject", "keda.sh/v1alpha1")
POD_AUTOSCALERS = kinds(
    "HorizontalPodAutoscaler", *(f"autoscaling/{v}" for v in ("v1", "v2", "v2beta1", "v2beta2"))
)

REPLICAS = counts_by_environment(
    "replicas",
    {environment: rules.server_replicas for environment, rules in ENVIRONMENTS.items()},
    "The most replicas that an autoscaler may ask for, per environment.",
)


@stack_rule(
    "bulkhead-endpoint-hide-behind-gateway",
    types=NETWORK_POLICIES,
    severity=Severity.CRITICAL,
    requirements=("INF-2", "ISO-3"),
    frameworks=("ATLAS AML.M0019",),
    title="Servers of models are reached through the gateway alone",
    why="Whoever reaches the server around the gateway is nobody's tenant: no identity, no quota, "
    "no limit of length and no record.",
    remediation="Let in the gateway's namespace by its name, and nobody else.",
    options=(GATEWAY_NAMESPACES,),
)
def hidden_behind_gateway(policy: Resource, stack: Stack) -> Findings:
    """Judge who is let in by policies that select a server of the stack, or the role of servers."""
    spec = policy.props["spec"]
    senders = [peer for rule in spec["ingress"].items() for peer in rule["from"].items()]
    if senders and _selects_servers(policy, stack):
        gateways = policy.settings[GATEWAY_NAMESPACES]
        yield from each(senders, lambda peer: _is_gateway(peer, gateways))


def _selects_servers(policy: Resource, stack: Stack) -> bool:
    selector = policy.props.at("spec", "podSelector")
    if selector["matchLabels"][ROLE_LABEL].text() == INFERENCE_SERVER:
        return True
    servers = stack.once(_servers).get(place(policy, stack), [])
    return any_holds(servers, lambda labels: selects(selector, labels))


def _is_gateway(peer: View, gateways: tuple[str, ...]) -> Findings:
    named = peer["namespaceSelector"]["matchLabels"][NAMESPACE_NAME]
    if named.text() not in gateways:
        yield peer.refuse("others than the gateway are let in", allowed=gateways)


def _servers(stack: Stack) -> Mapping[Place, list[View]]:
    """The labels of the pods that serve models, by where they stand."""
    found: dict[Place, list[View]] = {}
    for where, resources in by_place(stack, CONTROLLERS).items():
        for resource in resources:
            try:
                found.setdefault(where, []).extend(_labels_of_servers(resource))
            except StopError:
                continue
    return found


def _labels_of_servers(resource: Resource) -> list[View]:
    labels = [template.at("metadata", "labels") for template in templates(resource)]
    return [told for told in labels if told[ROLE_LABEL].text() == INFERENCE_SERVER]


@resource_rule(
    "bulkhead-endpoint-carry-card",
    types=CONTROLLERS,
    severity=Severity.HIGH,
    requirements=("MOD-1", "MOD-2", "INF-5", "OBS-1"),
    frameworks=("ATLAS AML.M0023",),
    title="Servers of models say which approved model they serve",
    why="Weeks after an answer nobody knows which weights gave it, and a model that is retired "
    "stays in service.",
    remediation="Label the pods with the model and annotate version, digest and approval.",
)
def card_carried(resource: Resource) -> Findings:
    """Judge pods with the role of a server; a value that is not known yet is told."""
    for template in templates(resource):
        labels, notes = (template.at("metadata", key) for key in ("labels", "annotations"))
        if labels[ROLE_LABEL].text() != INFERENCE_SERVER:
            continue
        if not labels[MODEL_LABEL].is_named:
            yield labels[MODEL_LABEL].refuse("no model is named", allowed="its name")
        yield from each(CARD, partial(_told, notes=notes))


def _told(key: str, notes: View) -> Findings:
    note, allowed = notes[key], CARD[key]
    if not note.is_named:
        yield note.refuse("the model's card is incomplete", allowed=allowed)
    elif key == DIGEST_NOTE and note.is_text and not DIGEST.fullmatch(note.text() or ""):
        yield note.refuse("not a digest", allowed=allowed)


@resource_rule(
    "bulkhead-endpoint-mount-readonly",
    types=CONTROLLERS,
    severity=Severity.HIGH,
    requirements=("INF-5", "ISO-3"),
    frameworks=("ATLAS AML.M0005",),
    title="Servers of models can't write to what they serve",
    why="A server that can write its weights turns a break-in into a poisoned model for every "
    "later start.",
    remediation="Mount claims and CSI volumes with readOnly true; write to an emptyDir.",
)
def models_read_only(resource: Resource) -> Findings:
    """Judge the lasting volumes of pods with the role of a server."""
    for template in templates(resource):
        if template.at("metadata", "labels", ROLE_LABEL).text() != INFERENCE_SERVER:
            continue
        spec = template["spec"]
        lasting = {
            volume["name"].text()
            for volume in spec["volumes"].items()
            if any(
                volume[kind].is_set and not volume[kind]["readOnly"].flag()
                for kind in MODEL_VOLUMES
            )
        }
        mounts = [m for c in spec["containers"].items() for m in c["volumeMounts"].items()]
        yield from each(mounts, partial(_read_only, lasting=lasting))


def _read_only(mount: View, lasting: set[str | None]) -> Findings:
    if mount["name"].text() in lasting and not mount["readOnly"].flag():
        yield mount["readOnly"].refuse("the model can be written", allowed="true")


@resource_rule(
    "bulkhead-scaler-limit-replicas",
    types=SCALED_OBJECTS | POD_AUTOSCALERS,
    severity=Severity.MEDIUM,
    requirements=("INF-6", "COST-4"),
    frameworks=("OWASP LLM10",),
    title="Autoscalers have a ceiling that the budget sets",
    why="A flood of requests, or a loop, buys GPUs until somebody notices; KEDA's own ceiling is "
    "100 replicas.",
    remediation="Set maxReplicaCount (KEDA) or maxReplicas to what the budget carries.",
    options=(REPLICAS,),
)
def replicas_limited(scaler: Resource) -> Findings:
    """Judge presence, and the number in the environment that the labels tell."""
    key = "maxReplicaCount" if scaler.type in SCALED_OBJECTS else "maxReplicas"
    most = scaler.props.at("spec", key)
    if not most.is_set:
        yield most.refuse("no ceiling", allowed="a number")
    environment = scaler.environment
    if environment is not None and most.is_set:
        ceiling = scaler.settings[REPLICAS][environment]
        if (most.number() or 0) > ceiling:
            yield most.refuse(f"too many replicas for {environment}", allowed=f"{ceiling} or fewer")

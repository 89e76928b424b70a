"""Which pods may connect to what: the one place where it stands.

``docs/pod_matrix.py`` writes the page of it, and ``tests/cluster_live/test_reach.py`` holds that
the rendered network policies open this and nothing else.
"""

from dataclasses import dataclass

from bulkhead.cluster.sandbox_runtimes import KATA_PODS
from bulkhead.cluster.system_policies import (
    API_SERVER_SERVICE,
    DNS_PODS,
    KARPENTER_PODS,
    POD_IDENTITY_AGENT,
    SECRETS_PODS,
    STORAGE_NODE_PODS,
    STORAGE_PODS,
)
from bulkhead.domain.addresses import SERVICE_NETWORK
from bulkhead.domain.admission import GATEWAY_NAMESPACE
from bulkhead.domain.queues import QUEUE_NAMESPACE, training_namespace
from bulkhead.domain.sandboxes import CONTROLLER_NAMESPACE as SANDBOX_NAMESPACE
from bulkhead.domain.sandboxes import sandbox_namespace
from bulkhead.workloads import controller_policies as gateway_controllers
from bulkhead.workloads import image_verification as images
from bulkhead.workloads import load_balancer_controller as balancing
from bulkhead.workloads import queue_controller as queues
from bulkhead.workloads import sandbox_controller as sandboxes
from bulkhead.workloads import scaling_controllers as scaling
from bulkhead.workloads.gateway_edge import PROXIES, PROXY_PORT
from bulkhead.workloads.names import (
    BALANCING_NAMESPACE,
    CONTROLLER_NAMESPACE,
    COUNTERS_PORT,
    INFERENCE_PORT,
    SCALING_NAMESPACE,
    VERIFIER_NAMESPACE,
)
from bulkhead.workloads.network_policies import RATE_LIMIT_PORT, SERVERS, TRAINERS, XDS_PORT
from bulkhead.workloads.sandbox_specs import ROLE as AGENT_ROLE
from bulkhead.workloads.tool_specs import TOOL_PORT, TOOL_PROXIES

SYSTEM, DEFAULT = "kube-system", "default"
ANY_TENANT = "<tenant>"
"""Stands for the name of each tenant."""


@dataclass(frozen=True)
class Pods:
    """Pods of one kind.

    Attributes:
        name: what they are.
        namespace: where they run; with ``<tenant>`` in it, one for each tenant.
        labels: by which policies select them, as pairs.
    """

    name: str
    namespace: str
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Address:
    """Something outside of the cluster's pods.

    Attributes:
        name: what it is.
        address: one of its addresses in the cluster that tests compute.
        network: as components are told it, or know it themselves; empty where none is.
    """

    name: str
    address: str
    network: str = ""


Peer = Pods | Address
Port = tuple[int, str]
"""Number and protocol."""


@dataclass(frozen=True)
class Flow:
    """Connections that are allowed, and why.

    Attributes:
        sources, targets: each of the first may connect to each of the second.
        ports: the ports of the targets; None for all, of every protocol.
        within: whether only inside one namespace.
    """

    sources: tuple[Peer, ...]
    targets: tuple[Peer, ...]
    ports: tuple[Port, ...] | None
    why: str
    within: bool = False


def _pods(name: str, namespace: str, labels: dict[str, str]) -> Pods:
    return Pods(name, namespace, tuple(sorted(labels.items())))


def _tcp(*ports: int) -> tuple[Port, ...]:
    return tuple((port, "TCP") for port in ports)


TENANT, TRAINING = ANY_TENANT, training_namespace(ANY_TENANT)
SANDBOXES = sandbox_namespace(ANY_TENANT)

SERVER = _pods("inference server", TENANT, SERVERS["match_labels"])
TRAINER = _pods("trainer", TRAINING, TRAINERS["match_labels"])
AGENT = _pods("agent's sandbox", SANDBOXES, AGENT_ROLE)
PROXY = _pods("proxy of models", GATEWAY_NAMESPACE, PROXIES)
TOOL_PROXY = _pods("proxy of tools", GATEWAY_NAMESPACE, TOOL_PROXIES)

ENVOY_GATEWAY, RATE_LIMIT, AI_GATEWAY, CERTIFICATES = (
    _pods(name, CONTROLLER_NAMESPACE, selector["match_labels"])
    for name, selector in (
        ("Envoy Gateway", gateway_controllers.ENVOY_GATEWAY),
        ("service that counts", gateway_controllers.RATE_LIMIT),
        ("Envoy AI Gateway", gateway_controllers.AI_GATEWAY),
        ("job that makes certificates", gateway_controllers.CERTGEN),
    )
)
KEDA, KEDA_METRICS, KEDA_WEBHOOKS = (
    _pods(name, SCALING_NAMESPACE, {"app": app})
    for name, app in (
        ("KEDA's operator", scaling.OPERATOR),
        ("KEDA's metrics server", scaling.METRICS_SERVER),
        ("KEDA's webhooks", scaling.WEBHOOKS),
    )
)
BALANCING = _pods("AWS Load Balancer Controller", BALANCING_NAMESPACE, balancing.PODS)
VERIFIER = _pods("policy-controller", VERIFIER_NAMESPACE, images.WEBHOOK)
VERIFIER_CLEANUP = _pods("job that takes its leases away", VERIFIER_NAMESPACE, images.CLEANUP)
KUEUE = _pods("Kueue", QUEUE_NAMESPACE, queues.PODS)
SWITCH = _pods("job that opens and closes queues", QUEUE_NAMESPACE, queues.SWITCH_PODS)
SANDBOX_CONTROLLER = _pods("agent-sandbox", SANDBOX_NAMESPACE, sandboxes.PODS)
DNS = _pods("CoreDNS", SYSTEM, DNS_PODS)
STORAGE = _pods("EBS driver's controller", SYSTEM, STORAGE_PODS)
STORAGE_NODE = _pods("EBS driver's daemon", SYSTEM, STORAGE_NODE_PODS)
SECRETS = tuple(_pods(f"secrets: `{app}`", SYSTEM, {"app": app}) for app in SECRETS_PODS)
KARPENTER = _pods("Karpenter", SYSTEM, KARPENTER_PODS)
KATA = tuple(_pods(f"Kata: `{name}`", SYSTEM, labels) for name, labels in KATA_PODS.items())

NAMED = (
    *(SERVER, TRAINER, PROXY, TOOL_PROXY),
    *(ENVOY_GATEWAY, RATE_LIMIT, AI_GATEWAY, CERTIFICATES),
    *(BALANCING, KEDA, KEDA_METRICS, KEDA_WEBHOOKS, VERIFIER, VERIFIER_CLEANUP, KUEUE, SWITCH),
)
"""Kinds of the namespaces in which every pod asks for names."""

OTHERS = {
    namespace: Pods("any other pod", namespace)
    for namespace in dict.fromkeys(
        [*(kind.namespace for kind in NAMED), SANDBOXES, SANDBOX_NAMESPACE, SYSTEM]
    )
}
"""Pods of no kind, by namespace."""

IN_DEFAULT = Pods("any pod", DEFAULT)
STRANGER = Pods("any pod", "a namespace that is not bulkhead's")
PODS: tuple[Pods, ...] = (
    *NAMED,
    *(AGENT, SANDBOX_CONTROLLER, DNS, STORAGE, STORAGE_NODE, *SECRETS, KARPENTER, *KATA),
    *OTHERS.values(),
    *(IN_DEFAULT, STRANGER),
)

API_SERVER = Address("API server", "10.20.1.5", "10.20.1.0/28")
API_ADDRESS = Address(
    "API server's virtual address", API_SERVER_SERVICE.partition("/")[0], API_SERVER_SERVICE
)
ENDPOINTS = Address("VPC endpoints", "10.20.2.7", "10.20.2.0/26")
IDENTITY = Address("Pod Identity agent", POD_IDENTITY_AGENT.partition("/")[0], POD_IDENTITY_AGENT)
RESOLVER = Address("VPC's DNS resolver", "10.20.0.2", "10.20.0.2/32")
LOAD_BALANCER = Address("load balancer", "10.20.8.9", "10.20.8.0/22")
ISSUER = Address("keys of clients' issuer", "10.20.250.9", "10.20.250.0/24")
TOOL_ISSUER = Address("keys of agents' issuer", "10.20.31.9", "10.20.31.0/28")
COUNTERS = Address("store of counters", "10.20.24.9", "10.20.24.0/22")
TOOLS = Address("tools' servers", "10.20.30.9", "10.20.30.0/28")
LISTED = Address("what a sandbox's `egress` lists", "10.64.40.9", "10.64.40.9/32")
CLOSED = (
    Address("instance metadata", "169.254.169.254"),
    Address("virtual address of another service", str(SERVICE_NETWORK[10])),
    Address("nodes", "10.20.16.9"),
    Address("private networks outside of the VPC", "10.64.0.9"),
    Address("internet", "198.51.100.9"),
)
"""What no pod reaches, and what reaches no pod."""

ADDRESSES: tuple[Address, ...] = (
    *(API_SERVER, API_ADDRESS, ENDPOINTS, IDENTITY, RESOLVER, LOAD_BALANCER, ISSUER, COUNTERS),
    *(TOOLS, TOOL_ISSUER, LISTED, *CLOSED),
)

HTTP, HTTPS, NAMES = _tcp(80), _tcp(443), ((53, "UDP"), (53, "TCP"))
LISTED_PORT = 5432

ASKING = (*NAMED, *(OTHERS[kind.namespace] for kind in NAMED), AGENT)
IN_AWS = (SERVER, TRAINER, KEDA, BALANCING, VERIFIER, STORAGE, *SECRETS, KARPENTER)
CONTROLLERS = (
    *(ENVOY_GATEWAY, AI_GATEWAY, CERTIFICATES, BALANCING, KEDA, KEDA_METRICS, KEDA_WEBHOOKS),
    *(VERIFIER, VERIFIER_CLEANUP, KUEUE, SWITCH, SANDBOX_CONTROLLER),
    *(DNS, STORAGE, STORAGE_NODE, *SECRETS, KARPENTER, *KATA),
)

FLOWS = (
    Flow((LOAD_BALANCER,), (PROXY,), _tcp(PROXY_PORT), "requests of clients"),
    Flow((PROXY,), (SERVER,), _tcp(INFERENCE_PORT), "the one way to a model (INF-2)"),
    Flow((AGENT,), (TOOL_PROXY,), _tcp(TOOL_PORT), "calls of tools (ISO-11)"),
    Flow((AGENT,), (LISTED,), _tcp(LISTED_PORT), "what `AgentSandbox` was told, here a database"),
    Flow((TRAINER,), (TRAINER,), None, "collectives, which pick their ports", within=True),
    Flow((TOOL_PROXY,), (TOOLS,), HTTPS, "tools, on the ports of their servers"),
    Flow((PROXY,), (ISSUER,), HTTPS, "keys by which tokens are verified"),
    Flow((TOOL_PROXY,), (TOOL_ISSUER,), HTTPS, "keys by which tokens are verified"),
    Flow((PROXY, TOOL_PROXY), (ENVOY_GATEWAY,), _tcp(XDS_PORT), "configuration of proxies"),
    Flow((PROXY, TOOL_PROXY), (RATE_LIMIT,), _tcp(RATE_LIMIT_PORT), "counts of requests"),
    Flow(
        (RATE_LIMIT,),
        (ENVOY_GATEWAY,),
        _tcp(gateway_controllers.LIMITS_PORT),
        "configuration of limits",
    ),
    Flow((RATE_LIMIT,), (COUNTERS,), _tcp(COUNTERS_PORT), "counts that all proxies share"),
    Flow(
        (ENVOY_GATEWAY,),
        (AI_GATEWAY,),
        _tcp(gateway_controllers.HOOK_PORT),
        "its say on configurations",
    ),
    Flow((KEDA_METRICS,), (KEDA,), _tcp(scaling.GRPC_PORT), "metrics to scale by"),
    Flow((API_SERVER,), (AI_GATEWAY,), _tcp(gateway_controllers.WEBHOOK_PORT), "admission"),
    Flow((API_SERVER,), (KEDA_METRICS,), _tcp(scaling.METRICS_PORT), "metrics to scale by"),
    Flow((API_SERVER,), (KEDA_WEBHOOKS,), _tcp(scaling.WEBHOOK_PORT), "admission"),
    Flow((API_SERVER,), (BALANCING,), _tcp(balancing.WEBHOOK_PORT), "admission"),
    Flow((API_SERVER,), (VERIFIER,), _tcp(images.WEBHOOK_PORT), "admission of images"),
    Flow(
        (API_SERVER,),
        (KUEUE,),
        _tcp(queues.WEBHOOK_PORT, queues.VISIBILITY_PORT),
        "admission, and a look at queues",
    ),
    Flow((API_SERVER,), (SANDBOX_CONTROLLER,), _tcp(sandboxes.WEBHOOK_PORT), "admission"),
    Flow(CONTROLLERS, (API_SERVER, API_ADDRESS), HTTPS, "what controllers watch and change"),
    Flow(IN_AWS, (IDENTITY,), HTTP, "credentials of their own role"),
    Flow(IN_AWS, (ENDPOINTS,), HTTPS, "AWS, in their role's name"),
    Flow((*ASKING, STORAGE, *SECRETS, KARPENTER, STRANGER), (DNS,), NAMES, "names"),
    Flow((DNS,), (RESOLVER,), NAMES, "names that are not the cluster's"),
)

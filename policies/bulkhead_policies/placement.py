"""Which nodes pods land on, whom they displace and whether enough of them remain."""

from collections.abc import Mapping

from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead_policies.findings import Findings, any_holds, each
from bulkhead_policies.limits import uses_accelerators
from bulkhead_policies.pods import CONTROLLERS, EVERY_POD, SERVER_KINDS, pods, templates
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.selectors import Place, by_place, place, selects
from bulkhead_policies.stack import Stack
from bulkhead_policies.tokens import kinds
from bulkhead_policies.view import View

SYSTEM_PRIORITIES = ("system-cluster-critical", "system-node-critical")
SYSTEM_NAMESPACE = "kube-system"
TENANT_TAINT = f"{LABEL_PREFIX}tenant"
BUDGETS = kinds("PodDisruptionBudget", "policy/v1", "policy/v1beta1")


@resource_rule(
    "bulkhead-pod-deny-system-priority",
    types=CONTROLLERS,
    severity=Severity.HIGH,
    requirements=("TRN-2",),
    title="Workloads don't take the priorities of the cluster itself",
    why="A pod of system priority evicts every other pod, DNS and storage drivers among them.",
    remediation="Name a priority class of the platform.",
)
def system_priority_denied(resource: Resource) -> Findings:
    """Judge the priority of pods outside of kube-system that are not the platform's."""
    where = resource.props.at("metadata", "namespace")
    if (where.is_text and where.text() == SYSTEM_NAMESPACE) or resource.belongs_to_platform:
        return
    yield from each([spec["priorityClassName"] for spec in pods(resource)], _not_of_the_system)


def _not_of_the_system(name: View) -> Findings:
    if name.text() in SYSTEM_PRIORITIES:
        yield name.refuse("a priority of the cluster itself", allowed="another class")


@resource_rule(
    "bulkhead-pod-rank-gpus",
    types=CONTROLLERS,
    severity=Severity.LOW,
    requirements=("TRN-2",),
    title="Pods that use accelerators name their priority",
    why="Without priorities the pod that came first keeps the GPU, and production waits for an "
    "experiment.",
    remediation="Set priorityClassName.",
)
def gpu_pods_ranked(resource: Resource) -> Findings:
    """Judge pods of resources that ask for accelerators; a name that is not known is a name."""
    if uses_accelerators(resource):
        yield from each([spec["priorityClassName"] for spec in pods(resource)], _ranked)


def _ranked(name: View) -> Findings:
    if not name.is_named:
        yield name.refuse("no priority for accelerators", allowed="a priority class")


@resource_rule(
    "bulkhead-pod-deny-node-pinning",
    types=EVERY_POD,
    severity=Severity.MEDIUM,
    requirements=("ISO-4", "TRN-3"),
    title="Pods go where the scheduler places them",
    why="nodeName goes around the scheduler, and so around taints, quotas of queues and free room.",
    remediation="Remove nodeName; select nodes with nodeSelector or affinity.",
)
def node_pinning_denied(resource: Resource) -> Findings:
    """Judge every pod; a node that is not known yet is named too."""
    yield from each(pods(resource), _not_pinned)


def _not_pinned(spec: View) -> Findings:
    if spec.holds("nodeName") and spec["nodeName"].is_named:
        yield spec["nodeName"].refuse("a node is named", allowed="none")


@resource_rule(
    "bulkhead-pod-deny-foreign-pools",
    types=CONTROLLERS,
    severity=Severity.HIGH,
    requirements=("ISO-4", "ISO-2"),
    frameworks=("ATLAS AML.M0032",),
    title="Tenants' pods tolerate the taints of no other tenant",
    why="A toleration of every taint opens every tenant's nodes; beside their pods an escape "
    "reaches their models.",
    remediation="Tolerate the taint of the tenant's own pool, with its key and value.",
)
def foreign_pools_denied(resource: Resource) -> Findings:
    """Judge the tolerations of everything but the platform's own agents."""
    if resource.belongs_to_platform:
        return
    tenant = resource.label("tenant")
    tolerations = [t for spec in pods(resource) for t in spec["tolerations"].items()]
    yield from each(tolerations, lambda toleration: _own_pool(toleration, tenant))


def _own_pool(toleration: View, tenant: str | None) -> Findings:
    key = toleration["key"]
    if not key.text():
        yield toleration.refuse("every taint is tolerated", allowed="a key")
    elif key.text() == TENANT_TAINT and (
        toleration["operator"].text() == "Exists" or toleration["value"].text() != tenant
    ):
        yield toleration.refuse("another tenant's nodes are tolerated", allowed=str(tenant))


@resource_rule(
    "bulkhead-server-spread-replicas",
    types=SERVER_KINDS,
    severity=Severity.LOW,
    requirements=("INF-6",),
    title="Replicas of a server spread over nodes or zones",
    why="Two replicas on one node fail together.",
    remediation="Set topologySpreadConstraints, or a podAntiAffinity.",
)
def replicas_spread(resource: Resource) -> Findings:
    """Judge servers of two replicas or more; how many an autoscaler makes is not known here."""
    if (resource.props.at("spec", "replicas").number() or 1) >= 2:
        yield from each(pods(resource), _spread)


def _spread(spec: View) -> Findings:
    constraints = spec["topologySpreadConstraints"]
    if not constraints.is_set and not spec["affinity"]["podAntiAffinity"].is_set:
        yield constraints.refuse("replicas may share a node", allowed="a spread constraint")


@stack_rule(
    "bulkhead-server-budget-disruptions",
    types=SERVER_KINDS,
    severity=Severity.LOW,
    requirements=("INF-6", "INF-7"),
    title="A server of several replicas keeps some of them through disruptions",
    why="A node upgrade or a consolidation drains all replicas at once where no budget forbids.",
    remediation="Add a PodDisruptionBudget that selects the pods, in the same stack.",
)
def disruptions_budgeted(resource: Resource, stack: Stack) -> Findings:
    """Judge servers of two replicas or more."""
    if (resource.props.at("spec", "replicas").number() or 1) < 2:
        return
    budgets = stack.once(_budgets).get(place(resource, stack), [])
    for template in templates(resource):
        labels = template.at("metadata", "labels")
        if not any_holds(budgets, lambda b: selects(b.props.at("spec", "selector"), labels)):  # noqa: B023
            yield resource.props.at("spec", "replicas").refuse(
                "no disruption budget", allowed="a PodDisruptionBudget"
            )


def _budgets(stack: Stack) -> Mapping[Place, list[Resource]]:
    return by_place(stack, BUDGETS)

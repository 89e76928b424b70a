"""Queues of Kueue: who may use a pool's quota, and how much of its neighbours' (TRN-2)."""

from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.tokens import kinds
from bulkhead_policies.view import View

VERSIONS = ("kueue.x-k8s.io/v1beta2", "kueue.x-k8s.io/v1beta1")
CLUSTER_QUEUES = kinds("ClusterQueue", *VERSIONS)


@resource_rule(
    "bulkhead-kueue-select-namespaces",
    types=CLUSTER_QUEUES,
    severity=Severity.HIGH,
    requirements=("TRN-2", "ISO-3"),
    title="A cluster's queue says whose jobs it takes",
    why="An empty selector lets every namespace spend the pool's budget.",
    remediation="Select the namespaces of the tenants that pay for the pool.",
)
def namespaces_selected(queue: Resource) -> Findings:
    """Judge the selector; without one the queue takes nobody's jobs, which is a mistake too."""
    selector = queue.props.at("spec", "namespaceSelector")
    if not selector.is_set:
        yield selector.refuse("takes no jobs", allowed="a selector of the tenants' namespaces")
    elif not (selector["matchLabels"].entries() or selector["matchExpressions"].items()):
        yield selector.refuse("takes everybody's jobs", allowed="a selector of some namespaces")


@resource_rule(
    "bulkhead-kueue-limit-borrowing",
    types=CLUSTER_QUEUES,
    severity=Severity.MEDIUM,
    requirements=("TRN-2",),
    title="Queues of a cohort borrow up to a limit",
    why="Without a limit one pool's experiments take the idle quota of all, production's among "
    "it, and production waits until they are evicted.",
    remediation="Set borrowingLimit for every resource of every flavor; 0 to borrow nothing.",
)
def borrowing_limited(queue: Resource) -> Findings:
    """Judge every resource of a queue that has a cohort; ``cohort`` is v1beta1's spelling."""
    spec = queue.props["spec"]
    if spec["cohortName"].is_named or spec["cohort"].is_named:
        yield from each(_resources(spec), _borrows_little)


def _borrows_little(resource: View) -> Findings:
    if not resource["borrowingLimit"].is_set:
        yield resource["borrowingLimit"].refuse("borrows without limit", allowed="a quantity")


@resource_rule(
    "bulkhead-kueue-reclaim-quota",
    types=CLUSTER_QUEUES,
    severity=Severity.MEDIUM,
    requirements=("TRN-2",),
    title="A queue that lends its quota gets it back",
    why="Lent quota that can't be reclaimed is gone until the borrower's job ends: production "
    "starves behind an experiment.",
    remediation="Set preemption.reclaimWithinCohort to LowerPriority or Any, or lendingLimit to 0.",
)
def quota_reclaimed(queue: Resource) -> Findings:
    """Judge queues of a cohort that lend something."""
    spec = queue.props["spec"]
    if not (spec["cohortName"].is_named or spec["cohort"].is_named):
        return
    policy = spec["preemption"]["reclaimWithinCohort"]
    if policy.text() in (None, "Never") and any(_lends(resource) for resource in _resources(spec)):
        yield policy.refuse("lent quota is not reclaimed", allowed=("LowerPriority", "Any"))


def _lends(resource: View) -> bool:
    limit = resource["lendingLimit"]
    return not (limit.is_set and limit.word() == "0")


def _resources(spec: View) -> list[View]:
    return [
        resource
        for group in spec["resourceGroups"].items()
        for flavor in group["flavors"].items()
        for resource in flavor["resources"].items()
    ]

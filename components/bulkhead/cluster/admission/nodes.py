"""Nodes: for whom they are."""

from bulkhead.cluster.admission.rule import AdmissionRule, Check, Match, texts
from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead.domain.pods import SANDBOXES, Runtime
from bulkhead.domain.pools import PLANE_KEY, TENANT_KEY, TIER_KEY
from bulkhead.domain.runtimes import runtime_label

KEPT = (
    TENANT_KEY,
    TIER_KEY,
    PLANE_KEY,
    f"{LABEL_PREFIX}pool",
    "karpenter.sh/nodepool",
    *(runtime_label(each) for each in Runtime if each in SANDBOXES),
)
"""Labels by which pods and Karpenter find a node: with another pool's Karpenter would count it in
that one's limits, and replace it by that one's."""

KEEP_NODE_LABELS = AdmissionRule(
    name="bulkhead-node-keep-labels",
    title="A node does not change for whom it is",
    why="Whoever holds a node's credentials would draw another tenant's pods onto it: the API "
    "server lets a node label itself, except under node-restriction.kubernetes.io, with which "
    "kubelets can't register (Kubernetes, NodeRestriction).",
    requirements=("POL-2", "ISO-4"),
    matches=(Match("", ("nodes", "nodes/status"), ("UPDATE",)),),
    conditions=(("by-a-node", "'system:nodes' in request.userInfo.?groups.orValue([])"),),
    checks=(
        Check(
            f"{texts(KEPT)}.all(k, object.metadata.?labels[?k] == oldObject.metadata.?labels[?k])",
            "a node relabels itself; allowed: the labels with which it came",
            given="request.userInfo.username",
        ),
    ),
    everywhere=True,
)

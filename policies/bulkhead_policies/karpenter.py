"""Nodes that Karpenter starts: how many, how old, for whom and how guarded."""

import re
from fnmatch import fnmatchcase

from bulkhead.domain.pools import TENANT_KEY
from bulkhead_policies.cost import ACCELERATED, FAMILIES
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource, read_labels
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.settings import number
from bulkhead_policies.tokens import kinds
from bulkhead_policies.view import View

NODE_POOLS = kinds("NodePool", "karpenter.sh/v1")
NODE_CLASSES = kinds("EC2NodeClass", "karpenter.k8s.aws/v1")

FAMILY = "karpenter.k8s.aws/instance-family"
CATEGORY = "karpenter.k8s.aws/instance-category"
TYPE = "node.kubernetes.io/instance-type"
GPU_LABELS = ("karpenter.k8s.aws/instance-gpu-", "karpenter.k8s.aws/instance-accelerator-")
ACCELERATED_CATEGORIES = ("g", "p", "inf", "trn", "dl")

KEEPS_OFF = ("NoSchedule", "NoExecute")
"""Effects of a taint that keep pods off."""

TRUSTED_OWNERS = ("self", "amazon")
"""Whose images nodes start from; Karpenter's own default."""

UNITS = {"s": 1, "m": 60, "h": 3600}
OLDEST = number(
    "hours", 30 * 24, "The longest that a node may live, in hours. Default: Karpenter's 720."
)


@resource_rule(
    "bulkhead-karpenter-limit-pools",
    types=NODE_POOLS,
    severity=Severity.HIGH,
    requirements=("COST-4", "TRN-3"),
    title="Node pools of Karpenter have limits",
    why="Without limits Karpenter buys a node for every pod that a loop can make.",
    remediation="Set spec.limits for cpu and memory, or for nodes.",
)
def pools_limited(pool: Resource) -> Findings:
    """Judge whether cpu, memory, an accelerator or the number of nodes has a limit."""
    spec, limits = pool.props["spec"], pool.props.at("spec", "limits")
    if spec.holds("replicas") or (spec.holds("limits") and limits.is_unknown):
        return
    if not limits.entries():
        yield limits.refuse("no limits", allowed="quantities of cpu, memory or nodes")


@resource_rule(
    "bulkhead-karpenter-expire-nodes",
    types=NODE_POOLS,
    severity=Severity.MEDIUM,
    requirements=("TRN-4", "ISO-2"),
    title="Nodes are replaced before they are old",
    why="A node that never expires runs an unpatched kernel, and what an intruder left on it.",
    remediation="Set expireAfter to 720h or less.",
    options=(OLDEST,),
)
def nodes_expire(pool: Resource) -> Findings:
    """Judge the age; Karpenter's default is 720h."""
    age = pool.props.at("spec", "template", "spec", "expireAfter")
    if (text := age.text()) is None:
        return
    steps = re.findall(r"([0-9]+)([smh])", text)
    hours = sum(int(number) * UNITS[unit] for number, unit in steps) / UNITS["h"]
    if not steps or hours > pool.settings[OLDEST]:
        yield age.refuse("nodes grow too old", allowed=f"{pool.settings[OLDEST]}h or less")


@resource_rule(
    "bulkhead-karpenter-taint-accelerators",
    types=NODE_POOLS,
    severity=Severity.MEDIUM,
    requirements=("ISO-4", "COST-4"),
    title="Nodes with accelerators turn other pods away",
    why="A pod that needs no GPU keeps a machine of forty dollars an hour from shutting down, and "
    "stands beside a tenant's model.",
    remediation="Add a taint with the effect NoSchedule or NoExecute to the pool's template.",
)
def accelerators_tainted(pool: Resource) -> Findings:
    """Judge pools whose requirements or limits name accelerators."""
    spec = pool.props.at("spec", "template", "spec")
    if _is_accelerated(spec["requirements"]) and not any(
        taint["effect"].text() in KEEPS_OFF for taint in spec["taints"].items()
    ):
        yield spec["taints"].refuse("open to every pod", allowed="a taint")


def _is_accelerated(requirements: View) -> bool:
    return any(_names_accelerators(requirement) for requirement in requirements.items())


def _names_accelerators(requirement: View) -> bool:
    key, operator = requirement["key"].text() or "", requirement["operator"].text()
    if key.startswith(GPU_LABELS):
        return operator in ("In", "Exists", "Gt", "Gte")
    if operator != "In":
        return False
    values = requirement["values"].texts()
    if key == CATEGORY:
        return any(value in ACCELERATED_CATEGORIES for value in values)
    families = [value.partition(".")[0] for value in values] if key in (FAMILY, TYPE) else []
    return any(fnmatchcase(f, pattern) for f in families for pattern in ACCELERATED)


@resource_rule(
    "bulkhead-karpenter-limit-families",
    types=NODE_POOLS,
    severity=Severity.MEDIUM,
    requirements=("COST-4", "POL-1"),
    title="Karpenter starts families that the environment allows, and they are named",
    why="Where no family is named Karpenter takes whatever is free, up to the largest machine.",
    remediation="Require instance families, categories or types with the operator In.",
    options=(FAMILIES,),
)
def families_named(pool: Resource) -> Findings:
    """Judge the requirements that decide the family, in the environment of the pool's labels."""
    requirements = pool.props.at("spec", "template", "spec", "requirements")
    named = [r for r in requirements.items() if r["key"].text() in (FAMILY, CATEGORY, TYPE)]
    if not any(requirement["operator"].text() == "In" for requirement in named):
        yield requirements.refuse("any instance type", allowed=f"{FAMILY} In …")
    environment = pool.environment
    if environment is not None:
        allowed = pool.settings[FAMILIES][environment]
        kinds = [
            value
            for requirement in named
            if requirement["key"].text() != CATEGORY and requirement["operator"].text() == "In"
            for value in requirement["values"].items()
        ]
        yield from each(kinds, lambda kind: _in_families(kind, allowed))


def _in_families(kind: View, allowed: tuple[str, ...]) -> Findings:
    family = (kind.text() or "").partition(".")[0]
    if not any(fnmatchcase(family, pattern) for pattern in allowed):
        yield kind.refuse("an instance family that the environment does not allow", allowed=allowed)


@resource_rule(
    "bulkhead-karpenter-require-imdsv2",
    types=NODE_CLASSES,
    severity=Severity.HIGH,
    requirements=("ISO-3", "IAM-1"),
    title="Instance metadata of Karpenter's nodes asks for a token and stops at the node",
    why="A pod that reaches the metadata service takes the node's role.",
    remediation="Leave metadataOptions out, or set httpTokens required and "
    "httpPutResponseHopLimit 1.",
)
def node_metadata_guarded(nodes: Resource) -> Findings:
    """Judge what differs from Karpenter's defaults, which are those of the remediation."""
    options = nodes.props.at("spec", "metadataOptions")
    if options["httpEndpoint"].text() == "disabled":
        return
    if options["httpTokens"].text() not in (None, "required"):
        yield options["httpTokens"].refuse("metadata without a token", allowed="required")
    if options["httpPutResponseHopLimit"].number() not in (None, 1):
        yield options["httpPutResponseHopLimit"].refuse("metadata reaches pods", allowed="1")


@resource_rule(
    "bulkhead-karpenter-encrypt-volumes",
    types=NODE_CLASSES,
    severity=Severity.HIGH,
    requirements=("STO-2",),
    title="Volumes of Karpenter's nodes are encrypted",
    why="Weights and prompts are cached on the node's volume, and its snapshots outlive it.",
    remediation="Set ebs.encrypted to true, with the kmsKeyID of the partition's key.",
)
def node_volumes_encrypted(nodes: Resource) -> Findings:
    """Judge the volumes that are told; those that Karpenter adds by itself are encrypted."""
    yield from each(nodes.props.at("spec", "blockDeviceMappings").items(), _encrypted)


def _encrypted(mapping: View) -> Findings:
    volume = mapping["ebs"]
    if volume.is_set and not volume["encrypted"].flag():
        yield volume["encrypted"].refuse("not encrypted", allowed="true")


@resource_rule(
    "bulkhead-karpenter-use-customer-keys",
    types=NODE_CLASSES,
    severity=Severity.HIGH,
    requirements=("STO-2", "KEY-1"),
    title="Volumes of Karpenter's nodes above tier internal name a customer key",
    why="The key that AWS keeps for EBS opens the disks of every tenant and tier of the account.",
    remediation="Set ebs.kmsKeyID of every blockDeviceMapping to the key of the nodes' tier.",
)
def node_keys_named(nodes: Resource) -> Findings:
    """Judge the volumes that are told, and that there are some: Karpenter's own have AWS's key."""
    if not nodes.tier_rules.keys.customer_managed:
        return
    mappings = nodes.props.at("spec", "blockDeviceMappings")
    if not mappings.items():
        yield mappings.refuse(f"no customer key on nodes {nodes.of_tier}", allowed="a mapping")
    for mapping in mappings.items():
        key = mapping.at("ebs", "kmsKeyID")
        if not key.is_named:
            yield key.refuse(
                f"no customer key on nodes {nodes.of_tier}", allowed="a key of their tier"
            )


@resource_rule(
    "bulkhead-karpenter-trust-images",
    types=NODE_CLASSES,
    severity=Severity.HIGH,
    requirements=("ISO-2", "INF-5"),
    title="Karpenter's nodes start from images of AWS or of the account",
    why="Anybody may publish an image under a name that looks like AWS's; its root owns every pod "
    "of the node.",
    remediation="Leave owner out of amiSelectorTerms, or set it to self or amazon.",
)
def image_owners_trusted(nodes: Resource) -> Findings:
    """Judge the owners that are told; Karpenter's own choice is self and amazon."""
    terms = nodes.props.at("spec", "amiSelectorTerms").items()
    yield from each([term["owner"] for term in terms], _is_trusted)


def _is_trusted(owner: View) -> Findings:
    if owner.text() not in (None, *TRUSTED_OWNERS):
        yield owner.refuse("images of somebody else", allowed=TRUSTED_OWNERS)


@resource_rule(
    "bulkhead-karpenter-keep-apart",
    types=NODE_POOLS,
    severity=Severity.HIGH,
    requirements=("ISO-4",),
    title="Nodes of one tenant turn other tenants' pods away",
    why="A pool that is a tenant's by its label alone takes every pod that is pending, and a "
    "container that escapes there finds the tenant's model.",
    remediation="Give the template the taint bulkhead.dev/tenant with the tenant's name and the "
    "effect NoSchedule, and the label of the same key and value.",
)
def tenants_kept_apart(pool: Resource) -> Findings:
    """Judge pools that are labelled as one tenant's, and that are not the platform's."""
    tenant = pool.label("tenant")
    if tenant is None or pool.belongs_to_platform:
        return
    template = pool.props.at("spec", "template")
    taints = template.at("spec", "taints")
    if not any(_keeps_for(taint, tenant) for taint in taints.items()):
        yield taints.refuse("open to other tenants", allowed=f"{TENANT_KEY}={tenant}:NoSchedule")
    label = read_labels(template.at("metadata", "labels")).get("tenant")
    if label is None or (label.text() or "").lower() != tenant:
        yield template.at("metadata", "labels").refuse(
            "nodes that their tenant's pods can't select", allowed=f"{TENANT_KEY}: {tenant}"
        )


def _keeps_for(taint: View, tenant: str) -> bool:
    return (
        taint["key"].text() == TENANT_KEY
        and (taint["value"].text() or "").lower() == tenant
        and taint["effect"].text() in KEEPS_OFF
    )


@resource_rule(
    "bulkhead-karpenter-hide-nodes",
    types=NODE_CLASSES,
    severity=Severity.HIGH,
    requirements=("NET-1",),
    title="Karpenter's nodes get no public addresses",
    why="A node with a public address is attacked from the internet and reaches out around the "
    "egress allowlist.",
    remediation="Remove associatePublicIPAddress, and select private subnets.",
)
def nodes_hidden(nodes: Resource) -> Findings:
    """Judge the flag; without it the subnet decides, which has a rule of its own."""
    flag = nodes.props.at("spec", "associatePublicIPAddress")
    if flag.flag():
        yield flag.refuse("public addresses are handed out", allowed="false")


@resource_rule(
    "bulkhead-karpenter-pin-images",
    types=NODE_CLASSES,
    severity=Severity.LOW,
    requirements=("INF-7",),
    title="Karpenter's nodes start from an image that is named",
    why="With @latest an image that breaks the GPU driver reaches production on the day it is "
    "published, and nodes are replaced at a time that nobody chose.",
    remediation="Name a version in amiSelectorTerms, such as bottlerocket@v1.40.0.",
)
def node_images_pinned(nodes: Resource) -> Findings:
    """Judge the aliases of images."""
    terms = nodes.props.at("spec", "amiSelectorTerms").items()
    yield from each([term["alias"] for term in terms], _has_version)


def _has_version(alias: View) -> Findings:
    if (alias.text() or "").endswith("@latest"):
        yield alias.refuse("whatever image is newest", allowed="a version")

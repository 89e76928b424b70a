"""How far the internet gets, and how far a workload does, from security group to group."""

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from bulkhead.domain.tiers import Egress, Exposure
from bulkhead_policies.addresses import is_public, networks
from bulkhead_policies.findings import Findings, StopError, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, stack_rule
from bulkhead_policies.stack import Relation, Stack
from bulkhead_policies.tokens import EGRESS_RULE, INGRESS_RULE, SECURITY_GROUP_RULE, SECURITY_GROUPS
from bulkhead_policies.view import View

RULE_OF_GROUP = Relation(
    holders=frozenset({SECURITY_GROUP_RULE, INGRESS_RULE, EGRESS_RULE}),
    reference=("securityGroupId",),
    targets=SECURITY_GROUPS,
    name=("id",),
)

SOURCES = {
    SECURITY_GROUP_RULE: "sourceSecurityGroupId",
    INGRESS_RULE: "referencedSecurityGroupId",
}
"""Where a rule apart names the group that it lets in."""


def _let_in(group: Resource, stack: Stack) -> Iterator[tuple[Resource, View, str]]:
    """Each ingress rule of a group: who holds it, the rule, and where it names other groups."""
    for rule in group.props["ingress"].items():
        yield group, rule, "ingress"
    for holder in stack.naming(group, RULE_OF_GROUP):
        ingress = holder.type == INGRESS_RULE or (
            holder.type == SECURITY_GROUP_RULE and holder.props["type"].text() == "ingress"
        )
        if ingress:
            yield holder, holder.props, SOURCES[holder.type]


T = TypeVar("T")


@dataclass(frozen=True)
class Reach:
    """How far the internet gets within a stack.

    Attributes:
        surely: by the URN of a group, the network through which the internet gets there.
        perhaps: by the URN of a group, what keeps the preview from telling.
    """

    surely: Mapping[str, View]
    perhaps: Mapping[str, StopError]


def reach(stack: Stack) -> Reach:
    """Follow the rules of all security groups once, however many groups ask."""
    entries: dict[str, View] = {}
    doubts: dict[str, StopError] = {}
    onward: dict[str, list[str]] = defaultdict(list)
    for group in stack.of_types(SECURITY_GROUPS):
        try:
            for holder, rule, prop in _let_in(group, stack):
                for source in stack.depends_on(holder, prop, SECURITY_GROUPS):
                    onward[source.urn].append(group.urn)
                for network in networks(rule):
                    try:
                        if is_public(network):
                            entries[group.urn] = network
                    except StopError as stop:
                        doubts[group.urn] = stop
        except StopError as stop:
            doubts[group.urn] = stop
    return Reach(_spread(entries, onward), _spread(doubts, onward))


def _spread(starts: dict[str, T], onward: Mapping[str, list[str]]) -> dict[str, T]:
    """What each group that can be reached from ``starts`` was reached from."""
    found, waiting = dict(starts), deque(starts)
    while waiting:
        here = waiting.popleft()
        for there in onward.get(here, ()):
            if there not in found:
                found[there] = found[here]
                waiting.append(there)
    return found


@stack_rule(
    "bulkhead-ec2-deny-chained-ingress",
    types=SECURITY_GROUPS,
    severity=Severity.HIGH,
    requirements=("INF-1", "NET-1"),
    frameworks=("ATLAS AML.M0032",),
    title="Nothing of tiers that are private is reached from the internet through other groups",
    why="Each rule looks harmless alone: a proxy that is public, a host that trusts the proxy, "
    "and a model server that trusts the host.",
    remediation="Take one link out of the chain, or let a gateway of a lower tier end it.",
)
def chained_ingress_denied(group: Resource, stack: Stack) -> Findings:
    """Judge whether any chain of rules, made in the same stack, leads from outside to the group."""
    if group.tier_rules.exposure is not Exposure.PRIVATE_ONLY:
        return
    found = stack.once(reach)
    if network := found.surely.get(group.urn):
        yield group.props.refuse(
            f"a group {group.of_tier} is reached from {network.text()}, "
            f"which {network.urn.rpartition('::')[2]} lets in",
            allowed="private networks",
        )
    elif stop := found.perhaps.get(group.urn):
        raise stop


@stack_rule(
    "bulkhead-ec2-limit-egress",
    types=SECURITY_GROUPS,
    severity=Severity.HIGH,
    requirements=("NET-2",),
    frameworks=("ATLAS AML.M0032",),
    title="Groups of tiers that reach endpoints alone let nothing out to the internet",
    why="A training job that may speak to any address sends its dataset to any address.",
    remediation="Allow egress to the VPC's endpoints, or to other groups, alone.",
)
def egress_limited(group: Resource, stack: Stack) -> Findings:
    """Judge egress inline and apart."""
    if group.tier_rules.egress is not Egress.VPC_ENDPOINTS_ONLY:
        return
    rules = group.props["egress"].items()
    for holder in stack.naming(group, RULE_OF_GROUP):
        legacy = holder.type == SECURITY_GROUP_RULE and holder.props["type"].text() == "egress"
        if legacy or holder.type == EGRESS_RULE:
            rules.append(holder.props)
    yield from each(rules, _stays_inside)


def _stays_inside(rule: View) -> Findings:
    for network in networks(rule):
        if is_public(network):
            yield network.refuse("lets traffic out to the internet", allowed="private networks")

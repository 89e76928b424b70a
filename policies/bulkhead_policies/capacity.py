"""Capacity and budgets: what ends by itself, what warns, and what nodes are made of."""

from bulkhead.domain.versions import SUPPORTED_VERSIONS
from bulkhead_policies.findings import Findings, any_holds
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.settings import texts
from bulkhead_policies.tokens import EKS_CLUSTER, EKS_NODE_GROUP
from bulkhead_policies.view import View

VERSIONS = texts(
    "versions",
    SUPPORTED_VERSIONS,
    "Kubernetes versions that a cluster may have: those in EKS standard support.",
)


@resource_rule(
    "bulkhead-eks-run-supported",
    types=frozenset({EKS_CLUSTER}),
    severity=Severity.HIGH,
    requirements=("COST-4", "POL-1"),
    frameworks=("FSBP EKS.2",),
    title="Clusters run a version in standard support",
    why="A version in extended support costs six times the price, and one past it is upgraded at "
    "AWS's time, not yours.",
    remediation="Upgrade, or leave version out for the newest that EKS gives.",
    options=(VERSIONS,),
)
def version_supported(cluster: Resource) -> Findings:
    """Judge the version where one is named."""
    version, allowed = cluster.props["version"], cluster.settings[VERSIONS]
    if version.is_set and version.text() not in allowed:
        yield version.refuse("not in standard support", allowed=allowed)


@resource_rule(
    "bulkhead-eks-run-maintained-images",
    types=frozenset({EKS_NODE_GROUP}),
    severity=Severity.MEDIUM,
    requirements=("ISO-2", "POL-1"),
    frameworks=("CIS EKS 3.3.1",),
    title="Nodes run an image that is maintained",
    why="Images of Amazon Linux 2 get no fixes since November 2025, for the kernel that all "
    "tenants of a node share.",
    remediation="Use an AL2023 or Bottlerocket ami_type.",
)
def images_maintained(pool: Resource) -> Findings:
    """Judge the kind of image; EKS chooses AL2023 where none is named."""
    image = pool.props["amiType"]
    if (image.text() or "").startswith("AL2_"):
        yield image.refuse("Amazon Linux 2 is not maintained", allowed="AL2023_*, BOTTLEROCKET_*")


@resource_rule(
    "bulkhead-eks-deny-ssh",
    types=frozenset({EKS_NODE_GROUP}),
    severity=Severity.HIGH,
    requirements=("IAM-3", "ISO-10"),
    frameworks=("CIS EKS 5.4.3",),
    title="Nobody logs in on nodes with SSH",
    why="An SSH key of a node group opens port 22 to the internet unless groups are named, and "
    "leaves no record of what was done.",
    remediation="Remove remote_access; use Session Manager, or an ephemeral debug container.",
)
def ssh_denied(pool: Resource) -> Findings:
    """Judge whether a key is named."""
    key = pool.props.at("remoteAccess", "ec2SshKey")
    if key.is_named:
        yield key.refuse("SSH on every node", allowed="no key")


@resource_rule(
    "bulkhead-ec2-end-reservations",
    types=frozenset({"aws:ec2/capacityReservation:CapacityReservation"}),
    severity=Severity.MEDIUM,
    requirements=("TRN-4", "TRN-5", "COST-4"),
    title="Capacity reservations end",
    why="A reservation is paid for whether or not anything runs in it, until somebody remembers.",
    remediation="Set end_date_type 'limited' and an end_date.",
)
def reservations_end(reservation: Resource) -> Findings:
    """Judge whether the reservation has an end."""
    end, kind = reservation.props["endDate"], reservation.props["endDateType"]
    if not end.is_named or (kind.text() or "limited") != "limited":
        yield end.refuse("a reservation without an end", allowed="a date")


@resource_rule(
    "bulkhead-budget-warn-ahead",
    types=frozenset({"aws:budgets/budget:Budget"}),
    severity=Severity.MEDIUM,
    requirements=("COST-2",),
    title="Budgets warn somebody before they are spent",
    why="A warning about what was spent comes when it is spent.",
    remediation="Add a notification of type FORECASTED with an address or topic.",
)
def budget_forecasts(budget: Resource) -> Findings:
    """Judge whether a forecast reaches anybody."""
    notifications = budget.props["notifications"]
    if not any_holds(notifications.items(), _warns_ahead):
        yield notifications.refuse("nobody is warned ahead", allowed="a FORECASTED notification")


def _warns_ahead(notification: View) -> bool:
    if notification["notificationType"].text() != "FORECASTED":
        return False
    ways = ("subscriberEmailAddresses", "subscriberSnsTopicArns")
    return any(notification[way].is_unknown or notification[way].items() for way in ways)

"""How an EKS cluster is set up."""

from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Relation, Stack
from bulkhead_policies.tokens import EKS_ADDON, EKS_CLUSTER
from bulkhead_policies.view import View

NETWORK_ADDON = "vpc-cni"

ADDON = Relation(
    holders=frozenset({EKS_ADDON}),
    reference=("clusterName",),
    targets=frozenset({EKS_CLUSTER}),
    name=("name",),
)

REQUIRED_LOGS = ("audit", "authenticator")
"""Logs of the control plane that tell who did what, and as whom."""


@resource_rule(
    "bulkhead-eks-authenticate-by-api",
    types=frozenset({EKS_CLUSTER}),
    severity=Severity.HIGH,
    requirements=("IAM-2", "AUD-1"),
    frameworks=("CIS EKS 4.1.7",),
    title="Access to a cluster is granted by access entries alone",
    why="The aws-auth ConfigMap is edited inside the cluster, where no trail and no policy sees "
    "it, and the creator's hidden administrator right outlives the creator's job.",
    remediation="Set access_config with authentication_mode 'API' and "
    "bootstrap_cluster_creator_admin_permissions False.",
)
def authenticates_by_api(cluster: Resource) -> Findings:
    """Judge the authentication mode and the creator's right, which EKS grants by default."""
    config = cluster.props["accessConfig"]
    if config["authenticationMode"].text() != "API":
        yield config["authenticationMode"].refuse("not by access entries alone", allowed="API")
    creator = config["bootstrapClusterCreatorAdminPermissions"]
    if creator.flag(default=True):
        yield creator.refuse("whoever creates the cluster administers it", allowed="false")


@resource_rule(
    "bulkhead-eks-log-audit",
    types=frozenset({EKS_CLUSTER}),
    severity=Severity.HIGH,
    requirements=("AUD-1",),
    frameworks=("FSBP EKS.8", "CIS EKS 2.1.1"),
    title="The control plane logs who did what",
    why="Without the audit log nobody can tell who read a secret or opened a namespace.",
    remediation="Set enabled_cluster_log_types to at least audit and authenticator.",
)
def audit_logged(cluster: Resource) -> Findings:
    """Judge the enabled logs."""
    logs = cluster.props["enabledClusterLogTypes"]
    if not set(REQUIRED_LOGS) <= set(logs.texts()):
        yield logs.refuse("too few logs of the control plane", allowed=REQUIRED_LOGS)


@stack_rule(
    "bulkhead-eks-enforce-network-policies",
    types=frozenset({EKS_CLUSTER}),
    severity=Severity.HIGH,
    requirements=("ISO-3", "NET-2"),
    frameworks=("CIS EKS 4.3.1", "CIS EKS 5.4.4"),
    title="The cluster enforces network policies",
    why="The VPC CNI accepts network policies and enforces none of them until it is told to.",
    remediation=f"Add the {NETWORK_ADDON} add-on with configuration_values "
    '{"enableNetworkPolicy": "true"}, in the same stack.',
)
def network_policies_enforced(cluster: Resource, stack: Stack) -> Findings:
    """Judge the CNI's add-on; Auto Mode brings its own CNI, set up inside the cluster."""
    if cluster.props.at("computeConfig", "enabled").flag():
        return
    addons = [addon.props for addon in stack.naming(cluster, ADDON)]
    networks = [props for props in addons if props["addonName"].text() == NETWORK_ADDON]
    if not networks:
        yield cluster.props.refuse(
            "the CNI is not told to enforce network policies", allowed=f"the {NETWORK_ADDON} add-on"
        )
    yield from each(networks, _enforcing)


def _enforcing(addon: View) -> Findings:
    values = addon["configurationValues"]
    if not values.document()["enableNetworkPolicy"].flag():
        yield values.refuse("network policies are not enforced", allowed="enableNetworkPolicy true")

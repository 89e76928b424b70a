"""Who may do what in AWS, and who may become whom."""

from collections.abc import Callable

from bulkhead.domain.labels import BOUNDARY
from bulkhead_policies.documents import STRANGER, Statement, gaps, statements
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Stack
from bulkhead_policies.view import View

ROLE = "aws:iam/role:Role"

MANAGED_POLICIES = frozenset({"aws:iam/policy:Policy"})
POLICIES = MANAGED_POLICIES | frozenset(
    {
        "aws:iam/groupPolicy:GroupPolicy",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:iam/userPolicy:UserPolicy",
    }
)

ATTACHMENTS = {
    "aws:iam/groupPolicyAttachment:GroupPolicyAttachment": "policyArn",
    "aws:iam/groupPolicyAttachmentsExclusive:GroupPolicyAttachmentsExclusive": "policyArns",
    "aws:iam/policyAttachment:PolicyAttachment": "policyArn",
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": "policyArn",
    "aws:iam/rolePolicyAttachmentsExclusive:RolePolicyAttachmentsExclusive": "policyArns",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment": "policyArn",
    "aws:iam/userPolicyAttachmentsExclusive:UserPolicyAttachmentsExclusive": "policyArns",
    ROLE: "managedPolicyArns",
}
"""Where managed policies are attached."""

ADMINISTRATORS = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess")
"""Managed policies that allow everything, or allow to allow it."""

LISTING = ("describe", "list")
"""How the actions begin that show what exists and no content; most of them take no resource."""

POD_IDENTITY = "pods.eks.amazonaws.com"
POD_IDENTITY_ACTIONS = ("sts:assumerole", "sts:tagsession")


@resource_rule(
    "bulkhead-iam-deny-wildcards",
    types=POLICIES | {ROLE},
    severity=Severity.HIGH,
    requirements=("IAM-1",),
    frameworks=("FSBP IAM.1", "FSBP IAM.21"),
    title="No policy allows whole services, or changes to everything",
    why="A wildcard grants what nobody thought of, in every tier and to every later service.",
    remediation="List the actions and the ARNs they are for, or exempt the policy with the reason.",
)
def wildcards_denied(resource: Resource) -> Findings:
    """Judge every Allow statement of a managed, inline or embedded policy."""
    yield from each_statement(resource, _specific)


def each_statement(resource: Resource, check: Callable[[Statement], Findings]) -> Findings:
    """What ``check`` finds on every statement of the policies that a resource holds.

    A managed policy that is labelled as a boundary must allow what it doesn't limit, and grants
    nothing as long as it is not attached, which ``boundaries_not_attached`` judges.
    """
    if resource.type in MANAGED_POLICIES and resource.label("workload") == BOUNDARY:
        return
    if resource.type == ROLE:
        policies = [inline["policy"] for inline in resource.props["inlinePolicies"].items()]
    else:
        policies = [resource.props["policy"]]
    yield from each(policies, lambda policy: each(statements(policy), check))


def _specific(statement: Statement) -> Findings:
    if not statement.allows:
        return
    if statement.not_actions:
        yield statement.view["NotAction"].refuse("allows all but a few actions", allowed="Action")
    whole = [a for a in statement.actions if a.rpartition(":")[2].strip("*") == ""]
    if whole:
        yield statement.view["Action"].refuse("allows whole services", allowed="single actions")
        return
    partial = [a for a in statement.actions if "*" in a and not _only_lists(a)]
    if partial and "*" in statement.resources:
        yield statement.view["Action"].refuse(
            "allows a family of actions on everything", allowed="single actions, or named resources"
        )


def _only_lists(action: str) -> bool:
    return action.rpartition(":")[2].startswith(LISTING)


def _is_of_this_stack(resource: Resource, stack: Stack) -> bool:
    """Whether what is attached is a policy of the same stack, which other rules judge."""
    return bool(stack.depends_on(resource, ATTACHMENTS[resource.type], MANAGED_POLICIES))


@resource_rule(
    "bulkhead-iam-deny-administrators",
    types=frozenset(ATTACHMENTS),
    severity=Severity.CRITICAL,
    requirements=("IAM-1", "IAM-2"),
    frameworks=("FSBP IAM.1",),
    title="No managed policy of an administrator is attached",
    why="Whoever takes over a workload with such a role owns the account, all its keys and the "
    "trail of what happened.",
    remediation="Attach a policy with the actions and resources that the workload needs.",
    settled=_is_of_this_stack,
)
def administrators_denied(resource: Resource) -> Findings:
    """Judge the names of attached managed policies."""
    attached = resource.props[ATTACHMENTS[resource.type]]
    yield from each(attached.items() if attached.is_list else [attached], _ordinary)


def _ordinary(arn: View) -> Findings:
    if (arn.text() or "").rpartition("/")[2] in ADMINISTRATORS:
        yield arn.refuse("an administrator's policy", allowed="a policy of the workload's own")


@stack_rule(
    "bulkhead-iam-deny-attached-boundaries",
    types=frozenset(ATTACHMENTS),
    severity=Severity.HIGH,
    requirements=("IAM-1",),
    frameworks=("FSBP IAM.1",),
    title="No permissions boundary is attached as if it were a permission",
    why="A boundary allows whatever it doesn't limit, so that attached it grants nearly all.",
    remediation="Set it as permissionsBoundary, and attach a policy of the workload's own.",
)
def boundaries_not_attached(resource: Resource, stack: Stack) -> Findings:
    """Judge what the attached policies of the same stack are labelled as."""
    key = ATTACHMENTS[resource.type]
    for policy in stack.depends_on(resource, key, MANAGED_POLICIES):
        if policy.label("workload") == BOUNDARY:
            yield resource.props[key].refuse(
                f"attaches the boundary '{policy.name}'", allowed="permissionsBoundary"
            )


@resource_rule(
    "bulkhead-iam-restrict-trust",
    types=frozenset({ROLE}),
    severity=Severity.CRITICAL,
    requirements=("IAM-1", "KEY-1"),
    title="No stranger can assume a role",
    why="A trust policy for everyone makes the role's rights public; an external ID is no secret.",
    remediation="Name the services, roles or identity provider that assume the role.",
)
def trust_restricted(role: Resource) -> Findings:
    """Evaluate the trust policy for a caller from an unknown account."""
    for gap in gaps(statements(role.props["assumeRolePolicy"]), STRANGER):
        yield gap.view.refuse("the role can be assumed from any account")


@resource_rule(
    "bulkhead-iam-tag-pod-identity",
    types=frozenset({ROLE}),
    severity=Severity.MEDIUM,
    requirements=("IAM-1",),
    title="Roles for EKS Pod Identity can be assumed with session tags",
    why="Rights are scoped by the namespace and service account in the session's tags; without "
    "sts:TagSession the role can't be assumed with them.",
    remediation="Allow pods.eks.amazonaws.com both sts:AssumeRole and sts:TagSession.",
)
def pod_identity_tagged(role: Resource) -> Findings:
    """Judge the statements that trust the Pod Identity service."""
    trust = statements(role.props["assumeRolePolicy"])
    allowing = [s for s in trust if s.allows and POD_IDENTITY in s.principals]
    missing = [a for a in POD_IDENTITY_ACTIONS if not any(s.grants(a) for s in allowing)]
    if allowing and missing:
        yield (
            allowing[0]
            .view["Action"]
            .refuse(
                f"trusts {POD_IDENTITY} without {', '.join(missing)}",
                allowed="sts:AssumeRole and sts:TagSession",
            )
        )

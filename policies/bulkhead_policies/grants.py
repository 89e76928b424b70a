"""What a policy lets its holder become: other roles, an administrator, a reader of every key."""

from bulkhead_policies.documents import ANYONE, Statement
from bulkhead_policies.findings import Findings
from bulkhead_policies.identity import POLICIES, ROLE, each_statement
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule

HOLDERS = POLICIES | {ROLE}

ESCALATING = (
    "iam:addusertogroup",
    "iam:attachgrouppolicy",
    "iam:attachrolepolicy",
    "iam:attachuserpolicy",
    "iam:createaccesskey",
    "iam:createloginprofile",
    "iam:createpolicyversion",
    "iam:deleterolepermissionsboundary",
    "iam:putgrouppolicy",
    "iam:putrolepolicy",
    "iam:putuserpolicy",
    "iam:setdefaultpolicyversion",
    "iam:updateassumerolepolicy",
    "iam:updateloginprofile",
)
"""Actions with which whoever may use them on everything makes an administrator of itself."""

IDENTITIES = ("group", "policy", "role", "user")

DECRYPTING = ("kms:decrypt", "kms:reencryptfrom")

PASSING_CONDITIONS = ("iam:passedtoservice", "iam:associatedresourcearn", "aws:resourcetag/")
ESCALATION_CONDITIONS = ("iam:permissionsboundary", "iam:policyarn", "aws:resourcetag/")
DECRYPTION_CONDITIONS = ("kms:", "aws:resourcetag/")


def _unbounded(statement: Statement, kinds: tuple[str, ...], keys: tuple[str, ...]) -> bool:
    """Whether it is for every resource of one of ``kinds``, and no condition on ``keys`` helps."""
    ends = tuple(f":{kind}/*" for kind in kinds)
    everywhere = any(p == ANYONE or p.endswith((*ends, ":*")) for p in statement.resources)
    return everywhere and not any(key.startswith(keys) for key in statement.conditions)


@resource_rule(
    "bulkhead-iam-limit-passing",
    types=HOLDERS,
    severity=Severity.HIGH,
    requirements=("IAM-1", "IAM-2"),
    frameworks=("GenAI Lens GENSEC05-BP01",),
    title="Roles are passed to services by name",
    why="Whoever may pass any role to a job, a notebook or a function runs as the strongest of "
    "them.",
    remediation="Name the roles that iam:PassRole is for, or add a condition on "
    "iam:PassedToService.",
)
def passing_limited(resource: Resource) -> Findings:
    """Judge every statement that allows iam:PassRole; whole services are refused elsewhere."""
    yield from each_statement(resource, _passes_by_name)


def _passes_by_name(statement: Statement) -> Findings:
    passes = statement.allows and "iam:passrole" in statement.actions
    if passes and _unbounded(statement, ("role",), PASSING_CONDITIONS):
        yield statement.view["Resource"].refuse(
            "any role may be passed to any service", allowed="named roles"
        )


@resource_rule(
    "bulkhead-iam-deny-escalation",
    types=HOLDERS,
    severity=Severity.CRITICAL,
    requirements=("IAM-1", "IAM-2"),
    frameworks=("GenAI Lens GENSEC05-BP01",),
    title="Nobody can make an administrator of itself",
    why="A role that may write any policy, or a key for any user, has all rights one call later.",
    remediation="Name the roles and policies, or demand a permissions boundary in a condition on "
    "iam:PermissionsBoundary.",
)
def escalation_denied(resource: Resource) -> Findings:
    """Judge every statement that allows changes of identities, without a condition, on all."""
    yield from each_statement(resource, _stays_what_it_is)


def _stays_what_it_is(statement: Statement) -> Findings:
    found = [action for action in ESCALATING if action in statement.actions]
    if found and statement.allows and _unbounded(statement, IDENTITIES, ESCALATION_CONDITIONS):
        yield statement.view["Action"].refuse(
            f"leads to every right of the account ({', '.join(found)})",
            allowed="named resources, or a condition",
        )


@resource_rule(
    "bulkhead-iam-limit-decryption",
    types=HOLDERS,
    severity=Severity.HIGH,
    requirements=("KEY-1", "IAM-1"),
    frameworks=("FSBP KMS.1", "FSBP KMS.2"),
    title="Nobody decrypts with every key",
    why="One role that may decrypt with all keys joins again what environments and tiers hold "
    "apart.",
    remediation="Name the keys of the role's partition, or add a condition on kms:ResourceAliases "
    "or a tag.",
)
def decryption_limited(resource: Resource) -> Findings:
    """Judge every statement that allows decryption."""
    yield from each_statement(resource, _decrypts_by_name)


def _decrypts_by_name(statement: Statement) -> Findings:
    decrypts = statement.allows and any(action in statement.actions for action in DECRYPTING)
    if decrypts and _unbounded(statement, ("key",), DECRYPTION_CONDITIONS):
        yield statement.view["Resource"].refuse(
            "decrypts with every key of the account", allowed="keys of one partition"
        )


@resource_rule(
    "bulkhead-iam-deny-lasting-keys",
    types=frozenset({"aws:iam/accessKey:AccessKey"}),
    severity=Severity.HIGH,
    requirements=("IAM-1", "KEY-4"),
    title="No access keys that last",
    why="A key that never ends is found in a notebook or an image years later, and still works.",
    remediation="Use a role: EKS Pod Identity for workloads, OIDC for pipelines, IAM Identity "
    "Center for people.",
)
def lasting_keys_denied(key: Resource) -> Findings:
    """Judge whether the key works; IAM activates a new one."""
    status = key.props["status"]
    if (status.text() or "Active") != "Inactive":
        yield status.refuse("an access key without an end", allowed="Inactive, or none")

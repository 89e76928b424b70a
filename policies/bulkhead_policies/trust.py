"""Whom roles let in from outside: other environments, and identity providers."""

import re

from bulkhead.domain.environments import Environment
from bulkhead_policies.documents import Statement, statements
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.identity import ROLE
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Stack

ROLES = frozenset({ROLE})

WEB_IDENTITY = "sts:assumerolewithwebidentity"

SUBJECTS = (":sub", "cognito-identity.amazonaws.com:aud")
"""Keys that tell whose token it is; an identity pool of Cognito is one's own."""

CLUSTER_SUBJECT = "system:serviceaccount"
"""How subjects of Kubernetes begin; namespace and name follow."""


@resource_rule(
    "bulkhead-iam-scope-federation",
    types=ROLES,
    severity=Severity.CRITICAL,
    requirements=("IAM-1",),
    title="An identity provider's tokens open a role to one subject",
    why="A provider such as GitHub signs tokens for everyone's pipelines; without the subject, or "
    "with a wildcard for its owner, anybody's repository becomes the role.",
    remediation="Test the provider's sub for one repository, or one namespace and service account.",
)
def federation_scoped(role: Resource) -> Findings:
    """Judge every statement that trusts web identities."""
    yield from each(statements(role.props["assumeRolePolicy"]), _one_subject)


def _one_subject(statement: Statement) -> Findings:
    principal = statement.view["Principal"]
    if principal.is_text or not principal["Federated"].is_set:
        return
    if not (statement.allows and statement.grants(WEB_IDENTITY)):
        return
    tests = {k: values for k, values in statement.conditions.items() if k.endswith(SUBJECTS)}
    if not tests:
        yield statement.view.refuse("every token of the provider opens the role", allowed="a sub")
    for subject in (subject for values in tests.values() for subject in values):
        if re.search(r"[*?]", _owner(subject)):
            yield statement.view["Condition"].refuse(
                f"subject '{subject}' is anybody's", allowed="one repository or service account"
            )


def _owner(subject: str) -> str:
    """The part of a subject that says whose it is: namespace and account, or the repository."""
    parts = 4 if subject.startswith(CLUSTER_SUBJECT) else 2
    return ":".join(subject.split(":")[:parts])


@stack_rule(
    "bulkhead-iam-part-environments",
    types=ROLES,
    severity=Severity.HIGH,
    requirements=("KEY-1", "IAM-2", "TRN-1"),
    frameworks=("ATLAS AML.M0032",),
    title="No role of another environment is let in",
    why="A role of production that a role of dev may become is a role of dev: the environments "
    "are one for whoever breaks into the weaker.",
    remediation="Trust roles of the same environment, and hand over through an artifact store.",
)
def environments_parted(role: Resource, stack: Stack) -> Findings:
    """Compare the role's environment with those of the roles that it trusts.

    Those are the roles of the same stack whose ARNs the policy is made of, and the ones whose
    literal names tell an environment.
    """
    own = role.environment
    if own is None:
        return
    policy = role.props["assumeRolePolicy"]
    for trusted in stack.depends_on(role, "assumeRolePolicy", ROLES):
        if trusted.environment not in (None, own):
            yield policy.refuse(
                f"role '{trusted.name}' of environment '{trusted.environment}' is let in",
                allowed=f"roles of {own}",
            )
    for statement in statements(policy):
        for principal in statement.principals if statement.allows else ():
            told = _environments(principal)
            if told and own not in told:
                yield statement.view["Principal"].refuse(
                    f"'{principal}' is of environment '{min(told)}'", allowed=f"roles of {own}"
                )


def _environments(principal: str) -> set[Environment]:
    """The environments that the path and name of a role tell."""
    _, found, name = principal.partition(":role/")
    words = re.split(r"[^a-z]+", name.lower()) if found else []
    return {environment for environment in Environment if environment in words}

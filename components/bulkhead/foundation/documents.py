"""Policy documents: the statements that keys, buckets and roles have in common.

A document is a plain mapping in AWS's own vocabulary, made by a function, so that a test can
evaluate what a stack will send.
"""

from collections.abc import Sequence
from typing import Any

import pulumi

from bulkhead.domain.labels import TAG_PREFIX
from bulkhead.domain.partitions import may_use
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns

Statement = dict[str, Any]
Document = dict[str, Any]

EVERYBODY = "*"

ENVIRONMENT_TAG = f"aws:PrincipalTag/{TAG_PREFIX}environment"
TIER_TAG = f"aws:PrincipalTag/{TAG_PREFIX}tier"
TENANT_TAG = f"aws:PrincipalTag/{TAG_PREFIX}tenant"
PLANE_TAG = f"aws:PrincipalTag/{TAG_PREFIX}plane"
ENVIRONMENT_RESOURCE_TAG = f"aws:ResourceTag/{TAG_PREFIX}environment"
WORKLOAD_TAG = f"aws:PrincipalTag/{TAG_PREFIX}workload"
FENCES = {ENVIRONMENT_TAG: "DenyOtherEnvironments", TIER_TAG: "DenyLowerTiers"}
"""Names of the statements that keep out those without the right tag."""

NAMESPACE_TAG = "aws:PrincipalTag/kubernetes-namespace"
"""Session tag that EKS Pod Identity sets (EKS User Guide, "Grant Pods access to AWS resources
based on tags")."""


def document(*statements: Statement) -> Document:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def render(policy: Document) -> pulumi.Output[str]:
    """The policy as JSON; values in it may still be unknown."""
    return pulumi.Output.json_dumps(policy)


def condition(*parts: Statement) -> Statement:
    """The condition that all ``parts`` hold."""
    whole: Statement = {}
    for part in parts:
        for operator, keys in part.items():
            whole[operator] = {**whole.get(operator, {}), **keys}
    return whole


def by(*roles: str) -> Statement:
    """The condition that one of these roles asks.

    A condition and not a principal: KMS replaces a principal's ARN by an ID, so that a role made
    anew under its old name would be locked out.
    """
    return {"ArnEquals": {"aws:PrincipalArn": list(roles)}}


def unless_by(*roles: str) -> Statement:
    """The condition that none of these roles asks."""
    return {"ArnNotEquals": {"aws:PrincipalArn": list(roles)}}


def inside_partition(scope: Scope, tier: Tier) -> Statement:
    """The condition that a principal belongs to the environment and to the tier or one above.

    Both the path and the tags of its role must say so: the tags alone could be put on by whoever
    may tag roles or sessions.
    """
    return {
        "ArnLike": {"aws:PrincipalArn": _paths(scope, may_use(tier))},
        "StringEquals": {
            ENVIRONMENT_TAG: str(scope.environment),
            TIER_TAG: [str(allowed) for allowed in may_use(tier)],
        },
    }


def inside_environment(scope: Scope) -> Statement:
    """The condition that a principal belongs to the environment, of whatever tier it is."""
    return {
        "ArnLike": {"aws:PrincipalArn": [arns.role(scope, "*")]},
        "StringEquals": {ENVIRONMENT_TAG: str(scope.environment)},
    }


def deny_unless(
    inside: Statement, actions: Sequence[str], resources: Any, *, except_for: Sequence[str] = ()
) -> list[Statement]:
    """Deny what principals attempt of whom any part of the condition ``inside`` doesn't hold.

    A principal without the tag is outside. AWS services acting for themselves have neither path
    nor tags and are left out, as are the role ARNs in ``except_for``; both need an allow of their
    own.
    """
    outsider: Statement = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    excepted: Statement = {"aws:PrincipalArn": list(except_for)}
    paths = [*inside["ArnLike"]["aws:PrincipalArn"], *except_for]
    outside: list[tuple[str, Statement]] = [
        ("DenyOtherPaths", {"ArnNotLike": {"aws:PrincipalArn": paths}})
    ]
    for tag, value in inside["StringEquals"].items():
        fence: Statement = {"StringNotEquals": {tag: value}}
        if except_for:
            fence["ArnNotLike"] = excepted
        outside.append((FENCES[tag], fence))
    return [
        {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": EVERYBODY,
            "Action": list(actions),
            "Resource": resources,
            "Condition": condition(fence, outsider),
        }
        for sid, fence in outside
    ]


def deny_outside_partition(
    scope: Scope,
    tier: Tier,
    actions: Sequence[str],
    resources: Any,
    *,
    except_for: Sequence[str] = (),
) -> list[Statement]:
    """Deny what principals of another environment or a lower tier attempt; see ``deny_unless``."""
    return deny_unless(inside_partition(scope, tier), actions, resources, except_for=except_for)


def _paths(scope: Scope, tiers: Sequence[Tier]) -> list[str]:
    return [arns.role(scope, "*", tier) for tier in tiers]

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

Statement = dict[str, Any]
Document = dict[str, Any]

EVERYBODY = "*"

ENVIRONMENT_TAG = f"aws:PrincipalTag/{TAG_PREFIX}environment"
TIER_TAG = f"aws:PrincipalTag/{TAG_PREFIX}tier"
WORKLOAD_TAG = f"aws:PrincipalTag/{TAG_PREFIX}workload"
NAMESPACE_TAG = "aws:PrincipalTag/kubernetes-namespace"
"""Session tag that EKS Pod Identity sets (EKS User Guide, "Grant Pods access to AWS resources
based on tags")."""


def document(*statements: Statement) -> Document:
    """A policy of these statements."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def render(policy: Document) -> pulumi.Output[str]:
    """The policy as JSON; values in it may still be unknown."""
    return pulumi.Output.json_dumps(policy)


def inside_partition(scope: Scope, tier: Tier) -> dict[str, Any]:
    """The condition that a principal belongs to the environment and to the tier or one above."""
    return {
        ENVIRONMENT_TAG: str(scope.environment),
        TIER_TAG: [str(allowed) for allowed in may_use(tier)],
    }


def deny_outside_partition(
    scope: Scope,
    tier: Tier,
    actions: Sequence[str],
    resources: Any,
    *,
    except_for: Sequence[str] = (),
) -> list[Statement]:
    """Deny what principals of another environment or a lower tier attempt.

    A principal without the tag is outside. AWS services acting for themselves carry no tags and
    are left out, as are the role ARNs in ``except_for``; both need an allow of their own.
    """
    exempt: Statement = {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}}
    if except_for:
        exempt["ArnNotLike"] = {"aws:PrincipalArn": list(except_for)}
    return [
        {
            "Sid": sid,
            "Effect": "Deny",
            "Principal": EVERYBODY,
            "Action": list(actions),
            "Resource": resources,
            "Condition": {"StringNotEquals": {tag: value}, **exempt},
        }
        for sid, (tag, value) in zip(
            ("DenyOtherEnvironments", "DenyLowerTiers"),
            inside_partition(scope, tier).items(),
            strict=True,
        )
    ]

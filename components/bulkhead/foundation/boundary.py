"""The permissions boundary of tenants' roles."""

from typing import TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import BOUNDARY, Plane
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import render
from bulkhead.foundation.workload_boundary import workload_boundary


class WorkloadBoundaryArgs(TypedDict):
    """What a ``WorkloadBoundary`` takes."""

    scope: ScopeArgs
    """Environment and account whose roles it bounds."""
    tier: str
    """Highest tier of the tenants, for its labels."""


class WorkloadBoundary(Component):
    """The permissions boundary that every tenant's role carries (IAM-1).

    It limits tenants' pods to reading the environment's artifacts, and trainers to writing their
    tenant's checkpoints, so that a role whose policy is widened by mistake still reaches nothing
    else, and nothing of another environment.

    Example:
        import pulumi

        from bulkhead import WorkloadBoundary

        boundary = WorkloadBoundary(
            "workload-boundary",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "confidential",
            },
        )
        pulumi.export("boundary_arn", boundary.arn)
    """

    arn: pulumi.Output[str]
    """ARN of the policy."""

    def __init__(
        self, name: str, args: WorkloadBoundaryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the policy.

        Raises:
            RefusedError: the scope or the tier is refused.
        """
        args = checked(args, WorkloadBoundaryArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        super().__init__(name, opts)
        policy = aws.iam.Policy(
            name,
            name=scope.named(name),
            path=arns.path(scope),
            description=f"The most that a tenant's pod may do in {scope.environment}.",
            policy=render(workload_boundary(scope)),
            tags=scope.labels(tier, Plane.CONTROL, BOUNDARY).tags(name),
            opts=self._child(),
        )
        self._export({"arn": policy.arn})

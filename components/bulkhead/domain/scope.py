"""Where a part of the platform stands, and who answers for it."""

import re
from dataclasses import dataclass

from bulkhead.domain.environments import ENVIRONMENTS, Environment, EnvironmentRules
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import PLATFORM, Labels, Plane, check_value
from bulkhead.domain.tiers import DEFAULT_REGIONS, Tier

ACCOUNT_ID = re.compile(r"[0-9]{12}")
"""An AWS account ID."""


@dataclass(frozen=True)
class Scope:
    """One environment of one platform in one account and Region.

    Attributes:
        environment: stage that everything in it belongs to.
        region: AWS Region.
        account_id: AWS account, twelve digits. Given and not looked up, so that ARNs are known at
            preview and a program can't reach an account that it was not written for.
        owner: team that runs the platform.
        cost_center: who pays for what the tenants share.
        project: project that shared costs are booked to.
    """

    environment: Environment
    region: str
    account_id: str
    owner: str
    cost_center: str
    project: str

    def check(self, *, where: str) -> "Scope":
        """Return the scope if a platform can stand there.

        Raises:
            RefusedError: the account ID is none, the Region is not supported, or owner, cost
                centre or project can't be label values.
        """
        if ACCOUNT_ID.fullmatch(self.account_id) is None:
            raise RefusedError(
                "not an AWS account ID",
                given=self.account_id,
                allowed="twelve digits, as a string",
                where=f"{where}.account_id",
            )
        if self.region not in DEFAULT_REGIONS:
            raise RefusedError(
                "unsupported region",
                given=self.region,
                allowed=sorted(DEFAULT_REGIONS),
                where=f"{where}.region",
            )
        for key in ("owner", "cost_center", "project"):
            check_value(getattr(self, key), where=f"{where}.{key}")
        return self

    @property
    def rules(self) -> EnvironmentRules:
        """What the environment asks."""
        return ENVIRONMENTS[self.environment]

    def named(self, name: str) -> str:
        """``name`` with the environment in front: how the platform's physical names begin.

        Key and bucket policies tell environments apart by this prefix.
        """
        return f"{self.environment}-{name}"

    def labels(self, tier: Tier, plane: Plane, workload: str) -> Labels:
        """The labels of what the platform itself has; ``tier`` is the highest that it serves."""
        return Labels(
            tenant=PLATFORM,
            tier=tier,
            environment=self.environment,
            plane=plane,
            owner=self.owner,
            cost_center=self.cost_center,
            project=self.project,
            workload=workload,
        )

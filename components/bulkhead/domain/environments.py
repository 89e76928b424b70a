"""Environments: where a workload runs in its life, and how strict that place is."""

from dataclasses import dataclass
from enum import StrEnum


class Environment(StrEnum):
    """A stage that holds its own account or VPC, keys, clusters and identities."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


@dataclass(frozen=True)
class EnvironmentRules:
    """What an environment asks of everything in it.

    Attributes:
        zones: Availability Zones that a network spans; EKS needs two, production survives the
            loss of one with two left.
        protect_data: whether keys, stores and clusters refuse deletion until unprotected.
    """

    zones: int
    protect_data: bool


ENVIRONMENTS: dict[Environment, EnvironmentRules] = {
    Environment.DEV: EnvironmentRules(zones=2, protect_data=False),
    Environment.STAGING: EnvironmentRules(zones=2, protect_data=True),
    Environment.PROD: EnvironmentRules(zones=3, protect_data=True),
}

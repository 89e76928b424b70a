"""Environments: where a workload runs in its life, and how strict that place is."""

from dataclasses import dataclass
from enum import StrEnum


class Environment(StrEnum):
    """A stage that holds its own account or VPC, keys, clusters and identities."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


@dataclass(frozen=True)
class WatchRules:
    """How closely an environment is watched (AUD-1).

    Attributes:
        searchable: whether the trail is kept in a log group too, where auditors search it for as
            long as the tier keeps logs.
        insights: whether CloudTrail looks for unusual rates of calls and errors.
        alarmed_severity: the lowest severity of a GuardDuty finding that alarms people; low
            findings begin at 1, medium at 4, high at 7, critical at 9.
        continuous: whether AWS Config records every change; else the day's last state.
        lock_vaults: whether backup vaults whose tier asks for a lock get one that nobody can ever
            lift (compliance mode); else one that administrators can.
    """

    searchable: bool
    insights: bool
    alarmed_severity: int
    continuous: bool
    lock_vaults: bool


@dataclass(frozen=True)
class EnvironmentRules:
    """What an environment asks of everything in it.

    Attributes:
        zones: Availability Zones that a network spans; EKS needs two, production survives the
            loss of one with two left.
        protect_data: whether keys, stores and clusters refuse deletion until unprotected.
        watch: how closely it is watched.
        pool_nodes: the most nodes that one pool may grow to (COST-4).
        pool_gpus: the most GPUs, or other accelerators, that one pool may grow to (COST-4).
        least_replicas: replicas of a server that always run (INF-6).
        server_replicas: the most replicas that a server may grow to (INF-6).
    """

    zones: int
    protect_data: bool
    watch: WatchRules
    pool_nodes: int
    pool_gpus: int
    least_replicas: int
    server_replicas: int


ENVIRONMENTS: dict[Environment, EnvironmentRules] = {
    Environment.DEV: EnvironmentRules(
        zones=2,
        protect_data=False,
        watch=WatchRules(
            searchable=False,
            insights=False,
            alarmed_severity=7,
            continuous=False,
            lock_vaults=False,
        ),
        pool_nodes=10,
        pool_gpus=8,
        least_replicas=1,
        server_replicas=4,
    ),
    Environment.STAGING: EnvironmentRules(
        zones=2,
        protect_data=True,
        watch=WatchRules(
            searchable=True, insights=True, alarmed_severity=7, continuous=True, lock_vaults=False
        ),
        pool_nodes=20,
        pool_gpus=32,
        least_replicas=1,
        server_replicas=10,
    ),
    Environment.PROD: EnvironmentRules(
        zones=3,
        protect_data=True,
        watch=WatchRules(
            searchable=True, insights=True, alarmed_severity=4, continuous=True, lock_vaults=True
        ),
        pool_nodes=100,
        pool_gpus=256,
        least_replicas=2,
        server_replicas=50,
    ),
}

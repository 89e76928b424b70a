"""The good and the bad twin of every rule, one module per concern.

``EVERY`` is what the tests run and what RULES.md prints.
"""

from tests.policies.scenes import Twins
from tests.policies.twins import (
    apis,
    balancers,
    buckets,
    clusters,
    cost,
    encryption,
    exposure,
    identity,
    isolation,
    keys,
    labels,
    networks,
    reach,
    retention,
    workloads,
)

MODULES = (
    apis,
    balancers,
    buckets,
    clusters,
    cost,
    encryption,
    exposure,
    identity,
    isolation,
    keys,
    labels,
    networks,
    reach,
    retention,
    workloads,
)

EVERY: dict[str, Twins] = {rule: twins for m in MODULES for rule, twins in m.TWINS.items()}

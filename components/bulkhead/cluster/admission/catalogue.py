"""All rules, in the order in which the documents list them."""

import re
from collections.abc import Iterable

from bulkhead.cluster.admission import (
    access,
    images,
    labels,
    limits,
    network,
    nodes,
    placement,
    sandboxes,
    servers,
    training,
)
from bulkhead.cluster.admission.rule import AdmissionRule
from bulkhead.domain.errors import RefusedError

NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def admission_rules(exempt_namespaces: tuple[str, ...] = ()) -> list[AdmissionRule]:
    """Every rule; ``exempt_namespaces`` need not be compartments."""
    return [
        labels.require_compartment(exempt_namespaces),
        labels.PROTECT_LABELS,
        labels.REQUIRE_LABELS,
        labels.LIMIT_ROLES,
        images.PIN_IMAGES,
        images.PROTECT_MODELS,
        images.PROTECT_CLAIMS,
        servers.VERIFY_MODELS,
        limits.LIMIT_GPUS,
        limits.REQUIRE_DEADLINE,
        limits.LIMIT_PRIORITY,
        limits.LIMIT_RUNTIMES,
        sandboxes.KEEP_CLOSED,
        sandboxes.KEEP_SANDBOXED,
        sandboxes.BOUND_LIFETIME,
        training.REQUIRE_QUEUE,
        training.LIMIT_TRAINERS,
        training.KEEP_QUOTAS,
        placement.KEEP_TO_POOL,
        placement.KEEP_APART,
        placement.DENY_HOST,
        nodes.KEEP_NODE_LABELS,
        access.DENY_TOKENS,
        access.DENY_TOKEN_SECRETS,
        access.LIMIT_DEBUGGING,
        access.PROTECT_FENCES,
        network.KEEP_SERVICES_INTERNAL,
        network.DENY_INGRESS,
    ]


def check_exempt(names: Iterable[str], *, where: str) -> tuple[str, ...]:
    """Return the names of namespaces that need not be compartments.

    Raises:
        RefusedError: one is no name of a namespace; a pattern would exempt tenants.
    """
    found = tuple(names)
    for name in found:
        if NAMESPACE.fullmatch(name) is None:
            raise RefusedError(
                "not the name of a namespace",
                given=name,
                allowed="1 to 63 lower-case letters, digits and hyphens",
                where=where,
            )
    return found

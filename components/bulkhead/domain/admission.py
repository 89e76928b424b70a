"""What a cluster's admission reads on a tenant's namespace, and the names that it knows.

Admission policies are the same for every tenant: what differs between tenants stands on their
namespaces, which no tenant can change, so that a thousand tenants cost no more policies than one.
"""

import re
from collections.abc import Iterable

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import LABEL_PREFIX, PLATFORM
from bulkhead.domain.scope import Scope
from bulkhead.domain.tenants import Tenant
from bulkhead.domain.tiers import Tier

GATEWAY_NAMESPACE = "bulkhead-gateway"
"""Namespace of the gateway, which belongs to the platform and holds nobody else's secrets."""

TENANT_LABEL = f"{LABEL_PREFIX}tenant"
TIER_LABEL = f"{LABEL_PREFIX}tier"

ROLE_LABEL = f"{LABEL_PREFIX}role"
"""Label of a pod that says what the platform does for it."""

INFERENCE_SERVER = "inference-server"
"""The role of pods that serve a model: the gateway reaches them, and they reach artifacts."""

AGENT_SANDBOX = "agent-sandbox"
"""The role of pods that run code which a model wrote or chose."""

TRAINER = "trainer"
"""The role of pods that train: they reach datasets and checkpoints, and each other."""

TRAINER_ACCOUNT = "trainer"
"""Service account of trainers: the only one with an identity in AWS where there is training."""

STORES_CONFIG = "training-stores"
"""ConfigMap that tells a trainer where its tenant's datasets, models and checkpoints are."""

SERVICE_ACCOUNT = "inference-server"
"""Service account of inference servers: the only one with an identity in AWS beside them."""

ARTIFACTS_CONFIG = "model-artifacts"
"""ConfigMap that tells a server where its tenant's artifacts are."""

MODEL_LABEL = f"{LABEL_PREFIX}model"
"""Label of a volume claim that holds a model's artifact."""

MODEL_PATH = "/models"
"""Where containers mount model artifacts, read-only (INF-5)."""

SIGNER_SUFFIX = "-signer"
"""End of the names of config maps that hold the public key of who signs models; only the platform
makes them."""

VERIFY_COMMAND = ("model_signing", "verify", "key")
"""How OpenSSF model signing verifies a model with a key; the model's path comes next."""

REPOSITORY = re.compile(r"[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)+")

REGISTRIES = f"{LABEL_PREFIX}registries"
"""Annotation: repositories whose images, and those of repositories below them, a tenant's pods may
run, separated by spaces."""

POD_GPUS = f"{LABEL_PREFIX}pod-gpus"
"""Annotation: the most GPUs of one pod."""

JOB_HOURS = f"{LABEL_PREFIX}job-hours"
"""Annotation: the longest that a job may run, in hours."""

NODES_LABEL = f"{LABEL_PREFIX}nodes"
"""Label of a namespace that says whose nodes its pods land on; without it those that tenants share.
"""

NODES = ("tenant", "tier")
"""Its tenant's or its tier's: what follows ``bulkhead.dev/`` in the label and the taint of such
nodes."""


def registries(scope: Scope, tenant: Tenant) -> list[str]:
    """Repositories of the images that a tenant runs: its own and the platform's, in its tier."""
    return [f"{tier_registry(scope, tenant.tier)}/{owner}" for owner in (tenant.name, PLATFORM)]


def tier_registry(scope: Scope, tier: Tier) -> str:
    """What all repositories of images of an environment and tier begin with."""
    registry = f"{scope.account_id}.dkr.ecr.{scope.region}.amazonaws.com"
    return f"{registry}/{scope.environment}/{tier}"


def check_registries(names: Iterable[str], *, where: str) -> list[str]:
    """Return the names if each is of a repository.

    Raises:
        RefusedError: one is not. A registry alone would also admit all that anybody pushes there.
    """
    found = list(names)
    for name in found:
        if REPOSITORY.fullmatch(name) is None:
            raise RefusedError(
                "not a repository of images",
                given=name,
                allowed="<registry>/<path>, without tag, digest or / at its end",
                where=where,
            )
    return found


def check_nodes(nodes: str, *, where: str) -> str:
    """Return ``nodes`` if it says whose nodes a tenant uses.

    Raises:
        RefusedError: it does not.
    """
    if nodes not in NODES:
        raise RefusedError("not whose nodes it uses", given=nodes, allowed=NODES, where=where)
    return nodes


def annotations(tenant: Tenant, registries: Iterable[str]) -> dict[str, str]:
    """What admission reads on the namespace of ``tenant``."""
    return {
        REGISTRIES: " ".join(registries),
        POD_GPUS: str(min(tenant.quota.pod_gpus, tenant.quota.gpus)),
        JOB_HOURS: str(tenant.quota.job_hours),
    }

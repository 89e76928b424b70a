"""Sandboxes of agents: how many, how large, for how long, and what they reach (ISO-11)."""

import base64
import binascii
import math
from collections.abc import Sequence
from dataclasses import dataclass

from bulkhead.domain.addresses import SERVICE_NETWORK, parse_private
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import Image
from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead.domain.pods import Runtime
from bulkhead.domain.runtimes import check_sandbox
from bulkhead.domain.tenants import Quota, Tenant
from bulkhead.domain.tiers import CATALOGUE, Egress, Tier

SANDBOXES_LABEL = f"{LABEL_PREFIX}sandboxes"
"""Label of a namespace in which nothing but sandboxes runs; its value is ``true``."""

SANDBOX_HOURS = f"{LABEL_PREFIX}sandbox-hours"
"""Annotation of such a namespace: the longest that a sandbox lives, in hours."""

CONTROLLER_NAMESPACE, CONTROLLER = "agent-sandbox-system", "agent-sandbox-controller"
"""Namespace and service account of the controller that makes pods of sandboxes."""

AGENT_ACCOUNT = "agent"
"""Service account of sandboxes, which has neither rights nor a token nor an identity in AWS."""

SANDBOX_CONTROLLER = f"system:serviceaccount:{CONTROLLER_NAMESPACE}:{CONTROLLER}"
"""How the API server knows it."""

LONGEST_HOURS = 24
"""An agent that works for longer keeps its results elsewhere and starts anew."""

MOST_SANDBOXES = 500

NARROWEST_NETWORK = 28
"""What a sandbox reaches is one service: its address, or the few of its load balancer."""

OVERHEAD_CPUS, OVERHEAD_MIB = 0.25, 320
"""The most that a runtime class charges a pod."""


def sandbox_namespace(tenant: str) -> str:
    """Name of the namespace of a tenant's sandboxes; no tenant is called so."""
    return f"{tenant}-sandbox"


@dataclass(frozen=True)
class Destination:
    """A service that sandboxes reach besides the tools' gateway.

    Attributes:
        cidr: its private address, or a network of at most 16.
        port: its TCP port.
    """

    cidr: str
    port: int

    def check(self, tier: Tier, *, where: str) -> "Destination":
        """Return the destination if sandboxes of a tier may reach it.

        Raises:
            RefusedError: the tier reaches nothing but VPC endpoints, the address is public, a whole
                network or one of Kubernetes' services, or the port is none.
        """
        if CATALOGUE[tier].egress is not Egress.DOMAIN_ALLOWLIST:
            raise RefusedError(
                f"sandboxes of tier '{tier}' reach nothing but the tools' gateway",
                given=self.cidr,
                allowed="no egress",
                where=where,
            )
        network = parse_private(self.cidr, where=f"{where}.cidr")
        if network.prefixlen < NARROWEST_NETWORK or network.overlaps(SERVICE_NETWORK):
            raise RefusedError(
                "a whole network, or one of Kubernetes' own",
                given=self.cidr,
                allowed=f"/{NARROWEST_NETWORK} to /32, outside of {SERVICE_NETWORK}",
                where=f"{where}.cidr",
            )
        if not 0 < self.port < 65536:
            raise RefusedError(
                "not a port", given=self.port, allowed="1 to 65535", where=f"{where}.port"
            )
        return self


@dataclass(frozen=True)
class Sandboxes:
    """What a tenant's agents run in.

    Attributes:
        runtime: what keeps them from their node's kernel.
        image: what runs, by digest.
        command: what is started; empty for the image's own.
        cpus, memory_gib, disk_gib: of one sandbox.
        storage_gib: encrypted volume of one sandbox, gone with it; 0 for none.
        most: sandboxes at once.
        warm: of these how many wait for work.
        hours: the longest that one lives.
        user: user and group that it runs as.
        egress: what it reaches besides the tools' gateway and name resolution.
        policy: base64 of the Cedar policy that a confidential sandbox enforces.
    """

    runtime: Runtime
    image: Image
    command: tuple[str, ...] = ()
    cpus: int = 1
    memory_gib: int = 2
    disk_gib: int = 4
    storage_gib: int = 0
    most: int = 4
    warm: int = 0
    hours: int = 1
    user: int = 1000
    egress: tuple[Destination, ...] = ()
    policy: str = ""

    def check(self, tenant: Tenant, registries: Sequence[str], *, where: str) -> "Sandboxes":
        """Return the sandboxes if the tenant may have them.

        Raises:
            RefusedError: the runtime is too weak, the image is another's, a number is out of
                bounds, more wait or run than the tenant's quota has room for, a destination is
                refused, or a confidential sandbox has no policy.
        """
        check_sandbox(self.runtime, tenant.tier, where=f"{where}.runtime")
        repository = self.image.repository
        if not any(repository == r or repository.startswith(f"{r}/") for r in registries):
            raise RefusedError(
                "an image of no registry of the tenant",
                given=repository,
                allowed=registries,
                where=f"{where}.image",
            )
        for name, least, most in (
            ("cpus", 1, tenant.quota.cpus),
            ("memory_gib", 1, tenant.quota.memory_gib),
            ("disk_gib", 1, tenant.quota.ephemeral_gib),
            ("storage_gib", 0, tenant.quota.storage_gib),
            ("most", 1, MOST_SANDBOXES),
            ("warm", 0, self.most),
            ("hours", 1, LONGEST_HOURS),
            ("user", 1, 2**31 - 1),
        ):
            if not least <= getattr(self, name) <= most:
                raise RefusedError(
                    "out of bounds",
                    given=getattr(self, name),
                    allowed=f"{least} to {most}",
                    where=f"{where}.{name}",
                )
        for name in ("cpus", "memory_gib", "ephemeral_gib", "storage_gib"):
            total, room = getattr(self.quota(), name), getattr(tenant.quota, name)
            if total > room and (name != "storage_gib" or self.storage_gib):
                raise RefusedError(
                    f"so many sandboxes take more {name} than the tenant's quota",
                    given=total,
                    allowed=f"at most {room}",
                    where=f"{where}.most",
                )
        for number, destination in enumerate(self.egress):
            destination.check(tenant.tier, where=f"{where}.egress[{number}]")
        self._check_policy(where=f"{where}.policy")
        return self

    def _check_policy(self, *, where: str) -> None:
        confidential = self.runtime is Runtime.CONFIDENTIAL_SANDBOX
        if bool(self.policy) != confidential or not _is_base64(self.policy):
            raise RefusedError(
                "a confidential sandbox, and no other, enforces a Cedar policy",
                given=self.policy or "none",
                allowed="what eks-nitro-sandbox-genpolicy prints, base64",
                where=where,
            )

    def quota(self) -> Quota:
        """What all of them take together, with what their runtime takes besides."""
        return Quota(
            gpus=0,
            cpus=math.ceil(self.most * (self.cpus + OVERHEAD_CPUS)),
            memory_gib=math.ceil(self.most * (self.memory_gib + OVERHEAD_MIB / 1024)),
            ephemeral_gib=self.most * self.disk_gib,
            storage_gib=max(self.most * self.storage_gib, 1),
            pods=self.most,
            services=1,
            volume_claims=self.most if self.storage_gib else 1,
            secrets=1,
            config_maps=2,
            jobs=1,
            job_hours=self.hours,
        )


def _is_base64(text: str) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except binascii.Error:
        return False
    return True

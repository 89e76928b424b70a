"""A tenant: one team's compartment, described once for every layer."""

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from bulkhead.domain import parsing
from bulkhead.domain.access import People
from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import Exemption
from bulkhead.domain.isolation import IsolationPattern, isolation_gap, require_isolation
from bulkhead.domain.labels import PLATFORM, Labels, Plane, check_value
from bulkhead.domain.risk import Audience, Latency, ModelValue, Regulation, Risk
from bulkhead.domain.tiers import CATALOGUE, Tier

RESERVED_NAMES = (
    *(PLATFORM, "bulkhead-*", "default", "kube-*", "*-system"),
    *("amazon", "aws", "eks", "iam", "system", "*-training", "*-sandbox"),
)
"""Names that no tenant takes, in shell style: the platform's, Kubernetes' and the controllers' own
namespaces, what EKS refuses before the colon of a group (EKS User Guide, "Create access entries"),
and what namespaces of other tenants for training and agents are called."""


LONGEST_JOB_HOURS = 7 * 24
"""A job that needs longer saves checkpoints and is started again (TRN-3)."""


@dataclass(frozen=True)
class Quota:
    """The most that a tenant's namespace may hold.

    Attributes:
        gpus: NVIDIA GPUs; 0 keeps GPUs out altogether.
        cpus: vCPUs.
        memory_gib: memory in GiB.
        storage_gib: sum of persistent volume claims in GiB.
        ephemeral_gib: sum of node disk that containers may fill, in GiB.
        pods, services, volume_claims, secrets, config_maps, jobs: object counts.
        pod_gpus: the most GPUs of one pod.
        pod_memory_gib: the most memory of one pod in GiB; None for as much as the namespace's.
        job_hours: the longest that a job may run, in hours; a week at most.
    """

    gpus: int = 0
    cpus: int = 8
    memory_gib: int = 32
    storage_gib: int = 100
    ephemeral_gib: int = 100
    pods: int = 50
    services: int = 10
    volume_claims: int = 10
    secrets: int = 20
    config_maps: int = 20
    jobs: int = 20
    pod_gpus: int = 1
    pod_memory_gib: int | None = None
    job_hours: int = 24

    def check(self, *, where: str) -> "Quota":
        """Return the quota if every number can be granted.

        Raises:
            RefusedError: a number is negative, one other than ``gpus`` is zero, a pod gets more
                GPUs or memory than the namespace, or a job lasts longer than a week.
        """
        for number in fields(self):
            least, given = 0 if number.name == "gpus" else 1, getattr(self, number.name)
            if given is not None and given < least:
                raise RefusedError(
                    "too small a quota",
                    given=given,
                    allowed=f"{least} or more",
                    where=f"{where}.{number.name}",
                )
        if self.pod_gpus > max(self.gpus, 1):
            raise RefusedError(
                "more GPUs for a pod than for its namespace",
                given=self.pod_gpus,
                allowed=f"at most {self.gpus}, the quota of gpus",
                where=f"{where}.pod_gpus",
            )
        if self.pod_memory > self.memory_gib:
            raise RefusedError(
                "more memory for a pod than for its namespace",
                given=self.pod_memory,
                allowed=f"at most {self.memory_gib}, the quota of memory_gib",
                where=f"{where}.pod_memory_gib",
            )
        if self.job_hours > LONGEST_JOB_HOURS:
            raise RefusedError(
                "a job of this length is not possible",
                given=self.job_hours,
                allowed=f"at most {LONGEST_JOB_HOURS} hours",
                where=f"{where}.job_hours",
            )
        return self

    @property
    def pod_memory(self) -> int:
        """The most memory of one pod, in GiB."""
        return self.memory_gib if self.pod_memory_gib is None else self.pod_memory_gib


@dataclass(frozen=True)
class Tenant:
    """One team's compartment.

    Attributes:
        name: DNS label; names the namespace, the role and the labels.
        tier: sensitivity of the tenant's data and models.
        pattern: isolation pattern that it runs on.
        owner: team that answers for it.
        cost_center: who pays.
        project: project that its costs are booked to.
        organization: organisation that it belongs to, with other tenants; None for none.
        quota: the most that it may use.
        exemption: permission to run on a pattern weaker than its risk needs.
        people: IAM roles of its people, by what they may do.
        model: worth of its models' weights.
        audience: who reaches its endpoints.
        regulation: what law, contract or licence asks of its place.
        latency: how much neighbours may slow it.
    """

    name: str
    tier: Tier
    pattern: IsolationPattern
    owner: str
    cost_center: str
    project: str
    quota: Quota = Quota()
    exemption: Exemption | None = None
    people: People = field(default_factory=People)
    model: ModelValue = ModelValue.COMMODITY
    audience: Audience = Audience.INTERNAL
    regulation: Regulation = Regulation.NONE
    latency: Latency = Latency.RELAXED
    organization: str | None = None

    @property
    def risk(self) -> Risk:
        """What is at stake, as the chooser judges it."""
        return Risk(self.tier, self.model, self.audience, self.regulation, self.latency)

    def annotations(self) -> dict[str, str]:
        """What its namespace tells besides the labels: its risk, and an exemption that it needs."""
        needed = self.exemption and isolation_gap(self.risk, self.pattern)
        told = self.exemption.annotations() if self.exemption and needed else {}
        return self.risk.annotations() | told

    def check(self, *, region: str, where: str) -> "Tenant":
        """Return the tenant if it may be built in ``region``.

        Raises:
            RefusedError: the name is unusable or reserved, owner, cost centre, project or
                organisation can't be label values, the pattern is too weak for the risk, the
                tier may not be exposed to the audience or live in the region, the quota is too
                small, or one of its people is no IAM role.
        """
        parsing.name(self.name, where=f"{where}.name")
        if any(fnmatch.fnmatchcase(self.name, reserved) for reserved in RESERVED_NAMES):
            raise RefusedError(
                "a reserved tenant name",
                given=self.name,
                allowed=f"any but {', '.join(RESERVED_NAMES)}",
                where=f"{where}.name",
            )
        for key in ("owner", "cost_center", "project"):
            check_value(getattr(self, key), where=f"{where}.{key}")
        if self.organization is not None:
            check_value(self.organization, where=f"{where}.organization")
        self.risk.check(where=where)
        require_isolation(
            self.risk, self.pattern, tenant=self.name, where=where, exemption=self.exemption
        )
        check_region(self.tier, region, where=where)
        self.quota.check(where=f"{where}.quota")
        self.people.check(where=f"{where}.people")
        return self

    def labels(self, environment: Environment, plane: Plane, workload: str) -> Labels:
        """The labels of what this tenant has."""
        return Labels(
            tenant=self.name,
            tier=self.tier,
            environment=environment,
            plane=plane,
            owner=self.owner,
            cost_center=self.cost_center,
            project=self.project,
            workload=workload,
            organization=self.organization,
            pattern=self.pattern,
        )


def check_region(tier: Tier, region: str, *, where: str) -> None:
    """Refuse a tier in a Region that its catalogue entry leaves out.

    Raises:
        RefusedError: the sentence lists the Regions that may hold the tier.
    """
    allowed = CATALOGUE[tier].regions
    if region not in allowed:
        raise RefusedError(
            f"tier '{tier}' may not live in this region",
            given=region,
            allowed=sorted(allowed),
            where=where,
        )


def check_tenants(
    tenants: Iterable[Tenant], *, region: str, where: str = "tenants"
) -> list[Tenant]:
    """Return the tenants if all of them may be built side by side.

    Raises:
        RefusedError: a tenant is refused, or a name stands twice.
    """
    checked: list[Tenant] = []
    for tenant in tenants:
        path = f"{where}.{tenant.name}"
        if any(other.name == tenant.name for other in checked):
            raise RefusedError("a tenant's name stands twice", given=tenant.name, where=where)
        checked.append(tenant.check(region=region, where=path))
    return checked

"""How a tenant is described to a component."""

from typing import NotRequired, TypedDict

from bulkhead.domain import parsing
from bulkhead.domain.access import People
from bulkhead.domain.exemptions import Exemption
from bulkhead.domain.isolation import ISOLATION_RULE, IsolationPattern
from bulkhead.domain.risk import Audience, Latency, ModelValue, Regulation
from bulkhead.domain.tenants import Quota, Tenant
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.arguments import checked
from bulkhead.workloads.training_arguments import TrainingArgs


class QuotaArgs(TypedDict):
    """The most that a tenant's namespace may hold."""

    gpus: NotRequired[int]
    """NVIDIA GPUs. Default: 0."""
    cpus: NotRequired[int]
    """vCPUs. Default: 8."""
    memory_gib: NotRequired[int]
    """Memory in GiB. Default: 32."""
    storage_gib: NotRequired[int]
    """Sum of persistent volume claims in GiB. Default: 100."""
    ephemeral_gib: NotRequired[int]
    """Sum of node disk that containers may fill, in GiB. Default: 100."""
    pods: NotRequired[int]
    """Pods. Default: 50."""
    services: NotRequired[int]
    """Services. Default: 10."""
    volume_claims: NotRequired[int]
    """Persistent volume claims. Default: 10."""
    secrets: NotRequired[int]
    """Secrets. Default: 20."""
    config_maps: NotRequired[int]
    """Config maps. Default: 20."""
    jobs: NotRequired[int]
    """Jobs, and as many cron jobs. Default: 20."""
    pod_gpus: NotRequired[int]
    """The most GPUs of one pod. Default: 1."""
    pod_memory_gib: NotRequired[int]
    """The most memory of one pod in GiB. Default: that of the namespace."""
    job_hours: NotRequired[int]
    """The longest that a job may run, in hours; 168 at most. Default: 24."""


class RiskArgs(TypedDict):
    """What is at stake besides the tier; ``bulkhead recommend`` asks the same (ISO-8)."""

    model: NotRequired[str]
    """Worth of the models' weights: commodity, valuable or crown-jewel. Default: commodity."""
    audience: NotRequired[str]
    """Who reaches the endpoints: internal, partners or public. Default: internal."""
    regulation: NotRequired[str]
    """What law, contract or licence asks: none, data-protection, sealed-in-use or no-shared-hosts.
    Default: none."""
    latency: NotRequired[str]
    """How much neighbours may slow it: relaxed, interactive or strict. Default: relaxed."""


class ExemptionArgs(TypedDict):
    """Permission to run on a weaker pattern than the risk needs (ISO-9)."""

    owner: str
    """Team that answers for it."""
    reason: str
    """Why, as a sentence."""
    expires: str
    """Last day on which it holds, ``YYYY-MM-DD``; at most a year ahead."""


class PeopleArgs(TypedDict):
    """ARNs of the IAM roles that a tenant's people take on."""

    admin: NotRequired[list[str]]
    """Run everything in the namespace. Default: nobody."""
    developer: NotRequired[list[str]]
    """Run workloads, and read their logs where the tier lets anybody read them past the redaction.
    Default: nobody."""
    viewer: NotRequired[list[str]]
    """Look at workloads, not at logs. Default: nobody."""


class TenantArgs(TypedDict):
    """One team's compartment."""

    name: str
    """DNS label; names the namespace."""
    tier: str
    """Sensitivity of its data and models: public, internal, confidential, restricted, regulated."""
    owner: str
    """Team that answers for it."""
    cost_center: str
    """Who pays."""
    project: NotRequired[str]
    """Project that its costs are booked to. Default: the tenant's name."""
    organization: NotRequired[str]
    """Organisation that it belongs to, with other tenants; the top of the tree of labels. Default:
    none."""
    pattern: NotRequired[str]
    """Isolation pattern that it runs on. Default: that of the component which takes it, and
    ``shared-cluster`` outside of the patterns."""
    quota: NotRequired[QuotaArgs]
    """The most that it may use. Default: see ``QuotaArgs``."""
    risk: NotRequired[RiskArgs]
    """What is at stake besides the tier. Default: see ``RiskArgs``."""
    exemption: NotRequired[ExemptionArgs]
    """Permission to run on a pattern weaker than its risk needs. Default: none."""
    training: NotRequired[TrainingArgs]
    """How it trains, in a namespace of its own. Default: it doesn't."""
    people: NotRequired[PeopleArgs]
    """Who gets into its namespace. Default: nobody."""


def read_tenant(args: TenantArgs, *, where: str) -> Tenant:
    """The tenant that ``args`` describe; whether it may be built, ``Tenant.check`` says.

    Raises:
        RefusedError: tier, pattern, a word of the risk or the exemption's date are unknown, or see
            ``checked``.
    """
    args = checked(args, TenantArgs, where=where)
    quota = checked(args.get("quota", QuotaArgs()), QuotaArgs, where=f"{where}.quota")
    people = checked(args.get("people", PeopleArgs()), PeopleArgs, where=f"{where}.people")
    risk = checked(args.get("risk", RiskArgs()), RiskArgs, where=f"{where}.risk")
    exemption = args.get("exemption")
    if exemption is not None:
        checked(exemption, ExemptionArgs, where=f"{where}.exemption")
    return Tenant(
        name=args["name"],
        tier=parsing.choice(Tier, args["tier"], where=f"{where}.tier"),
        pattern=parsing.choice(
            IsolationPattern,
            args.get("pattern", IsolationPattern.SHARED_CLUSTER),
            where=f"{where}.pattern",
        ),
        owner=args["owner"],
        cost_center=args["cost_center"],
        project=args.get("project", args["name"]),
        organization=args.get("organization"),
        quota=Quota(**quota),
        exemption=exemption
        and Exemption(
            rule=ISOLATION_RULE,
            subject=args["name"],
            owner=exemption["owner"],
            reason=exemption["reason"],
            expires=parsing.date(exemption["expires"], where=f"{where}.exemption.expires"),
        ),
        people=People(
            admin=tuple(people.get("admin", ())),
            developer=tuple(people.get("developer", ())),
            viewer=tuple(people.get("viewer", ())),
        ),
        model=parsing.choice(
            ModelValue, risk.get("model", ModelValue.COMMODITY), where=f"{where}.risk.model"
        ),
        audience=parsing.choice(
            Audience, risk.get("audience", Audience.INTERNAL), where=f"{where}.risk.audience"
        ),
        regulation=parsing.choice(
            Regulation, risk.get("regulation", Regulation.NONE), where=f"{where}.risk.regulation"
        ),
        latency=parsing.choice(
            Latency, risk.get("latency", Latency.RELAXED), where=f"{where}.risk.latency"
        ),
    )

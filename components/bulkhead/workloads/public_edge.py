"""The way from the internet to the gateway, for as long as somebody answers for it."""

import datetime
from dataclasses import dataclass
from typing import NotRequired, TypedDict

import pulumi

from bulkhead.domain import exposure
from bulkhead.domain.exposure import Client, OptIn
from bulkhead.domain.inference import Limits, check_host
from bulkhead.domain.labels import Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.component import Component
from bulkhead.workloads.edge_api import EdgeApi
from bulkhead.workloads.edge_arguments import (
    ClientArgs,
    EdgeTargetArgs,
    OptInArgs,
    check_trust_store,
    read_clients,
    read_models,
    read_opt_in,
)
from bulkhead.workloads.edge_firewall import make_firewall
from bulkhead.workloads.edge_logs import make_access_log, make_log_role
from bulkhead.workloads.edge_requests import schemas
from bulkhead.workloads.edge_watch import (
    Telling,
    make_alarms,
    make_guard_alarms,
    make_warnings,
)


class PublicEdgeArgs(TypedDict):
    """What a ``PublicEdge`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the gateway."""
    tier: str
    """Highest tier of the models behind it: public, internal or confidential."""
    opt_in: OptInArgs
    """Who answers for it, why, and until when."""
    host: str
    """Public DNS name that clients use; its record points to the output ``target``."""
    certificate_arn: pulumi.Input[str]
    """ARN of the name's certificate, of AWS Certificate Manager in the Region."""
    gateway: EdgeTargetArgs
    """The gateway behind it."""
    models: list[str]
    """The models that clients may name."""
    clients: list[ClientArgs]
    """Who gets a key, and the most that each may ask."""
    log_key_arn: pulumi.Input[str]
    """ARN of the partition's key for logs."""
    topic_arn: pulumi.Input[str]
    """ARN of the topic of ``AuditAlarms``."""
    dead_letter_arn: pulumi.Input[str]
    """ARN of its queue of alarms that could not be delivered."""
    trust_store: NotRequired[str | None]
    """``s3://`` address of the authorities whose certificates clients must show (mutual TLS), PEM
    in a versioned bucket of the account. Default: none; key and token must do."""
    networks: NotRequired[list[str] | None]
    """Public networks from which alone clients come. Default: anywhere."""
    prompt_kib: NotRequired[int]
    """Size of a request's body in KiB, all of which the firewall looks at: 16, 32, 48 or 64.
    Default: 16, about 4,000 tokens; more costs more."""
    output_tokens: NotRequired[int]
    """Tokens that a client may ask for in an answer. Default: 1024."""
    timeout_seconds: NotRequired[int]
    """How long an answer may take as a whole, at most 900. Default: 120."""
    system_messages: NotRequired[bool]
    """Whether clients may send messages of the roles system and developer. Default: false, since
    system prompts are kept inside (INF-4)."""
    log_role: NotRequired[bool]
    """Whether the role by which API Gateway logs in this account and Region is made; false where
    there is one already. Default: true."""


@dataclass(frozen=True)
class EdgePlan:
    """An edge that may be opened; ``opt_in.subject`` is its public name."""

    scope: Scope
    tier: Tier
    opt_in: OptIn
    gateway: EdgeTargetArgs
    models: list[str]
    clients: list[Client]
    networks: list[str]
    prompt_kib: int
    limits: Limits
    trust_store: str | None
    system_messages: bool
    log_role: bool


def read_edge(args: PublicEdgeArgs, *, today: datetime.date, where: str) -> EdgePlan:
    """The edge that ``args`` describe, if it may be open on ``today``.

    Raises:
        RefusedError: see ``PublicEdge``.
    """
    args = checked(args, PublicEdgeArgs, where=where)
    scope, tier = read_place(args, where=where)
    host = check_host(args["host"], where=f"{where}.host")
    opt_in = read_opt_in(args["opt_in"], host=host, where=f"{where}.opt_in")
    gateway = checked(args["gateway"], EdgeTargetArgs, where=f"{where}.gateway")
    check_host(gateway["host"], where=f"{where}.gateway.host")
    limits = Limits(
        output_tokens=args.get("output_tokens", Limits.output_tokens),
        timeout_seconds=args.get("timeout_seconds", Limits.timeout_seconds),
    )
    exposure.check_wait(limits.timeout_seconds, where=f"{where}.timeout_seconds")
    return EdgePlan(
        scope=scope,
        tier=tier,
        opt_in=opt_in.check_for(tier, today=today, where=f"{where}.opt_in"),
        gateway=gateway,
        models=read_models(args["models"], where=f"{where}.models"),
        clients=read_clients(args["clients"], where=f"{where}.clients"),
        networks=exposure.check_sources(args.get("networks") or [], where=f"{where}.networks"),
        prompt_kib=exposure.check_inspected(
            args.get("prompt_kib", exposure.INSPECTED_KIB[0]), where=f"{where}.prompt_kib"
        ),
        limits=limits.check(where=where),
        trust_store=check_trust_store(args.get("trust_store"), where=f"{where}.trust_store"),
        system_messages=args.get("system_messages", False),
        log_role=args.get("log_role", True),
    )


class PublicEdge(Component):
    """The way from the internet to an ``InferenceGateway``, until a day (INF-1).

    Endpoints are private. This opens one to named clients, for tiers that may be opened, with an
    owner and a reason, and **closes by itself** after the last day: the policy of the API denies
    every call from then on, whether or not anybody deploys. A program whose opt-in has ended is
    refused; its owner is warned 30, 7 and 1 days before.

    A request passes, in this order: TLS 1.2 or newer under the edge's own name and, if asked for, a
    client's certificate; the firewall, with rates per address and key, AWS's rules on reputation,
    anonymity, known attacks and bots, and a size that it can inspect as a whole; the policy; a
    client's key, with throttle and quota of its own; a schema that names what may be asked. Then it
    goes over a private link and TLS to the gateway, which checks the client's token and its quotas
    as ever. Answers are streamed. Logs hold no body, key, token or query.

    API Gateway's own throttles and quotas are best effort: the gateway's are the hard ones.
    ``docs/public-edge.md`` tells what each part refuses and where its limits are.

    The gateway's certificate must be of a public authority, which API Gateway verifies.

    Example:
        import datetime

        from bulkhead import PublicEdge

        key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        PublicEdge(
            "edge",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "opt_in": {
                    "owner": "partner-team",
                    "reason": "Partners try the summaries until their network is connected",
                    "expires": str(datetime.date.today() + datetime.timedelta(days=90)),
                },
                "host": "models.example.com",
                "certificate_arn": "arn:aws:acm:eu-central-1:111122223333:"
                "certificate/12345678-1234-1234-1234-123456789012",
                "gateway": {
                    "host": "inference.dev.example.com",
                    "load_balancer_arn": "arn:aws:elasticloadbalancing:eu-central-1:111122223333:"
                    "loadbalancer/net/gateway/1234567890abcdef",
                    "load_balancer_cidrs": ["10.20.0.0/18"],
                    "vpc_id": "vpc-0123456789abcdef0",
                    "subnet_ids": ["subnet-0123456789abcdef0", "subnet-0fedcba9876543210"],
                },
                "models": ["llama-3.1-8b"],
                "clients": [
                    {"name": "partner-a", "requests": {"minute": 60, "day": 5_000}},
                    {"name": "partner-b"},
                ],
                "log_key_arn": key,
                "topic_arn": "arn:aws:sns:eu-central-1:111122223333:dev-alarms",
                "dead_letter_arn": "arn:aws:sqs:eu-central-1:111122223333:dev-alarms-undelivered",
            },
        )
    """

    host: pulumi.Output[str]
    """Public DNS name that clients use."""
    target: pulumi.Output[str]
    """Name that the host's DNS record points to."""
    closes: pulumi.Output[str]
    """When it closes by itself, in UTC."""
    key_ids: pulumi.Output[dict[str, str]]
    """ID of each client's key, whose value ``aws apigateway get-api-key --include-value`` shows."""
    api_id: pulumi.Output[str]
    """ID of the REST API."""

    def __init__(
        self, name: str, args: PublicEdgeArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Open the edge.

        Raises:
            RefusedError: the scope is refused, the tier may not be exposed, the opt-in lacks owner
                or reason, has ended or ends too late, or a name, model, client or limit is refused.
        """
        today = datetime.date.today()
        plan = read_edge(args, today=today, where=name)
        scope, opt_in, clients = plan.scope, plan.opt_in, plan.clients
        super().__init__(name, opts)

        if (left := opt_in.days_left(today)) < exposure.WARNING_DAYS[0]:
            pulumi.log.warn(
                f"the public edge {opt_in.subject} closes by itself in {left + 1} days", self
            )
        labels = scope.labels(plan.tier, Plane.INFERENCE, "public-edge")
        asked = schemas(
            plan.models,
            output_tokens=plan.limits.output_tokens,
            system_messages=plan.system_messages,
        )
        flood = exposure.most_in_window(clients)
        role = [make_log_role(name, scope, labels, self._child)] if plan.log_role else []
        log = make_access_log(name, scope, labels, args["log_key_arn"], self._child())
        edge = EdgeApi(name, scope, labels, self._child)
        edge.open_until(opt_in, plan.networks)
        edge.operations(plan.gateway, asked, plan.limits.timeout_seconds)
        stage = edge.stage(log.arn, clients, after=role)
        guard = make_firewall(
            name,
            scope=scope,
            labels=labels,
            prompt_kib=plan.prompt_kib,
            most_in_window=flood,
            stage_arn=stage.arn,
            key_arn=args["log_key_arn"],
            child=self._child,
        )
        keys = edge.clients(clients)
        # Only this name leads to the API, so that nothing is reached before all guards stand.
        domain = edge.name(opt_in.subject, args["certificate_arn"], plan.trust_store, after=[guard])
        tell = Telling(
            name, scope, labels, args["topic_arn"], args["dead_letter_arn"], self._child()
        )
        make_alarms(tell, blocked=flood)
        make_guard_alarms(tell)
        make_warnings(tell, opt_in, today=today)
        self._export(
            {
                "host": opt_in.subject,
                "target": domain.regional_domain_name,
                "closes": opt_in.closes,
                "key_ids": keys,
                "api_id": edge.api.id,
            }
        )

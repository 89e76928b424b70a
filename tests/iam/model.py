"""What is evaluated: principals, requests, the world that they happen in, and decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

ANONYMOUS = "anonymous"
"""The ARN of a principal that signs nothing."""

Document = Mapping[str, Any]
"""A policy document, as parsed JSON."""

Value = str | bool | Sequence[str]
"""The value of a condition key; those with many values take a sequence."""


@dataclass(frozen=True)
class Policy:
    """A policy document under the name that decisions show."""

    name: str
    document: Document


FULL_ACCESS = Policy(
    "FullAWSAccess",
    {
        "Version": "2012-10-17",
        "Statement": {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"},
    },
)
"""The service control policy that AWS attaches at every level of an organization."""


@dataclass(frozen=True)
class Principal:
    """Who makes requests.

    Attributes:
        arn: a role, who acts in a session; a user; an account's root user
            (``arn:aws:iam::<account>:root``); an identity provider; the name of a service, such
            as ``logs.eu-central-1.amazonaws.com``; or ``ANONYMOUS``.
        tags: of the role or user.
        identity_policies: inline and attached ones.
        boundary: permissions boundary.
        session_policy: what the session was restricted to when it began.
        session_tags: given when the session began; they win over ``tags``.
        session: name of a role's session.
    """

    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)
    identity_policies: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session_policy: Policy | None = None
    session_tags: Mapping[str, str] = field(default_factory=dict)
    session: str = "session"

    @property
    def account(self) -> str:
        """The account that it belongs to, empty for a service or nobody."""
        return self.arn.split(":")[4] if self.arn.startswith("arn:") else ""

    @property
    def kind(self) -> str:
        """``role``, ``user``, ``root``, ``oidc-provider``, ``saml-provider``, ``service``, …"""
        if self.arn == ANONYMOUS:
            return ANONYMOUS
        return self.arn.split(":")[5].split("/")[0] if self.account else "service"

    @property
    def name(self) -> str:
        """The last part of the ARN."""
        return self.arn.split("/")[-1]

    @property
    def caller(self) -> str:
        """The ARN that makes the request: a role acts in a session."""
        if self.kind != "role":
            return self.arn
        partition = self.arn.split(":")[1]
        return f"arn:{partition}:sts::{self.account}:assumed-role/{self.name}/{self.session}"


@dataclass(frozen=True)
class Endpoint:
    """A VPC endpoint.

    Attributes:
        service: what follows the Region in its service's name, such as ``s3`` or ``ecr.api``.
        policy: None for the default, which allows all.
        vpc: ID of the VPC that it stands in.
    """

    service: str
    policy: Policy | None = None
    vpc: str = ""


@dataclass(frozen=True)
class World:
    """Where requests happen.

    Attributes:
        account: owner of resources whose ARN names no account, such as buckets.
        resource_policies: by ARN; a role's is its trust policy.
        resource_context: condition keys that a resource brings, by ARN: its tags as
            ``aws:ResourceTag/<key>``, a key's aliases as ``kms:ResourceAliases``.
        endpoints: VPC endpoints by ID; a request uses the one that its ``aws:SourceVpce`` names.
        scps: service control policies by the account that they bind, a group per level from the
            organization's root down. AWS attaches ``FULL_ACCESS`` at each level; say so here.
        rcps: resource control policies, in the same way by the account that owns the resource;
            the full access that AWS attaches is understood.
    """

    account: str = ""
    resource_policies: Mapping[str, Policy] = field(default_factory=dict)
    resource_context: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    endpoints: Mapping[str, Endpoint] = field(default_factory=dict)
    scps: Mapping[str, Sequence[Sequence[Policy]]] = field(default_factory=dict)
    rcps: Mapping[str, Sequence[Sequence[Policy]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """One call of an API.

    Attributes:
        principal: who calls.
        action: such as ``kms:Decrypt``.
        resource: ARN, or ``*`` for actions without resources.
        context: condition keys besides those that follow from principal, resource and world.
            Keys that AWS doesn't send with this action are left out, as AWS does.
        resource_account: owner of the resource, if it is not in its ARN nor the world's account.
    """

    principal: Principal
    action: str
    resource: str = "*"
    context: Mapping[str, Value] = field(default_factory=dict)
    resource_account: str = ""

    def __str__(self) -> str:
        return f"{self.principal.name} {self.action} {self.resource}"


class Verdict(StrEnum):
    """What AWS would decide."""

    ALLOWED = "Allowed"
    EXPLICITLY_DENIED = "ExplicitlyDenied"
    IMPLICITLY_DENIED = "ImplicitlyDenied"


@dataclass(frozen=True)
class Statement:
    """A statement that decided.

    Attributes:
        kind: kind of its policy: identity, boundary, session, resource, endpoint, scp or rcp.
        policy: the policy's name.
        sid: its Sid, or its place as ``#1``.
    """

    kind: str
    policy: str
    sid: str

    def __str__(self) -> str:
        return f"{self.kind} {self.policy}/{self.sid}"


@dataclass(frozen=True)
class Decision:
    """How a request was decided.

    Attributes:
        request: what was asked.
        verdict: the answer.
        statements: the ones that allow, or the ones that deny; none for an implicit denial.
        blocked: kinds of policies that stop what identity or resource policies would allow.
        missing: condition keys that statements, which fit otherwise, asked for in vain.
    """

    request: Request
    verdict: Verdict
    statements: tuple[Statement, ...]
    blocked: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def allowed(self) -> bool:
        """Whether the request goes through."""
        return self.verdict is Verdict.ALLOWED

    @property
    def sids(self) -> set[str]:
        """The Sids of the statements that decided."""
        return {statement.sid for statement in self.statements}

    def __str__(self) -> str:
        by = ", ".join(map(str, self.statements)) or "no statement that allows it"
        blocked = f"; blocked by {', '.join(self.blocked)}" if self.blocked else ""
        missing = f"; the request has no {', '.join(self.missing)}" if self.missing else ""
        return f"{self.request}: {self.verdict} by {by}{blocked}{missing}"


@dataclass(frozen=True)
class Finding:
    """What is wrong with a policy document.

    Attributes:
        policy: its name.
        rule: which rule it breaks.
        where: Sid of the statement, or the path.
        message: what is wrong.
    """

    policy: str
    rule: str
    where: str
    message: str

    def __str__(self) -> str:
        return f"{self.policy}/{self.where}: {self.message} [{self.rule}]"


class EvaluationError(Exception):
    """A request that can't be decided: it is malformed, or the world lacks what it needs."""

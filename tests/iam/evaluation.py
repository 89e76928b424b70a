"""Evaluating requests and linting policies with a Node.js process that runs iam-simulate."""

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.iam.model import (
    ANONYMOUS,
    FULL_ACCESS,
    Decision,
    Document,
    EvaluationError,
    Finding,
    Policy,
    Principal,
    Request,
    Statement,
    Value,
    Verdict,
    World,
)

EVALUATOR = Path(__file__).parent / "evaluator"
"""Folder of the program that Node.js runs."""

NOW = "2026-01-01T12:00:00Z"
"""When all requests happen, unless they say otherwise."""

_SHARED_POLICY = {"s3": "/", "s3vectors": "/", "dynamodb": "/", "execute-api": "/"}
"""Services whose resource policies also hold for what is beneath the resource, by separator."""

_ENDPOINT_NAMES = {"monitoring": "cloudwatch"}
"""Endpoint services that are called other than their actions."""


class Evaluator:
    """A running evaluator; leave its context to end the process."""

    def __init__(self, modules: Path) -> None:
        """Start Node.js with the packages that stand in the folder ``modules``."""
        self._process = subprocess.Popen(
            ["node", str(EVALUATOR / "evaluate.mjs"), str(modules)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def evaluate(self, requests: Sequence[Request], world: World) -> list[Decision]:
        """Decide each request.

        Raises:
            EvaluationError: a request can't be decided.
        """
        batch = _Batch(world)
        asked = [batch.simulation(request) for request in requests]
        answers = self._ask(policies=batch.policies, simulations=asked)["results"]
        failed = [
            f"{request}: {answer['error']}"
            for request, answer in zip(requests, answers, strict=True)
            if "error" in answer
        ]
        if failed:
            raise EvaluationError("\n".join(failed[:10]))
        return [
            Decision(
                request=request,
                verdict=Verdict(answer["verdict"]),
                statements=tuple(
                    Statement(found["kind"], found["policy"], found["statement"])
                    for found in answer["statements"]
                ),
                blocked=tuple(answer["blocked"]),
                missing=tuple(answer["missing"]),
            )
            for request, answer in zip(requests, answers, strict=True)
        ]

    def lint(self, policies: Iterable[tuple[str, Policy]]) -> list[Finding]:
        """What is wrong with policies, each given with its kind.

        Kinds are identity (inline), managed, boundary, session, trust, resource, endpoint, scp
        and rcp.
        """
        batch = _Batch(World())
        names = {batch.learn(kind, policy): policy.name for kind, policy in policies}
        found = self._ask(policies=batch.policies, lint=list(names))["findings"]
        return [Finding(name, **finding) for key, name in names.items() for finding in found[key]]

    def _ask(self, **question: Any) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise EvaluationError("the evaluator has no pipes")
        stdin.write(json.dumps(question) + "\n")
        stdin.flush()
        line = stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "the evaluator ended"}
        if "error" in answer:
            raise EvaluationError(answer["error"])
        return answer


class _Batch:
    """Writes requests as simulations that share their policies."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._known: dict[tuple[str, str, int], str] = {}
        self._kept: list[Document] = []
        self.policies: dict[str, dict[str, Any]] = {}

    def learn(self, kind: str, policy: Policy) -> str:
        """The ID of a policy."""
        known = (kind, policy.name, id(policy.document))
        if known not in self._known:
            content = {"kind": kind, "name": policy.name, "document": policy.document}
            text = json.dumps(content, sort_keys=True)
            key = hashlib.sha256(text.encode()).hexdigest()[:32]
            self._known[known] = key
            self._kept.append(policy.document)
            self.policies[key] = content
        return self._known[known]

    def simulation(self, request: Request) -> dict[str, Any]:
        """What the evaluator is asked for one request."""
        principal = request.principal
        account = _owner(request, self._world)
        identity = [self.learn("identity", policy) for policy in _identity_policies(principal)]
        found: dict[str, Any] = {
            "principal": None if principal.kind == ANONYMOUS else principal.caller,
            "action": request.action,
            "resource": request.resource,
            "account": account,
            "context": self._context(request, account),
            "identity": identity,
            "scps": self._levels("scp", self._world.scps.get(principal.account, ()), principal),
            "rcps": self._levels("rcp", self._world.rcps.get(account, ()), principal),
        }
        if principal.boundary:
            found["boundary"] = self.learn("boundary", principal.boundary)
        if principal.session_policy:
            found["session"] = self.learn("session", principal.session_policy)
        if policy := _resource_policy(request, self._world):
            kind = "trust" if request.action.startswith("sts:") else "resource"
            _refuse_half_named(request, policy)
            found["policy"] = self.learn(kind, policy)
        if endpoint := self._endpoint_policy(request):
            found["endpoint"] = self.learn("endpoint", endpoint)
        return found

    def _levels(
        self, kind: str, levels: Sequence[Sequence[Policy]], principal: Principal
    ) -> list[list[str]]:
        linked = principal.kind == "role" and "/aws-service-role/" in principal.arn
        no_member = principal.kind not in ("role", "user", "root")
        if linked or (kind == "scp" and no_member):
            return []
        return [[self.learn(kind, policy) for policy in level] for level in levels]

    def _endpoint_policy(self, request: Request) -> Policy | None:
        endpoint = self._world.endpoints.get(str(request.context.get("aws:SourceVpce", "")))
        if endpoint is None:
            return None
        label = endpoint.service.split(".")[0]
        served = _ENDPOINT_NAMES.get(label, label)
        service = request.action.split(":")[0]
        if not served.startswith(service) and not service.startswith(served):
            raise EvaluationError(f"{request}: an endpoint of {endpoint.service} carries no such")
        return endpoint.policy

    def _context(self, request: Request, account: str) -> dict[str, str | list[str]]:
        endpoint = self._world.endpoints.get(str(request.context.get("aws:SourceVpce", "")))
        region = request.resource.split(":")[3] if request.resource.count(":") > 3 else ""
        via = "kms:ViaService" in request.context
        found: dict[str, Value] = {
            "aws:CurrentTime": NOW,
            "aws:SecureTransport": True,
            "aws:ViaAWSService": via,
            "aws:ResourceAccount": account,
            **({"aws:RequestedRegion": region} if region else {}),
            **({"aws:SourceVpc": endpoint.vpc} if endpoint and endpoint.vpc else {}),
            **_principal_context(request.principal),
            **self._world.resource_context.get(request.resource, {}),
            **request.context,
        }
        return {key: _plain(value) for key, value in found.items()}


def _plain(value: Value) -> str | list[str]:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else list(value)


def _principal_context(principal: Principal) -> Mapping[str, Value]:
    """The condition keys that AWS always sends for a principal."""
    if principal.kind == ANONYMOUS:
        return {"aws:PrincipalType": "Anonymous", "aws:PrincipalIsAWSService": False}
    if principal.kind == "service":
        return {
            "aws:PrincipalIsAWSService": True,
            "aws:PrincipalServiceName": principal.arn,
            "aws:PrincipalServiceNamesList": [principal.arn],
        }
    if principal.kind not in ("role", "user", "root"):
        return {"aws:FederatedProvider": principal.arn}
    unique = hashlib.sha256(principal.arn.encode()).hexdigest()[:17].upper()
    types = {"role": "AssumedRole", "user": "User", "root": "Account"}
    found: dict[str, Value] = {
        "aws:PrincipalArn": principal.arn,
        "aws:PrincipalAccount": principal.account,
        "aws:PrincipalType": types[principal.kind],
        "aws:PrincipalIsAWSService": False,
        "kms:CallerAccount": principal.account,
    }
    for key, value in {**principal.tags, **principal.session_tags}.items():
        found[f"aws:PrincipalTag/{key}"] = value
    if principal.kind == "role":
        found["aws:userid"] = f"AROA{unique}:{principal.session}"
        found["aws:TokenIssueTime"] = NOW
    elif principal.kind == "user":
        found["aws:userid"] = f"AIDA{unique}"
        found["aws:username"] = principal.name
    else:
        found["aws:userid"] = principal.account
    return found


def _identity_policies(principal: Principal) -> tuple[Policy, ...]:
    """What the principal may do by itself; an account's root user may do all."""
    return (FULL_ACCESS,) if principal.kind == "root" else principal.identity_policies


def _owner(request: Request, world: World) -> str:
    if "*" in request.resource and request.resource != "*":
        raise EvaluationError(f"{request}: name one resource; wildcards stand in policies only")
    parts = request.resource.split(":")
    named = parts[4] if len(parts) > 5 else ""
    of_caller = request.principal.account if request.resource == "*" else ""
    owner = request.resource_account or named or of_caller or world.account
    if not owner:
        raise EvaluationError(f"{request}: say who owns the resource with resource_account")
    return owner


def _resource_policy(request: Request, world: World) -> Policy | None:
    service = request.action.split(":")[0]
    if service == "iam" or request.resource == "*":
        return None
    found = world.resource_policies.get(request.resource)
    if found is None and (separator := _SHARED_POLICY.get(service)):
        above = [
            arn for arn in world.resource_policies if request.resource.startswith(arn + separator)
        ]
        found = world.resource_policies[max(above, key=len)] if above else None
    if found is None and (service == "sts" or ":key/" in request.resource):
        raise EvaluationError(f"{request}: the world knows no policy of {request.resource}")
    return found


def _refuse_half_named(request: Request, policy: Policy) -> None:
    """Refuse a ``NotPrincipal`` that names a role without its account.

    "You must also specify the account ARN of the not-denied principal. Otherwise, the policy
    might deny access to the entire account" (IAM user guide): might is no answer.
    """
    principal = request.principal
    if "NotPrincipal" not in json.dumps(policy.document):
        return
    statements = policy.document["Statement"]
    for statement in [statements] if isinstance(statements, Mapping) else statements:
        spared = statement.get("NotPrincipal")
        arns = spared.get("AWS", []) if isinstance(spared, Mapping) else []
        named = {arns} if isinstance(arns, str) else set(arns)
        accounts = {arn for arn in named if arn == principal.account or arn.endswith(":root")}
        if {principal.arn, principal.caller} & named and not any(
            principal.account in arn for arn in accounts
        ):
            raise EvaluationError(
                f"{request}: NotPrincipal in {policy.name} names the principal without its "
                "account; what AWS does then is not documented"
            )

"""Who may do what with which key: principals, keys, actions, as the rendered policies decide.

``make docs`` prints it, and test_matrix.py holds every cell against what the requirements ask.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bulkhead import KeyPartition, PipelineRoles, PlatformRoles, WorkloadBoundary
from bulkhead.domain.duties import Duty, role_name
from bulkhead.domain.environments import Environment
from bulkhead.domain.partitions import Purpose, key_alias, keys_of
from bulkhead.domain.tiers import Tier
from bulkhead.preview.run import preview_function
from tests.iam.cast import ALL, member, somebody
from tests.iam.documents import Assumed, Documents, documents
from tests.iam.evaluation import Evaluator
from tests.iam.model import Principal, Request
from tests.iam.writing import ACCOUNT, OTHER_ACCOUNT

REGION = "eu-central-1"

ONE_ACCOUNT = dict.fromkeys(Environment, ACCOUNT)
"""All environments in one account: the harder layout."""

OWN_ACCOUNTS = {
    Environment.DEV: ACCOUNT,
    Environment.STAGING: "222233334444",
    Environment.PROD: "777788889999",
}
"""An account for each environment."""

MFA = {"aws:MultiFactorAuthPresent": "true"}
APPROVED = {"aws:ResourceTag/bulkhead:removal-approved": "true"}

ACTIONS = {
    "open": "kms:Decrypt",
    "decrypt": "kms:Decrypt",
    "re-encrypt": "kms:ReEncryptFrom",
    "sign": "kms:Sign",
    "verify": "kms:Verify",
    "let a service hold a grant": "kms:CreateGrant",
    "grant": "kms:CreateGrant",
    "put the policy": "kms:PutKeyPolicy",
    "delete": "kms:ScheduleKeyDeletion",
    "approve deletion": "kms:TagResource",
    "inspect": "kms:GetKeyPolicy",
}
"""What is asked, by its name in tables. To open is to decrypt through the service that the key's
purpose is for, with what the service says of the thing that it opens."""

SERVICES = {
    Purpose.DATA: "s3",
    Purpose.MODEL: "s3",
    Purpose.LOG: "s3",
    Purpose.SECRET: "secretsmanager",
    Purpose.VOLUME: "ec2",
}
STORES = {Purpose.DATA: "datasets", Purpose.MODEL: "models", Purpose.LOG: "evidence"}


@dataclass(frozen=True)
class Key:
    """A key of a partition, and one of the purposes that it serves."""

    environment: Environment
    tier: Tier
    purpose: Purpose

    @property
    def alias(self) -> str:
        """Its alias."""
        return key_alias(self.environment, self.tier, self.purpose)

    def asked(self, action: str, account: str) -> Mapping[str, Any]:
        """The context of a request that would succeed if anybody's did."""
        return {
            "open": self._opened(account),
            "let a service hold a grant": {"kms:GrantIsForAWSResource": "true"},
            "grant": {"kms:GrantIsForAWSResource": "false"},
            "delete": {**MFA, **APPROVED},
            "approve deletion": {"aws:TagKeys": ["bulkhead:removal-approved"]},
        }.get(action, {})

    def _opened(self, account: str) -> Mapping[str, Any]:
        service = SERVICES.get(self.purpose, "s3")
        store = f"{self.environment}-{self.tier}-{STORES.get(self.purpose, 'models')}"
        secret = f"{self.environment}-prompts-a1b2c3"
        contexts = {
            "s3": {"aws:s3:arn": f"arn:aws:s3:::{store}-{account}-{REGION}"},
            "secretsmanager": {
                "SecretARN": f"arn:aws:secretsmanager:{REGION}:{account}:secret:{secret}"
            },
        }
        inside = {
            f"kms:EncryptionContext:{key}": value
            for key, value in contexts.get(service, {}).items()
        }
        return {"kms:ViaService": f"{service}.{REGION}.amazonaws.com", **MFA, **inside}


@dataclass(frozen=True, eq=False)
class Who:
    """A principal of an environment.

    Attributes:
        name: what it is called in tables.
        environment: where it belongs; None for a stranger.
        tier: its tier; None for who has none.
        principal: with its policies.
    """

    name: str
    environment: Environment | None
    tier: Tier | None
    principal: Principal

    def with_everything(self) -> "Who":
        """The same with a policy that allows everything attached by mistake."""
        held = (*self.principal.identity_policies, ALL)
        return replace(self, principal=replace(self.principal, identity_policies=held))


Cell = tuple[Who, Key, str]
"""Who asks, of which key, for which action."""


class Platform:
    """The keys and principals of some environments and tiers, as they would be deployed."""

    def __init__(self, accounts: Mapping[Environment, str], tiers: Sequence[Tier]) -> None:
        """Preview them."""
        self.accounts = accounts
        self.tiers = tiers
        self.documents: dict[Environment, Documents] = {}
        self.arns: dict[str, str] = {}
        self.everyone: list[Who] = []
        for environment in accounts:
            self._deploy(environment)
        thief = somebody("thief", account=OTHER_ACCOUNT)
        self.everyone.append(Who("another company's administrator", None, None, thief))

    @property
    def keys(self) -> list[Key]:
        """Every key, for the first of the purposes that it serves."""
        return [
            Key(environment, tier, purposes[0])
            for environment in self.accounts
            for tier in self.tiers
            for purposes in keys_of(tier).values()
        ]

    def decide(
        self,
        evaluator: Evaluator,
        cells: Iterable[Cell],
        *,
        instead: Mapping[Environment, Documents] | None = None,
    ) -> dict[Cell, bool]:
        """Whether each request gets through, under the documents or those given instead."""
        found: dict[Cell, bool] = {}
        cells = list(cells)
        for environment, read in {**self.documents, **(instead or {})}.items():
            some = [cell for cell in cells if cell[1].environment is environment]
            requests = [
                Request(
                    who.principal,
                    ACTIONS[action],
                    self.arns[key.alias],
                    key.asked(action, self.accounts[environment]),
                )
                for who, key, action in some
            ]
            answers = evaluator.evaluate(requests, read.world)
            found |= {cell: each.allowed for cell, each in zip(some, answers, strict=True)}
        return found

    def _deploy(self, environment: Environment) -> None:
        account = self.accounts[environment]
        deployer = f"arn:aws:iam::{account}:role/{environment}-deployer"
        scope: Any = {
            "environment": environment,
            "region": REGION,
            "account_id": account,
            "owner": "platform-team",
            "cost_center": "cc-100",
        }
        holders: Any = {
            duty.replace("-", "_"): [f"arn:aws:iam::{account}:user/{environment}-{duty}"]
            for duty in Duty
        }
        tiers = [str(tier) for tier in self.tiers]
        administered: Any = {"scope": scope, "administrators": [deployer]}
        placed: Any = {"scope": scope, "tier": tiers[-1]}
        people: Any = {**administered, "tiers": tiers, "holders": holders}
        pipeline: Any = {**placed, "repository": "example/platform", "deployer_arn": deployer}

        def program() -> None:
            for tier in tiers:
                keys: Any = {**administered, "tier": tier}
                KeyPartition(tier, keys)
            WorkloadBoundary("boundary", placed)
            PlatformRoles("people", people)
            PipelineRoles("pipelines", pipeline)

        plan = preview_function(program, assume_applied=True, config={"aws:region": REGION})
        if plan.errors:
            raise RuntimeError(plan.errors[0].message)
        read = documents(plan, assumed=Assumed(account=account, region=REGION))
        self.documents[environment] = read
        for arn, context in read.world.resource_context.items():
            aliases = context.get("kms:ResourceAliases", [])
            self.arns |= dict.fromkeys(map(str, aliases if isinstance(aliases, list) else []), arn)
        self._cast(environment, read)

    def _cast(self, environment: Environment, read: Documents) -> None:
        account = self.accounts[environment]
        [boundary] = [each for kind, each in read.policies if kind == "managed"]

        def add(name: str, tier: Tier | None, principal: Principal) -> None:
            self.everyone.append(Who(name, environment, tier, principal))

        for tier in self.tiers:
            pod = member(environment, tier, boundary=boundary, account=account)
            add("tenant's pod", tier, pod)
            add("any other role of the tier", tier, member(environment, tier, account=account))
            for duty in Duty:
                if duty.per_tier:
                    add(duty, tier, read.principal(f"{environment}-{role_name(duty, tier)}"))
        for duty in Duty:
            if not duty.per_tier:
                add(duty, None, read.principal(f"{environment}-{duty}"))
        add("pipeline that previews", None, read.principal(f"{environment}-ci-preview"))
        add("pipeline that deploys", None, read.principal(f"{environment}-ci-deploy"))
        deployer = somebody(f"{environment}-deployer", account=account)
        add("key administrator", None, deployer)
        add("developer with kms:*", None, somebody("developer", account=account))

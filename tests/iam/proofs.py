"""Proofs about one resource's policy: what gets through, what does not, and by which statement."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from bulkhead.preview.run import preview_function
from tests.iam.documents import Assumed, Documents, documents
from tests.iam.evaluation import Evaluator
from tests.iam.model import Policy, Principal, Request, World
from tests.iam.writing import ACCOUNT, allow, role

HERE = Assumed(account=ACCOUNT, region="eu-central-1")

MEMBER = {"environment": "prod", "tier": "confidential"}
"""Where the principals of a partition belong, as labels."""

Ask = tuple[Principal, str, Mapping[str, Any]]
"""Who asks, for which action (and behind a blank, what follows the resource's ARN), and how."""


PATH = "bulkhead/prod/confidential"
"""The IAM path of the roles of that place."""


def who(
    name: str = "member", *, account: str = ACCOUNT, path: str = PATH, **labels: str
) -> Principal:
    """A role whose IAM policies let it do anything; labels replace the partition's."""
    tags = {f"bulkhead:{key}": value for key, value in {**MEMBER, **labels}.items() if value}
    return role(f"{path}/{name}", allow("*"), account=account, tags=tags)


@dataclass(frozen=True)
class Proof:
    """What is claimed of a resource.

    Attributes:
        program: registers it.
        arn: of the resource, or a pattern of it where AWS makes up a part.
        allowed: requests that must get through.
        denied: requests that must not, by the Sid of the one statement that stops them; empty where
            it takes none, or several do.
    """

    program: Callable[[], object]
    arn: str
    allowed: Mapping[str, Ask]
    denied: Mapping[str, Mapping[str, Ask]] = field(default_factory=dict)

    def documents(self) -> Documents:
        plan = preview_function(
            self.program, assume_applied=True, config={"aws:region": HERE.region}
        )
        assert [error.message for error in plan.errors] == []
        return documents(plan, assumed=HERE)

    def policy(self, world: World) -> tuple[str, Policy]:
        """The resource's ARN and policy."""
        [found] = [
            each for each in world.resource_policies.items() if fnmatchcase(each[0], self.arn)
        ]
        return found

    def requests(self, asks: Iterable[Ask], world: World) -> list[Request]:
        arn, _ = self.policy(world)
        return [
            Request(principal, what.partition(" ")[0], arn + what.partition(" ")[2], context)
            for principal, what, context in asks
        ]

    def allowed_in(self, evaluator: Evaluator, world: World) -> dict[str, bool]:
        """Whether each request gets through, by what it is called."""
        denied = {f"{sid} {k}": v for sid, some in self.denied.items() for k, v in some.items()}
        asks = {**self.allowed, **denied}
        requests = self.requests(asks.values(), world)
        return {
            name: decision.allowed
            for name, decision in zip(asks, evaluator.evaluate(requests, world), strict=True)
        }

"""Proofs about one resource's policy: what gets through, what does not, and by which statement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bulkhead.preview.run import preview_function
from tests.iam.documents import Assumed, Documents, documents
from tests.iam.evaluation import Evaluator
from tests.iam.model import Principal, Request, World
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
        arn: of the resource.
        allowed: requests that must get through.
        denied: requests that must not, each by the Sid of the statement that stops it.
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

    def request(self, ask: Ask) -> Request:
        principal, what, context = ask
        action, _, beneath = what.partition(" ")
        return Request(principal, action, self.arn + beneath, context)

    def allowed_in(self, evaluator: Evaluator, world: World) -> dict[str, bool]:
        """Whether each request gets through, by what it is called."""
        asks = {**self.allowed, **{k: v for some in self.denied.values() for k, v in some.items()}}
        requests = [self.request(ask) for ask in asks.values()]
        return {
            name: decision.allowed
            for name, decision in zip(asks, evaluator.evaluate(requests, world), strict=True)
        }

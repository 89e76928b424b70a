"""Proofs about one role's policy: what its holder may do, and that no statement is idle."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.iam.documents import Documents
from tests.iam.evaluation import Evaluator
from tests.iam.model import Request

Ask = tuple[str, str, Mapping[str, Any]]
"""An action, a resource, and what the request says besides."""


@dataclass(frozen=True)
class RoleProof:
    """What is claimed of a role.

    Attributes:
        role: its name.
        allowed: requests that must get through, by what they attempt.
        denied: requests that must not.
    """

    role: str
    allowed: Mapping[str, Ask]
    denied: Mapping[str, Ask]

    def outcomes(self, evaluator: Evaluator, found: Documents) -> dict[str, bool]:
        """Whether each request gets through, by what it attempts."""
        asked = {**self.allowed, **self.denied}
        requests = [
            Request(
                found.principal(self.role),
                action,
                resource,
                {"aws:SecureTransport": "true", **context},
            )
            for action, resource, context in asked.values()
        ]
        decisions = evaluator.evaluate(requests, found.world)
        return {what: made.allowed for what, made in zip(asked, decisions, strict=True)}

    def passed(self, evaluator: Evaluator, found: Documents) -> set[str]:
        """What gets through."""
        return {what for what, allowed in self.outcomes(evaluator, found).items() if allowed}

    def idle(self, evaluator: Evaluator, found: Documents) -> list[str]:
        """Statements without which nothing changes."""
        whole = self.outcomes(evaluator, found)
        [policy] = found.principal(self.role).identity_policies
        return [
            name
            for name, weaker in found.weakened()
            if name.startswith(f"{policy.name}/") and self.outcomes(evaluator, weaker) == whole
        ]

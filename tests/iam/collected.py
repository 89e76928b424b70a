"""What plans say about who may do what."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.iam.model import EvaluationError, Policy, Principal, World


@dataclass
class Documents:
    """What plans say about who may do what.

    Attributes:
        world: resource policies, tags, aliases and VPC endpoints.
        principals: roles by name.
        pods: sessions that pods get by Pod Identity, by ``namespace/service account``.
        policies: every document, with the kind that it is linted as.
        unmodelled: what the evaluation doesn't know, by the name of the role or resource.
    """

    world: World
    principals: dict[str, Principal] = field(default_factory=dict)
    pods: dict[str, Principal] = field(default_factory=dict)
    policies: list[tuple[str, Policy]] = field(default_factory=list)
    unmodelled: dict[str, list[str]] = field(default_factory=dict)

    def principal(self, role: str) -> Principal:
        """A role by its name.

        Raises:
            EvaluationError: there is none, or not all that it may do is known.
        """
        if role not in self.principals:
            raise EvaluationError(f"no role {role}; there are {', '.join(sorted(self.principals))}")
        if role in self.unmodelled:
            raise EvaluationError(f"role {role}: {'; '.join(self.unmodelled[role])}")
        return self.principals[role]

    def weakened(self) -> Iterator[tuple[str, "Documents"]]:
        """The same with one statement left out, for every statement, named policy/Sid.

        Policies that AWS holds, the default ones of keys among them, stay as they are.
        """
        for _, victim in self.policies:
            for place, removed in enumerate(_statements(victim)):
                rest = [one for at, one in enumerate(_statements(victim)) if at != place]
                weaker = Policy(victim.name, {**victim.document, "Statement": rest})
                sid = removed.get("Sid") or f"#{place + 1}"
                yield f"{victim.name}/{sid}", self._replacing(victim, weaker)

    def _replacing(self, old: Policy, new: Policy) -> "Documents":
        def swap(found: Policy | None) -> Policy | None:
            return new if found is old else found

        def held(who: Principal) -> Principal:
            return replace(
                who,
                identity_policies=tuple(new if p is old else p for p in who.identity_policies),
                boundary=swap(who.boundary),
                session_policy=swap(who.session_policy),
            )

        world = self.world
        return Documents(
            world=replace(
                world,
                resource_policies={
                    arn: new if p is old else p for arn, p in world.resource_policies.items()
                },
                endpoints={
                    key: replace(endpoint, policy=swap(endpoint.policy))
                    for key, endpoint in world.endpoints.items()
                },
            ),
            principals={name: held(who) for name, who in self.principals.items()},
            pods={name: held(who) for name, who in self.pods.items()},
            policies=[(kind, new if p is old else p) for kind, p in self.policies],
            unmodelled=self.unmodelled,
        )


def _statements(found: Policy) -> list[Mapping[str, Any]]:
    statements = found.document["Statement"]
    return [statements] if isinstance(statements, Mapping) else list(statements)

"""What a rule is: a function with its metadata beside it."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto
from typing import NotRequired, TypedDict, Unpack

from bulkhead_policies.findings import Finding, Findings, Kind, StopError, guarded
from bulkhead_policies.resource import Resource
from bulkhead_policies.settings import Option
from bulkhead_policies.stack import Stack

NO_STACK = Stack()
"""What a rule about one resource is shown."""


Changes = Mapping[tuple[str, ...], object]
"""Values to set, by the path of the property within the resource."""


class Severity(StrEnum):
    """How bad a violation is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Scope(Enum):
    """What a rule needs to see: one resource, or the others of its stack too."""

    RESOURCE = auto()
    STACK = auto()


class About(TypedDict):
    """A rule's metadata, as the decorators take it.

    Attributes:
        types: type tokens of the resources that it judges, in all their spellings.
        severity: how bad a violation is.
        requirements: IDs of the requirements that it enforces.
        frameworks: items of public frameworks that it decides, for example ``FSBP EC2.8``.
        title: what holds where the rule is kept, as a sentence.
        why: what goes wrong where it is broken.
        remediation: how to mend it, as a sentence.
        options: values that a pack's configuration may set.
        settled: for a rule about one resource, whether the others of its stack show that it keeps
            the rule where its own properties leave that undecided.
        remedy: what to set, and where, so that a resource keeps the rule. Only for a change that
            is safe on what runs already; it is made where the configuration asks for it.
    """

    types: frozenset[str]
    severity: Severity
    requirements: tuple[str, ...]
    frameworks: NotRequired[tuple[str, ...]]
    title: str
    why: str
    remediation: str
    options: NotRequired[tuple[Option[object], ...]]
    settled: NotRequired[Callable[[Resource, Stack], bool]]
    remedy: NotRequired[Callable[[Resource], Changes]]


@dataclass(frozen=True, eq=False)
class Rule:
    """A rule; ``About`` tells its metadata.

    Attributes:
        id: ``bulkhead-<service>-<verb>-<what>``.
        scope: what it needs to see.
        check: yields what it finds on one resource of its types.
    """

    id: str
    scope: Scope
    check: Callable[[Resource, Stack], Iterable[Finding]]
    types: frozenset[str]
    severity: Severity
    requirements: tuple[str, ...]
    title: str
    why: str
    remediation: str
    frameworks: tuple[str, ...] = ()
    options: tuple[Option[object], ...] = ()
    settled: Callable[[Resource, Stack], bool] | None = None
    remedy: Callable[[Resource], Changes] | None = None

    @property
    def needs_stack(self) -> bool:
        """Whether it has something to say once all resources are known."""
        return self.scope is Scope.STACK or self.settled is not None

    def judge(self, resource: Resource) -> Findings:
        """Everything that it finds on a resource of its types, looking at nothing else."""
        for found in self._find(resource, NO_STACK):
            if self.settled is None or found.kind is not Kind.UNDECIDED:
                yield self._unless_exempted(found, resource)

    def judge_among(self, resource: Resource, stack: Stack) -> Findings:
        """What it finds on a resource of its types, and ``judge`` did not, beside its stack."""
        for found in self._find(resource, stack):
            if self.scope is Scope.STACK or self._stays_undecided(found, resource, stack):
                yield self._unless_exempted(found, resource)

    def changes(self, resource: Resource) -> Changes:
        """What makes a resource keep the rule; nothing where it does, or where it is exempted.

        What can't be read is left alone, since ``judge`` reports it.
        """
        if self.remedy is None or resource.settings.exemption(self.id, {resource.urn}):
            return {}
        with suppress(StopError):
            return self.remedy(resource)
        return {}

    def _find(self, resource: Resource, stack: Stack) -> Findings:
        """What ``check`` finds. It never raises: what crashes a rule must not get past it."""
        try:
            yield from guarded(self.check, resource, stack)
        except Exception as error:
            yield Finding(
                Kind.VIOLATION,
                resource.urn,
                "",
                f"the rule failed on this resource ({type(error).__name__}: {error}), "
                "which is an error in the rule",
            )

    def _stays_undecided(self, found: Finding, resource: Resource, stack: Stack) -> bool:
        if self.settled is None or found.kind is not Kind.UNDECIDED:
            return False
        with suppress(StopError):
            return not self.settled(resource, stack)
        return True

    def _unless_exempted(self, found: Finding, resource: Resource) -> Finding:
        exemption = resource.settings.exemption(self.id, {resource.urn, found.urn})
        if exemption is None:
            return found
        return replace(found, kind=Kind.EXEMPTED, message=f"{found.message} ({exemption})")


def resource_rule(
    name: str, **about: Unpack[About]
) -> Callable[[Callable[[Resource], Findings]], Rule]:
    """Make a rule of a function that judges one resource by itself."""

    def decorate(check: Callable[[Resource], Findings]) -> Rule:
        return Rule(name, Scope.RESOURCE, lambda resource, _: check(resource), **about)

    return decorate


def stack_rule(
    name: str, **about: Unpack[About]
) -> Callable[[Callable[[Resource, Stack], Findings]], Rule]:
    """Make a rule of a function that judges one resource beside the others of its stack."""

    def decorate(check: Callable[[Resource, Stack], Findings]) -> Rule:
        return Rule(name, Scope.STACK, check, **about)

    return decorate

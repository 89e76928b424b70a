"""What a rule is: a function with its metadata beside it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum, StrEnum, auto
from typing import NotRequired, TypedDict, Unpack

from bulkhead_policies.findings import Finding, Findings, Kind, guarded
from bulkhead_policies.resource import Resource
from bulkhead_policies.settings import Option
from bulkhead_policies.stack import Stack


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
    """

    types: frozenset[str]
    severity: Severity
    requirements: tuple[str, ...]
    frameworks: NotRequired[tuple[str, ...]]
    title: str
    why: str
    remediation: str
    options: NotRequired[tuple[Option[object], ...]]


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

    def judge(self, resource: Resource, stack: Stack) -> Findings:
        """Everything that the rule finds on a resource of its types, exempted or not.

        It never raises: a program that crashes a rule must not get past it.
        """
        try:
            for found in guarded(self.check, resource, stack):
                exemption = resource.settings.exemption(self.id, {resource.urn, found.urn})
                if exemption is None:
                    yield found
                else:
                    message = f"{found.message} ({exemption})"
                    yield replace(found, kind=Kind.EXEMPTED, message=message)
        except Exception as error:
            yield Finding(
                Kind.VIOLATION,
                resource.urn,
                "",
                f"the rule failed on this resource ({type(error).__name__}: {error}), "
                "which is an error in the rule",
            )


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

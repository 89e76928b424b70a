"""What a rule finds, and how it stops when a preview does not know enough."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from typing import ParamSpec, TypeVar


class Kind(Enum):
    """What a finding says.

    ``VIOLATION``: the rule is broken. ``UNDECIDED``: the value that decides is not known yet.
    ``EXEMPTED``: the rule is broken, or undecided, and an exemption in force allows it.
    """

    VIOLATION = auto()
    UNDECIDED = auto()
    EXEMPTED = auto()


@dataclass(frozen=True)
class Finding:
    """One thing that a rule found.

    Attributes:
        kind: what the finding says.
        urn: the resource it is about.
        path: the property that decided, as a Pulumi property path; empty for the whole resource.
        message: one sentence with what was found, where, and what is allowed.
    """

    kind: Kind
    urn: str
    path: str
    message: str


Findings = Iterator[Finding]


class StopError(Exception):
    """Raised while reading a property that can't be read, with the finding to report instead.

    Reading is where a rule meets unknown values and odd shapes. Raising there keeps both out of
    the rules: a rule that forgets about them stops with a finding instead of passing silently.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


P = ParamSpec("P")
T = TypeVar("T")


def guarded(check: Callable[P, Iterable[Finding]], *args: P.args, **kwargs: P.kwargs) -> Findings:
    """What ``check`` finds; where it stops, the finding that stopped it comes last."""
    try:
        yield from check(*args, **kwargs)
    except StopError as stop:
        yield stop.finding


def each(subjects: Iterable[T], check: Callable[[T], Iterable[Finding]]) -> Findings:
    """What ``check`` finds on each of ``subjects``: one that can't be read hides no other."""
    for subject in subjects:
        yield from guarded(check, subject)


def any_holds(subjects: Iterable[T], test: Callable[[T], bool]) -> bool:
    """Whether ``test`` holds for one of ``subjects``.

    Raises:
        StopError: it holds for none that can be read, and one can't be read.
    """
    stops: list[StopError] = []
    for subject in subjects:
        try:
            if test(subject):
                return True
        except StopError as stop:
            stops.append(stop)
    if stops:
        raise stops[0]
    return False

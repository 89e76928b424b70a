"""Evaluating AWS policy documents: who gets past the statements, instead of what they look like.

A rule asks whether a caller it describes is let in. What the caller can choose about a request
(headers, tags of a session in its own account, transport) counts as chosen in its favour; what it
can't choose (its account, organisation and network) is fixed. So is the resource's own content,
which no preview knows. An explicit Deny counts only where it surely holds.
"""

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from bulkhead_policies.view import View

ANYONE = "*"
"""The principal that stands for everyone."""


@dataclass(frozen=True)
class Caller:
    """Someone who asks for access.

    Attributes:
        principals: ARN and other names that a statement's principal may match.
        fixed: condition keys, in lower case, whose values the caller can't choose.
        absent: prefixes of condition keys, in lower case, that its requests don't carry.
    """

    principals: tuple[str, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()


STRANGER = Caller(
    principals=("arn:aws:iam::999999999999:role/stranger",),
    fixed={
        "aws:principalaccount": "999999999999",
        "aws:principalarn": "arn:aws:iam::999999999999:role/stranger",
        "aws:principalisawsservice": "false",
        "aws:principalorgid": "o-stranger",
        "aws:principalorgpaths": "o-stranger/r-stranger/ou-stranger/",
        "aws:sourceip": "198.51.100.7",
        "aws:sourcevpc": "vpc-stranger",
        "aws:sourcevpce": "vpce-stranger",
        "aws:userid": "AROASTRANGER:session",
        "aws:username": "stranger",
        "aws:viaawsservice": "false",
        "kms:calleraccount": "999999999999",
        "s3:dataaccesspointaccount": "999999999999",
        "s3:dataaccesspointarn": "arn:aws:s3:us-east-1:999999999999:accesspoint/stranger",
    },
    absent=("aws:sourcearn", "aws:sourceaccount", "aws:sourceorg", "aws:sourceowner"),
)
"""A role in an account of its own, on the public internet, which nobody meant to let in."""


def insider(account: str) -> Caller:
    """Some role of ``account``, without tags, whose IAM policies would let it do anything.

    Its network and organisation are the resource owner's, so conditions on them hold.
    """
    arn = f"arn:aws:iam::{account}:role/insider"
    return Caller(
        principals=(arn, f"arn:aws:iam::{account}:root", account),
        fixed={
            "aws:principalarn": arn,
            "aws:principalisawsservice": "false",
            "aws:userid": "AROAINSIDER:session",
            "aws:viaawsservice": "false",
        },
        absent=("aws:principaltag/", "aws:sourcearn", "aws:username"),
    )


class Statement:
    """A statement of a policy document, read as far as it is known."""

    def __init__(self, view: View) -> None:
        """Read ``view``.

        Raises:
            StopError: a deciding part is unknown or has an odd shape.
        """
        self.view = view
        self.allows = view["Effect"].text() == "Allow"
        self.actions = [action.lower() for action in view["Action"].texts()]
        self.not_actions = [action.lower() for action in view["NotAction"].texts()]
        self._condition = view["Condition"]

    @property
    def resources(self) -> list[str]:
        """Patterns of the resources that it names; a trust policy's statement names none."""
        named = self.view["Resource"].texts()
        return [ANYONE] if self.view["NotResource"].is_set else named or [ANYONE]

    @property
    def principals(self) -> list[str]:
        """Names of all principals, of whatever kind."""
        return _principals(self.view["Principal"])

    @property
    def conditions(self) -> dict[str, list[str]]:
        """The values of its conditions by the key that they test, in lower case."""
        found: dict[str, list[str]] = {}
        for tests in self._condition.entries().values():
            for key, values in tests.entries().items():
                found.setdefault(key.lower(), []).extend(_words(values))
        return found

    def concerns(self, caller: Caller) -> bool:
        """Whether its principal includes ``caller``."""
        excluded = self.view["NotPrincipal"]
        if excluded.is_set:
            return not _any_like(caller.principals, _principals(excluded))
        return _any_like(caller.principals, self.principals)

    def holds(self, caller: Caller) -> bool:
        """Whether its conditions hold for ``caller``, who chooses what it can in its favour."""
        return all(
            _condition_holds(operator, key, values, caller, favour=self.allows)
            for operator, tests in self._condition.entries().items()
            for key, values in tests.entries().items()
        )

    @property
    def granted(self) -> list[str]:
        """Patterns of the actions that it allows; all of them where it only names exceptions."""
        return [ANYONE] if self.not_actions else self.actions

    def grants(self, action: str) -> bool:
        """Whether the actions that it allows include ``action``."""
        return _any_like((action,), self.granted)

    def covers(self, action: str, resource: str) -> bool:
        """Whether it applies to every request that the two patterns describe."""
        if self.view["NotResource"].is_set or not _any_like((resource,), self.resources):
            return False
        if self.not_actions:
            return not any(like(action, no) or like(no, action) for no in self.not_actions)
        return _any_like((action,), self.actions)


def statements(document: View) -> list[Statement]:
    """The statements of a policy document, given as JSON text or as an object."""
    found = document.document()["Statement"]
    if not found.is_set:
        return []
    return [Statement(view) for view in (found.items() if found.is_list else [found])]


def gaps(
    statements: Iterable[Statement], caller: Caller, actions: Iterable[str] = ()
) -> Iterator[Statement]:
    """The Allow statements through which ``caller`` gets something that no Deny takes back.

    ``actions``, in lower case, narrows what is asked for; by default it is all that is allowed.
    """
    concerning = [s for s in statements if s.concerns(caller) and s.holds(caller)]
    denials = [s for s in concerning if not s.allows]
    for statement in concerning:
        asked = [a for a in actions if statement.grants(a)] if actions else statement.granted
        if statement.allows and not all(
            any(denial.covers(action, resource) for denial in denials)
            for action in asked
            for resource in statement.resources
        ):
            yield statement


def like(text: str, pattern: str) -> bool:
    """Whether ``text`` matches a pattern with ``*`` and ``?``, as policy documents write them."""
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    escaped = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(escaped, re.DOTALL)


def _any_like(texts: Iterable[str], patterns: list[str]) -> bool:
    return any(like(text, pattern) for text in texts for pattern in patterns)


def _principals(view: View) -> list[str]:
    if view.is_text:
        return view.texts()
    return [name for kind in view.entries().values() for name in kind.texts()]


def _condition_holds(
    operator: str, key: str, values: View, caller: Caller, *, favour: bool
) -> bool:
    name, key = operator.lower(), key.lower()
    for_all = name.startswith("forallvalues:")
    name = name.rpartition(":")[2]
    lenient = for_all or name.endswith("ifexists")
    name = name.removesuffix("ifexists")
    absent = key.startswith(caller.absent)
    if name == "null" and (absent or key in caller.fixed):
        return absent == ("true" in _words(values))
    negative = "not" in name
    test = OPERATORS.get(name.replace("not", "", 1))
    if absent:
        return negative or lenient
    if test is None or key not in caller.fixed:
        return favour
    given = caller.fixed[key]
    return any(test(given, wanted) for wanted in _words(values)) != negative


def _words(values: View) -> list[str]:
    """The values of a condition, which may be one or many, and true or 10 without quotes."""
    return [value.word() for value in (values.items() if values.is_list else [values])]


def _same_text(given: str, wanted: str) -> bool:
    return given == wanted


def _same_letters(given: str, wanted: str) -> bool:
    return given.lower() == wanted.lower()


def _in_network(given: str, wanted: str) -> bool:
    try:
        return ipaddress.ip_address(given) in ipaddress.ip_network(wanted, strict=False)
    except ValueError:
        return False


OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "stringequals": _same_text,
    "stringequalsignorecase": _same_letters,
    "stringlike": like,
    "arnequals": like,
    "arnlike": like,
    "ipaddress": _in_network,
    "bool": _same_letters,
}
"""Tests behind the condition operators; one without a test counts in the caller's favour."""

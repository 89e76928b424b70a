"""Exemptions: an insecure choice with an owner, a reason and an end."""

import datetime
import fnmatch
from dataclasses import dataclass
from typing import ClassVar

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import LABEL_PREFIX

LONGEST_DAYS = 366
"""How far ahead an exemption may expire: a year, after which its owner decides anew."""

SHORTEST_REASON = 15
"""Characters a reason needs at least: enough for a sentence, too many for "tbd"."""


EXEMPTION_ANNOTATIONS = {
    key: f"{LABEL_PREFIX}exemption-{key}" for key in ("owner", "reason", "expires")
}
"""Annotations by which a namespace itself tells an exemption from its isolation (ISO-9)."""


@dataclass(frozen=True)
class Exemption:
    """Permission to break one rule, on the resources that match, until a day.

    Attributes:
        rule: ID of the rule or requirement that is set aside, for example ``ISO-9``.
        subject: what it is set aside for: a tenant's name, or a pattern of Pulumi URNs in
            shell style (``*`` and ``?``).
        owner: the team that answers for it.
        reason: why, as a sentence.
        expires: the last day on which it holds.
    """

    rule: str
    subject: str
    owner: str
    reason: str
    expires: datetime.date

    NOUN: ClassVar[str] = "exemption"
    """What refusals call it."""

    def check(self, *, today: datetime.date, where: str) -> "Exemption":
        """Return the exemption if it may be used on ``today``.

        Raises:
            RefusedError: owner or reason are missing, ``expires`` is no day, or it expired, or
                it expires later than ``LONGEST_DAYS`` from now.
        """
        if not self.owner.strip():
            raise RefusedError(
                f"an {self.NOUN} needs an owner", given=self.owner, where=f"{where}.owner"
            )
        if len(self.reason.strip()) < SHORTEST_REASON:
            raise RefusedError(
                f"an {self.NOUN} needs a reason",
                given=self.reason,
                allowed=f"a sentence of at least {SHORTEST_REASON} characters",
                where=f"{where}.reason",
            )
        expires = parsing.date(self.expires, where=f"{where}.expires")
        latest = today + datetime.timedelta(days=LONGEST_DAYS)
        if not today <= expires <= latest:
            word = "has expired" if expires < today else "expires too late"
            raise RefusedError(
                f"the {self.NOUN} {word}",
                given=expires,
                allowed=f"{today} to {latest}",
                where=f"{where}.expires",
            )
        return self

    def annotations(self) -> dict[str, str]:
        """The exemption as a namespace's annotations, so that every report shows it."""
        return {name: str(getattr(self, key)) for key, name in EXEMPTION_ANNOTATIONS.items()}

    def covers(self, rule: str, subject: str) -> bool:
        """Whether it sets ``rule`` aside for ``subject``."""
        literal_brackets = self.subject.replace("[", "[[]")
        return self.rule == rule and fnmatch.fnmatchcase(subject, literal_brackets)

    def __str__(self) -> str:
        return f"exempted until {self.expires} by {self.owner}: {self.reason}"

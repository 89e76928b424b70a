"""Exemptions from a rule, as a pack's configuration tells them (ISO-9, POL-3)."""

import datetime

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.exemptions import Exemption
from bulkhead_policies import reading

EXEMPTION_KEYS = ("urn", "owner", "reason", "expires")

EXEMPTIONS_SCHEMA: reading.Schema = {
    "type": "array",
    "description": "Resources on which the rule may be broken: a pattern of URNs in shell style, "
    "who answers for it, why, and the last day (YYYY-MM-DD) on which it holds.",
    "default": [],
    "items": {
        "type": "object",
        "properties": {key: {"type": "string"} for key in EXEMPTION_KEYS},
        "required": list(EXEMPTION_KEYS),
        "additionalProperties": False,
    },
}


def read_exemption(rule: str, entry: object, today: datetime.date, where: str) -> Exemption:
    """The exemption from ``rule`` that an entry of its configuration tells.

    Raises:
        RefusedError: it lacks a part, covers everything, or may not be used ``today``.
    """
    if not isinstance(entry, dict) or set(entry) != set(EXEMPTION_KEYS):
        raise RefusedError(
            "not an exemption",
            given=sorted(entry) if isinstance(entry, dict) else entry,
            allowed=f"a mapping of {', '.join(EXEMPTION_KEYS)}",
            where=where,
        )
    urn, owner, reason, expires = (
        reading.text(entry[key], f"{where}.{key}") for key in EXEMPTION_KEYS
    )
    if not urn.strip("*?"):
        raise RefusedError(
            "an exemption for everything",
            given=urn,
            allowed="a pattern that says which resources; a level turns a whole rule off",
            where=f"{where}.urn",
        )
    return Exemption(
        rule=rule,
        subject=urn,
        owner=owner,
        reason=reason,
        expires=parsing.date(expires, where=f"{where}.expires"),
    ).check(today=today, where=where)

"""The page that shows who may do what with which key."""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from bulkhead.domain.environments import Environment
from bulkhead.domain.partitions import Purpose, keys_of
from bulkhead.domain.tiers import Tier
from tests.iam.evaluation import Evaluator
from tests.iam.installation import install
from tests.iam.matrix import ACTIONS, ONE_ACCOUNT, Cell, Key, Platform, Who

PAGE = Path("docs/key-matrix.md")

ENVIRONMENTS = (Environment.DEV, Environment.PROD)
TIERS = (Tier.INTERNAL, Tier.CONFIDENTIAL)
"""What is printed: one environment that protects its data and one that doesn't, one tier whose
purposes share a key and one with a key for each."""

NOTHING = "-"

INTRODUCTION = f"""\
# Who may do what with which key

Written by `make docs`. Every cell is the decision of an IAM evaluator on the policies that the
components render (key policies, permissions, boundaries), with all environments in one account,
which is the harder layout. `tests/iam/test_matrix.py` holds each against the requirements KEY-1 and
KEY-2: nobody of another environment or a lower tier does anything, also with a policy attached that
allows everything; and each statement of a key's policy is needed for some cell.

To **open** is to decrypt through the service that the key's purpose is for, in the partition's own
bucket or secret; to **decrypt** is to do so directly. The other actions are {
    ", ".join(
        f"{name} (`{action}`)"
        for name, action in ACTIONS.items()
        if name not in ("open", "decrypt")
    )
}. A deletion is asked for with a second factor and the approval that it needs where the environment
protects its data. *Any other role of the tier*, *key administrator* and *developer* hold every
permission of IAM; what an administrator could do after rewriting a policy is what the guardrails
stop (`AccountGuardrail`, `OrganizationGuardrails`, `tests/iam/test_guardrails.py`). Verifying a
signature is for all of an environment: it opens nothing.
"""


def platform() -> Platform:
    """What is printed."""
    return Platform({each: ONE_ACCOUNT[each] for each in ENVIRONMENTS}, TIERS)


def cells(of: Platform) -> list[Cell]:
    """Every principal, key and action."""
    return [(who, key, action) for key in of.keys for who in of.everyone for action in ACTIONS]


def pages() -> dict[Path, str]:
    """The page by its path below the repository's root."""
    of = platform()
    with Evaluator(install(lambda message: print(message, file=sys.stderr))) as evaluator:
        return {PAGE: page(of, of.decide(evaluator, cells(of)))}


def page(of: Platform, decided: Mapping[Cell, bool]) -> str:
    """The page that tells these decisions."""
    allowed: dict[tuple[Who, Key], list[str]] = defaultdict(list)
    for (who, key, action), verdict in decided.items():
        if verdict:
            allowed[who, key].append(action)
    parts = [INTRODUCTION, _between(of, allowed)]
    parts += [
        _inside(environment, tier, of, allowed) for environment in ENVIRONMENTS for tier in TIERS
    ]
    return "\n".join(parts)


Allowed = Mapping[tuple[Who, Key], list[str]]


def _between(of: Platform, allowed: Allowed) -> str:
    """Roles of every partition and the data key of every partition."""
    keys = [key for key in of.keys if key.purpose is Purpose.DATA]
    rows = [who for who in of.everyone if who.name == "any other role of the tier"]
    return _table(
        "Between partitions: a role of each, and the data key of each",
        [f"{key.environment} {key.tier}" for key in keys],
        {
            f"{who.environment} {who.tier}": [_cell(allowed.get((who, key), [])) for key in keys]
            for who in rows
        },
    )


def _inside(environment: Environment, tier: Tier, of: Platform, allowed: Allowed) -> str:
    """Everyone, and the keys of one partition."""
    keys = [key for key in of.keys if (key.environment, key.tier) == (environment, tier)]
    rows = {_name(who): [_cell(allowed.get((who, key), [])) for key in keys] for who in of.everyone}
    able = {name: row for name, row in rows.items() if set(row) != {NOTHING}}
    unable = ", ".join(name for name in rows if name not in able)
    table = _table(f"The keys of {environment}, {tier}", list(keys_of(tier)), able)
    return f"{table}\nNothing at all: {unable}.\n"


def _name(who: Who) -> str:
    return " ".join(str(part) for part in (who.environment, who.tier, who.name) if part)


def _cell(actions: Iterable[str]) -> str:
    return ", ".join(actions) or NOTHING


def _table(title: str, columns: list[str], rows: Mapping[str, list[str]]) -> str:
    head = ["principal", *columns]
    lines = [head, ["---"] * len(head), *([name, *row] for name, row in rows.items())]
    return "\n".join([f"## {title}\n", *(f"| {' | '.join(line)} |" for line in lines), ""])

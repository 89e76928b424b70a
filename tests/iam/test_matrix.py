"""The matrix of who does what with which key is as KEY-1 and KEY-2 ask, and its page current."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from bulkhead.domain.environments import ENVIRONMENTS, Environment
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.tiers import Tier
from docs import key_matrix
from tests.iam.evaluation import Evaluator
from tests.iam.matrix import ONE_ACCOUNT, OWN_ACCOUNTS, Cell, Platform, Who

ROOT = Path(__file__).parents[2]
Decided = dict[Cell, bool]

DECISIVE = ["open", "sign", "let a service hold a grant", "put the policy", "delete", "inspect"]
"""One action for each kind of harm: what a whole service's permissions would give."""


@pytest.fixture(scope="module")
def of() -> Platform:
    return key_matrix.platform()


@pytest.fixture(scope="module")
def decided(evaluator: Evaluator, of: Platform) -> Decided:
    return of.decide(evaluator, key_matrix.cells(of))


def crosses(cell: Cell) -> bool:
    """Whether somebody of another environment or a lower tier asks.

    All of an environment verify its signatures: that opens nothing.
    """
    who, key, action = cell
    if who.environment is key.environment and action == "verify":
        return False
    lower = who.tier is not None and who.tier.rank < key.tier.rank
    return who.environment is not key.environment or lower


def told(cells: Iterable[Cell]) -> list[str]:
    return [
        f"{who.environment} {who.tier} {who.name}: {action} with {key.alias}"
        for who, key, action in cells
    ]


def test_no_cell_crosses_an_environment_or_rises_in_tier(decided: Decided) -> None:
    crossing = [cell for cell in decided if crosses(cell)]
    assert len(crossing) > len(decided) / 2
    assert told(cell for cell in crossing if decided[cell]) == []


def test_none_does_with_everything_attached_either(evaluator: Evaluator, of: Platform) -> None:
    everyone = [who.with_everything() for who in of.everyone]
    cells = [(who, key, action) for who in everyone for key in of.keys for action in DECISIVE]
    answers = of.decide(evaluator, filter(crosses, cells))
    assert told(cell for cell, allowed in answers.items() if allowed) == []


NEEDED: dict[str, list[tuple[set[Purpose], list[str]]]] = {
    "tenant's pod": [({Purpose.MODEL}, ["open"])],
    "any other role of the tier": [
        (set(Purpose) - {Purpose.SIGNING}, ["open"]),
        ({Purpose.SIGNING}, ["verify"]),
    ],
    "builder": [
        ({Purpose.DATA, Purpose.MODEL}, ["open"]),
        ({Purpose.SIGNING}, ["sign", "verify"]),
    ],
    "auditor": [({Purpose.LOG}, ["open"]), (set(Purpose), ["inspect"])],
    "break-glass": [({Purpose.DATA, Purpose.MODEL, Purpose.LOG}, ["open"])],
    "key administrator": [
        (set(Purpose), ["put the policy", "inspect"]),
        (set(Purpose) - {Purpose.SIGNING}, ["let a service hold a grant"]),
    ],
    "approver": [({Purpose.SIGNING}, ["verify"])],
}
"""What each needs of the keys of its own partition, by purpose."""

REMOVAL = {
    True: {"approver": "approve deletion", "key-custodian": "delete"},
    False: {"key administrator": "delete"},
}
"""Who takes part in removing a key, by whether the environment protects its data."""


def needed(of: Platform) -> list[Cell]:
    """Cells without which somebody can't do their work."""
    found: list[Cell] = []
    for key in of.keys:
        if key.tier is not Tier.CONFIDENTIAL:
            continue  # where purposes share a key, it is asked for as that of one of them
        ours = [who for who in of.everyone if who.environment is key.environment]
        for who in ours:
            if who.tier in (None, key.tier):
                for purposes, actions in NEEDED.get(who.name, []):
                    found += [(who, key, action) for action in actions if key.purpose in purposes]
        removal = REMOVAL[ENVIRONMENTS[key.environment].protect_data]
        found += [(who, key, removal[who.name]) for who in ours if who.name in removal]
    return found


def test_every_cell_that_is_needed_is_allowed(of: Platform, decided: Decided) -> None:
    asked = needed(of)
    assert {who.name for who, _, _ in asked} == {*NEEDED, "key-custodian"}
    assert told(cell for cell in asked if not decided[cell]) == []


@pytest.mark.parametrize("action", ["decrypt", "re-encrypt", "grant"])
def test_nobody_decrypts_directly_or_grants_freely(decided: Decided, action: str) -> None:
    cells = [cell for cell in decided if cell[2] == action]
    assert cells
    assert told(cell for cell in cells if decided[cell]) == []


def test_no_one_uses_and_administers_or_approves_and_removes(decided: Decided) -> None:
    able: dict[Who, set[str]] = {}
    for (who, _, action), allowed in decided.items():
        if allowed:
            able.setdefault(who, set()).add(action)
    for one in ("open", "sign"):
        for other in ("put the policy", "delete", "approve deletion"):
            assert not [who.name for who, does in able.items() if {one, other} <= does]
    for other in ("delete", "put the policy"):
        assert not [who.name for who, does in able.items() if {"approve deletion", other} <= does]


@pytest.mark.parametrize("accounts", [ONE_ACCOUNT, OWN_ACCOUNTS], ids=["one account", "own ones"])
def test_every_partition_of_every_environment_is_apart(
    evaluator: Evaluator, accounts: dict[Environment, str]
) -> None:
    whole = Platform(accounts, list(Tier))
    roles = [each for each in whole.everyone if each.name == "any other role of the tier"]
    keys = [key for key in whole.keys if key.purpose is Purpose.DATA]
    assert len(roles) == len(keys) == len(Environment) * len(Tier)
    cells = [(who, key, action) for who in roles for key in keys for action in DECISIVE[:1]]
    answers = whole.decide(evaluator, cells)
    opened = {(who, key) for (who, key, _), allowed in answers.items() if allowed}
    assert opened == {
        (who, key)
        for who in roles
        for key in keys
        if who.environment is key.environment and who.tier and who.tier.rank >= key.tier.rank
    }


def test_the_page_is_current(of: Platform, decided: Decided) -> None:
    text = (ROOT / key_matrix.PAGE).read_text("utf-8")
    assert text == key_matrix.page(of, decided), "run make docs"

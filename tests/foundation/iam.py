"""Decides what a resource policy does with a request, for the operators that the library uses.

Resource policies only, in one account: an allow for the account's root counts as if the caller's
own policies allowed everything, which is the worst case.
"""

import fnmatch
import json
from typing import Any


def decide(policy: str, action: str, **context: Any) -> str:
    """``deny``, ``allow`` or ``nothing`` for a request; ``context`` has ``:`` written as ``__``.

    ``service`` is the calling service principal, or the caller is ``aws__PrincipalArn``.
    """
    service = context.pop("service", None)
    facts = {key.replace("__", ":").replace("_of_", "/"): value for key, value in context.items()}
    facts["aws:PrincipalIsAWSService"] = "true" if service else "false"
    verdict = "nothing"
    for statement in json.loads(policy)["Statement"]:
        if not any(fnmatch.fnmatchcase(action, a) for a in listed(statement["Action"])):
            continue
        if not principal_fits(statement["Principal"], facts, service):
            continue
        if not all(
            condition_holds(operator, key, listed(wanted), facts)
            for operator, pairs in statement.get("Condition", {}).items()
            for key, wanted in pairs.items()
        ):
            continue
        if statement["Effect"] == "Deny":
            return "deny"
        verdict = "allow"
    return verdict


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def principal_fits(principal: Any, facts: dict[str, Any], service: str | None) -> bool:
    if principal == "*":
        return True
    if "Service" in principal:
        return service == principal["Service"]
    arn = principal["AWS"]
    return service is None and (arn.endswith(":root") or arn == facts.get("aws:PrincipalArn"))


def condition_holds(operator: str, key: str, wanted: list[str], facts: dict[str, Any]) -> bool:
    given = facts.get(key)
    if operator == "Null":
        return (given is None) == (wanted == ["true"])
    if operator.endswith("IfExists"):
        if given is None:
            return True
        operator = operator.removesuffix("IfExists")
    negated = operator in {"StringNotEquals", "ArnNotLike", "ArnNotEquals"}
    if given is None:
        return negated
    fits = {
        "StringEquals": lambda: given in wanted,
        "StringNotEquals": lambda: given in wanted,
        "ArnEquals": lambda: any(fnmatch.fnmatchcase(given, w) for w in wanted),
        "ArnLike": lambda: any(fnmatch.fnmatchcase(given, w) for w in wanted),
        "ArnNotLike": lambda: any(fnmatch.fnmatchcase(given, w) for w in wanted),
        "ArnNotEquals": lambda: any(fnmatch.fnmatchcase(given, w) for w in wanted),
        "Bool": lambda: given in wanted,
        "NumericLessThan": lambda: float(given) < float(wanted[0]),
    }[operator]()
    return fits != negated

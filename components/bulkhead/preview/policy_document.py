"""IAM policy documents as ``aws:iam/getPolicyDocument`` renders them.

Follows the Terraform AWS provider's ``internal/service/iam`` (policy_document_data_source.go and
policy_model.go): order of keys and of lists, merging by Sid, escapes of Go's JSON. Of several
principals or conditions of the same kind the provider's order depends on hashes; here it is theirs.
"""

import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bulkhead.domain.errors import RefusedError

_VERSIONS = ("2012-10-17", "2008-10-17")
_KEYS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource")
_GO_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}

_Statement = dict[str, Any]


def render_policy_document(args: Mapping[str, Any]) -> dict[str, Any]:
    """Render the document that the function's arguments, under wire names, describe.

    Returns ``json`` (indented by two), ``minifiedJson``, ``id`` and ``version``, which defaults
    to ``2012-10-17``.

    Raises:
        RefusedError: the provider would refuse the arguments: an unknown version or effect, a
            Sid used twice, ``&{`` in a document of 2008, a source document that is none.
    """
    version = args.get("version") or _VERSIONS[0]
    if version not in _VERSIONS:
        raise RefusedError("unknown version", given=version, allowed=_VERSIONS, where="version")
    document: dict[str, Any] = {}
    seen: set[str] = set()
    for index, source in enumerate(args.get("sourcePolicyDocuments") or ()):
        where = f"sourcePolicyDocuments[{index}]"
        parsed = _parsed(source, where)
        _refuse_repeated(parsed["Statement"], seen, where)
        _merge(document, parsed)
    own = [
        _statement(statement, version, f"statements[{index}]")
        for index, statement in enumerate(args.get("statements") or ())
    ]
    _refuse_repeated(own, set(), "statements")
    _merge(document, {"Version": version, "Id": args.get("policyId"), "Statement": own})
    for index, override in enumerate(args.get("overridePolicyDocuments") or ()):
        _merge(document, _parsed(override, f"overridePolicyDocuments[{index}]"))
    written = {
        "Version": document["Version"],
        "Id": document.get("Id"),
        "Statement": [_written(statement) for statement in document["Statement"]],
    }
    written = {key: value for key, value in written.items() if value}
    indented = _json(written, indent=2)
    return {
        "id": str(zlib.crc32(indented.encode())),
        "json": indented,
        "minifiedJson": _json(written, separators=(",", ":")),
        "version": version,
    }


def _json(document: Any, **style: Any) -> str:
    return json.dumps(document, ensure_ascii=False, **style).translate(_GO_ESCAPES)


def _merge(document: dict[str, Any], other: Mapping[str, Any]) -> None:
    """Take over the other's statements, in place of those with the same Sid."""
    document["Id"] = other.get("Id") or document.get("Id")
    document["Version"] = max(document.get("Version", ""), other.get("Version") or "")
    statements: list[_Statement] = document.setdefault("Statement", [])
    for statement in other["Statement"]:
        sid = statement.get("Sid")
        same = [i for i, found in enumerate(statements) if sid and found.get("Sid") == sid]
        if same:
            statements[same[0]] = statement
        else:
            statements.append(statement)


def _refuse_repeated(statements: Iterable[_Statement], seen: set[str], where: str) -> None:
    for sid in (statement.get("Sid") for statement in statements):
        if sid and sid in seen:
            raise RefusedError("two statements have the same Sid", given=sid, where=where)
        seen.add(sid or "")


def _statement(given: Mapping[str, Any], version: str, where: str) -> _Statement:
    effect = given.get("effect") or "Allow"
    if effect not in ("Allow", "Deny"):
        raise RefusedError(
            "unknown effect", given=effect, allowed=("Allow", "Deny"), where=f"{where}.effect"
        )

    def variables(items: Iterable[Any], part: str) -> list[str]:
        found = _strings(items)
        if version != _VERSIONS[0] and any("&{" in item for item in found):
            raise RefusedError(
                "'&{' stands for a policy variable, which version 2008-10-17 does not have",
                where=f"{where}.{part}",
            )
        return [item.replace("&{", "${") for item in found]

    def resources(part: str) -> Any:
        return _set(variables(given.get(part) or (), part))

    def principals(part: str) -> list[tuple[str, Any]]:
        return [
            (each["type"], _set(variables(each["identifiers"], part)))
            for each in given.get(part) or ()
        ]

    conditions = [
        (each["test"], each["variable"], variables(each["values"], "conditions"))
        for each in given.get("conditions") or ()
    ]
    return {
        "Sid": given.get("sid"),
        "Effect": effect,
        "Action": _set(_strings(given.get("actions") or ())),
        "NotAction": _set(_strings(given.get("notActions") or ())),
        "Resource": resources("resources"),
        "NotResource": resources("notResources"),
        "Principal": principals("principals"),
        "NotPrincipal": principals("notPrincipals"),
        "Condition": conditions,
    }


def _strings(items: Iterable[Any]) -> list[str]:
    return [item if isinstance(item, str) else json.dumps(item) for item in items]


def _set(texts: Iterable[str]) -> Any:
    """A set of strings as the provider writes it: one alone, or several in falling order."""
    found = sorted(set(texts), reverse=True)
    return found[0] if len(found) == 1 else found


def _parsed(text: str, where: str) -> dict[str, Any]:
    """A document given as JSON, its principals and conditions taken apart."""
    try:
        document = json.loads(text)
        statements = [
            {
                **statement,
                "Principal": _parsed_principals(statement.get("Principal")),
                "NotPrincipal": _parsed_principals(statement.get("NotPrincipal")),
                "Condition": _parsed_conditions(statement.get("Condition") or {}),
            }
            for statement in document.get("Statement") or ()
        ]
    except (AttributeError, TypeError, ValueError):
        raise RefusedError("not a policy document in JSON", where=where) from None
    return {**document, "Statement": statements}


def _parsed_principals(given: Any) -> list[tuple[str, Any]]:
    if isinstance(given, str):
        return [("*", ["*"])]
    return list((given or {}).items())


def _parsed_conditions(given: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str, list[str]]]:
    """Conditions as triples; the provider loses values that are numbers."""
    found = []
    for test, variables in given.items():
        for variable, values in variables.items():
            if isinstance(values, bool):
                found.append((test, variable, [json.dumps(values)]))
            elif isinstance(values, str | list):
                found.append((test, variable, [values] if isinstance(values, str) else values))
    return found


def _written(statement: _Statement) -> _Statement:
    found = {key: statement.get(key) for key in _KEYS}
    found["Principal"] = _written_principals(statement["Principal"])
    found["NotPrincipal"] = _written_principals(statement["NotPrincipal"])
    found["Condition"] = _written_conditions(statement["Condition"])
    return {key: value for key, value in found.items() if value}


def _written_principals(principals: Sequence[tuple[str, Any]]) -> Any:
    # IAM takes {"AWS": "*"} in a trust policy and refuses "*", so only {"*": "*"} is shortened.
    if len(principals) == 1 and principals[0] in (("*", "*"), ("*", ["*"])):
        return "*"
    written: dict[str, Any] = {}
    for kind, identifiers in principals:
        more = identifiers
        if isinstance(identifiers, list):
            more = sorted(identifiers, reverse=True)
        if kind in written:
            before = written[kind] if isinstance(written[kind], list) else [written[kind]]
            more = [*before, *(more if isinstance(more, list) else [more])]
        written[kind] = more
    return dict(sorted(written.items()))


def _written_conditions(conditions: Sequence[tuple[str, str, list[str]]]) -> Any:
    written: dict[str, dict[str, list[str]]] = {}
    for test, variable, values in conditions:
        written.setdefault(test, {}).setdefault(variable, []).extend(values)
    return {
        test: {
            variable: values[0] if len(values) == 1 else values
            for variable, values in sorted(variables.items())
        }
        for test, variables in sorted(written.items())
    }

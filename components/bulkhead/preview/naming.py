"""The physical name, ID and ARN of a resource, and what else follows from them."""

from collections.abc import Mapping
from typing import Any

from bulkhead.preview.arns import ARN, Convention
from bulkhead.preview.values import Facts, last_part, render, text

_LOWER_CASE = frozenset(
    {"docdb", "ecr", "elasticache", "neptune", "opensearch", "rds", "redshift", "s3"}
)
"""Services that refuse capitals in names, so that Pulumi's automatic names have none."""


def identified(
    facts: Facts,
    rules: Convention,
    name_input: str,
    given: Mapping[str, Any],
    known_id: str | None = None,
) -> Facts:
    """Add a resource's physical name, ID and ARN to what is known of it."""
    facts["name"] = _physical_name(facts, rules, name_input, given, known_id)
    arn = rules.arn and ARN + rules.arn
    if "{arn}" in rules.id:
        facts["arn"] = known_id or render(arn, facts)
        facts["id"] = render(rules.id, facts)
    else:
        facts["id"] = known_id or render(rules.id, facts)
        facts["arn"] = render(arn, facts)
    return facts


def templates_of(rules: Convention, own: str, name_input: str) -> Mapping[str, Any]:
    """Templates of a resource's outputs; ``own`` is the name of its type, as ``own_name``."""
    templates = {f"{own}Id": "{id}", name_input: "{name}"}
    if rules.arn:
        templates |= {"arn": "{arn}", f"{own}Arn": "{arn}"}
    return {**templates, **rules.outputs}


def own_name(owner: type) -> str:
    """What a type calls itself among its properties: ``nodeGroup`` of ``NodeGroup``."""
    return owner.__name__[0].lower() + owner.__name__[1:]


def named_by(owner: type, inputs: Mapping[str, object], rules: Convention) -> str:
    """The input that holds the name: ``name``, or for a Broker ``brokerName`` and the like."""
    own = own_name(owner)
    candidates = ("name", f"{own}Name", own, f"{own}Identifier", f"{own}Id")
    return rules.named_by or next((name for name in candidates if name in inputs), "name")


def _physical_name(
    facts: Facts,
    rules: Convention,
    name_input: str,
    given: Mapping[str, Any],
    known_id: str | None,
) -> str:
    if explicit := text(given.get(name_input)):
        return explicit
    if known_id and rules.id in ("{name}", "{arn}"):
        return known_id if rules.id == "{name}" else last_part(known_id)
    prefix = text(given.get(f"{name_input}Prefix")) or f"{rules.prefix}{facts['logical']}-"
    automatic = prefix + facts["hex7"]
    if facts["service"] in _LOWER_CASE:
        automatic = automatic.lower()
    is_fifo = "true" in (text(given.get("fifoQueue")), text(given.get("fifoTopic")))
    return f"{automatic}.fifo" if is_fifo else automatic

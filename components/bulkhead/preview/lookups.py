"""Answers of AWS functions that look up a resource, by the conventions of the resource's type."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bulkhead.preview.naming import identified, templates_of
from bulkhead.preview.services import listed_convention
from bulkhead.preview.values import Facts, render, text
from bulkhead.preview.world import World, hexadecimal


@dataclass(frozen=True)
class Ask:
    """A question to a provider.

    Attributes:
        token: the function, such as ``aws:ec2/getVpc:getVpc``.
        args: plain data under wire names.
        world: account and Region that it is asked in.
        zones: the availability zones of that Region.
    """

    token: str
    args: Mapping[str, Any]
    world: World
    zones: Sequence[str]

    @property
    def key(self) -> str:
        """The function without its package, such as ``ec2/getVpc``."""
        return self.token.split(":")[1]

    def arg(self, name: str) -> str | None:
        """An argument as text, None if it is missing."""
        return text(self.args.get(name))

    def filtered(self, name: str) -> list[str]:
        """The values of a filter, empty if there is no such filter."""
        filters = self.args.get("filters") or ()
        return [str(v) for each in filters if each["name"] == name for v in each["values"]]

    def seed(self) -> str:
        """Text that is the same for the same arguments in the same Region."""
        return json.dumps([self.world.region, self.args], sort_keys=True, default=str)

    def made_id(self, prefix: str) -> str:
        """An ID such as EC2's that is the same for the same arguments."""
        return f"{prefix}-0{hexadecimal(16, self.token, self.seed())}"


def looked_up(ask: Ask) -> dict[str, Any] | None:
    """What a function such as ``getVpc`` finds of the one resource it looks for.

    It is the resource that the arguments name or identify, else one that depends on nothing but
    the arguments. None if the function looks for no resource of a type with a convention.
    """
    found = re.fullmatch(r"(\w+)/get(\w+)", ask.key)
    if found is None:
        return None
    module, kind = found.groups()
    own = kind[0].lower() + kind[1:]
    token = f"aws:{module}/{own}:{kind}"
    rules = listed_convention(token)
    if rules is None:
        return None
    known_id = ask.arg("id") or ask.arg(f"{own}Id") or ask.arg("arn")
    candidates = (rules.named_by, "name", f"{own}Name", own, f"{own}Identifier")
    named_by = next((each for each in candidates if ask.arg(each)), rules.named_by or "name")
    facts = Facts(token, ask.arg(named_by) or known_id or ask.seed(), ask.args, ask.world)
    facts["logical"] = own
    identified(facts, rules, named_by, ask.args, known_id)
    templates = {"id": "{id}", "name": "{name}", **templates_of(rules, own, named_by)}
    rendered: dict[str, Any] = render(templates, facts)
    # Data sources give an object as a list of one.
    plural = {f"{key}s": [v] for key, v in rendered.items() if isinstance(v, Mapping)}
    return {**rendered, **plural, "certificateAuthorities": plural.get("certificateAuthoritys")}

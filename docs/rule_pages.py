"""The reference of the policies, written from the rules and from the twins that test them."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from bulkhead_policies import packs
from bulkhead_policies.rule import Rule
from tests.policies.scenes import Declared, Scene, opened
from tests.policies.twins import EVERY

PAGE = Path("policies/RULES.md")

HEAD = """# Rules

Every rule of the packs, by concern. Each shows what is refused and what is accepted: the very
resources with which the tests show that the rule works, cut to where they differ. `make docs`
writes this page.

"""

SMALLEST_PACKS = ("baseline", "ai-platform", "regulated")
"""Packs from the smallest; a rule is told with the first that has it."""


def pages() -> dict[Path, str]:
    """The page by its path below the repository's root."""
    concerns = {module: _rules(module) for module in vars(packs).values() if _is_concern(module)}
    sections = [_section(module, rules) for module, rules in concerns.items() if rules]
    text = HEAD + _index(concerns) + "".join(sections)
    return {PAGE: text.rstrip() + "\n"}


def _is_concern(value: object) -> bool:
    return isinstance(value, ModuleType) and value.__name__.startswith("bulkhead_policies.")


def _rules(module: ModuleType) -> list[Rule]:
    found = [value for value in vars(module).values() if isinstance(value, Rule)]
    return sorted(found, key=lambda rule: rule.id)


def _index(concerns: Mapping[ModuleType, list[Rule]]) -> str:
    rows = [
        f"| [{rule.id}](#{rule.id}) | {rule.severity} | {_pack(rule)} | {rule.title} |\n"
        for rules in concerns.values()
        for rule in rules
    ]
    return "| rule | severity | pack | what holds |\n| --- | --- | --- | --- |\n" + "".join(rows)


def _section(module: ModuleType, rules: list[Rule]) -> str:
    heading = str(module.__doc__).partition("\n")[0].rstrip(".")
    return f"\n## {heading}\n" + "".join(map(_entry, rules))


def _entry(rule: Rule) -> str:
    cited = " · ".join(
        part
        for part in (str(rule.severity), ", ".join(rule.requirements), ", ".join(rule.frameworks))
        if part
    )
    options = "".join(
        f"- `{option.name}`: {option.schema['description']} "
        f"Default: `{json.dumps(option.schema['default'])}`.\n"
        for option in rule.options
    )
    twins = EVERY[rule.id]
    return (
        f"\n### {rule.id}\n\n{rule.title}.\n\n{cited}\n\n{rule.why}\n\n"
        f"**To mend.** {rule.remediation}\n\n"
        + (f"**Options.**\n\n{options}\n" if options else "")
        + f"Refused:\n\n{_snippet(twins.bad, twins.good)}\nAccepted:\n\n"
        + _snippet(twins.good, twins.bad)
    )


def _pack(rule: Rule) -> str:
    return next(name for name in SMALLEST_PACKS if rule in packs.PACKS[name])


def _snippet(scene: Scene, other: Scene) -> str:
    """The resources of ``scene`` as YAML, where they differ from those of ``other``."""
    return f"```yaml\n{''.join(_differing(scene, other))}```\n"


def _differing(scene: Scene, other: Scene) -> Iterator[str]:
    theirs = {resource.name: resource for resource in other}
    names = {resource.name for resource in scene}
    for resource in scene:
        twin = theirs.get(resource.name)
        if twin and (twin.type, twin.depends) == (resource.type, resource.depends):
            if (mine := _plain(resource)) != (its := _plain(twin)):
                yield _yaml(resource, _cut(mine, its))
        else:
            yield _yaml(resource, _plain(resource))
    for resource in other:
        if resource.name not in names:
            yield f"# and no {resource.type}\n"


def _yaml(resource: Declared, properties: Any) -> str:
    body = yaml.safe_dump(properties, sort_keys=False, allow_unicode=True, width=100)
    told = f"# {resource.type}\n"
    for key, names in resource.depends.items():
        told += f"# {key} from the outputs of {', '.join(names)}\n"
    return told + body


def _plain(resource: Declared) -> dict[str, Any]:
    """What the program declares: its options and its provider's too, where a rule judges them."""
    declared: dict[str, Any] = {**resource.properties}
    if resource.protect:
        declared["protect"] = True
    if resource.provider is not None:
        declared["provider"] = resource.provider
    plain: dict[str, Any] = _read(opened(declared))
    return plain


def _read(value: Any) -> Any:
    """``value`` with the JSON documents in it as mappings."""
    if isinstance(value, Mapping):
        return {key: _read(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_read(item) for item in value]
    if isinstance(value, str) and value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _cut(mine: Any, its: Any) -> Any:
    """What is not the same in ``its``, within what holds it."""
    if isinstance(mine, dict) and isinstance(its, dict):
        return {
            key: _cut(value, its[key]) if key in its else value
            for key, value in mine.items()
            if key not in its or its[key] != value
        }
    if isinstance(mine, list) and isinstance(its, list) and len(mine) == len(its):
        return [_cut(a, b) for a, b in zip(mine, its, strict=True) if a != b]
    return mine

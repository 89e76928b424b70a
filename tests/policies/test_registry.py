"""Every rule is served, has its twins and tells what a reader needs."""

import datetime
import json
import re
import tomllib
from pathlib import Path

import pulumi_aws
import pulumi_kubernetes
import pytest
import yaml

from bulkhead.preview.shapes import check_inputs
from bulkhead_policies import analyzer, packs
from bulkhead_policies.packs import AI_PLATFORM, BASELINE, PACKS, REGULATED
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Rule
from bulkhead_policies.settings import read_settings
from bulkhead_policies.view import View
from tests.policies.scenes import Declared, opened
from tests.policies.twins import EVERY, MODULES

HOUSE = Path(__file__).parents[2]
CONCERNS = [value for value in vars(packs).values() if type(value) is type(packs)]
DEFINED = [rule for concern in CONCERNS for rule in vars(concern).values() if type(rule) is Rule]

NAME = re.compile(r"bulkhead(-[a-z0-9]+){3,}")
REQUIREMENT = re.compile(
    r"(ISO-([1-9]|1[01])|KEY-[1-4]|STO-[1-3]|NET-[12]|IAM-[1-3]|AUD-1|INF-[1-7]|TRN-[1-5]"
    r"|COST-[1-4]|DAT-[1-5]|MOD-[1-3]|OBS-[12]|RSP-[12]|CMP-1|POL-[1-4])"
)
FRAMEWORK = re.compile(
    r"PSS (baseline|restricted)"
    r"|(FSBP|Security Hub) [A-Za-z0-9]+\.\d+|CIS EKS \d\.\d+\.\d+|ATLAS AML\.M\d{4}"
    r"|GenAI Lens GEN[A-Z]+\d\d-BP\d\d|OWASP LLM\d\d"
)


def test_every_rule_that_is_written_is_served_once() -> None:
    assert sorted(rule.id for rule in DEFINED) == sorted(rule.id for rule in REGULATED)
    assert len({rule.id for rule in REGULATED}) == len(REGULATED)
    assert set(BASELINE) < set(AI_PLATFORM) < set(REGULATED)


def test_every_rule_has_its_twins_and_every_twin_its_rule() -> None:
    assert set(EVERY) == {rule.id for rule in REGULATED}
    assert len(EVERY) == sum(len(module.TWINS) for module in MODULES)


@pytest.mark.parametrize("rule", REGULATED, ids=lambda rule: rule.id)
def test_a_rule_tells_what_a_reader_needs(rule: Rule) -> None:
    assert NAME.fullmatch(rule.id)
    assert rule.types
    assert rule.requirements
    assert all(REQUIREMENT.fullmatch(item) for item in rule.requirements)
    assert all(FRAMEWORK.fullmatch(item) for item in rule.frameworks)
    assert not rule.title.endswith(".")
    assert rule.why.endswith(".")
    assert rule.remediation.endswith(".")
    assert len({option.name for option in rule.options}) == len(rule.options)


@pytest.mark.parametrize("rule", REGULATED, ids=lambda rule: rule.id)
def test_the_twins_of_a_rule_show_what_it_makes_of_unknown_values(rule: Rule) -> None:
    twins = EVERY[rule.id]
    assert twins.unknown or twins.settled
    assert any(resource.type in rule.types for resource in twins.bad)


def test_every_type_token_is_one_of_the_providers() -> None:
    known = "".join(
        Path(str(package.__file__)).read_text("utf-8")
        for package in (pulumi_aws, pulumi_kubernetes)
    )
    named = {token for rule in REGULATED for token in rule.types}
    missing = {token for token in named if f'"{token}"' not in known}
    assert {token for token in missing if f'"{token.partition("/")[0]}/' in known} == set()
    assert all(re.fullmatch(r"kubernetes:[a-z0-9.-]+\.[a-z]+/v\w+:[A-Z]\w+", t) for t in missing)


def test_the_twins_have_the_shape_that_the_providers_declare() -> None:
    scenes = [
        scene
        for twins in EVERY.values()
        for scene in (twins.good, twins.bad, *twins.more_good.values(), *twins.more_bad.values())
    ]
    declared: dict[str, Declared] = {repr(r): r for scene in scenes for r in scene}
    wrong = {
        f"{resource.type} {error.path}: {error.message}"
        for resource in declared.values()
        for error in check_inputs(resource.type, opened(resource.properties))
    }
    assert wrong == set()


def test_policies_of_a_pack_are_named_apart_from_the_rules() -> None:
    names = [policy.name for policy in analyzer.policies(REGULATED)]
    assert len(set(names)) == len(names) == len(REGULATED) + len(analyzer.REPORTS)


def test_the_sdk_can_not_pass_a_policy_that_it_does_not_judge() -> None:
    for policy in analyzer.policies(REGULATED):
        with pytest.raises(RuntimeError, match="judged by bulkhead_policies"):
            policy.validate(None, None)  # type: ignore[attr-defined]


def test_the_pack_has_the_version_of_the_package() -> None:
    package = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))
    files = list((HOUSE / "policies").rglob("PulumiPolicy.yaml"))
    assert len(files) == len(PACKS)
    for file in files:
        pack = yaml.safe_load(file.read_text("utf-8"))
        assert pack["version"] == package["project"]["version"]
        python = file.parent / pack["runtime"]["options"]["virtualenv"]
        assert python.resolve() == (HOUSE / ".venv").resolve()


def test_every_pack_is_served_under_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    told: dict[str, object] = {}
    monkeypatch.setattr(analyzer, "serve", lambda name, rules: told.update({name: rules}))
    for file in (HOUSE / "policies").rglob("__main__.py"):
        exec(file.read_text("utf-8"), {})  # noqa: S102
    named = {
        "bulkhead" if name == "ai-platform" else f"bulkhead-{name}": PACKS[name] for name in PACKS
    }
    assert told == named


def test_a_view_of_a_framework_holds_the_rules_that_cite_it() -> None:
    for name, framework in (("cis-eks", "CIS EKS"), ("aws-fsbp", "FSBP"), ("mitre-atlas", "ATLAS")):
        cited = {rule.id for rule in PACKS[name]}
        assert cited
        assert cited == {
            rule.id for rule in REGULATED for item in rule.frameworks if item.startswith(framework)
        }


def test_the_examples_of_the_readme_work(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (HOUSE / "policies/README.md").read_text("utf-8")
    config = json.loads(text.partition("```json\n")[2].partition("```")[0])
    rules = {rule.id: rule for rule in REGULATED}
    for name, given in config.items():
        if isinstance(given, dict):
            options = {key: value for key, value in given.items() if key != "enforcementLevel"}
            read_settings(name, rules[name].options, options, datetime.date(2026, 11, 22))
        else:
            assert name == "all" or name in {report.id for report in analyzer.REPORTS}
    packs_served: list[list[Rule]] = []
    monkeypatch.setattr(analyzer, "serve", lambda _, rules: packs_served.append(rules))
    exec(text.partition("```python\n")[2].partition("```")[0], {})  # noqa: S102
    [[*_, own]] = packs_served
    queue = View({"messageRetentionSeconds": 86_401})
    assert len(list(own.judge(Resource("aws:sqs/queue:Queue", "q", "urn:q", queue)))) == 1

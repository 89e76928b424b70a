"""Policy packs run over the real protocol, configured and judged as the engine does it."""

import json
import os
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest
from pulumi import Output, ResourceOptions
from pulumi.runtime.proto import analyzer_pb2

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.pack_config import LEVELS, read_pack_config, reconcile
from bulkhead.preview.plan import UNKNOWN, Plan, Secret
from bulkhead.preview.run import Options, preview_function
from bulkhead.preview.wire import struct_to_plain, to_struct

POLICIES = """
import json
import pulumi
from pulumi_policy import (
    EnforcementLevel,
    PolicyConfigSchema,
    PolicyPack,
    ResourceValidationPolicy,
    StackValidationPolicy,
)

TOPIC = "aws:sns/topic:Topic"


def tagged(args, report):
    if args.resource_type == TOPIC and "tags" not in args.props:
        report("add tags")


def advice(args, report):
    if args.resource_type == TOPIC:
        report("think again")


def prefixed(args, report):
    config = args.get_config()
    if args.resource_type == TOPIC and not args.name.startswith(config["prefix"]):
        report(f"start with {config['prefix']}, have {config['least']:g} tags")


def shown(args, report):
    if args.resource_type == TOPIC and not args.props["displayName"].startswith("The "):
        report("say The")


def add_tags(args):
    if args.resource_type != TOPIC:
        return None
    return {**args.props, "tags": {"name": args.props["displayName"]}}


def add_region(args):
    if args.resource_type != TOPIC:
        return None
    args.props["region"] = args.provider.props["region"]
    return args.props


def still_no_tags(args, report):
    if args.resource_type == TOPIC and "tags" not in args.props:
        report("the remediation did not help")


def told(args, report):
    if args.resource_type == TOPIC:
        told = {
            "protect": args.opts.protect,
            "ignored": list(args.opts.ignore_changes),
            "parent": args.opts.parent,
            "provider": args.provider.name,
            "region": args.provider.props.get("region"),
            "stack": pulumi.get_stack(),
            "project": pulumi.get_project(),
            "size": pulumi.Config("shop").get("size"),
        }
        report(json.dumps(told))


def few(args, report):
    topics = [r for r in args.resources if r.resource_type == TOPIC]
    if len(topics) > 1:
        report(f"{len(topics)} topics")
        report("this one is too many", topics[-1].urn)


def seen(args, report):
    report(json.dumps({
        r.name: {
            "type": r.resource_type,
            "parent": r.parent.name if r.parent else None,
            "dependencies": sorted(d.name for d in r.dependencies),
            "by_property": {k: [d.name for d in v] for k, v in r.property_dependencies.items()},
            "properties": sorted(r.props.keys()),
        }
        for r in args.resources
    }))


schema = PolicyConfigSchema(
    properties={
        "prefix": {"type": "string", "default": "app-"},
        "least": {"type": "integer", "default": 2},
        "free": {"type": "string"},
    }
)
M, A = EnforcementLevel.MANDATORY, EnforcementLevel.ADVISORY
R, D = EnforcementLevel.REMEDIATE, EnforcementLevel.DISABLED
PolicyPack(
    "everything",
    initial_config={"prefixed": {"enforcementLevel": M, "least": 3}},
    policies=[
        ResourceValidationPolicy("tagged", "Topics have tags.", tagged, M),
        ResourceValidationPolicy("advice", "Topics are costly.", advice, A),
        ResourceValidationPolicy("prefixed", "Names have a prefix.", prefixed, D, schema),
        ResourceValidationPolicy("shown", "Topics are shown.", shown, M),
        ResourceValidationPolicy("told", "What is told.", told, D),
        ResourceValidationPolicy(
            "add-tags", "Tags are added.", still_no_tags, D, remediate=add_tags
        ),
        ResourceValidationPolicy("add-region", "Said.", enforcement_level=D, remediate=add_region),
        StackValidationPolicy("few", "Topics are few.", few, M),
        StackValidationPolicy("seen", "What is seen.", seen, D),
    ],
)
"""

MakePack = Callable[..., Path]


@pytest.fixture(scope="session")
def make_pack(tmp_path_factory: pytest.TempPathFactory) -> MakePack:
    def make(program: str, manifest: str = "runtime: python\n") -> Path:
        folder = tmp_path_factory.mktemp("pack")
        (folder / "PulumiPolicy.yaml").write_text(manifest)
        (folder / "__main__.py").write_text(textwrap.dedent(program))
        return folder

    return make


@pytest.fixture(scope="session")
def everything(make_pack: MakePack) -> Path:
    return make_pack(POLICIES)


def judged(
    program: Callable[[], object],
    *packs: Path,
    config: Mapping[str, Any] | None = None,
    stack: str = "dev",
    stack_config: Mapping[str, str] | None = None,
    assume_applied: bool = False,
) -> Plan:
    return preview_function(
        program,
        project="shop",
        stack=stack,
        config=stack_config,
        options=Options(packs=packs, pack_config=config or {}),
        assume_applied=assume_applied,
    )


def found(plan: Plan) -> list[tuple[str, str, str, str]]:
    return [(v.policy, v.level, v.urn.rpartition("::")[2], v.message) for v in plan.violations]


def only(*policies: str, **levels: Any) -> dict[str, Any]:
    return {"all": "disabled", **dict.fromkeys(policies, "mandatory"), **levels}


def two_topics() -> None:
    aws.sns.Topic("app-first", display_name="The first", tags={"a": "b"})
    aws.sns.Topic("second", display_name="Second")


# -- verdicts --------------------------------------------------------------------------------------


def test_each_policy_judges_at_the_level_that_the_pack_gives_it(everything: Path) -> None:
    plan = judged(two_topics, everything)
    assert plan.errors == []
    assert {violation.pack for violation in plan.violations} == {"everything"}
    assert sorted(found(plan)) == [
        ("advice", "advisory", "app-first", "Topics are costly.\nthink again"),
        ("advice", "advisory", "second", "Topics are costly.\nthink again"),
        ("few", "mandatory", "second", "Topics are few.\nthis one is too many"),
        ("few", "mandatory", "shop-dev", "Topics are few.\n2 topics"),
        ("prefixed", "mandatory", "second", "Names have a prefix.\nstart with app-, have 3 tags"),
        ("shown", "mandatory", "second", "Topics are shown.\nsay The"),
        ("tagged", "mandatory", "second", "Topics have tags.\nadd tags"),
    ]


def test_a_policy_that_touches_an_unknown_is_advisory_and_blocks_nothing(everything: Path) -> None:
    def program() -> None:
        key = aws.kms.Key("key")
        aws.sns.Topic("topic", display_name=key.arn, tags={"a": "b"})

    plan = judged(program, everything, config=only("shown", "tagged"))
    [(policy, level, name, message)] = found(plan)
    assert (policy, level, name) == ("shown", "advisory", "topic")
    assert message.startswith("can't run policy 'shown' from policy pack 'everything@v")
    assumed = judged(program, everything, config=only("shown"), assume_applied=True)
    assert found(assumed) == [("shown", "mandatory", "topic", "Topics are shown.\nsay The")]


def test_a_policy_gets_options_provider_and_the_stacks_configuration(everything: Path) -> None:
    def program() -> None:
        ohio = aws.Provider("ohio", region="us-east-2")
        opts = ResourceOptions(protect=True, ignore_changes=["tags"], provider=ohio)
        aws.sns.Topic("explicit", opts=opts)
        aws.sns.Topic("default")

    plan = judged(
        program,
        everything,
        config=only("told"),
        stack="prod",
        stack_config={"aws:region": "eu-west-1", "shop:size": "3"},
    )
    told = {name: json.loads(message.partition("\n")[2]) for _, _, name, message in found(plan)}
    stack = "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod"
    common = {"stack": "prod", "project": "shop", "size": "3", "parent": stack}
    assert told == {
        "explicit": {
            **common,
            "protect": True,
            "ignored": ["tags"],
            "provider": "ohio",
            "region": "us-east-2",
        },
        "default": {
            **common,
            "protect": False,
            "ignored": [],
            "provider": "default",
            "region": "eu-west-1",
        },
    }


def test_a_stack_policy_sees_resources_with_outputs_parents_and_dependencies(
    everything: Path,
) -> None:
    class Desk(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("desk:index:Desk", "desk", {"size": 3})
            self.key = aws.kms.Key("key", opts=ResourceOptions(parent=self))
            self.register_outputs({"key": self.key.arn})

    def program() -> None:
        desk = Desk()
        aws.sns.Topic("topic", kms_master_key_id=desk.key.id, name="news")
        aws.ec2.Vpc.get("network", "vpc-1")

    plan = judged(program, everything, config=only("seen"))
    [(_, _, name, message)] = found(plan)
    seen = json.loads(message.partition("\n")[2])
    assert name == "shop-dev"
    assert list(seen) == ["shop-dev", "desk", "key", "topic"]
    assert seen["desk"]["properties"] == ["key"]
    assert seen["key"]["parent"] == "desk"
    assert seen["topic"]["dependencies"] == ["key"]
    assert seen["topic"]["by_property"] == {"kmsMasterKeyId": ["key"]}
    # What the deployment will compute is there too, unknown, as the engine shows it.
    assert {"kmsMasterKeyId", "name", "arn"} <= set(seen["topic"]["properties"])


# -- remediation -----------------------------------------------------------------------------------


def test_a_remediation_changes_the_inputs_before_they_are_judged(everything: Path) -> None:
    config = only("tagged", **{"add-tags": "remediate"})
    plan = judged(two_topics, everything, config=config)
    assert found(plan) == []
    assert [r.inputs["tags"] for r in plan.resources] == [
        {"name": "The first"},
        {"name": "Second"},
    ]
    assert plan.notes == [
        f"{r.urn}: policy 'add-tags' of pack 'everything' changed its inputs"
        for r in plan.resources
    ]


def test_a_remediation_keeps_secrets_secret(everything: Path) -> None:
    def program() -> None:
        aws.sns.Topic("topic", display_name="shown", policy=Output.secret("hunter2"))

    config = only(**{"add-tags": "remediate", "add-region": "remediate"})
    plan = judged(program, everything, config=config, stack_config={"aws:region": "eu-west-1"})
    assert plan.resources[0].inputs == {
        "displayName": "shown",
        "policy": Secret("hunter2"),
        "region": "eu-west-1",
        "tags": {"name": "shown"},
    }


def test_a_remediation_that_meets_an_unknown_is_advisory(everything: Path) -> None:
    def program() -> None:
        provider = aws.Provider("unknown", region=aws.kms.Key("key").id)
        aws.sns.Topic("topic", name="news", opts=ResourceOptions(provider=provider))

    plan = judged(program, everything, config=only(**{"add-region": "remediate"}))
    [(policy, level, name, message)] = found(plan)
    assert (policy, level, name) == ("add-region", "advisory", "topic")
    assert message.startswith("can't run remediation 'add-region' from policy pack 'everything@v")
    assert plan.resources[-1].inputs == {"name": "news"}


def test_a_remediation_passes_unknowns_on(everything: Path) -> None:
    def program() -> None:
        aws.sns.Topic("topic", display_name=aws.kms.Key("key").arn)

    plan = judged(program, everything, config=only(**{"add-tags": "remediate"}))
    assert plan.resources[-1].inputs == {"displayName": UNKNOWN, "tags": {"name": UNKNOWN}}


def test_a_remediation_at_another_level_only_judges(everything: Path) -> None:
    plan = judged(two_topics, everything, config=only("add-tags"))
    assert [(policy, level, name) for policy, level, name, _ in found(plan)] == [
        ("add-tags", "mandatory", "second")
    ]
    assert "tags" not in plan.resources[1].inputs


# -- configuration ---------------------------------------------------------------------------------


def described() -> analyzer_pb2.AnalyzerInfo:
    """What a pack with two policies, one of them configurable, says of itself."""
    properties = {
        "prefix": {"type": "string", "default": "app-"},
        "least": {"type": "integer", "default": 2},
        "free": {"type": "string"},
    }
    schema = analyzer_pb2.PolicyConfigSchema(properties=to_struct(properties))
    return analyzer_pb2.AnalyzerInfo(
        name="described",
        policies=[
            analyzer_pb2.PolicyInfo(name="tagged", enforcementLevel=analyzer_pb2.MANDATORY),
            analyzer_pb2.PolicyInfo(
                name="prefixed", enforcementLevel=analyzer_pb2.DISABLED, configSchema=schema
            ),
        ],
        initialConfig={
            "prefixed": analyzer_pb2.PolicyConfig(
                enforcementLevel=analyzer_pb2.ADVISORY, properties=to_struct({"least": 3})
            )
        },
    )


@pytest.mark.parametrize(
    ("config", "levels", "properties"),
    [
        ({}, ("mandatory", "advisory"), {"prefix": "app-", "least": 3}),
        ({"all": "remediate"}, ("remediate", "remediate"), {"prefix": "app-", "least": 3}),
        (
            {"all": "disabled", "prefixed": "mandatory"},
            ("disabled", "mandatory"),
            {"prefix": "app-", "least": 3},
        ),
        (
            {"prefixed": {"enforcementLevel": "mandatory", "prefix": "x-"}},
            ("mandatory", "mandatory"),
            {"prefix": "x-", "least": 3},
        ),
        (
            {"prefixed": {"least": 7, "free": "f"}, "tagged": {"enforcementLevel": "disabled"}},
            ("disabled", "advisory"),
            {"prefix": "app-", "least": 7, "free": "f"},
        ),
    ],
)
def test_levels_and_properties_come_from_the_user_the_pack_or_the_schema(
    config: dict[str, Any], levels: tuple[str, str], properties: dict[str, Any]
) -> None:
    own, configured = reconcile(described(), config)
    assert (own["tagged"], own["prefixed"]) == levels
    assert struct_to_plain(configured["prefixed"].properties) == properties
    assert [LEVELS[c.enforcementLevel] for c in configured.values()] == list(own.values())


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ({"tagged": "strict"}, "tagged: unknown enforcement level, got 'strict'"),
        ({"all": "strict"}, "unknown enforcement level, got 'strict'; allowed: advisory, mand"),
        ({"tagged": 3}, "tagged: a policy is configured by a level or a mapping, got '3'"),
        ({"tagged": {"prefix": "x"}}, "tagged: no such property .*, got 'prefix'; allowed: none"),
        (
            {"prefixed": {"prefxi": "x"}},
            "prefixed: no such property .*, got 'prefxi'; allowed: free, least, prefix",
        ),
    ],
)
def test_a_level_or_property_that_a_policy_lacks_is_refused(
    config: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(RefusedError, match=complaint):
        reconcile(described(), config)


def test_the_users_properties_reach_the_policy(everything: Path) -> None:
    config = only(prefixed={"enforcementLevel": "mandatory", "prefix": "x-"})
    plan = judged(two_topics, everything, config=config)
    assert {message for _, _, _, message in found(plan)} == {
        "Names have a prefix.\nstart with x-, have 3 tags"
    }


def test_two_packs_judge_and_share_one_configuration(everything: Path, make_pack: MakePack) -> None:
    other = make_pack("""
        from pulumi_policy import PolicyPack, ResourceValidationPolicy

        def short(args, report):
            if args.resource_type == "aws:sns/topic:Topic" and len(args.name) > 6:
                report("too long")

        PolicyPack("other", policies=[ResourceValidationPolicy("short", "Short.", short)])
    """)
    config = only("tagged", short="mandatory")
    plan = judged(two_topics, everything, other, config=config)
    assert [(v.pack, v.policy, v.urn.rpartition("::")[2]) for v in plan.violations] == [
        ("everything", "tagged", "second"),
        ("other", "short", "app-first"),
    ]
    with pytest.raises(RefusedError, match="no such policy, got 'long'"):
        judged(two_topics, everything, other, config={"long": "mandatory"})


@pytest.mark.parametrize("text", ["", "{", "[]", '"advisory"'])
def test_a_configuration_file_that_is_no_json_mapping_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "policies.json"
    file.write_text(text)
    with pytest.raises(RefusedError, match=r"policies\.json"):
        read_pack_config(file)


# -- packs that do not work ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("program", "complaint"),
    [
        (
            "import no_such_package",
            "ModuleNotFoundError: No module named 'no_such_package' at __main__.py:1",
        ),
        ("print('hello')\nimport time\ntime.sleep(60)", "exit code"),
        ("pass", "exit code 0"),
        ("def f(:", "SyntaxError: invalid syntax"),
    ],
)
def test_a_pack_that_does_not_start_says_why(
    make_pack: MakePack, program: str, complaint: str
) -> None:
    folder = make_pack(program)
    with pytest.raises(RefusedError) as refused:
        judged(two_topics, folder)
    start = f"{folder}: the policy pack did not start ("
    assert str(refused.value).startswith(start + complaint)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", ["ResourceValidationPolicy", "StackValidationPolicy"])
def test_a_policy_that_raises_is_told_with_its_resource(make_pack: MakePack, kind: str) -> None:
    folder = make_pack(f"""
        from pulumi_policy import PolicyPack, {kind}

        def broken(args, report):
            raise ValueError("not\\nthis way")

        PolicyPack("broken", policies=[{kind}("broken", "Broken.", broken)])
    """)
    with pytest.raises(RefusedError) as refused:
        judged(two_topics, folder)
    urn = "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"
    assert str(refused.value) == f"{folder}: a policy failed on {urn} (not this way)"


def test_a_pack_that_can_not_describe_itself_is_refused(make_pack: MakePack) -> None:
    folder = make_pack("""
        from pulumi_policy import PolicyPack, ResourceValidationPolicy

        PolicyPack(
            "strange",
            initial_config={"rule": {"enforcementLevel": "mandatory"}},
            policies=[ResourceValidationPolicy("rule", "Rule.", lambda args, report: None)],
        )
    """)
    with pytest.raises(RefusedError, match=r"the policy pack can't describe itself \(unknown enf"):
        judged(two_topics, folder)


def test_a_pack_that_dies_is_refused(make_pack: MakePack) -> None:
    folder = make_pack("""
        import os
        from pulumi_policy import PolicyPack, ResourceValidationPolicy

        PolicyPack("dying", policies=[
            ResourceValidationPolicy("dying", "Dies.", lambda args, report: os._exit(3))
        ])
    """)
    with pytest.raises(RefusedError, match="a policy failed on urn:pulumi:dev::shop::"):
        judged(two_topics, folder)


def test_a_pack_that_talks_a_lot_is_not_stopped_by_it(make_pack: MakePack) -> None:
    folder = make_pack("""
        import sys
        from pulumi_policy import PolicyPack, ResourceValidationPolicy

        def chatty(args, report):
            print("x" * 200_000)
            print("y" * 200_000, file=sys.stderr)
            report("heard")

        PolicyPack("chatty", policies=[ResourceValidationPolicy("chatty", "Talks.", chatty)])
    """)
    assert len(found(judged(two_topics, folder))) == 3


@pytest.mark.parametrize(
    ("manifest", "complaint"),
    [
        (None, "no Python policy pack here"),
        ("runtime: [", "not readable as YAML"),
    ],
)
def test_a_folder_that_is_no_pack_is_refused(
    tmp_path: Path, manifest: str | None, complaint: str
) -> None:
    (tmp_path / "__main__.py").write_text("pass\n")
    if manifest is not None:
        (tmp_path / "PulumiPolicy.yaml").write_text(manifest)
    with pytest.raises(RefusedError, match=complaint):
        judged(two_topics, tmp_path)


def test_a_pack_runs_in_the_virtual_environment_that_it_names(make_pack: MakePack) -> None:
    program = """
        import os, sys
        from pulumi_policy import PolicyPack, ResourceValidationPolicy

        def where(args, report):
            report(os.environ["PACK_PYTHON"])

        PolicyPack("venv", policies=[ResourceValidationPolicy("where", "Where.", where)])
    """
    manifest = "runtime:\n  name: python\n  options:\n    virtualenv: env\n"
    folder = make_pack(program, manifest)
    (folder / "env" / "bin").mkdir(parents=True)
    python = folder / "env" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nPACK_PYTHON="$0" exec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    messages = {message for _, _, _, message in found(judged(two_topics, folder))}
    assert messages == {f"Where.\n{python}"}


# -- nothing is left -------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="counts open files in /proc")
def test_no_process_thread_or_file_is_left_of_a_pack(everything: Path, make_pack: MakePack) -> None:
    broken = make_pack("raise ValueError('no')")
    judged(two_topics, everything, config=only("tagged"))  # what is made once and kept

    def left() -> tuple[int, int, str]:
        children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()
        return len(list(Path("/proc/self/fd").iterdir())), threading.active_count(), children

    before = left()
    judged(two_topics, everything, config=only("tagged"))
    with pytest.raises(RefusedError):
        judged(two_topics, everything, broken)
    deadline = time.monotonic() + 10  # gRPC tidies up in its own time
    while left() != before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left() == before


def test_a_program_that_fails_is_not_judged(everything: Path) -> None:
    def failing() -> None:
        aws.sns.Topic("topic")
        raise ValueError("no")

    plan = judged(failing, everything)
    assert len(plan.errors) == 1
    assert plan.violations == []

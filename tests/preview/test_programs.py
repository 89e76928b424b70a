"""Programs of many shapes, none of them written for the preview, run as the CLI would run them."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest
from pulumi.runtime import rpc
from rich.console import Console

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.plan import UNKNOWN, Plan, Resource, Secret
from bulkhead.preview.project import load_project
from bulkhead.preview.report import exit_code, plan_as_json, print_plan, print_summary
from bulkhead.preview.run import (
    Options,
    preview_environment,
    preview_function,
    preview_stack,
)

PROGRAMS = Path(__file__).parent / "programs"


def previewed(program: str, stack: str = "dev", **options: Any) -> Plan:
    return preview_stack(load_project(PROGRAMS / program), stack, Options(**options))


def clean(program: str, stack: str = "dev", **options: Any) -> Plan:
    plan = previewed(program, stack, **options)
    assert plan.errors == []
    return plan


def named(plan: Plan, name: str) -> Resource:
    [found] = [resource for resource in plan.resources if resource.name == name]
    return found


def names(plan: Plan) -> list[str]:
    return sorted(resource.name for resource in plan.resources)


def shown(plan: Plan) -> str:
    """All that a person or a program gets to see of a plan."""
    console = Console(width=300)
    with console.capture() as text:
        print_plan(plan, console)
        print_summary([plan], console)
    return text.get() + json.dumps(plan_as_json(plan))


# -- components ------------------------------------------------------------------------------------


def test_a_urn_holds_the_types_of_all_ancestors_and_the_parent_is_the_next_one() -> None:
    plan = clean("components")
    versions = named(plan, "city-reading-1-versions")
    types = "library:index:Library$library:index:Room$library:index:Shelf"
    start = f"urn:pulumi:dev::components::{types}"
    assert versions.urn == (
        f"{start}$aws:s3/bucket:Bucket$aws:s3/bucketVersioning:BucketVersioning"
        "::city-reading-1-versions"
    )
    assert versions.parent == f"{start}$aws:s3/bucket:Bucket::city-reading-1-books"
    assert named(plan, "city-reading-1-books").parent == f"{start}::city-reading-1"
    stack = "urn:pulumi:dev::components::pulumi:pulumi:Stack::components-dev"
    assert named(plan, "city").parent == named(plan, "catalogue").parent == stack


def test_depending_on_a_component_is_depending_on_its_resources() -> None:
    plan = clean("components")
    books = [named(plan, f"city-reading-{i}-books").urn for i in range(2)]
    versions = [named(plan, f"city-reading-{i}-versions").urn for i in range(2)]
    catalogue = named(plan, "catalogue")
    assert set(books) <= set(catalogue.dependencies)
    assert catalogue.property_dependencies["value"] == [books[1]]
    assert not named(plan, "city").custom
    assert named(plan, "city-reading-0-versions").property_dependencies["bucket"] == [books[0]]
    assert len({*books, *versions}) == 4


def test_children_are_protected_as_their_component_is() -> None:
    plan = clean("components")
    protected = {r.name for r in plan.resources if r.options.get("protect")}
    assert protected == {name for name in names(plan) if name.startswith("city-reading")}


def test_a_components_own_properties_are_known_at_deployments_only() -> None:
    assert clean("components").outputs["size"] == UNKNOWN
    assert clean("components", assume_applied=True).outputs["size"] == 1


# -- outputs ---------------------------------------------------------------------------------------


def test_apply_runs_on_what_is_known_and_makes_resources_at_any_depth() -> None:
    plan = clean("applies")
    assert plan.outputs == {
        "concat": "name=alarms",
        "format": "sns:alarms",
        "all": "alarms x 2",
        "named": "ALARMS",
        "partly": UNKNOWN,
        "policy": UNKNOWN,
        "loaded": 2,
        "count": 2,
        "nested": {"list": ["alarms", {"deep": UNKNOWN}], "plain": "[1]"},
    }
    assert {"subnet-0", "subnet-1", "alarms-inner"} <= set(names(plan))
    assert named(plan, "alarms-inner").dependencies == [named(plan, "inbox").urn]
    assert named(plan, "subnet-1").inputs["availabilityZone"] == "us-east-1b"


def test_apply_does_not_run_on_what_is_unknown_until_that_is_assumed() -> None:
    assert "late" not in names(clean("applies"))
    plan = clean("applies", assume_applied=True)
    assert named(plan, "late").dependencies == []
    [statement] = json.loads(plan.outputs["policy"])["Statement"]
    assert statement["Resource"].startswith("arn:aws:sqs:us-east-1:")
    assert plan.outputs["partly"] == f"alarms/{statement['Resource']}"
    assert plan.outputs["nested"]["list"][1]["deep"] == statement["Resource"]


# -- configuration ---------------------------------------------------------------------------------


def test_configuration_is_read_as_typed_values_and_objects() -> None:
    plan = clean("settings")
    assert {k: v for k, v in plan.outputs.items() if k != "database"} == {
        "region": "eu-central-1",
        "size": 3,
        "strict": True,
        "ratio": 0.5,
        "missing": "fallback",
        "where": "organization/settings/dev",
    }
    assert names(plan) == ["gpu", "search-ada", "search-grace", "token"]
    assert named(plan, "search-ada").inputs == {"tags": {"owner": "ada"}}


def test_encrypted_configuration_stays_unread_and_secret() -> None:
    plan = clean("settings")
    token = named(plan, "token").inputs["value"]
    assert isinstance(token, Secret)
    assert token.value == "[secret]"
    assert isinstance(plan.outputs["database"], Secret)
    assert plan.outputs["database"].value == {"user": "app", "password": "[secret]"}
    assert "AAAB" not in shown(plan)


def test_a_value_for_this_preview_only_wins() -> None:
    plan = clean("settings", config={"size": "5", "aws:region": "eu-north-1"})
    assert (plan.outputs["size"], plan.outputs["region"]) == (5, "eu-north-1")


def test_a_value_that_the_project_requires_must_be_there() -> None:
    with pytest.raises(RefusedError, match=r"Pulumi\.prod\.yaml: .* missing, got 'settings:owner'"):
        previewed("settings", "prod")


def test_the_stack_may_be_named_with_organization_and_project() -> None:
    plan = clean("settings", "organization/settings/dev")
    assert (plan.stack, plan.outputs["where"]) == ("dev", "organization/settings/dev")


# -- transforms and aliases ------------------------------------------------------------------------


def test_transforms_run_from_the_resource_outwards_and_the_stacks_last() -> None:
    plan = clean("transforms")
    assert named(plan, "front-topic").inputs["tags"]["trail"] == ">own>parent>grandparent>stack"
    assert named(plan, "precious").inputs["tags"]["trail"] == ">stack"


def test_transforms_change_options_and_keep_the_ones_they_leave_alone() -> None:
    precious = named(clean("transforms"), "precious")
    assert precious.options["protect"]
    assert precious.options["ignore_changes"] == ["tags"]
    assert precious.options["version"]


def test_a_transform_gets_unknowns_and_secrets_as_outputs_and_may_wrap_them() -> None:
    plan = clean("transforms")
    for name in ("unknown", "secret"):
        assert named(plan, name).inputs["description"] == "{'type': 'str', 'value': 'Output'}"
    assert named(plan, "secret").inputs["value"] == Secret("hunter2")
    assert named(plan, "unknown").inputs["value"] == Secret(UNKNOWN)
    assert named(plan, "unknown").dependencies == [named(plan, "front-topic").urn]
    assert "hunter2" not in shown(plan)


def test_older_transformations_and_transforms_of_invokes_run_too() -> None:
    plan = clean("transforms")
    assert named(plan, "front-topic").inputs["displayName"] == "transformed"
    assert plan.outputs["region"] == "eu-north-1"


def test_aliases_of_every_form_are_recorded() -> None:
    plan = clean("aliases")
    old = {"urn": "urn:pulumi:dev::aliases::aws:sns/topic:Topic::ancient"}
    news = named(plan, "north-news").options["aliases"]
    assert news[0]["spec"] == {"name": "news", "noParent": True}
    assert news[1]["spec"]["type"] == "aws:sns/topicV0:Topic"
    assert news[2] == named(plan, "plain").options["aliases"][0] == old
    assert named(plan, "north").options["aliases"][0]["spec"]["name"] == "south"


# -- what exists already ---------------------------------------------------------------------------


def test_a_resource_that_is_read_has_its_id_and_is_known() -> None:
    plan = clean("reads")
    network = named(plan, "network")
    assert network.read
    assert network.options["id"] == "vpc-0abc"
    assert plan.outputs["vpc"] == named(plan, "new").inputs["vpcId"] == "vpc-0abc"
    assert plan.outputs["vpc_arn"].endswith(":vpc/vpc-0abc")


def test_a_resource_read_by_an_id_that_is_unknown_is_unknown_itself() -> None:
    plan = clean("reads")
    assert named(plan, "unborn").read
    assert plan.outputs["unborn"] == UNKNOWN
    assert clean("reads", assume_applied=True).outputs["unborn"].startswith("arn:aws:ec2:")


def test_outputs_of_a_stack_that_was_not_previewed_are_unknown_and_a_note_says_so() -> None:
    plan = clean("reads")
    assert plan.outputs["zone"] == UNKNOWN
    [note] = plan.notes
    assert "'acme/network/prod' was not previewed in this run" in note
    assert "--env" in note


def test_a_layer_reads_what_the_one_before_has_once_it_is_applied() -> None:
    foundation, workloads = preview_environment(load_project(PROGRAMS / "layers"), "dev")
    assert foundation.errors == workloads.errors == []
    assert foundation.outputs["key"] == UNKNOWN
    [rule] = named(workloads, "encrypted").inputs["rules"]
    key = rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"]
    assert key.startswith("arn:aws:kms:eu-west-1:")
    [table] = {named(workloads, reader).inputs["policy"] for reader in ("ada", "grace")}
    assert json.loads(table)["Resource"].startswith("arn:aws:dynamodb:eu-west-1:")
    assert named(workloads, "encrypted").inputs["bucket"] == UNKNOWN
    assert workloads.notes == []


def test_a_secret_stays_secret_from_layer_to_layer() -> None:
    plans = list(preview_environment(load_project(PROGRAMS / "layers"), "dev"))
    password = named(plans[1], "password").inputs["value"]
    assert password == Secret("hunter2")
    assert "hunter2" not in "".join(map(shown, plans))


def test_an_output_that_the_other_stack_lacks_fails_only_where_it_is_required() -> None:
    lenient = list(preview_environment(load_project(PROGRAMS / "layers"), "dev"))
    assert "missing" not in lenient[1].outputs
    options = Options(config={"strict": "true"})
    strict = list(preview_environment(load_project(PROGRAMS / "layers"), "dev", options))
    [error] = strict[1].errors
    assert "missing" in error.message


# -- assets ----------------------------------------------------------------------------------------


def test_assets_and_archives_are_recorded_by_what_they_hold() -> None:
    plan = clean("assets")
    source = {r.name: r.inputs.get("source", r.inputs.get("code")) for r in plan.resources}
    assert source["index.html"][rpc._special_sig_key] == rpc._special_asset_sig
    assert Path(source["index.html"]["path"]) == Path("site/index.html")
    assert source["robots"]["text"] == "User-agent: *"
    assert source["logo"]["uri"] == "https://example.com/logo.png"
    inside = source["handler"]["assets"]
    assert source["handler"][rpc._special_sig_key] == rpc._special_archive_sig
    assert inside["handler"]["path"] == "handler"
    assert inside["settings.json"]["text"] == '{"debug": false}'
    assert source["whole"]["path"] == "./handler"
    assert named(plan, "index.html").inputs["contentType"] == "text/html"


def test_a_secret_asset_is_masked() -> None:
    plan = clean("assets")
    assert isinstance(named(plan, "hidden").inputs["source"], Secret)
    assert "hunter2" not in shown(plan)


# -- Regions ---------------------------------------------------------------------------------------


def test_functions_answer_for_the_region_of_their_provider() -> None:
    outputs = clean("regions").outputs
    assert outputs["default"] == "eu-west-1"
    assert outputs["argument"] == "sa-east-1"
    assert outputs["invoked"] == outputs["replica"] == "us-east-2"
    assert outputs["zones"] == ["us-east-2a", "us-east-2b", "us-east-2c"]


@pytest.mark.parametrize(
    ("output", "region"),
    [
        ("home", "eu-west-1"),
        ("away", "us-east-2"),
        ("own", "ca-central-1"),
        ("hidden", "ap-south-1"),
        ("table", "us-east-2"),
    ],
)
def test_assumed_arns_are_in_the_region_of_the_provider(output: str, region: str) -> None:
    arn = clean("regions", assume_applied=True).outputs[output]
    assert arn.split(":")[3:5] == [region, "111122223333"]


def test_a_child_takes_the_provider_of_its_parent() -> None:
    plan = clean("regions")
    ohio = named(plan, "ohio").urn
    for name in ("away", "child"):
        assert named(plan, name).options["provider"] == f"{ohio}::{UNKNOWN}"
    [table] = plan.of_type("aws:dynamodb/table:Table")
    assert table.options["provider"] == f"{ohio}::{UNKNOWN}"
    [component] = plan.of_type("replica:index:Replica")
    assert component.options["providers"] == {"aws": f"{ohio}::{UNKNOWN}"}
    assert "provider" not in named(plan, "home").options


# -- secrets ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("assume_applied", [False, True])
def test_no_secret_shows_anywhere(assume_applied: bool) -> None:
    plan = clean("secrets", assume_applied=assume_applied)
    seen = shown(plan)
    assert "hunter2" not in seen
    assert "cGxhaW4=" not in seen
    assert "hunter2" not in repr(plan)


def test_secrets_are_marked_wherever_they_go() -> None:
    plan = clean("secrets")
    found = {resource["name"]: resource["inputs"] for resource in plan_as_json(plan)["resources"]}
    assert found["plain"]["value"] == found["joined"]["value"] == "[secret]"
    assert found["json"]["secretString"] == found["name"]["name"] == "[secret]"
    variables = found["nested"]["environment"]["variables"]
    assert variables == {"MODE": "fast", "PASSWORD": "[secret]"}
    assert plan_as_json(plan)["outputs"] == {
        "password": "[secret]",
        "inside": {"user": "app", "password": "[secret]"},
        "text": "[secret]",
        "open": 7,
        "arn": "[secret]",
        "drawn": "[secret]",
    }


# -- programs that fail ----------------------------------------------------------------------------


def place(marker: str, file: str = "__main__.py") -> str:
    """Where the program called failing has the comment ``place: …`` with this marker."""
    lines = (PROGRAMS / "failing" / file).read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines, 1):
        comment = line.partition("# place: ")[2].partition(" #")[0]
        if marker in comment.split(", "):
            return f"{file}:{number}"
    raise LookupError(marker)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("module", f"ValueError: a value that is wrong ({place('module')})"),
        ("component", f"KeyError: 'missing part' ({place('component')})"),
        ("apply", f"ZeroDivisionError: division by zero ({place('apply')})"),
        ("lost", f"ZeroDivisionError: division by zero ({place('lost')})"),
        (
            "arguments",
            "TypeError: Topic._internal_init() got an unexpected keyword argument 'colour' "
            f"({place('arguments')})",
        ),
        (
            "missing",
            f"TypeError: Missing required property 'versioning_configuration' ({place('missing')})",
        ),
        (
            "import",
            f"ModuleNotFoundError: No module named 'no_such_package' ({place('import')})",
        ),
        (
            "helper",
            "ModuleNotFoundError: No module named 'no_such_package_either' "
            f"({place('inner', 'helper.py')})",
        ),
        ("exit", "the program ended itself with code 3"),
        ("exit-words", "the program ended itself (no licence)"),
        ("input", f"EOFError: EOF when reading a line ({place('input')})"),
        (
            "config",
            "Missing required configuration variable 'acme:token' please set a value using the "
            "command `pulumi config set acme:token <value>`",
        ),
        ("config-kind", "Configuration 'failing:how' value 'config-kind' is not a valid 'int'"),
        ("run-error", "the quota is used up"),
        ("log", "this can not work"),
        (
            "twice",
            "two resources have the same URN; give each a name of its own, "
            "got 'urn:pulumi:dev::failing::aws:sns/topic:Topic::first'",
        ),
    ],
)
def test_a_program_that_fails_says_in_one_sentence_why_and_where(how: str, message: str) -> None:
    plan = previewed("failing", config={"how": how})
    assert [(error.urn, error.path, error.message) for error in plan.errors] == [("", "", message)]
    assert exit_code([plan]) == 2


def test_the_place_of_an_error_is_told_however_often_it_was_awaited() -> None:
    seen = {
        previewed("failing", config={"how": how}).errors[0].message
        for how in ("apply", "secret")
        for _ in range(4)
    }
    assert seen == {f"ZeroDivisionError: division by zero ({place('apply')})"}


def test_a_syntax_error_is_told_with_its_line(tmp_path: Path) -> None:
    shutil.copytree(PROGRAMS / "failing", tmp_path, dirs_exist_ok=True)
    (tmp_path / "unfinished.py").write_text("first = 1\ndef f(:\n")
    options = Options(config={"how": "syntax"})
    plan = preview_stack(load_project(tmp_path), "dev", options)
    [error] = plan.errors
    assert error.message.startswith("SyntaxError: ")
    assert error.message.endswith("(unfinished.py:2)")
    (tmp_path / "__main__.py").write_text("def f(:\n")
    [error] = preview_stack(load_project(tmp_path), "dev", options).errors
    assert error.message.endswith("(__main__.py:1)")


def test_what_a_program_registered_before_it_failed_is_shown() -> None:
    plan = previewed("failing", config={"how": "component"})
    assert names(plan) == ["broken", "first"]


def test_a_program_may_end_itself_well() -> None:
    plan = clean("failing", config={"how": "exit-well"})
    assert names(plan) == ["first"]


def test_warnings_that_a_program_logs_become_notes_once() -> None:
    assert previewed("failing", config={"how": "log"}).notes == ["and this may not"]


# -- programs that wait ----------------------------------------------------------------------------


def test_a_program_that_waits_for_nothing_ends_with_the_names_of_what_waits() -> None:
    [error] = previewed("hanging", config={"how": "input"}, patience=0.1).errors
    assert error.message == (
        "the program waits for an output that never resolves; nothing happened for 0.1 s "
        "(--patience); still waiting: second (aws:sns/topic:Topic), third (aws:sns/topic:Topic)"
    )


@pytest.mark.parametrize("how", ["output", "main", "transformed"])
def test_a_program_that_waits_without_a_resource_ends_too(how: str) -> None:
    [error] = previewed("hanging", config={"how": how}, patience=0.1).errors
    assert error.message.startswith("the program waits for an output that never resolves")
    assert names(previewed("hanging", config={"how": how}, patience=0.1)) == ["first"]


def test_threads_and_timers_are_waited_for_beyond_the_patience() -> None:
    plan = clean("asynchronous", patience=0.05)
    assert names(plan) == ["executor", "thread"]
    assert plan.outputs == {"before": True, "topics": 2, "region": "us-east-1"}


def test_an_async_program_may_wait_for_a_process() -> None:
    assert clean("asynchronous", config={"process": "true"}).outputs["said"] == "from a process"


def test_a_coroutine_that_nobody_awaits_is_noted() -> None:
    plan = clean("forgetful")
    assert names(plan) == ["now"]
    assert plan.notes == [
        f"coroutine '{name}' was never awaited: what it would have registered is not part of "
        "this preview"
        for name in ("later", "held")
    ]


# -- options, hooks, other packages ----------------------------------------------------------------


def test_every_option_is_recorded_under_its_name() -> None:
    plan = clean("options")
    first, second = named(plan, "first").urn, named(plan, "second").urn
    everything = named(plan, "all")
    assert everything.dependencies == [first]
    assert everything.options == {
        "protect": True,
        "ignore_changes": ["tags", "displayName"],
        "replace_on_changes": ["name"],
        "delete_before_replace": True,
        "additional_secret_outputs": ["arn"],
        "retain_on_delete": True,
        "deleted_with": first,
        "replace_with": [second],
        "replacement_trigger": Secret("hunter2"),
        "custom_timeouts": {"create": "5m"},
        "hide_diffs": ["tags"],
        "version": "7.0.0",
        "plugin_download_url": "https://example.com/plugins",
    }
    assert "hunter2" not in shown(plan)
    assert named(plan, "adopted").options["import"] == "arn:aws:sns:eu-west-1:1:adopted"
    assert named(plan, "mapped").options["env_var_mappings"] == {"MY_REGION": "AWS_REGION"}


def test_children_inherit_the_options_that_the_engine_hands_down() -> None:
    plan = clean("options")
    first = named(plan, "first").urn
    inherited = {"protect": True, "retain_on_delete": True, "deleted_with": first}
    own = {"protect": False, "retain_on_delete": False, "deleted_with": first}
    assert inherited.items() <= named(plan, "vault-handed-down").options.items()
    assert own.items() <= named(plan, "vault-own").options.items()


def test_hooks_are_recorded_and_never_run() -> None:
    plan = clean("hooks")
    hooks = named(plan, "watched").options["hooks"]
    assert hooks["before_create"] == ["announce"]
    assert len(hooks["after_update"]) == 1
    assert plan.outputs == {"done": True}


def test_a_dynamic_provider_is_recorded_and_never_run() -> None:
    plan = clean("dynamic")
    counter = named(plan, "counter")
    assert counter.type == "pulumi-python:dynamic:Resource"
    assert counter.inputs["start"] == 3
    assert plan.outputs == {"start": 3, "end": UNKNOWN}
    assert plan_as_json(plan)["resources"][0]["inputs"]["__provider"] == "[secret]"


def test_what_needs_a_plugin_or_an_sdk_that_is_not_here_is_said_in_notes() -> None:
    plan = clean("foreign")
    assert named(plan, "widget").inputs == {"size": 3}
    assert named(plan, "cluster").inputs == {
        "zones": {"count": 3},
        "password": Secret("hunter2"),
        "topic": UNKNOWN,
    }
    unknown = {"serial": UNKNOWN, "zones": UNKNOWN, "kubeconfig": UNKNOWN}
    assert unknown.items() <= plan.outputs.items()
    assert named(plan, "endpoint").inputs["value"] == Secret(UNKNOWN)
    said = "\n".join(plan.notes)
    assert "cloudy:index:Cluster::cluster: a component of package 'cloudy' runs in its own" in said
    assert "cloudy:index:Cluster/kubeconfig runs in the provider's plugin" in said
    assert "package 'acme' are recorded without a check of their shape" in said
    assert "acme:index:find was answered with made-up values" in said


# -- Kubernetes ------------------------------------------------------------------------------------


def test_kubernetes_objects_charts_and_custom_kinds_are_recorded_as_they_are_written() -> None:
    plan = clean("objects")
    assert [r.type for r in plan.resources if r.name in ("queue", "redis", "patched", "web")] == [
        "kubernetes:kueue.x-k8s.io/v1beta2:LocalQueue",
        "kubernetes:helm.sh/v3:Release",
        "kubernetes:core/v1:NamespacePatch",
        "kubernetes:apps/v1:Deployment",
    ]
    assert named(plan, "queue").inputs["spec"] == {
        "clusterQueue": "shared",
        "anything": {"goes": [1, 2]},
    }
    [container] = named(plan, "web").inputs["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [{"name": "ENDPOINT", "value": UNKNOWN}]
    applied = clean("objects", assume_applied=True)
    assert named(applied, "web").inputs["metadata"] == {"namespace": "shop"}


def test_the_engine_asks_no_provider_whose_own_inputs_are_unknown() -> None:
    plan = clean("objects")
    assert named(plan, "web").inputs["metadata"] == {"namespace": UNKNOWN}
    assert plan.outputs["name"] == UNKNOWN


def test_the_automatic_name_of_an_object_is_known_as_early_as_at_a_preview() -> None:
    def program() -> None:
        web = k8s.core.v1.ConfigMap("web", data={"a": "b"})
        pulumi.export("name", web.metadata.name)

    name = preview_function(program).outputs["name"]
    assert name.startswith("web-")
    assert preview_function(program, assume_applied=True).outputs["name"] == name


def test_files_of_objects_are_read_and_each_object_recorded() -> None:
    plan = clean("manifests")
    assert named(plan, "shop/from-file").inputs["data"] == {"key": "value"}
    assert named(plan, "shop/from-file").parent == named(plan, "file").urn
    assert "shop/runner" in names(plan)


@pytest.mark.parametrize("what", ["chart", "kustomize"])
def test_what_only_the_provider_can_render_is_refused_in_a_sentence(what: str) -> None:
    [error] = previewed("manifests", config={"what": what}).errors
    assert "can't be previewed offline" in error.message
    assert "helm.v3.Release" in error.message


# -- one process, many programs --------------------------------------------------------------------


def test_modules_of_the_same_name_are_each_programs_own() -> None:
    for _ in range(2):
        for side in ("left", "right"):
            plan = clean(f"helpers_{side}")
            assert names(plan) == [f"{side}-{side}-0"]
            assert plan.outputs == {"deep": f"deep {side}", "seen": "nothing"}


def test_a_module_that_others_loaded_does_not_hide_the_programs_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import types

    theirs = types.ModuleType("naming")
    monkeypatch.setitem(sys.modules, "naming", theirs)
    assert names(clean("helpers_left")) == ["left-left-0"]
    assert sys.modules["naming"] is theirs


def test_modules_from_beside_the_project_start_afresh_too(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "network.py").write_text(
        "import pulumi_aws as aws\nvpc = aws.ec2.Vpc('shared', cidr_block='10.0.0.0/16')\n"
    )
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "Pulumi.yaml").write_text(f"name: {name}\nruntime: python\n")
        (folder / "__main__.py").write_text(
            "import sys; sys.path.append('../shared')\nimport network\n"
        )
        plan = preview_stack(load_project(folder), "dev")
        assert (plan.errors, names(plan)) == ([], ["shared"])


def test_an_sdk_beside_the_project_registers_itself_once(tmp_path: Path) -> None:
    sdk = tmp_path / "sdks" / "pulumi_beside_project"
    sdk.mkdir(parents=True)
    (sdk / "__init__.py").write_text(
        "import pulumi\n"
        "class Package(pulumi.runtime.ResourcePackage):\n"
        "    def version(self): return None\n"
        "    def construct_provider(self, *_): raise NotImplementedError\n"
        "pulumi.runtime.register_resource_package('beside-project', Package())\n"
    )
    (tmp_path / "Pulumi.yaml").write_text("name: beside\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(
        "import sys; sys.path.append('sdks')\nimport pulumi_beside_project\n"
    )
    for _ in range(2):
        assert preview_stack(load_project(tmp_path), "dev").errors == []


def test_nothing_of_a_program_is_left_behind(tmp_path: Path) -> None:
    import os

    def state() -> tuple[object, ...]:
        return list(sys.path), sys.argv, Path.cwd(), dict(os.environ), sys.stdin, sys.stdout

    before, modules = state(), set(sys.modules)
    clean("helpers_left")
    previewed("failing", config={"how": "helper"})
    assert state() == before
    own = {"naming", "lib", "lib.deep", "parts", "parts.topics", "helper"}
    assert not own & (set(sys.modules) - modules)


def test_a_program_in_a_file_runs_in_its_folder_and_apply_too() -> None:
    plan = clean("files")
    assert names(plan) == ["announcements"]
    assert plan.outputs == {
        "cwd": "app",
        "root": "files",
        "file": True,
        "applied": "announcements",
        "greeting": "hello",
        "arguments": ["program.py"],
        "main": "__main__",
    }


def test_what_a_program_and_its_processes_print_goes_to_standard_error(
    capfd: pytest.CaptureFixture[str],
) -> None:
    clean("files")
    captured = capfd.readouterr()
    assert captured.out == ""
    assert sorted(captured.err.splitlines()) == ["from a process", "to standard output"]

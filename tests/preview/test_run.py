"""The preview of a function: what is unknown, what is assumed, what is wrong with its resources."""

import gc
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pytest
from pulumi import Output, ResourceOptions

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.plan import UNKNOWN, Plan, Resource, Secret
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment, preview_function


def named(plan: Plan, name: str) -> Resource:
    [found] = [resource for resource in plan.resources if resource.name == name]
    return found


def encrypted_bucket() -> None:
    key = aws.kms.Key("key", enable_key_rotation=True)
    aws.s3.BucketServerSideEncryptionConfiguration(
        "encrypted",
        bucket="data",
        rules=[
            {
                "apply_server_side_encryption_by_default": {
                    "sse_algorithm": "aws:kms",
                    "kms_master_key_id": key.arn,
                }
            }
        ],
    )
    pulumi.export("key", key.arn)
    pulumi.export("rotation", key.enable_key_rotation)


def test_computed_outputs_are_unknown_and_given_ones_known() -> None:
    plan = preview_function(encrypted_bucket)
    assert plan.errors == plan.notes == []
    assert plan.outputs == {"key": UNKNOWN, "rotation": True}
    [rule] = named(plan, "encrypted").inputs["rules"]
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == UNKNOWN


def test_assumed_outputs_are_known_and_the_same_in_every_run() -> None:
    plan = preview_function(encrypted_bucket, assume_applied=True)
    [rule] = named(plan, "encrypted").inputs["rules"]
    key = plan.outputs["key"]
    assert key.startswith("arn:aws:kms:us-east-1:111122223333:key/")
    assert rule["applyServerSideEncryptionByDefault"]["kmsMasterKeyId"] == key
    assert preview_function(encrypted_bucket, assume_applied=True) == plan


def test_order_and_dependencies_are_the_same_in_every_run() -> None:
    def program() -> None:
        first = aws.sns.Topic("first")
        for i in range(20):
            queue = aws.sqs.Queue(f"queue-{i}", opts=ResourceOptions(parent=first))
            aws.sns.TopicSubscription(
                f"to-{i}", topic=first.arn, protocol="sqs", endpoint=queue.arn
            )

    assert preview_function(program) == preview_function(program)


def test_a_resource_knows_what_each_of_its_properties_depends_on() -> None:
    plan = preview_function(encrypted_bucket)
    key = named(plan, "key").urn
    encrypted = named(plan, "encrypted")
    assert encrypted.dependencies == [key]
    assert encrypted.property_dependencies == {"bucket": [], "rules": [key]}


def test_project_stack_and_configuration_are_the_callers() -> None:
    def program() -> None:
        config = pulumi.Config()
        pulumi.export("where", f"{pulumi.get_project()}/{pulumi.get_stack()}")
        pulumi.export("size", config.require_int("size"))
        pulumi.export("token", config.require("token"))
        pulumi.export("dry", pulumi.runtime.is_dry_run())

    plan = preview_function(
        program,
        project="shop",
        stack="prod",
        config={"shop:size": "3", "shop:token": "hunter2"},
        secret_keys=frozenset({"shop:token"}),
    )
    assert (plan.project, plan.stack, plan.errors) == ("shop", "prod", [])
    assert plan.outputs["where"] == "shop/prod"
    assert plan.outputs["size"] == 3
    assert plan.outputs["dry"] is True


def test_a_secret_of_the_configuration_is_secret_in_the_plan() -> None:
    def program() -> None:
        pulumi.export("token", pulumi.Config().require_secret("token"))

    plan = preview_function(
        program, config={"test:token": "hunter2"}, secret_keys=frozenset({"test:token"})
    )
    assert plan.outputs == {"token": Secret("hunter2")}
    assert "hunter2" not in repr(plan)


def test_configuration_of_one_preview_is_gone_in_the_next() -> None:
    def program() -> None:
        pulumi.export("size", pulumi.Config().get("size") or "none")

    assert preview_function(program, config={"test:size": "3"}).outputs == {"size": "3"}
    assert preview_function(program).outputs == {"size": "none"}


def test_references_are_answered_by_project_and_stack() -> None:
    def program() -> None:
        for name in ("organization/network/prod", "network/prod", "acme/network/prod"):
            found = pulumi.StackReference(name)
            pulumi.export(name, found.get_output("zone"))
            pulumi.export(f"{name}-key", found.get_output("key"))
        pulumi.export("own", pulumi.StackReference("prod").get_output("zone"))

    outputs = {"zone": "a", "key": Secret("hunter2")}
    references = {"network/prod": outputs, "test/prod": {"zone": "b"}}
    plan = preview_function(program, references=references)
    assert plan.errors == plan.notes == []
    for name in ("organization/network/prod", "network/prod", "acme/network/prod"):
        assert plan.outputs[name] == "a"
        assert plan.outputs[f"{name}-key"] == Secret("hunter2")
    assert plan.outputs["own"] == "b"


def test_a_reference_to_a_stack_without_outputs_is_known_to_have_none() -> None:
    def program() -> None:
        pulumi.export("zone", pulumi.StackReference("network/prod").get_output("zone"))

    plan = preview_function(program, references={"network/prod": {}})
    assert (plan.errors, plan.notes, plan.outputs) == ([], [], {})


# -- shapes ----------------------------------------------------------------------------------------


def misshapen() -> None:
    aws.ec2.Instance(
        "machine",
        instance_type="m7i.large",
        root_block_device={"encrypted": True, "volume_sise": 10},
        ebs_block_devices=[{"device_name": "a"}, {"volume_size": 10}],
    )
    k8s.core.v1.ConfigMap("settings", data={"replicas": 3})  # type: ignore[dict-item]


def test_inputs_of_another_shape_than_declared_are_errors_with_their_path() -> None:
    plan = preview_function(misshapen)
    machine, settings = (resource.urn for resource in plan.resources)
    assert [(error.urn, error.path) for error in plan.errors] == [
        (machine, "ebsBlockDevices[1].deviceName"),
        (machine, "rootBlockDevice.volume_sise"),
        (settings, "data.replicas"),
    ]
    assert "volumeSize" in plan.errors[1].message


def test_a_wrong_shape_does_not_show_the_value() -> None:
    def program() -> None:
        aws.sns.Topic("topic", tags=Output.secret("hunter2"))

    [error] = preview_function(program).errors
    assert error.path == "tags"
    assert "hunter2" not in error.message


def test_shapes_of_what_is_read_or_has_no_declared_types_are_not_checked() -> None:
    class Widget(pulumi.CustomResource):
        pass

    def program() -> None:
        Widget("acme:index:Widget", "widget", {"anything": {"goes": 1}})
        Widget("acme:index:Widget", "another", {"anything": 2})
        aws.ec2.Vpc.get("network", "vpc-1")

    plan = preview_function(program)
    assert plan.errors == []
    [note] = plan.notes
    assert note.startswith("resources of package 'acme' are recorded without a check")


def test_files_of_assets_must_be_there(tmp_path: Path) -> None:
    def program() -> None:
        aws.s3.BucketObject("file", bucket="b", source=pulumi.FileAsset(tmp_path / "none.txt"))
        aws.s3.BucketObject("folder", bucket="b", source=pulumi.FileAsset(str(tmp_path)))
        inside = {"a": pulumi.FileAsset("none.txt"), "b": pulumi.StringAsset("text")}
        aws.lambda_.Function("archive", role="r", code=pulumi.AssetArchive(inside))
        secret = Output.secret(pulumi.FileArchive("none"))
        aws.lambda_.Function("secret", role="r", code=secret)
        aws.lambda_.Function("fine", role="r", code=pulumi.FileArchive(str(tmp_path)))

    plan = preview_function(program)
    name = {resource.urn: resource.name for resource in plan.resources}
    assert sorted((name[e.urn], e.path, e.message) for e in plan.errors) == [
        ("archive", "code", "the file 'none.txt' does not exist"),
        ("file", "source", f"the file '{tmp_path / 'none.txt'}' does not exist"),
        ("folder", "source", f"'{tmp_path}' is a folder, which needs an archive"),
        ("secret", "code", "the file 'none' does not exist"),
    ]


# -- Regions, accounts, answers --------------------------------------------------------------------


def test_the_region_comes_from_the_resource_its_provider_or_the_configuration() -> None:
    def program() -> None:
        ohio = aws.Provider("ohio", region="us-east-2")
        made: dict[str, dict[str, Any]] = {
            "default": {},
            "provider": {"opts": ResourceOptions(provider=ohio)},
            "own": {"region": "eu-north-1"},
            "own-first": {"region": "eu-north-1", "opts": ResourceOptions(provider=ohio)},
        }
        for name, arguments in made.items():
            pulumi.export(name, aws.sns.Topic(name, **arguments).arn)

    plan = preview_function(program, config={"aws:region": "eu-west-1"}, assume_applied=True)
    regions = {name: arn.split(":")[3] for name, arn in plan.outputs.items()}
    assert regions == {
        "default": "eu-west-1",
        "provider": "us-east-2",
        "own": "eu-north-1",
        "own-first": "eu-north-1",
    }


def test_the_account_is_the_only_one_that_the_provider_allows() -> None:
    def program() -> None:
        accounts = {
            "one": ["999988887777"],
            "two": ["999988887777", "444455556666"],
            "none": None,
        }
        for name, allowed in accounts.items():
            provider = aws.Provider(name, region="us-east-2", allowed_account_ids=allowed)
            made = aws.sns.Topic(name, opts=ResourceOptions(provider=provider))
            who = aws.get_caller_identity(opts=pulumi.InvokeOptions(provider=provider)).account_id
            pulumi.export(name, [made.arn.apply(lambda arn: arn.split(":")[4]), who])

    usual = ["111122223333"] * 2
    assert preview_function(program, assume_applied=True).outputs == {
        "one": ["999988887777"] * 2,
        "two": usual,
        "none": usual,
    }


def test_a_file_of_answers_overrides_the_canned_ones(tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("account: '999988887777'\nregion: ap-northeast-1\n")

    def program() -> None:
        pulumi.export("account", aws.get_caller_identity().account_id)
        pulumi.export("arn", aws.sns.Topic("topic").arn)

    assert preview_function(program).outputs["account"] == "111122223333"
    plan = preview_function(program, options=Options(answers=file, assume_applied=True))
    assert plan.outputs["account"] == "999988887777"
    assert ":ap-northeast-1:999988887777:" in plan.outputs["arn"]


def test_a_function_asked_with_something_unknown_answers_unknown() -> None:
    def program() -> None:
        key = aws.kms.Key("key")
        pulumi.export("found", aws.kms.get_key_output(key_id=key.key_id).arn)

    assert preview_function(program).outputs == {"found": UNKNOWN}
    assumed = preview_function(program, assume_applied=True)
    assert assumed.outputs["found"].startswith("arn:aws:kms:")


def test_a_function_asked_with_a_secret_answers_a_secret() -> None:
    def program() -> None:
        found = aws.ssm.get_parameter_output(name=Output.secret("/hunter2"))
        pulumi.export("found", found.arn)

    plan = preview_function(program)
    assert isinstance(plan.outputs["found"], Secret)


# -- what the program sees -------------------------------------------------------------------------


def test_a_policy_given_as_a_mapping_comes_back_as_text() -> None:
    def program() -> None:
        role = aws.iam.Role("role", assume_role_policy={"Version": "2012-10-17", "Statement": []})
        pulumi.export("policy", role.assume_role_policy)

    policy = preview_function(program).outputs["policy"]
    assert policy == '{"Statement":[],"Version":"2012-10-17"}'


def test_an_imported_resource_has_the_id_it_is_imported_by() -> None:
    def program() -> None:
        imported = aws.ec2.Vpc("network", opts=ResourceOptions(import_="vpc-1"))
        pulumi.export("id", imported.id)
        pulumi.export("new", aws.ec2.Vpc("new").id)

    plan = preview_function(program)
    assert plan.outputs == {"id": "vpc-1", "new": UNKNOWN}
    assert preview_function(program, assume_applied=True).outputs["id"] == "vpc-1"


def test_outputs_that_a_resource_declares_secret_are_secret() -> None:
    def program() -> None:
        opts = ResourceOptions(additional_secret_outputs=["arn", "display_name"])
        topic = aws.sns.Topic("topic", display_name="news", opts=opts)
        pulumi.export("arn", topic.arn)
        pulumi.export("shown", topic.display_name)

    assert preview_function(program).outputs == {"arn": Secret(UNKNOWN), "shown": Secret("news")}
    assumed = preview_function(program, assume_applied=True).outputs["arn"]
    assert isinstance(assumed, Secret)
    assert assumed.value.startswith("arn:aws:sns:")


def test_a_resource_can_be_exported_whole() -> None:
    def program() -> None:
        pulumi.export("topic", aws.sns.Topic("topic", name="news"))

    outputs = preview_function(program).outputs
    assert outputs["topic"]["name"] == "news"
    assert outputs["topic"]["arn"] == UNKNOWN


# -- robust ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ValueError("no"), KeyError("no"), SystemExit(3)])
def test_a_preview_after_a_failed_one_is_clean(error: BaseException) -> None:
    def failing() -> None:
        topic = aws.sns.Topic("topic")
        aws.sqs.Queue("queue", name=topic.arn)
        raise error

    assert len(preview_function(failing).errors) == 1
    plan = preview_function(encrypted_bucket)
    assert plan.errors == plan.notes == []
    assert len(plan.resources) == 2


def test_a_program_that_is_interrupted_interrupts_the_preview() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        preview_function(interrupted)
    assert preview_function(encrypted_bucket).errors == []


def test_the_collector_of_garbage_is_left_as_it_was() -> None:
    before = gc.get_threshold()
    preview_function(encrypted_bucket)
    assert gc.get_threshold() == before


def test_errors_do_not_tell_addresses_in_memory() -> None:
    def program() -> None:
        aws.sns.Topic("topic", display_name=Output.from_input(object()))  # type: ignore[arg-type]

    [error] = preview_function(program).errors
    assert "object" in error.message
    assert "0x" not in error.message


def test_a_long_chain_of_resources_and_outputs_is_no_problem() -> None:
    def program() -> None:
        topic = aws.sns.Topic("topic-0")
        chained = Output.from_input(0)
        for i in range(1, 60):
            opts = ResourceOptions(parent=topic)
            topic = aws.sns.Topic(f"topic-{i}", display_name=topic.arn, opts=opts)
        for _ in range(400):
            chained = chained.apply(lambda value: value + 1)
        pulumi.export("chained", chained)

    plan = preview_function(program)
    assert plan.errors == []
    assert plan.outputs == {"chained": 400}
    assert named(plan, "topic-59").urn.count("aws:sns/topic:Topic") == 60


def test_an_async_function_must_be_run_to_count() -> None:
    async def program() -> None:
        aws.sns.Topic("topic")

    async def entry() -> None:
        aws.sns.Topic("entered")

    plan = preview_function(lambda: pulumi.run(entry))
    assert [resource.name for resource in plan.resources] == ["entered"]
    forgotten = preview_function(lambda: {"made": program()})
    assert forgotten.resources == []
    [note] = forgotten.notes
    assert "program' was never awaited" in note


# -- layers ----------------------------------------------------------------------------------------


def layered(folder: Path, **programs: str) -> Path:
    (folder / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    lines = ["import pulumi, pulumi_aws as aws", "match pulumi.get_stack():"]
    for name, program in programs.items():
        (folder / f"Pulumi.dev-{name}.yaml").write_text("config: {}\n")
        lines += [f"    case 'dev-{name}':", *(f"        {line}" for line in program.splitlines())]
    (folder / "__main__.py").write_text("\n".join(lines) + "\n")
    return folder


def test_a_layer_that_fails_is_the_last_one(tmp_path: Path) -> None:
    project = layered(tmp_path, foundation="raise ValueError('no')", cluster="pass")
    plans = list(preview_environment(load_project(project), "dev"))
    assert [plan.stack for plan in plans] == ["dev-foundation"]


def test_a_layer_that_fails_on_assumed_values_says_so_and_the_next_sees_unknowns(
    tmp_path: Path,
) -> None:
    foundation = """
key = aws.kms.Key('key')
pulumi.export('number', key.arn.apply(lambda arn: int(arn)))
"""
    cluster = """
below = pulumi.StackReference('shop/dev-foundation')
pulumi.export('number', below.require_output('number'))
"""
    project = layered(tmp_path, foundation=foundation, cluster=cluster)
    first, second = preview_environment(load_project(project), "dev")
    assert first.errors == second.errors == []
    [note] = first.notes
    assert note.startswith("with assumed values this layer fails (ValueError: invalid literal")
    assert second.outputs == {"number": UNKNOWN}


def test_an_environment_without_stacks_is_refused(tmp_path: Path) -> None:
    project = load_project(layered(tmp_path, foundation="pass"))
    with pytest.raises(RefusedError, match="no stack of this environment, got 'prod'"):
        list(preview_environment(project, "prod"))

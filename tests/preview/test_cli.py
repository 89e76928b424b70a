"""The command: exit codes, what it prints and writes, and how it refuses what it is given."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.preview import cli
from bulkhead.preview.plan import UNKNOWN

PROGRAMS = Path(__file__).parent / "programs"

PACK = """from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

def no_first(args, report):
    if args.name == args.get_config().get("forbidden", "first"):
        report("give it a better name\\nfor example second")

schema = {"properties": {"forbidden": {"type": "string", "default": "first"}}}
PolicyPack("names", policies=[
    ResourceValidationPolicy(
        name="good-names",
        description="Names are good.",
        validate=no_first,
        enforcement_level=EnforcementLevel.MANDATORY,
        config_schema=__import__("pulumi_policy").PolicyConfigSchema(**schema),
    )
])
"""


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Bulkhead = Callable[..., Run]


@pytest.fixture
def bulkhead(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Run]:
    """Run ``bulkhead preview`` with the given arguments in this process, or another command."""

    def run(*arguments: object, command: str = "preview") -> Run:
        monkeypatch.setattr(sys, "argv", ["bulkhead", command, *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        captured = capfd.readouterr()
        assert "Traceback" not in captured.err
        return Run(int(ended.value.code or 0), captured.out, captured.err)

    return run


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (folder / "__main__.py").write_text(PACK)
    return folder


# -- exit codes ------------------------------------------------------------------------------------


def test_a_clean_preview_exits_with_0_and_shows_a_tree(bulkhead: Bulkhead) -> None:
    run = bulkhead(PROGRAMS / "components", "--stack", "dev")
    assert (run.code, run.err) == (0, "")
    lines = run.out.splitlines()
    assert lines[0] == "Previewing components/dev"
    assert "└── aws:ssm/parameter:Parameter catalogue create" in lines
    assert "Outputs: second, size" in lines
    assert lines[-1] == "No mandatory violation."
    assert run.out.index("library:index:Library city") < run.out.index("city-reading-0-books")
    versions = "aws:s3/bucketVersioning:BucketVersioning city-reading-0-versions create"
    [line] = [line for line in lines if line.endswith(versions)]
    assert len(line) > 80  # what is no terminal has no width


def test_names_with_brackets_are_shown_as_they_are(bulkhead: Bulkhead, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: brackets\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(
        "import pulumi, pulumi_aws as aws\n"
        "aws.sns.Topic('[red]topic')\n"
        "pulumi.export('[bold]output', 1)\n"
        "pulumi.log.warn('[blue]warning')\n"
    )
    lines = bulkhead(tmp_path, "--stack", "dev").out.splitlines()
    assert "└── aws:sns/topic:Topic [red]topic create" in lines
    assert "Outputs: [bold]output" in lines
    assert "note: [blue]warning" in lines


def test_a_mandatory_violation_exits_with_1_and_says_why(bulkhead: Bulkhead, pack: Path) -> None:
    run = bulkhead(PROGRAMS / "options", "--stack", "dev", "--policy-pack", pack)
    assert run.code == 1
    urn = "urn:pulumi:dev::options::aws:sns/topic:Topic::first"
    lines = [line.strip() for line in run.out.splitlines()]
    start = lines.index("mandatory good-names (names)")
    assert lines[start + 1 : start + 5] == [
        urn,
        "Names are good.",
        "give it a better name",
        "for example second",
    ]
    assert lines[-1] == "Blocked: a mandatory policy is violated."


def test_a_program_that_fails_exits_with_2(bulkhead: Bulkhead) -> None:
    run = bulkhead(PROGRAMS / "failing", "--stack", "dev", "-c", "how=module")
    assert run.code == 2
    assert "error: ValueError: a value that is wrong (__main__.py:" in run.out
    assert run.out.splitlines()[-1] == "Failed: the preview is not complete."


def test_an_error_outweighs_a_violation(bulkhead: Bulkhead, pack: Path) -> None:
    arguments = ["--stack", "dev", "-c", "how=log", "--policy-pack", pack]
    run = bulkhead(PROGRAMS / "failing", *arguments)
    assert run.code == 2
    assert "good-names" in run.out


# -- JSON ------------------------------------------------------------------------------------------


def test_json_of_a_stack_has_the_documented_shape(bulkhead: Bulkhead, pack: Path) -> None:
    arguments = ["--stack", "dev", "--format", "json", "--policy-pack", pack]
    run = bulkhead(PROGRAMS / "options", *arguments)
    found = run.json
    assert list(found) == [
        *("project", "stack", "resources", "outputs", "violations", "errors", "summary")
    ]
    assert (found["project"], found["stack"], found["errors"]) == ("options", "dev", [])
    [adopted] = [r for r in found["resources"] if r["name"] == "adopted"]
    assert adopted == {
        "urn": "urn:pulumi:dev::options::aws:sns/topic:Topic::adopted",
        "type": "aws:sns/topic:Topic",
        "name": "adopted",
        "parent": "urn:pulumi:dev::options::pulumi:pulumi:Stack::options-dev",
        "inputs": {},
        "options": {
            "import": "arn:aws:sns:eu-west-1:1:adopted",
            "version": adopted["options"]["version"],
        },
        "dependencies": [],
    }
    [violation] = found["violations"]
    assert list(violation) == ["pack", "policy", "level", "urn", "message"]
    assert violation["level"] == "mandatory"
    summary = {"resources": 8, "mandatory": 1, "advisory": 0, "errors": 0}
    assert summary.items() <= found["summary"].items()


def test_errors_in_json_have_urn_path_and_message(bulkhead: Bulkhead) -> None:
    run = bulkhead(
        PROGRAMS / "failing", "--stack", "dev", "-c", "how=run-error", "--format", "json"
    )
    assert run.code == 2
    assert run.json["errors"] == [{"urn": "", "path": "", "message": "the quota is used up"}]


def test_unknowns_are_the_sentinel_and_secrets_masked_in_json(bulkhead: Bulkhead) -> None:
    run = bulkhead(PROGRAMS / "secrets", "--stack", "dev", "--format", "json")
    assert run.json["outputs"]["inside"] == {"user": "app", "password": "[secret]"}
    assert "hunter2" not in run.out + run.err
    run = bulkhead(PROGRAMS / "components", "--stack", "dev", "--format", "json")
    assert run.json["outputs"]["size"] == UNKNOWN


def test_json_of_an_environment_holds_its_layers_in_order(bulkhead: Bulkhead) -> None:
    run = bulkhead(PROGRAMS / "layers", "--env", "dev", "--format", "json")
    assert run.code == 0
    stacks = run.json["stacks"]
    assert [plan["stack"] for plan in stacks] == ["dev-foundation", "dev-workloads"]
    assert all(plan["project"] == "layers" for plan in stacks)


def test_what_a_program_prints_does_not_get_into_the_json(bulkhead: Bulkhead) -> None:
    run = bulkhead(PROGRAMS / "files", "--stack", "dev", "--format", "json")
    assert run.json["outputs"]["greeting"] == "hello"
    assert "to standard output" in run.err
    assert "from a process" in run.err


def test_the_installed_command_prints_nothing_but_json() -> None:
    command = [str(Path(sys.prefix) / "bin" / "bulkhead"), "preview", str(PROGRAMS / "files")]
    done = subprocess.run(
        [*command, "--stack", "dev", "--format", "json"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["outputs"]["cwd"] == "app"


# -- files -----------------------------------------------------------------------------------------


def test_out_is_written_instead_of_printing(bulkhead: Bulkhead, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    arguments = ["--stack", "dev", "--format", "json", "--out", file]
    run = bulkhead(PROGRAMS / "components", *arguments)
    assert (run.code, run.out, run.err) == (0, "", f"Wrote {file}.\n")
    assert json.loads(file.read_text(encoding="utf-8"))["project"] == "components"


def test_out_is_written_when_a_policy_is_violated(
    bulkhead: Bulkhead, tmp_path: Path, pack: Path
) -> None:
    file = tmp_path / "plan.txt"
    arguments = ["--stack", "dev", "--out", file, "--policy-pack", pack]
    assert bulkhead(PROGRAMS / "options", *arguments).code == 1
    assert "Blocked" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("more", [["--format", "json"], ["--assume-applied"]], ids=" ".join)
def test_nothing_is_written_when_the_preview_fails(
    bulkhead: Bulkhead, tmp_path: Path, more: list[str]
) -> None:
    file, folder = tmp_path / "plan", tmp_path / "manifests"
    run = bulkhead(
        *(PROGRAMS / "failing", "--stack", "dev", "-c", "how=module"),
        *("--out", file, "--manifests", folder, *more),
    )
    assert (run.code, run.out) == (2, "")
    assert "ValueError: a value that is wrong" in run.err
    assert list(tmp_path.iterdir()) == []


def test_manifests_are_written_with_assumed_values(bulkhead: Bulkhead, tmp_path: Path) -> None:
    folder = tmp_path / "manifests"
    run = bulkhead(PROGRAMS / "objects", "--stack", "dev", "--manifests", folder)
    assert run.code == 0
    assert run.err == f"Wrote 3 manifests to {folder}.\n"
    [deployment] = folder.glob("dev/*-deployment-web.yaml")
    written = yaml.safe_load(deployment.read_text(encoding="utf-8"))
    [container] = written["spec"]["template"]["spec"]["containers"]
    assert container["env"][0]["value"].startswith("https://")
    assert UNKNOWN not in "".join(f.read_text(encoding="utf-8") for f in folder.rglob("*.yaml"))


def test_manifests_of_an_environment_stand_in_a_folder_per_layer(
    bulkhead: Bulkhead, tmp_path: Path
) -> None:
    run = bulkhead(PROGRAMS / "layers", "--env", "dev", "--manifests", tmp_path / "out")
    assert run.code == 0
    found = sorted(folder.name for folder in (tmp_path / "out").iterdir())
    assert found == ["dev-foundation", "dev-workloads"]


def test_no_manifest_is_written_of_a_program_that_fails_on_assumed_values(
    bulkhead: Bulkhead, tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: fragile\nruntime: python\n")
    (tmp_path / "__main__.py").write_text(
        "import pulumi, pulumi_aws as aws\naws.kms.Key('key').arn.apply(lambda arn: int(arn))\n"
    )
    folder = tmp_path / "manifests"
    run = bulkhead(tmp_path, "--stack", "dev", "--manifests", folder)
    assert run.code == 2
    assert "error: --manifests: with assumed values: ValueError: invalid literal" in run.err
    assert not folder.exists()


# -- options ---------------------------------------------------------------------------------------


def test_configuration_may_be_given_for_one_preview(bulkhead: Bulkhead) -> None:
    arguments = ["--stack", "dev", "--format", "json", "-c", "size=9", "--config", "owner=a=b"]
    outputs = bulkhead(PROGRAMS / "settings", *arguments).json["outputs"]
    assert outputs["size"] == 9


def test_answers_of_functions_may_be_given_in_a_file(bulkhead: Bulkhead, tmp_path: Path) -> None:
    file = tmp_path / "answers.yaml"
    file.write_text("region: eu-south-1\n")
    arguments = ["--stack", "other", "--format", "json", "--answers", file]
    found = bulkhead(PROGRAMS / "applies", *arguments).json
    [subnet] = [r for r in found["resources"] if r["name"] == "subnet-0"]
    assert subnet["inputs"]["availabilityZone"] == "eu-south-1a"


def test_policies_may_be_configured_in_a_file(
    bulkhead: Bulkhead, tmp_path: Path, pack: Path
) -> None:
    file = tmp_path / "policies.json"
    arguments = [PROGRAMS / "options", "--stack", "dev", "--policy-pack", pack]
    arguments += ["--policy-pack-config", file]
    file.write_text('{"good-names": "advisory"}')
    assert bulkhead(*arguments).code == 0
    file.write_text('{"good-names": {"forbidden": "none"}}')
    run = bulkhead(*arguments)
    assert run.code == 0
    assert "good-names" not in run.out


def test_the_stack_need_not_be_named_where_there_is_one(
    bulkhead: Bulkhead, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(PROGRAMS / "regions")
    assert bulkhead("--format", "json").json["stack"] == "dev"
    assert bulkhead("Pulumi.yaml", "--format", "json").json["stack"] == "dev"


def test_assumed_values_may_be_asked_for(bulkhead: Bulkhead) -> None:
    arguments = ["--stack", "dev", "--format", "json", "--assume-applied"]
    outputs = bulkhead(PROGRAMS / "reads", *arguments).json["outputs"]
    assert outputs["unborn"].startswith("arn:aws:ec2:")


def test_the_patience_may_be_given(bulkhead: Bulkhead) -> None:
    arguments = ["--stack", "dev", "-c", "how=output", "--patience", "0.05"]
    run = bulkhead(PROGRAMS / "hanging", *arguments)
    assert run.code == 2
    assert "nothing happened for 0.05 s" in run.out


REFUSED: dict[str, tuple[list[str], str]] = {
    "no project": (["{tmp}"], "{tmp}: no Pulumi project here; allowed: a Pulumi.yaml"),
    "no folder": (["{tmp}/none"], "{tmp}/none: no Pulumi project here; allowed: a Pulumi.yaml"),
    "no stack": (
        ["{programs}/settings", "--stack", "test"],
        "{programs}/settings: no such stack, got 'test'; allowed: dev, prod",
    ),
    "stack not said": (
        ["{programs}/settings"],
        "{programs}/settings: say which stack with --stack, or --env for the layers of an "
        "environment; allowed: dev, prod",
    ),
    "stack not said, none there": (
        ["{programs}/components"],
        "{programs}/components: say which stack with --stack, or --env for the layers of an "
        "environment; allowed: none has a configuration file",
    ),
    "stack and environment": (
        ["{programs}/layers", "--stack", "dev-foundation", "--env", "dev"],
        "give one of --stack and --env, got 'dev-foundation and dev'",
    ),
    "no environment": (
        ["{programs}/layers", "--env", "prod"],
        "{programs}/layers/stacks: no stack of this environment, got 'prod'; allowed: one with "
        "files like Pulumi.prod-foundation.yaml",
    ),
    "required value": (
        ["{programs}/settings", "--stack", "prod"],
        "{programs}/settings/Pulumi.prod.yaml: a required configuration value is missing, "
        "got 'settings:owner'",
    ),
    "configuration": (
        ["{programs}/components", "--stack", "dev", "-c", "size"],
        "not a configuration value, got 'size'; allowed: KEY=VALUE",
    ),
    "no pack": (
        ["{programs}/components", "--stack", "dev", "--policy-pack", "{tmp}/none"],
        "{tmp}/none: no Python policy pack here; allowed: a folder with PulumiPolicy.yaml and "
        "__main__.py",
    ),
    "no configuration of packs": (
        ["{programs}/components", "--stack", "dev", "--policy-pack-config", "{tmp}/none.json"],
        "{tmp}/none.json: not a policy configuration ([Errno 2] No such file or directory: "
        "'{tmp}/none.json')",
    ),
    "no folder for the file": (
        ["{programs}/components", "--stack", "dev", "--out", "{tmp}/none/plan.json"],
        "--out: no such folder, got '{tmp}/none'",
    ),
    "a folder as file": (
        ["{programs}/components", "--stack", "dev", "--out", "{tmp}"],
        "{tmp}: Is a directory",
    ),
    "a file as folder": (
        ["{programs}/objects", "--stack", "dev", "--manifests", "{tmp}/file/manifests"],
        "{tmp}/file/manifests/dev: Not a directory",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_one_sentence_and_exit_code_2(
    bulkhead: Bulkhead, tmp_path: Path, case: str
) -> None:
    (tmp_path / "file").write_text("")

    def placed(text: str) -> str:
        return text.replace("{tmp}", str(tmp_path)).replace("{programs}", str(PROGRAMS))

    arguments, sentence = REFUSED[case]
    run = bulkhead(*map(placed, arguments))
    assert (run.code, run.err) == (2, f"error: {placed(sentence)}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--format", "xml"],
        ["--patience", "soon"],
        ["--patience", "0"],
        ["--unknown"],
        ["one", "two"],
        ["--stack"],
    ],
    ids=" ".join,
)
def test_options_that_do_not_exist_or_fit_exit_with_2(
    bulkhead: Bulkhead, arguments: list[str]
) -> None:
    run = bulkhead(*arguments)
    assert (run.code, run.out) == (2, "")
    assert "Error" in run.err


def test_an_answers_file_that_is_missing_is_refused(bulkhead: Bulkhead, tmp_path: Path) -> None:
    arguments = ["--stack", "dev", "--answers", tmp_path / "none.yaml"]
    run = bulkhead(PROGRAMS / "components", *arguments)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("error: ")
    assert str(tmp_path / "none.yaml") in run.err
    assert run.err.count("\n") == 1


# -- recommend -------------------------------------------------------------------------------------


def test_a_recommendation_is_shown_with_its_reasons_and_alternatives(bulkhead: Bulkhead) -> None:
    run = bulkhead("--tier", "confidential", "--model", "valuable", command="recommend")
    assert (run.code, run.err) == (0, "")
    assert run.out.startswith("dedicated-node-pools (pattern B)\n")
    assert "a valuable model needs nodes that no other tenant runs on" in run.out
    for other in ("shared-cluster", "single-tenant-cluster", "dedicated-hosts"):
        assert f"│ {other}" in run.out


def test_a_recommendation_as_json_can_be_read_by_programs(bulkhead: Bulkhead) -> None:
    answers = ["--tier", "restricted", "--regulation", "no-shared-hosts", "--gpus", "some"]
    found = bulkhead(*answers, "--format", "json", command="recommend").json
    assert found["recommended"]["pattern"] == "dedicated-hosts"
    assert found["recommended"]["cost"] == "highest"
    assert found["risk"]["regulation"] == "no-shared-hosts"
    assert len(found["alternatives"]) == 6
    assert found["withinBudget"] is True


def test_a_budget_that_is_too_small_changes_the_exit_code_and_not_the_pattern(
    bulkhead: Bulkhead,
) -> None:
    answers = ["--tier", "restricted", "--format", "json"]
    run = bulkhead(*answers, "--budget", "moderate", command="recommend")
    assert run.code == 1
    assert run.json["recommended"]["pattern"] == "single-tenant-cluster"
    assert "costs more than the budget (high, not moderate)" in " ".join(run.json["cautions"])
    assert bulkhead(*answers, "--budget", "High", command="recommend").code == 0


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        (
            ["--tier", "restricted", "--audience", "public"],
            "error: recommend.audience: tier 'restricted' may not be exposed to the public, got "
            "'public'; allowed: internal, partners\n",
        ),
        (
            ["--tier", "public", "--budget", "cheap"],
            "error: --budget: unknown cost, got 'cheap'; allowed: lowest, moderate, moderate to "
            "high, high, highest\n",
        ),
    ],
)
def test_a_question_that_has_no_answer_is_one_sentence(
    bulkhead: Bulkhead, answers: list[str], sentence: str
) -> None:
    run = bulkhead(*answers, command="recommend")
    assert (run.code, run.out, run.err) == (2, "", sentence)

"""Pulumi.yaml and stack files are read as the CLI reads them, or refused in one sentence."""

import json
from pathlib import Path

import pytest

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.project import load_config, load_project


def project(folder: Path, pulumi_yaml: str = "name: shop\nruntime: python\n", **files: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "Pulumi.yaml").write_text(pulumi_yaml)
    (folder / "__main__.py").write_text("")
    for name, text in files.items():
        (folder / f"Pulumi.{name}.yaml").write_text(text)
    return folder


def config(folder: Path, stack: str = "dev", **extra: str) -> dict[str, str]:
    return dict(load_config(load_project(folder), stack, extra).values)


def test_values_become_strings_and_objects_json(tmp_path: Path) -> None:
    text = """config:
  aws:region: eu-west-1
  shop:count: 3
  ratio: 1.5
  enabled: true
  quoted: "true"
  yes-is-a-word: yes
  day: 2026-01-31
  team: {name: a, sizes: [1, 2]}
"""
    assert config(project(tmp_path, dev=text)) == {
        "aws:region": "eu-west-1",
        "shop:count": "3",
        "shop:ratio": "1.5",
        "shop:enabled": "true",
        "shop:quoted": "true",
        "shop:yes-is-a-word": "yes",
        "shop:day": "2026-01-31",
        "shop:team": json.dumps({"name": "a", "sizes": [1, 2]}, separators=(",", ":")),
    }


def test_encrypted_values_are_masked_and_marked_secret(tmp_path: Path) -> None:
    text = "config:\n  token: {secure: AAAB}\n  nested: {user: me, password: {secure: AAAC}}\n"
    found = load_config(load_project(project(tmp_path, dev=text)), "dev")
    assert found.values["shop:token"] == "[secret]"
    assert json.loads(found.values["shop:nested"]) == {"user": "me", "password": "[secret]"}
    assert found.secret_keys == {"shop:token", "shop:nested"}


def test_a_value_given_in_place_of_an_encrypted_one_stays_secret(tmp_path: Path) -> None:
    text = "config:\n  token: {secure: AAAB}\n  open: a\n"
    project_found = load_project(project(tmp_path, dev=text))
    found = load_config(project_found, "dev", {"token": "hunter2", "open": "b"})
    assert found.values["shop:token"] == "hunter2"
    assert found.secret_keys == {"shop:token"}


def test_defaults_of_the_project_yield_to_the_stack_and_the_command_line(tmp_path: Path) -> None:
    pulumi_yaml = """name: shop
runtime: {name: python}
config:
  size: {type: integer, default: 1}
  colour: {default: red}
  aws:region: eu-west-1
  fixed: {value: a}
"""
    folder = project(tmp_path, pulumi_yaml, dev="config:\n  shop:colour: blue\n")
    assert config(folder, size="7") == {
        "shop:size": "7",
        "shop:colour": "blue",
        "aws:region": "eu-west-1",
        "shop:fixed": "a",
    }


def test_a_required_value_that_is_missing_is_named(tmp_path: Path) -> None:
    pulumi_yaml = "name: shop\nruntime: python\nconfig:\n  size: {type: integer}\n"
    folder = project(tmp_path, pulumi_yaml, dev="config: {}\n")
    with pytest.raises(RefusedError, match=r"a required configuration value is missing.*shop:size"):
        config(folder)


def test_main_and_stack_config_dir_are_followed(tmp_path: Path) -> None:
    project(tmp_path, "name: shop\nruntime: python\nmain: src\nstackConfigDir: stacks\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/__main__.py").write_text("")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/Pulumi.prod-a.yaml").write_text("config:\n  x: y\n")
    found = load_project(tmp_path)
    assert found.program == (tmp_path / "src").resolve()
    assert found.stacks() == ["prod-a"]
    assert config(tmp_path, "prod-a") == {"shop:x": "y"}


def test_layers_come_in_the_order_in_which_they_read_each_other(tmp_path: Path) -> None:
    names = (
        "dev-workloads",
        "dev-foundation",
        "dev-cluster",
        "dev-zoo",
        "dev-apps",
        "prod-cluster",
    )
    folder = project(tmp_path, **dict.fromkeys(names, ""))
    assert load_project(folder).layers("dev") == [
        "dev-foundation",
        "dev-cluster",
        "dev-workloads",
        "dev-apps",
        "dev-zoo",
    ]
    with pytest.raises(RefusedError, match="no stack of this environment, got 'qa'"):
        load_project(folder).layers("qa")


def test_a_project_without_any_stack_file_has_every_stack(tmp_path: Path) -> None:
    assert config(project(tmp_path), "anything") == {}


def test_a_missing_stack_file_is_refused_with_the_stacks_that_exist(tmp_path: Path) -> None:
    folder = project(tmp_path, dev="", prod="")
    with pytest.raises(RefusedError, match=r"no such stack, got 'qa'; allowed: dev, prod"):
        config(folder, "qa")


@pytest.mark.parametrize(
    ("pulumi_yaml", "sentence"),
    [
        ("name: [", "not readable as YAML"),
        ("- a", "not a mapping"),
        ("runtime: python", r"Pulumi.yaml: name: a name or path is needed"),
        ("name: shop\nruntime: nodejs", "not a Python project, got 'nodejs'; allowed: python"),
        ("name: shop\nruntime: python\nmain: gone", r"main: the program does not exist"),
        ("name: shop\nruntime: python\nconfig: [a]", r"config: not a mapping"),
    ],
)
def test_a_broken_project_is_refused(tmp_path: Path, pulumi_yaml: str, sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        load_project(project(tmp_path, pulumi_yaml))


def test_a_folder_without_a_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no Pulumi project here"):
        load_project(tmp_path)
    with pytest.raises(RefusedError, match="no Pulumi project here"):
        load_project(tmp_path / "gone")


@pytest.mark.parametrize("text", ["config: [1]", "config: {a: ", "- x"])
def test_a_broken_stack_file_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(RefusedError, match=r"Pulumi\.dev\.yaml"):
        config(project(tmp_path, dev=text))

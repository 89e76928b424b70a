"""The Kubernetes objects of a preview as files that a cluster takes."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pytest
import yaml
from pulumi import Output

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.manifests import manifests, write_manifests
from bulkhead.preview.plan import Plan
from bulkhead.preview.run import preview_function


def applied(program: Callable[[], object], stack: str = "dev") -> Plan:
    plan = preview_function(program, stack=stack, assume_applied=True)
    assert plan.errors == []
    return plan


def documents(program: Callable[[], object]) -> list[dict[str, Any]]:
    return list(manifests(applied(program)).values())


def test_objects_are_written_as_the_program_gives_them_in_the_order_of_creation(
    tmp_path: Path,
) -> None:
    def program() -> None:
        shop = k8s.core.v1.Namespace("shop", metadata={"name": "shop", "labels": {"a": "b"}})
        k8s.core.v1.ConfigMap(
            "settings",
            metadata={"name": "settings", "namespace": shop.metadata.name},
            data={"key": aws.kms.Key("key").arn},
        )
        k8s.apiextensions.CustomResource(
            "queue",
            api_version="kueue.x-k8s.io/v1beta2",
            kind="LocalQueue",
            metadata={"name": "gpu", "namespace": "shop"},
            spec={"clusterQueue": "shared"},
        )

    assert write_manifests([applied(program)], tmp_path) == 3
    files = sorted(tmp_path.rglob("*"))
    assert [str(file.relative_to(tmp_path)) for file in files] == [
        "dev",
        "dev/0001-namespace-shop.yaml",
        "dev/0002-localqueue-queue.yaml",
        "dev/0003-configmap-settings.yaml",
    ]
    namespace, queue, settings = (yaml.safe_load(file.read_text()) for file in files[1:])
    assert namespace == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "shop", "labels": {"a": "b"}},
    }
    assert queue == {
        "apiVersion": "kueue.x-k8s.io/v1beta2",
        "kind": "LocalQueue",
        "metadata": {"name": "gpu", "namespace": "shop"},
        "spec": {"clusterQueue": "shared"},
    }
    assert settings["metadata"]["namespace"] == "shop"
    assert settings["data"]["key"].startswith("arn:aws:kms:")


def test_an_object_has_the_automatic_name_that_others_call_it_by() -> None:
    def program() -> None:
        account = k8s.core.v1.ServiceAccount("runner", metadata={"namespace": "shop"})
        plain = k8s.core.v1.ConfigMap("plain", data={"a": "b"})
        drawn = k8s.core.v1.ConfigMap("drawn", metadata={"generate_name": "settings-"})
        names = {"account": account.metadata.name, "drawn": drawn.metadata.name}
        names["plain"] = plain.metadata.name
        k8s.core.v1.ConfigMap("names", metadata={"name": "names"}, data=names)

    found = {file[5:]: document for file, document in manifests(applied(program)).items()}
    names = found["configmap-names.yaml"]["data"]
    assert found["serviceaccount-runner.yaml"]["metadata"] == {
        "namespace": "shop",
        "name": names["account"],
    }
    assert found["configmap-plain.yaml"]["metadata"]["name"] == names["plain"]
    assert found["configmap-drawn.yaml"]["metadata"]["name"] == names["drawn"]
    assert names["account"].startswith("runner-")
    assert names["drawn"].startswith("settings-")


def test_objects_of_one_logical_name_have_names_of_their_own() -> None:
    class Team(pulumi.ComponentResource):
        def __init__(self, name: str) -> None:
            super().__init__(f"team:index:Team{name}", name)
            opts = pulumi.ResourceOptions(parent=self)
            self.settings = k8s.core.v1.ConfigMap("settings", metadata={}, opts=opts)

    def program() -> None:
        names = {name: Team(name).settings.metadata.name for name in ("one", "two")}
        k8s.core.v1.ConfigMap("names", metadata={"name": "names"}, data=names)

    first, second, names = documents(program)
    found = [document["metadata"]["name"] for document in (first, second)]
    assert found == [names["data"]["one"], names["data"]["two"]]
    assert len(set(found)) == 2


def test_secrets_are_masked_and_every_part_keeps_its_kind() -> None:
    def program() -> None:
        secret = Output.secret("hunter2")
        k8s.core.v1.Secret(
            "login",
            metadata={"name": "login"},
            string_data={"password": secret},
            data={"token": "aHVudGVyMg=="},
        )
        k8s.core.v1.ConfigMap("some", metadata={"name": "some"}, data={"a": secret, "b": "c"})
        k8s.apiextensions.CustomResource(
            "all",
            api_version="a.example.com/v1",
            kind="Thing",
            metadata=Output.secret({"name": "hunter2"}),
            spec=Output.secret({"size": 7, "on": True, "names": ["hunter2"], "none": None}),
        )

    plan = applied(program)
    found = {document["kind"]: document for document in manifests(plan).values()}
    assert "hunter2" not in repr(found)
    assert found["Secret"]["stringData"] == {"password": "[secret]"}
    assert found["Secret"]["data"] == {"token": base64.b64encode(b"[secret]").decode()}
    assert found["ConfigMap"]["data"] == {"a": "[secret]", "b": "c"}
    spec = found["Thing"]["spec"]
    assert {key: spec[key] for key in ("size", "on", "names")} == {
        "size": 0,
        "on": False,
        "names": ["[secret]"],
    }


def test_what_is_no_object_of_its_own_is_left_out() -> None:
    class Bundle(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("kubernetes:index:Bundle", "bundle")

    def program() -> None:
        k8s.Provider("cluster", kubeconfig="{}")
        k8s.helm.v3.Release("redis", chart="redis")
        k8s.core.v1.NamespacePatch("patched", metadata={"name": "default"})
        k8s.core.v1.Namespace.get("there", "there")
        k8s.yaml.v2.ConfigGroup("rendered", yaml="kind: ConfigMap")
        aws.sns.Topic("topic")
        Bundle()

    assert documents(program) == []


def test_an_unknown_value_is_refused_with_the_object_and_nothing_written(tmp_path: Path) -> None:
    def program() -> None:
        k8s.core.v1.ConfigMap("fine", metadata={"name": "fine"})
        k8s.core.v1.ConfigMap("bad", metadata={"name": "bad"}, data={"a": aws.kms.Key("key").arn})

    plans = [preview_function(lambda: None, stack="one"), preview_function(program, stack="two")]
    with pytest.raises(RefusedError, match=r"unknown value, got 'urn:pulumi:two::.*::bad'"):
        write_manifests(plans, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_files_of_an_earlier_preview_go_and_others_stay(tmp_path: Path) -> None:
    def program() -> None:
        k8s.core.v1.ConfigMap("settings", metadata={"name": "settings"})

    folder = tmp_path / "dev"
    folder.mkdir()
    for name in ("0007-configmap-old.yaml", "kustomization.yaml", "0008-notes.txt"):
        (folder / name).write_text("old\n")
    write_manifests([applied(program)], tmp_path)
    assert sorted(file.name for file in folder.iterdir()) == [
        "0001-configmap-settings.yaml",
        "0008-notes.txt",
        "kustomization.yaml",
    ]


def test_each_stack_has_a_folder(tmp_path: Path) -> None:
    def program() -> None:
        k8s.core.v1.ConfigMap("settings", metadata={"name": "settings"})

    plans = [applied(program, "dev-cluster"), applied(program, "dev-workloads")]
    assert write_manifests(plans, tmp_path) == 2
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["dev-cluster", "dev-workloads"]


@pytest.mark.parametrize(
    "name", ["a/b", "../../escape", "with space: and ü", "x" * 300, "[red]", "a\nb"]
)
def test_any_name_makes_a_file_in_the_folder(tmp_path: Path, name: str) -> None:
    def program() -> None:
        k8s.core.v1.ConfigMap(name, metadata={"name": "fine"})

    write_manifests([applied(program)], tmp_path / "out")
    [file] = (tmp_path / "out" / "dev").iterdir()
    assert re.fullmatch(r"0001-configmap-[\w.-]{1,100}\.yaml", file.name, re.ASCII)
    assert yaml.safe_load(file.read_text())["metadata"] == {"name": "fine"}


@pytest.mark.parametrize(
    "text",
    [
        *("yes", "off", "null", "~", "010", "1_000", "1.5", "2026-01-31", "12:30", "=", ""),
        # numbers to parsers of YAML 1.2, which PyYAML is not
        *("12e34", "1E5", "0o17", "0x1f", "5.", ".5e1", "+7"),
    ],
)
def test_text_that_looks_like_something_else_stays_text(tmp_path: Path, text: str) -> None:
    def program() -> None:
        k8s.core.v1.ConfigMap("settings", metadata={"name": "settings"}, data={"value": text})

    write_manifests([applied(program)], tmp_path)
    [file] = (tmp_path / "dev").iterdir()
    written = file.read_text()
    assert yaml.safe_load(written)["data"] == {"value": text}
    [line] = [line.strip() for line in written.splitlines() if line.strip().startswith("value:")]
    assert line == f"value: '{text}'"

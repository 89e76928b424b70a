"""The real engine takes the programs through their whole life; only the providers are stand-ins."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.engine.platforms import DEMO, FAULTY, PACKS, ROOT, Platform, found_platforms
from tests.engine.workspace import Workspace


@pytest.mark.parametrize("platform", found_platforms(), ids=str)
def test_a_platform_comes_up_stays_as_it_is_and_goes(
    platform: Platform, workspace: Callable[..., Workspace]
) -> None:
    engine = workspace(platform.project, platform.packs)
    for stack in platform.stacks:
        engine.init(stack)
        first = engine.up(stack, "--skip-preview", *engine.policies)
        assert first.code == 0, first.output
    for stack in platform.stacks:
        second = engine.up(stack, "--skip-preview", "--expect-no-changes")
        assert second.code == 0, second.output
    for stack in reversed(platform.stacks):
        gone = engine.destroy(stack)
        assert gone.code == 0, gone.output
        assert not engine.export(stack).get("resources")


KEPT = ("aws:kms/", "aws:s3/", "aws:ecr/", "aws:backup/", "aws:eks/cluster:", "aws:ec2/vpc:")
"""Types whose replacement would cost tenants their data, keys, images or cluster."""


def test_a_tenant_that_moves_to_a_cluster_of_its_own_keeps_its_keys_and_stores(
    workspace: Callable[..., Workspace],
) -> None:
    """By one word and the cluster that it asks for: nothing of the engine's is made again."""
    engine = workspace(ROOT)
    stacks = ("dev-foundation", "dev-cluster")

    def up() -> dict[str, tuple[str, str]]:
        """What must stay: by its URN the ID and when it was made."""
        made = {}
        for stack in stacks:
            run = engine.up(stack, "--skip-preview")
            assert run.code == 0, run.output
            resources = engine.export(stack)["resources"]
            made |= {
                r["urn"]: (r["id"], r["created"]) for r in resources if r["type"].startswith(KEPT)
            }
        return made

    for stack in stacks:
        engine.init(stack)
    before = up()
    move(engine.project / "stacks" / "tenants.dev.yaml", "doc-summary")
    after = up()
    assert before.items() <= after.items()
    new = {urn.rpartition("::")[2] for urn in after.keys() - before.keys()}
    assert new == {"doc-summary"}


def move(file: Path, name: str) -> None:
    """Give a tenant a cluster of its own, with a gateway in front of its models."""
    content = yaml.safe_load(file.read_text("utf-8"))
    (tenant,) = [each for each in content["tenants"] if each["name"] == name]
    tenant["pattern"] = "single-tenant-cluster"
    gateway = content["clusters"]["shared"]["gateway"]
    own = [each for each in gateway["models"] if each["tenant"] == name]
    gateway["models"] = [each for each in gateway["models"] if each not in own]
    content["clusters"][name] = {
        "cidr": "10.30.0.0/16",
        "gateway": {**gateway, "host": f"{name}.dev.example.com", "models": own},
        "pools": [{"name": "gpu", "instance_types": ["g6.4xlarge"], "max_size": 4}],
    }
    file.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")


def test_a_secret_is_readable_in_the_program_but_not_in_the_state(
    workspace: Callable[..., Workspace],
) -> None:
    engine = workspace(DEMO)
    engine.init("dev")
    assert engine.up("dev", "--skip-preview").code == 0

    exported = engine.export("dev", "--show-secrets")
    (password,) = (
        json.loads(resource["outputs"]["result"]["plaintext"])
        for resource in exported["resources"]
        if resource["type"] == "random:index/randomPassword:RandomPassword"
    )
    assert "known-to-nobody" in json.dumps(exported)

    stored = "".join(file.read_text() for file in engine.state.rglob("*") if file.is_file())
    assert "ciphertext" in stored
    assert "known-to-nobody" not in stored
    assert password not in stored


def test_a_mandatory_policy_keeps_the_engine_from_creating_anything(
    workspace: Callable[..., Workspace],
) -> None:
    engine = workspace(FAULTY, PACKS)
    engine.init("dev")
    blocked = engine.up("dev", *engine.policies)
    assert blocked.code != 0
    refusals = set(re.findall(r"\[mandatory\].* (bulkhead-[a-z0-9-]+) ", blocked.output))
    assert {"bulkhead-eks-hide-endpoint", "bulkhead-namespace-limit-resources"} <= refusals
    assert not engine.export("dev").get("resources")

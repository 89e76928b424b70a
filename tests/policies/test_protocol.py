"""The pack as the engine runs it: a process of its own, asked over gRPC."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from bulkhead_policies.packs import AI_PLATFORM
from bulkhead_policies.reports import UNDECIDED
from tests.policies.scenes import ADVISORY, MANDATORY, analyze_request, stack_request, struct
from tests.policies.twins import EVERY

PACK = Path(__file__).parents[2] / "policies"
VOLUMES = "bulkhead-ebs-encrypt-volumes"
BLOCKS = "bulkhead-s3-block-public-access"


@pytest.fixture(scope="module")
def engine() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", str(PACK)],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        cwd=PACK,
        text=True,
    ) as process:
        assert process.stdout is not None
        with grpc.insecure_channel(f"127.0.0.1:{process.stdout.readline().strip()}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
        process.kill()


def configure(
    engine: Any, level: Any = MANDATORY, policy: str = VOLUMES, **properties: Any
) -> None:
    config = analyzer_pb2.PolicyConfig(enforcementLevel=level, properties=struct(properties))
    engine.Configure(analyzer_pb2.ConfigureAnalyzerRequest(policyConfig={policy: config}))


def test_the_engine_is_told_every_policy_with_its_metadata(engine: Any) -> None:
    info = engine.GetAnalyzerInfo(empty_pb2.Empty())
    told = {policy.name: policy for policy in info.policies}
    assert info.name == "bulkhead"
    assert info.supportsConfig
    assert {rule.id for rule in AI_PLATFORM} < set(told)
    volumes, blocks = told[VOLUMES], told[BLOCKS]
    assert volumes.enforcementLevel == MANDATORY
    assert volumes.policy_type == analyzer_pb2.POLICY_TYPE_RESOURCE
    assert blocks.policy_type == analyzer_pb2.POLICY_TYPE_STACK
    assert volumes.severity == analyzer_pb2.POLICY_SEVERITY_HIGH
    assert {"STO-2", "FSBP EC2.3"} <= set(volumes.tags)
    assert "exemptions" in volumes.configSchema.properties
    assert told["bulkhead-exemptions-report"].enforcementLevel == ADVISORY
    assert told["bulkhead-preview-decide-unknowns"].enforcementLevel == MANDATORY


def test_a_bad_resource_is_refused_with_the_rule_and_the_way_to_mend_it(engine: Any) -> None:
    [volume] = EVERY[VOLUMES].bad
    [said] = engine.Analyze(analyze_request(volume)).diagnostics
    assert (said.policyName, said.enforcementLevel, said.urn) == (VOLUMES, MANDATORY, volume.urn)
    assert said.message == (
        "EBS volumes are encrypted\n"
        "encrypted: the volume is not encrypted; allowed: true. Set encrypted on the volume, or "
        "on ebs of every block device mapping, including the root device, which is as the AMI "
        "has it otherwise."
    )


def test_an_unknown_value_is_reported_as_undecided_and_mandatory(engine: Any) -> None:
    unknown = EVERY[VOLUMES].unknown
    assert unknown is not None
    [said] = engine.Analyze(analyze_request(unknown[0])).diagnostics
    assert (said.policyName, said.enforcementLevel) == (UNDECIDED.id, MANDATORY)
    assert f"{VOLUMES}: encrypted decides and is not known before the deployment" in said.message


def test_a_resource_of_no_interest_is_not_applicable(engine: Any) -> None:
    answer = engine.Analyze(analyzer_pb2.AnalyzeRequest(type="random:index/randomId:RandomId"))
    assert list(answer.diagnostics) == []
    assert VOLUMES in {policy.policy_name for policy in answer.not_applicable}


def test_a_relation_is_judged_over_the_whole_stack(engine: Any) -> None:
    for scene, policies in ((EVERY[BLOCKS].good, set()), (EVERY[BLOCKS].bad, {BLOCKS})):
        for resource in scene:
            engine.Analyze(analyze_request(resource))
        answer = engine.AnalyzeStack(stack_request(scene))
        assert {d.policyName for d in answer.diagnostics} == policies


def test_levels_are_configured_and_a_disabled_rule_is_silent(engine: Any) -> None:
    [volume] = EVERY[VOLUMES].bad
    configure(engine, level=ADVISORY)
    [said] = engine.Analyze(analyze_request(volume)).diagnostics
    assert said.enforcementLevel == ADVISORY
    configure(engine, level=analyzer_pb2.DISABLED)
    assert list(engine.Analyze(analyze_request(volume)).diagnostics) == []
    configure(engine)


@pytest.mark.parametrize(
    ("policy", "properties", "complaint"),
    [
        ("bulkhead-no-such-rule", {}, "no such policy in this pack, got 'bulkhead-no-such-rule'"),
        (VOLUMES, {"famlies": []}, f"{VOLUMES}.famlies: unknown key; allowed: exemptions"),
        (VOLUMES, {"exemptions": "none"}, f"{VOLUMES}.exemptions: not a list, got 'none'"),
        ("all", {"exemptions": []}, "all: takes a level and nothing else"),
        (UNDECIDED.id, {"keys": []}, f"{UNDECIDED.id}: takes a level and nothing else"),
    ],
)
def test_a_wrong_configuration_is_refused_with_the_key(
    engine: Any, policy: str, properties: Any, complaint: str
) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        configure(engine, policy=policy, **properties)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert complaint in str(refused.value.details())


def test_the_level_of_all_policies_may_be_told_along(engine: Any) -> None:
    configure(engine, policy="all")

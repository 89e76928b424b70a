"""Rules that know a safe way mend a resource where the configuration asks for it."""

from typing import Any

import pytest
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import analyzer_pb2

from bulkhead_policies.packs import REGULATED
from tests.policies.parts import LAUNCH_TEMPLATE, SUBNET, key, namespace, volume
from tests.policies.scenes import (
    MANDATORY,
    UNKNOWN,
    Declared,
    analyze_request,
    secret,
    served,
    struct,
)
from tests.policies.test_analyzer import exemption
from tests.policies.twins import EVERY

LABELS = "bulkhead-labels-require-keys"
METADATA = "bulkhead-ec2-require-imdsv2"
MENDING = [rule for rule in REGULATED if rule.remedy]


def remediating(**policies: Any) -> Any:
    """The analyzer with policies that remediate, by their properties."""
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    for name, properties in policies.items():
        policy = request.policyConfig[name.replace("_", "-")]
        policy.enforcementLevel = analyzer_pb2.REMEDIATE
        policy.properties.update(properties)
    servicer = served()
    servicer.Configure(request, None)
    return servicer


def remediated(resource: Declared, **policies: Any) -> tuple[list[str], dict[str, Any]]:
    """Which policies changed a resource, and its properties after that."""
    answer = remediating(**policies).Remediate(analyze_request(resource), None)
    properties = answer.remediations[-1].properties if answer.remediations else {}
    return (
        [made.policyName for made in answer.remediations],
        MessageToDict(properties or struct(resource.properties)),
    )


def test_nothing_is_changed_unless_a_policy_is_told_to() -> None:
    for rule in MENDING:
        for resource in EVERY[rule.id].bad:
            assert not served().Remediate(analyze_request(resource), None).remediations


@pytest.mark.parametrize("rule", [r for r in MENDING if r.id != LABELS], ids=lambda rule: rule.id)
def test_a_mended_bad_twin_passes(rule: Any) -> None:
    servicer = remediating(**{rule.id.replace("-", "_"): {}})
    said = []
    for resource in EVERY[rule.id].bad:
        request = analyze_request(resource)
        for made in servicer.Remediate(request, None).remediations:
            assert (made.policyName, made.policyPackName) == (rule.id, "bulkhead")
            assert made.description == rule.title
            request.properties.CopyFrom(made.properties)
        assert not servicer.Remediate(request, None).remediations
        said += [d.policyName for d in servicer.Analyze(request, None).diagnostics]
    assert said == []


@pytest.mark.parametrize("rule", MENDING, ids=lambda rule: rule.id)
def test_a_good_twin_is_left_alone(rule: Any) -> None:
    twins = EVERY[rule.id]
    for scene in (twins.good, *twins.more_good.values()):
        for resource in scene:
            assert remediated(resource, **{rule.id.replace("-", "_"): {}})[0] == []


def test_only_missing_labels_are_added() -> None:
    bare = SUBNET.without("tags/bulkhead:owner").but("tags/bulkhead:project", UNKNOWN)
    values = {"owner": "platform", "project": "other", "tier": "public"}
    made, properties = remediated(bare, bulkhead_labels_require_keys={"values": values})
    assert made == [LABELS]
    assert properties["tags"] == {
        **SUBNET.properties["tags"],
        "bulkhead:owner": "platform",
        "bulkhead:project": UNKNOWN,
    }


def test_labels_are_added_where_there_were_none() -> None:
    config = {"values": {"owner": "platform"}}
    for resource, path in (
        (SUBNET.without("tags"), ("tags", "bulkhead:owner")),
        (namespace().without("metadata"), ("metadata", "labels", "bulkhead.dev/owner")),
    ):
        found: Any = remediated(resource, bulkhead_labels_require_keys=config)[1]
        for step in path:
            found = found[step]
        assert found == "platform"


def test_a_secret_property_is_mended_and_stays_secret() -> None:
    options = secret({"httpTokens": "optional"})
    made, properties = remediated(
        LAUNCH_TEMPLATE.but("metadataOptions", options), bulkhead_ec2_require_imdsv2={}
    )
    assert made == [METADATA]
    assert properties["metadataOptions"] == secret(
        {"httpTokens": "required", "httpPutResponseHopLimit": 1}
    )


@pytest.mark.parametrize("path", ["metadataOptions", "metadataOptions/httpTokens"])
def test_what_is_not_known_is_left_to_be_reported(path: str) -> None:
    assert remediated(LAUNCH_TEMPLATE.but(path, UNKNOWN), bulkhead_ec2_require_imdsv2={})[0] == []


def test_an_exempted_resource_is_left_alone() -> None:
    weak = key().without("enableKeyRotation")
    config = {"exemptions": [exemption("*::key")]}
    assert remediated(weak, bulkhead_kms_rotate_keys=config)[0] == []


def test_several_policies_mend_one_resource_in_turn() -> None:
    template = LAUNCH_TEMPLATE.without("metadataOptions").without("tags/bulkhead:owner")
    made, properties = remediated(
        template,
        bulkhead_ec2_require_imdsv2={},
        bulkhead_labels_require_keys={"values": {"owner": "platform"}},
    )
    assert set(made) == {METADATA, LABELS}
    assert properties["metadataOptions"]["httpTokens"] == "required"
    assert properties["tags"]["bulkhead:owner"] == "platform"


def test_what_could_not_be_mended_is_refused() -> None:
    servicer = remediating(bulkhead_ebs_encrypt_volumes={}, bulkhead_labels_require_keys={})
    bad = volume().without("encrypted").without("tags/bulkhead:owner")
    assert not servicer.Remediate(analyze_request(bad), None).remediations
    said = servicer.Analyze(analyze_request(bad), None).diagnostics
    assert [d.enforcementLevel for d in said] == [MANDATORY, MANDATORY]

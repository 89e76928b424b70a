"""What the served analyzer makes of levels, exemptions, secrets and resources it did not see."""

import datetime
from collections.abc import Mapping
from typing import Any

import pytest
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import proxy

from bulkhead_policies.analyzer import Analyzer
from bulkhead_policies.reports import EXEMPTED, UNDECIDED
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.view import View
from bulkhead_policies.wire import UNKNOWNS, plain_struct
from tests.policies.parts import (
    BUCKET_POLICY,
    POD,
    PUBLIC_ACCESS_BLOCK,
    TLS_ONLY,
    VERSIONING,
    bucket,
    compartment,
    document,
    stored,
    tags,
    volume,
)
from tests.policies.scenes import (
    ADVISORY,
    MANDATORY,
    UNKNOWN,
    Declared,
    Scene,
    analyze_request,
    found,
    secret,
    served,
    stack_request,
    struct,
)
from tests.policies.twins import EVERY, exposure, isolation, rbac

VOLUMES = "bulkhead-ebs-encrypt-volumes"
BLOCKS = "bulkhead-s3-block-public-access"
LATER = (datetime.date.today() + datetime.timedelta(days=30)).isoformat()


def exemption(urn: str) -> dict[str, Any]:
    reason = "replaced by the new store with the next release"
    return {"urn": urn, "owner": "data-platform", "reason": reason, "expires": LATER}


def configured(**policies: Any) -> Analyzer:
    """The analyzer with policies configured: a level, or properties of a mandatory one."""
    request = analyzer_pb2.ConfigureAnalyzerRequest()
    for name, config in policies.items():
        known = config if isinstance(config, Mapping) else {}
        policy = request.policyConfig[name.replace("_", "-")]
        policy.enforcementLevel = MANDATORY if isinstance(config, Mapping) else config
        policy.properties.update(known)
    servicer = served()
    servicer.Configure(request, None)
    return servicer


def exempting(rule: str, urn: str) -> Analyzer:
    return configured(**{rule.replace("-", "_"): {"exemptions": [exemption(urn)]}})


@pytest.mark.parametrize("kind", ["bad", "unknown"])
@pytest.mark.parametrize("rule", [VOLUMES, "bulkhead-s3-version-objects"])
def test_an_exempted_finding_is_reported_and_refuses_nothing(rule: str, kind: str) -> None:
    [said] = found(getattr(EVERY[rule], kind), exempting(rule, "*::*"))
    assert (said.policyName, said.enforcementLevel) == (EXEMPTED.id, ADVISORY)
    assert f"{rule}: " in said.message
    assert f"exempted until {LATER} by data-platform: replaced by" in said.message


def test_an_exemption_of_another_resource_changes_nothing() -> None:
    [said] = found(EVERY[VOLUMES].bad, exempting(VOLUMES, "*::other"))
    assert said.policyName == VOLUMES


def test_an_exemption_that_is_not_needed_is_not_reported() -> None:
    assert found(EVERY[VOLUMES].good, exempting(VOLUMES, "*::it")) == []


def test_an_exemption_may_name_the_companion_that_breaks_the_rule() -> None:
    scene = stored(bucket(), VERSIONING.but("versioningConfiguration/status", UNKNOWN))
    [said] = found(scene, exempting("bulkhead-s3-version-objects", "*::versioning"))
    assert said.policyName == EXEMPTED.id


def test_a_namespace_tells_its_own_exemption_from_isolation() -> None:
    [said] = found(isolation.exempted())
    assert (said.policyName, said.enforcementLevel) == (EXEMPTED.id, ADVISORY)
    assert "tier 'regulated' needs very high isolation" in said.message
    assert "by fraud: moves to its own cluster" in said.message


def test_debug_access_for_hours_is_reported_and_refuses_nothing() -> None:
    [said] = found((rbac.debugging(rbac.grant()),))
    assert (said.policyName, said.enforcementLevel) == (EXEMPTED.id, ADVISORY)
    assert "bulkhead-rbac-deny-exec: debug access (command until " in said.message
    assert "by team-ml: Incident 4711: leaks" in said.message


@pytest.mark.parametrize("expires", ["2024-01-31", "soon"])
def test_an_exemption_that_ended_is_itself_found(expires: str) -> None:
    [said] = found(isolation.exempted(expires=expires))
    assert said.enforcementLevel == MANDATORY
    assert expires in said.message


@pytest.mark.parametrize(
    ("level", "told"),
    [
        (analyzer_pb2.ADVISORY, {ADVISORY}),
        (analyzer_pb2.REMEDIATE, {MANDATORY}),
        (analyzer_pb2.DISABLED, set()),
    ],
)
def test_levels_are_those_of_the_configuration(level: Any, told: set[Any]) -> None:
    for policy, kind in ((VOLUMES, "bad"), (UNDECIDED.id, "unknown")):
        servicer = configured(**{policy.replace("-", "_"): level})
        said = found(getattr(EVERY[VOLUMES], kind), servicer)
        assert {d.enforcementLevel for d in said} == told


def test_a_disabled_rule_leaves_nothing_undecided() -> None:
    unknown = EVERY[BLOCKS].unknown
    assert unknown is not None
    assert found(unknown, configured(**{BLOCKS.replace("-", "_"): analyzer_pb2.DISABLED})) == []


STRANGERS = "bulkhead-data-deny-strangers"


@pytest.mark.parametrize(
    "scene",
    [
        stored(bucket().but("policy", UNKNOWN)),
        stored(bucket().but("policy", document(TLS_ONLY)), BUCKET_POLICY.but("policy", UNKNOWN)),
    ],
)
def test_what_one_resource_leaves_undecided_its_stack_may_settle(scene: Scene) -> None:
    assert found(scene) == []
    assert found(scene, exempting(STRANGERS, "*::policy")) == []


@pytest.mark.parametrize(
    "block",
    [
        PUBLIC_ACCESS_BLOCK.but("blockPublicPolicy", UNKNOWN),
        PUBLIC_ACCESS_BLOCK.but("restrictPublicBuckets", False),
        PUBLIC_ACCESS_BLOCK.but("bucket", "other"),
    ],
)
def test_what_its_stack_does_not_settle_stays_undecided_and_is_reported_once(
    block: Declared,
) -> None:
    policy = exposure.policed()[0].but("policy", UNKNOWN)
    said = [d for d in found(stored(bucket(), block, policy)) if STRANGERS in d.message]
    assert [(d.policyName, d.urn) for d in said] == [(UNDECIDED.id, policy.urn)]


def test_what_a_resource_shows_is_refused_at_once_whatever_its_stack_shows() -> None:
    [policy] = exposure.policed(exposure.EVERYONE)
    said = served().Analyze(analyze_request(policy), None).diagnostics
    assert [d.policyName for d in said] == [STRANGERS]
    inline = bucket().but("policy", document(TLS_ONLY))
    assert len(found(stored(inline, policy))) == 1


def test_options_reach_the_rule() -> None:
    scene = (volume().without("tags/bulkhead:owner"),)
    assert found(scene, configured(bulkhead_labels_require_keys={"keys": ["tenant"]})) == []
    here = (volume().but("region", "eu-west-1"),)
    [said] = found(here, configured(bulkhead_region_limit_tiers={"regions": ["eu-central-1"]}))
    assert said.message.partition("\n")[2].startswith(
        "region: a resource of tier 'internal' may not live in this Region, got 'eu-west-1'; "
        "allowed: eu-central-1"
    )


def test_a_secret_is_judged_and_not_shown() -> None:
    scene = (volume("confidential").but("kmsKeyId", secret("alias/aws/ebs")),)
    [said] = found(scene)
    assert said.policyName == "bulkhead-storage-use-customer-keys"
    assert "kmsKeyId" in said.message
    assert "alias/aws/ebs" not in said.message


def test_what_the_program_only_reads_is_no_subject_but_may_be_named() -> None:
    servicer = served()
    servicer.Analyze(analyze_request(POD), None)
    answer = servicer.AnalyzeStack(stack_request((bucket(), POD)), None)
    assert list(answer.diagnostics) == []
    assert BLOCKS in {policy.policy_name for policy in answer.not_applicable}


def test_a_stack_that_was_never_analyzed_resource_by_resource_is_judged_all_the_same() -> None:
    answer = served().AnalyzeStack(stack_request((bucket(),)), None)
    assert BLOCKS in {d.policyName for d in answer.diagnostics}


def test_a_namespace_of_one_cluster_is_not_bounded_by_what_stands_in_another() -> None:
    east, *inside = compartment()
    west = Declared(east.type, east.properties, "west", provider={}, provider_urn="urn:west")
    inside = [Declared(r.type, r.properties, r.name, provider={}) for r in inside]
    here = Declared(east.type, east.properties, east.name, provider={})
    said = found((here, west, *inside))
    assert {d.urn for d in said} == {west.urn}


def test_a_rule_that_fails_is_a_violation() -> None:
    @resource_rule(
        "bulkhead-test-fail-always",
        types=frozenset({"t"}),
        severity=Severity.LOW,
        requirements=(),
        title="t",
        why="w.",
        remediation="r.",
    )
    def failing(_: Any) -> Any:
        raise KeyError("oops")

    [finding] = failing.judge(Resource("t", "n", "urn:n", View({})))
    assert finding.urn == "urn:n"
    assert finding.message.startswith("the rule failed on this resource (KeyError: 'oops')")


def test_every_sentinel_of_the_sdk_is_unknown() -> None:

    told = {name: value for name, value in vars(proxy).items() if name.startswith("UNKNOWN_")}
    assert set(told.values()) == UNKNOWNS
    assert UNKNOWN in UNKNOWNS
    read = plain_struct(struct({name: [value] for name, value in told.items()}))
    assert all(View(read)[name].items()[0].is_unknown for name in told)


def test_whole_numbers_are_shown_without_a_point() -> None:
    [said] = found((EVERY["bulkhead-logs-retain-records"].bad[0].but("retentionInDays", 7),))
    assert "got '7'" in said.message


def test_default_tags_are_overridden_by_the_resources_own() -> None:
    own = volume("confidential").without("kmsKeyId")
    provider = {"defaultTags": {"tags": tags("internal")}}
    told = Declared(own.type, own.properties, provider=provider)
    assert {d.policyName for d in found((told,))} == {"bulkhead-storage-use-customer-keys"}

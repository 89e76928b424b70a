"""What is rendered; what it refuses, tests/cluster_live shows on a real API server (POL-2)."""

import re
from typing import Any

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import AdmissionPolicies
from bulkhead.cluster.admission.catalogue import admission_rules
from bulkhead.cluster.admission.rule import AdmissionRule
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import LABEL_PREFIX, REQUIRED_KEYS
from bulkhead.domain.priorities import PRIORITIES, priorities
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.preview.plan import Plan
from tests.foundation.samples import planned, refusal, scope

KIND = "kubernetes:admissionregistration.k8s.io/v1:"
ARGS: dict[str, Any] = {"scope": scope(), "tier": "restricted"}
RULES = admission_rules()
CELLS = re.compile(r"bulkhead-[a-z]+-[a-z]+(-[a-z]+)*")


def policies(**more: Any) -> Plan:
    def program() -> None:
        provider = k8s.Provider("cluster", kubeconfig="{}")
        AdmissionPolicies("admission", {**ARGS, **more}, pulumi.ResourceOptions(provider=provider))

    return planned(program)


def names(plan: Plan, kind: str) -> list[str]:
    return [found.inputs["metadata"]["name"] for found in plan.of_type(KIND + kind)]


def test_every_rule_is_a_policy_that_denies_where_it_can_not_decide() -> None:
    plan = policies()
    assert names(plan, "ValidatingAdmissionPolicy") == [rule.name for rule in RULES]
    for policy in plan.of_type(f"{KIND}ValidatingAdmissionPolicy"):
        assert policy.inputs["spec"]["failurePolicy"] == "Fail"
    for binding in plan.of_type(f"{KIND}ValidatingAdmissionPolicyBinding"):
        assert binding.inputs["spec"]["policyName"] == binding.inputs["metadata"]["name"]
        assert binding.inputs["spec"]["validationActions"] == ["Deny"]


def test_the_rules_bind_tenants_and_not_the_platform() -> None:
    plan = policies()
    selectors = {
        binding.inputs["metadata"]["name"]: binding.inputs["spec"].get("matchResources")
        for binding in plan.of_type(f"{KIND}ValidatingAdmissionPolicyBinding")
    }
    everywhere = {name for name, selector in selectors.items() if selector is None}
    assert everywhere == {
        "bulkhead-namespace-require-compartment",
        "bulkhead-node-keep-labels",
        "bulkhead-queue-keep-quotas",
    }
    training = {name for name, selector in selectors.items() if "training" in repr(selector)}
    assert training == {"bulkhead-job-require-queue", "bulkhead-pod-limit-trainers"}
    found = {repr(selector) for selector in selectors.values() if selector}
    assert len(found) == 2
    assert all("platform" in selector for selector in found)


def test_defaults_are_set_where_the_version_can() -> None:
    assert names(policies(), "MutatingAdmissionPolicy") == [
        "bulkhead-pod-defaults",
        "bulkhead-job-defaults",
        "bulkhead-job-set-defaults",
    ]
    assert names(policies(version="1.35"), "MutatingAdmissionPolicy") == []


def test_everything_carries_the_label_set() -> None:
    wanted = {LABEL_PREFIX + key for key in REQUIRED_KEYS}
    for found in policies().resources:
        if found.type.startswith("kubernetes:"):
            assert wanted <= set(found.inputs["metadata"]["labels"]), found.urn


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_what_it_serves_and_what_is_allowed(rule: AdmissionRule) -> None:
    assert CELLS.fullmatch(rule.name)
    assert "POL-2" in rule.requirements
    assert rule.why.endswith(".")
    for check in rule.checks:
        assert "; allowed: " in check.message


def test_production_comes_before_experiments() -> None:
    assert [p.value for p in PRIORITIES] == sorted((p.value for p in PRIORITIES), reverse=True)
    assert max(p.value for p in PRIORITIES) < 10**9
    exploration = PRIORITIES[-1]
    assert not exploration.preempts
    for tier in Tier:
        assert (exploration.name in priorities(tier)) == (
            exploration.pipeline in CATALOGUE[tier].pipelines
        )


def test_an_exempt_namespace_is_left_out_by_its_whole_name() -> None:
    (rule,) = (r for r in admission_rules(("cert-manager",)) if "namespace" in r.name)
    assert "'cert-manager'" in dict(rule.conditions)["ours"]


@pytest.mark.parametrize("name", [".*", "Cert", "a" * 64, ""])
def test_a_pattern_of_namespaces_is_refused(name: str) -> None:
    assert refusal(
        lambda: AdmissionPolicies("admission", {**ARGS, "exempt_namespaces": [name]})
    ) == (
        f"admission.exempt_namespaces: not the name of a namespace, got '{name}'; allowed: 1 to 63 "
        "lower-case letters, digits and hyphens"
    )


def test_a_version_that_is_not_supported_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"admission\.version"):
        AdmissionPolicies("admission", {**ARGS, "version": "1.20"})

"""A tenant moves to another pattern by one word, and its data stores and keys stay."""

from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

import bulkhead
from bulkhead.preview.plan import Plan, Resource
from tests.foundation.samples import planned
from tests.patterns.platforms import COMMON, ENCLAVE, PLUGIN, pool, tenant

KEPT = ("aws:kms/", "aws:s3/", "aws:s3vectors/", "aws:dynamodb/", "aws:eks/cluster:Cluster")
"""Types whose replacement would cost a tenant its data, its keys or its cluster."""

TENANTS = [tenant("red", "internal")]
ON: dict[str, dict[str, Any]] = {
    "SharedCluster": {"pools": [pool("general")]},
    "DedicatedNodePools": {"pools": [pool("general", tenant="red")]},
    "SingleTenantCluster": {"pools": [pool("general")]},
    "DedicatedHosts": {"pools": [pool("general", hosts=1, zone="eu-central-1a")]},
    "ConfidentialCompute": {
        "pools": [pool("general", tenant="red", seal=ENCLAVE)],
        "enclave_plugin": PLUGIN,
    },
}


def on(word: str) -> Plan:
    """The platform with this word in its program, and what its pools need."""
    args = {**COMMON, "tenants": TENANTS, **ON[word]}
    return planned(lambda: getattr(bulkhead, word)("platform", args), assume_applied=True)


PLANS = {word: on(word) for word in ON}


def kept(plan: Plan, word: str) -> dict[str, Resource]:
    """What must stay, by its URN under any pattern's word."""
    return {
        r.urn.replace(f"bulkhead:index:{word}$", "bulkhead:index:*$"): r
        for r in plan.resources
        if r.type.startswith(KEPT) and "sealed" not in r.name
    }


@pytest.mark.parametrize("new", ON)
@pytest.mark.parametrize("old", ON)
def test_keys_stores_and_cluster_stay_when_the_word_changes(old: str, new: str) -> None:
    before, after = kept(PLANS[old], old), kept(PLANS[new], new)
    assert len(before) > 15
    assert before.keys() == after.keys()
    for urn, resource in before.items():
        assert resource.inputs == after[urn].inputs, urn


@pytest.mark.parametrize("word", ON)
def test_every_pattern_answers_to_the_words_of_the_others(word: str) -> None:
    (top,) = [r for r in PLANS[word].resources if r.type == f"bulkhead:index:{word}"]
    aliases = {alias["spec"]["type"] for alias in top.options["aliases"]}
    assert aliases == {f"bulkhead:index:{other}" for other in ON} - {top.type}


def test_a_tenant_that_gets_a_cluster_of_its_own_leaves_its_data_where_it_is() -> None:
    def program(own: bool) -> Any:
        def run() -> None:
            provider = pulumi.ResourceOptions(provider=aws.Provider("aws", region="eu-central-1"))
            found = bulkhead.TierFoundation(
                "foundation",
                {
                    "scope": COMMON["scope"],
                    "tiers": ["internal"],
                    "administrators": COMMON["administrators"],
                },
                provider,
            )
            common = {**COMMON, "foundation": found.shared(), "pools": [pool("general")]}
            stays, moves = tenant("blue", "internal"), tenant("red", "internal")
            shared = [stays] if own else [stays, moves]
            bulkhead.SharedCluster("platform", {**common, "tenants": shared}, provider)
            if own:
                args = {**common, "cidr": "10.30.0.0/16", "tenants": [moves]}
                bulkhead.SingleTenantCluster("red", args, provider)

        return run

    def data(plan: Plan) -> dict[str, Any]:
        return {r.urn: r.inputs for r in plan.resources if r.type.startswith(KEPT[:4])}

    before, after = (planned(program(own), assume_applied=True) for own in (False, True))
    assert len(data(before)) > 10
    assert data(before) == data(after)
    own = [r for r in after.resources if r.type == "aws:eks/cluster:Cluster"]
    assert {r.name for r in own} == {"platform", "red"}

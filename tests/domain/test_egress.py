from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.egress import (
    MOST_DOMAINS,
    OPEN_PLANES,
    check_domain,
    dns_names,
    read_egress,
    resolvable,
)
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.tiers import CATALOGUE, Egress, Tier

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
domains = st.builds(
    lambda parts, top: ".".join([*parts, top]),
    st.lists(labels, min_size=1, max_size=4),
    st.sampled_from(["com", "co", "org", "internal"]),
)


def refusal(found: Any, tier: Tier = Tier.INTERNAL) -> str:
    with pytest.raises(RefusedError) as caught:
        read_egress(found, tier, where="net.egress")
    return str(caught.value)


@pytest.mark.parametrize("tier", Tier)
def test_a_way_out_is_for_tiers_that_may_have_one(tier: Tier) -> None:
    asked = {"training": ["huggingface.co"]}
    if CATALOGUE[tier].egress is Egress.DOMAIN_ALLOWLIST:
        assert read_egress(asked, tier, where="x") == {"training": ("huggingface.co",)}
    else:
        assert refusal(asked, tier) == (
            f"net.egress: the tier reaches nothing but VPC endpoints, got '{tier}'; "
            "allowed: domains for public, internal, confidential"
        )


@pytest.mark.parametrize("tier", Tier)
def test_no_domains_are_no_way_out_for_any_tier(tier: Tier) -> None:
    assert read_egress(None, tier, where="x") == {}


@pytest.mark.parametrize("found", [{}, [], ["huggingface.co"], "huggingface.co", 7])
def test_what_is_no_mapping_of_planes_is_refused(found: Any) -> None:
    assert refusal(found) == (
        f"net.egress: not domains by plane, got {str(found)!r}; "
        'allowed: a mapping like {"training": ["huggingface.co"]}'
    )


@pytest.mark.parametrize("plane", ["model", "nat", "cluster", "Training", "", "all"])
def test_a_plane_that_may_reach_nothing_is_refused(plane: str) -> None:
    assert refusal({plane: ["huggingface.co"]}) == (
        f"net.egress: not a plane that may reach domains, got '{plane}'; "
        "allowed: control, data, inference, training"
    )


@pytest.mark.parametrize("found", [[], "huggingface.co", None, {"a.com": 1}])
def test_a_plane_needs_a_list_of_domains(found: Any) -> None:
    assert refusal({"data": found}).startswith("net.egress.data: not a list of domains")


def test_more_domains_than_a_rule_group_holds_are_refused() -> None:
    many = [f"host-{n}.example.com" for n in range(MOST_DOMAINS + 1)]
    assert "allowed: 1 to 300 of them" in refusal({"data": many})
    assert read_egress({"data": many[1:]}, Tier.PUBLIC, where="x")


@pytest.mark.parametrize(
    "domain",
    [
        *("", "*", ".", "com", ".com", "*.example.com", "example.com.", "Example.com", "a..b"),
        *("https://example.com", "example.com/path", "example.com:443", "10.0.0.1", "-a.com"),
        *("example.com\n", "exa mple.com", "..example.com", "a." * 127 + "com", "exämple.com"),
    ],
)
def test_what_is_no_domain_is_refused(domain: str) -> None:
    assert refusal({"data": [domain]}).startswith("net.egress.data: not a domain, got ")


@pytest.mark.parametrize(
    "domain", [".amazonaws.com", ".s3.amazonaws.com", ".s3.us-east-1.amazonaws.com"]
)
def test_names_that_stand_for_everybodys_buckets_are_refused(domain: str) -> None:
    assert "everybody's buckets" in refusal({"data": [domain]})


@pytest.mark.parametrize("domain", ["iam.amazonaws.com", "amazonaws.com.example.org", ".aws.dev"])
def test_single_names_of_aws_and_names_like_its_own_may_be_listed(domain: str) -> None:
    assert read_egress({"data": [domain]}, Tier.PUBLIC, where="x") == {"data": (domain,)}


@given(domains)
def test_every_domain_is_read_with_and_without_all_beneath(domain: str) -> None:
    assert check_domain(domain, where="x") == domain
    assert check_domain(f".{domain}", where="x") == f".{domain}"
    assert dns_names([domain]) == [domain]
    assert dns_names([f".{domain}"]) == [domain, f"*.{domain}"]


@given(st.text())
def test_any_text_is_a_domain_or_refused(text: str) -> None:
    try:
        check_domain(text, where="x")
    except RefusedError:
        return
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


def test_a_domain_that_stands_twice_counts_once() -> None:
    assert read_egress({"data": ["a.com", "b.com", "a.com"]}, Tier.PUBLIC, where="x") == {
        "data": ("a.com", "b.com")
    }


def test_the_model_plane_is_the_only_one_that_is_never_open() -> None:
    assert [str(plane) for plane in OPEN_PLANES] == ["control", "data", "inference", "training"]


def test_aws_names_are_always_resolved_and_others_only_if_listed() -> None:
    assert resolvable("eu-central-1", [".hf.co"]) == [
        *("*.amazonaws.com", "*.eu-central-1.api.aws", "*.compute.internal", "*.ec2.internal"),
        *("hf.co", "*.hf.co"),
    ]

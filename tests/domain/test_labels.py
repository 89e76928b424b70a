import re
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import REQUIRED_KEYS, Labels, Plane, check_value, read_labels
from bulkhead.domain.tiers import Tier

KUBERNETES_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
KUBERNETES_KEY = re.compile(
    r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"  # DNS subdomain
    r"/([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
)
"""The grammar of k8s.io/apimachinery/pkg/util/validation."""

AWS_TAG = re.compile(r"[\w\s.:/=+\-@]*", re.ASCII)
"""What every AWS service takes in keys and values of tags, ASCII part."""

EXAMPLE: dict[str, Any] = {
    "tenant": "acme",
    "tier": Tier.RESTRICTED,
    "environment": Environment.PROD,
    "plane": Plane.MODEL,
    "owner": "team-ml",
    "cost_center": "cc-42",
    "project": "search",
    "workload": "ranker",
}
WORDS = ["tenant", "owner", "cost_center", "project", "workload"]
OPTIONAL = ["pattern", "pool", "dataset", "model"]

alphanumeric = "abcXYZ0189"
middles = st.text(alphabet=f"{alphanumeric}-_.", max_size=61)
values = st.builds("a{}9".format, middles) | st.sampled_from(alphanumeric)
label_sets = st.builds(
    Labels,
    tenant=values,
    tier=st.sampled_from(Tier),
    environment=st.sampled_from(Environment),
    plane=st.sampled_from(Plane),
    owner=values,
    cost_center=values,
    project=values,
    workload=values,
    **{key: st.none() | values for key in OPTIONAL},
)


def refusal(**changes: object) -> str:
    with pytest.raises(RefusedError) as caught:
        Labels(**(EXAMPLE | changes))
    return str(caught.value)


def test_every_resource_must_say_who_owns_pays_and_how_sensitive_it_is() -> None:
    assert set(REQUIRED_KEYS) == {
        *("tenant", "tier", "environment", "plane"),
        *("owner", "cost-center", "project", "workload"),
    }


def test_labels_are_written_as_tags_and_as_kubernetes_labels() -> None:
    labels = Labels(**EXAMPLE, pool="gpu-a")
    assert labels.tags("acme-models") == {
        "Name": "acme-models",
        "bulkhead:tenant": "acme",
        "bulkhead:tier": "restricted",
        "bulkhead:environment": "prod",
        "bulkhead:plane": "model",
        "bulkhead:owner": "team-ml",
        "bulkhead:cost-center": "cc-42",
        "bulkhead:project": "search",
        "bulkhead:workload": "ranker",
        "bulkhead:pool": "gpu-a",
    }
    assert labels.kubernetes() == {
        "bulkhead.dev/tenant": "acme",
        "bulkhead.dev/tier": "restricted",
        "bulkhead.dev/environment": "prod",
        "bulkhead.dev/plane": "model",
        "bulkhead.dev/owner": "team-ml",
        "bulkhead.dev/cost-center": "cc-42",
        "bulkhead.dev/project": "search",
        "bulkhead.dev/workload": "ranker",
        "bulkhead.dev/pool": "gpu-a",
    }


@given(label_sets)
def test_what_is_written_is_read_back_the_same_from_either_side(labels: Labels) -> None:
    read = read_labels(labels.tags("some name"))
    assert read == read_labels(labels.kubernetes())
    assert read.keys() >= set(REQUIRED_KEYS)
    assert Labels(**{key.replace("-", "_"): value for key, value in read.items()}) == labels  # type: ignore[arg-type]


@given(label_sets)
def test_kubernetes_and_aws_accept_everything_written(labels: Labels) -> None:
    for key, value in labels.kubernetes().items():
        assert KUBERNETES_KEY.fullmatch(key)
        assert len(key.partition("/")[2]) <= 63
        assert value
        assert KUBERNETES_VALUE.fullmatch(value)
        assert len(value) <= 63
    tags = labels.tags("name")
    assert len(tags) <= 50
    for key, value in tags.items():
        assert not key.startswith("aws:")
        assert AWS_TAG.fullmatch(key)
        assert len(key) <= 128
        assert AWS_TAG.fullmatch(value)
        assert len(value) <= 256


@given(st.text(alphabet=f"{alphanumeric}-_. /@é\n", max_size=66) | st.text())
@example("a" * 63)
@example("a" * 64)
@example("a\n")
@example("")
@example("-a")
@example("a.")
@example("a@b.example")
def test_a_value_is_taken_exactly_when_kubernetes_takes_it_and_it_is_not_empty(value: str) -> None:
    if 1 <= len(value) <= 63 and KUBERNETES_VALUE.fullmatch(value):
        check_value(value, where="x")
    else:
        with pytest.raises(RefusedError):
            check_value(value, where="x")


@pytest.mark.parametrize("key", [*WORDS, *OPTIONAL])
@pytest.mark.parametrize("value", ["", "team ml", "a\n"])
def test_an_unusable_value_is_refused_with_its_key(key: str, value: str) -> None:
    assert refusal(**{key: value}) == (
        f"labels.{key.replace('_', '-')}: not a usable label value, got {value!r}; allowed: "
        "1 to 63 letters, digits, '-', '_' and '.', starting and ending with a letter or digit"
    )


@pytest.mark.parametrize("key", WORDS)
def test_a_required_value_can_not_be_left_out_by_none(key: str) -> None:
    sentence = refusal(**{key: None})
    assert sentence.startswith(f"labels.{key.replace('_', '-')}: not a usable label value; ")


def test_a_tier_environment_or_plane_that_does_not_exist_is_refused() -> None:
    assert refusal(tier="secret") == (
        "labels.tier: unknown tier, got 'secret'; "
        "allowed: public, internal, confidential, restricted, regulated"
    )
    assert refusal(environment="production") == (
        "labels.environment: unknown environment, got 'production'; allowed: dev, staging, prod"
    )
    assert refusal(plane="network") == (
        "labels.plane: unknown plane, got 'network'; "
        "allowed: control, data, model, inference, training"
    )


def test_a_tier_given_as_a_word_becomes_the_tier() -> None:
    assert Labels(**(EXAMPLE | {"tier": "public"})).tier is Tier.PUBLIC


@given(label_sets, values)
def test_but_changes_what_it_names_and_nothing_else(labels: Labels, value: str) -> None:
    changed = labels.but(workload=value, dataset=value)
    assert read_labels(changed.tags()) == read_labels(labels.tags()) | {
        "workload": value,
        "dataset": value,
    }


def test_but_refuses_what_the_constructor_refuses() -> None:
    labels = Labels(**EXAMPLE)
    with pytest.raises(RefusedError, match=r"^labels\.tier: unknown tier, got 'secret'"):
        labels.but(tier="secret")
    with pytest.raises(RefusedError, match=r"^labels\.owner: not a usable label value"):
        labels.but(owner="a b")
    with pytest.raises(TypeError, match="tenat"):
        labels.but(tenat="acme")


def test_tags_have_a_name_only_when_one_is_given() -> None:
    assert "Name" not in Labels(**EXAMPLE).tags()


def test_reading_leaves_out_foreign_keys_and_values_unknown_at_preview() -> None:
    found = {
        "bulkhead:tenant": "acme",
        "bulkhead.dev/tier": "public",
        "bulkhead:owner": object(),
        "bulkhead:project": None,
        "Name": "x",
        "tenant": "other",
        "xbulkhead:plane": "data",
        "app.kubernetes.io/name": "web",
    }
    assert read_labels(found) == {"tenant": "acme", "tier": "public"}

"""A version without a card, approval or future is not served (INF-5, MOD-1 to MOD-3)."""

import datetime
from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import Image
from bulkhead.domain.models import ModelCard, Status, check_registry

TODAY = datetime.date(2026, 11, 29)
REGISTRY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/dev/internal"
OWN = f"{REGISTRY}/acme"
DIGEST = f"sha256:{'ab' * 32}"
CARD = ModelCard(
    name="llama-3.1-8b",
    version="3.1.0",
    artifact=Image(f"{OWN}/models/llama", "", DIGEST),
    owner="team-ml",
    status=Status.APPROVED,
    submitted_by="jo@example.com",
    approved_by="kim@example.com",
    retires=TODAY,
    datasets=("tickets@2026-08", "faq@12"),
)


def check(card: ModelCard) -> ModelCard:
    return card.check(registries=[OWN, f"{REGISTRY}/platform"], today=TODAY, where="model")


def test_an_approved_version_is_served_to_the_end_of_its_last_day() -> None:
    assert check(CARD) is CARD
    assert check(replace(CARD, status=Status.PRODUCTION)).digest == DIGEST


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"status": Status.CANDIDATE},
            "model.status: a version that is not approved is not served, got 'candidate'; allowed: "
            "approved, production",
        ),
        (
            {"status": Status.RETIRED},
            "model.status: a version that is not approved is not served, got 'retired'; allowed: "
            "approved, production",
        ),
        (
            {"retires": TODAY - datetime.timedelta(days=1)},
            "model.retires: the version is retired, got 'llama-3.1-8b 3.1.0 since 2026-11-28'; "
            "allowed: a version whose last day has not passed",
        ),
        (
            {"approved_by": "JO@example.com"},
            "model.approved_by: who submits a version does not approve it, got 'JO@example.com'; "
            "allowed: somebody else",
        ),
        (
            {"approved_by": " "},
            "model.approved_by: nobody is named, got ' '; allowed: a person, team or record: "
            "letters, digits and ._@+/-",
        ),
        (
            {"artifact": Image(f"{OWN}-evil/llama", "", DIGEST)},
            f"model.artifact: an image of no registry of the tenant, got '{OWN}-evil/llama'; "
            f"allowed: {OWN}, {REGISTRY}/platform",
        ),
        (
            {"name": "Meta/Llama"},
            "model.name: not a usable model name, got 'Meta/Llama'; allowed: 1 to 63 lower-case "
            "letters, digits, '-' and '.', starting and ending with a letter or digit",
        ),
        (
            {"datasets": ()},
            "model.datasets: nobody knows what the model was trained on; allowed: one dataset or "
            "more, <dataset>@<version>",
        ),
    ],
)
def test_another_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(RefusedError) as refused:
        check(replace(CARD, **changes))
    assert str(refused.value) == sentence


@pytest.mark.parametrize("dataset", ["tickets", "tickets@", "@2026", "tickets @1", "a@b@c"])
def test_a_dataset_has_a_name_and_a_version(dataset: str) -> None:
    with pytest.raises(RefusedError, match=r"model\.datasets"):
        check(replace(CARD, datasets=(dataset,)))


@pytest.mark.parametrize("key", ["version", "owner"])
def test_a_card_is_whole(key: str) -> None:
    with pytest.raises(RefusedError, match=rf"model\.{key}"):
        check(replace(CARD, **{key: ""}))


def test_the_card_tells_what_a_record_is_joined_by() -> None:
    assert CARD.annotations() == {
        "bulkhead.dev/model-version": "3.1.0",
        "bulkhead.dev/model-digest": DIGEST,
        "bulkhead.dev/model-approval": "kim@example.com",
        "bulkhead.dev/model-owner": "team-ml",
        "bulkhead.dev/model-retires": "2026-11-29",
        "bulkhead.dev/dataset-versions": "tickets@2026-08 faq@12",
    }


@pytest.mark.parametrize("repository", [OWN, f"{OWN}/a/b"])
def test_a_registry_is_itself_and_what_is_below(repository: str) -> None:
    image = Image(repository, "", DIGEST)
    assert check_registry(image, [OWN], where="image") is image

import json
from typing import Any

import pytest

from bulkhead import ImageRegistry
from bulkhead.preview.plan import Plan
from tests.foundation.samples import KEY, one, planned, refusal, scope

REPOSITORY = "aws:ecr/repository:Repository"
SCANNING = "aws:ecr/registryScanningConfiguration:RegistryScanningConfiguration"


def arguments(**changes: Any) -> Any:
    told = {"scope": scope(environment="prod"), "tier": "confidential", "key_arn": KEY}
    return {**told, "repositories": ["vllm", "gateway/processor"], **changes}


def registry(**changes: Any) -> Plan:
    args = arguments(**changes)
    return planned(lambda: ImageRegistry("images", args))


def test_repositories_are_named_by_their_partition_and_hold_what_can_not_be_replaced() -> None:
    made = {r.inputs["name"]: r for r in registry().of_type(REPOSITORY)}
    assert set(made) == {"prod/confidential/vllm", "prod/confidential/gateway/processor"}
    for repository in made.values():
        assert repository.inputs["imageTagMutability"] == "IMMUTABLE"
        assert repository.inputs["imageScanningConfiguration"] == {"scanOnPush": True}
        assert repository.inputs["encryptionConfigurations"] == [
            {"encryptionType": "KMS", "kmsKey": KEY}
        ]
        assert repository.inputs["forceDelete"] is False
        assert repository.options["protect"] is True
        assert repository.inputs["tags"]["bulkhead:tier"] == "confidential"


def test_only_images_without_a_tag_go_by_themselves() -> None:
    token = "aws:ecr/lifecyclePolicy:LifecyclePolicy"  # noqa: S105 - a type
    for policy in registry().of_type(token):
        [rule] = json.loads(policy.inputs["policy"])["rules"]
        assert rule["selection"] == {
            "tagStatus": "untagged",
            "countType": "sinceImagePushed",
            "countUnit": "days",
            "countNumber": 14,
        }


def test_the_accounts_scanning_is_left_alone_unless_it_is_asked_for() -> None:
    assert list(registry().of_type(SCANNING)) == []
    scanning = one(registry(enhanced_scanning=True), SCANNING).inputs
    assert scanning["scanType"] == "ENHANCED"
    [rule] = scanning["rules"]
    assert rule["scanFrequency"] == "CONTINUOUS_SCAN"


@pytest.mark.parametrize(
    ("repositories", "sentence"),
    [
        ([], "images.repositories: a repository is needed"),
        (["VLLM"], "images.repositories: not the name of a repository, got 'VLLM'"),
        (["a//b"], "images.repositories: not the name of a repository, got 'a//b'"),
        (["../prod"], "images.repositories: not the name of a repository, got '../prod'"),
        (["x" * 201], "images.repositories: not the name of a repository"),
        (["a/b", "a-b"], "images.repositories: two repositories of one name, got 'a/b, a-b'"),
        ("vllm", "images.repositories: a value of the wrong type, got 'vllm'"),
    ],
)
def test_names_that_ecr_does_not_take_are_refused(repositories: Any, sentence: str) -> None:
    args = arguments(repositories=repositories)
    assert refusal(lambda: ImageRegistry("images", args)).startswith(sentence)

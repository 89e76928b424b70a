"""The rotation function against Secrets Manager (KEY-4)."""

import contextlib
import itertools
import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import moto.awslambda.utils
import pytest
from botocore.stub import Stubber
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.secretsmanager.models import secretsmanager_backends

from bulkhead.foundation.handlers import rotation
from bulkhead.foundation.handlers.rotation import GENERATORS, SHAPES, RotationError, handler

REGION = "eu-central-1"
FUNCTION = f"arn:aws:lambda:{REGION}:{DEFAULT_ACCOUNT_ID}:function:dev-rotation"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
FIRST = "bk_" + "0" * 43


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What the cache was told; moto does not know users' passwords."""
    calls: list[dict[str, Any]] = []
    make = boto3.client

    class Cache:
        def modify_user(self, **given: Any) -> None:
            calls.append(given)

    monkeypatch.setattr(
        rotation.boto3,
        "client",
        lambda service: Cache() if service == "elasticache" else make(service),
    )
    return calls


@pytest.fixture
def client() -> Any:
    return boto3.client("secretsmanager")


def made(client: Any, kind: str = "api-key", value: str | None = FIRST) -> str:
    """The ARN of a new secret."""
    given = {"SecretString": value} if value else {}
    tags = [
        {"Key": "bulkhead:secret-kind", "Value": kind},
        {"Key": "bulkhead:cache-user", "Value": "dev-internal-counters"},
    ]
    arn: str = client.create_secret(Name=f"bulkhead/dev/{kind}", Tags=tags, **given)["ARN"]
    return arn


def begun(client: Any, arn: str) -> str:
    """Begin a rotation: the ID of the version that waits for its value."""
    token = str(uuid.uuid4())
    held = secretsmanager_backends[DEFAULT_ACCOUNT_ID][REGION].secrets[arn]
    held.versions[token] = {"version_id": token, "version_stages": ["AWSPENDING"], "createdate": 0}
    held.rotation_enabled = held.rotation_requested = True
    return token


def step(name: str, arn: str, token: str) -> None:
    handler({"Step": name, "SecretId": arn, "ClientRequestToken": token}, None)


def value(client: Any, arn: str, stage: str = "AWSCURRENT") -> str:
    found: str = client.get_secret_value(SecretId=arn, VersionStage=stage)["SecretString"]
    return found


def stages(client: Any, arn: str) -> dict[str, set[str]]:
    versions = client.describe_secret(SecretId=arn)["VersionIdsToStages"]
    return {version: set(labels) for version, labels in versions.items()}


@pytest.mark.parametrize("kind", GENERATORS)
def test_a_rotation_replaces_the_value_and_keeps_the_old_one_as_previous(
    client: Any, kind: str
) -> None:
    arn = made(client, kind, "old")
    token = begun(client, arn)
    for name in STEPS:
        step(name, arn, token)
    new = value(client, arn)
    assert re.fullmatch(SHAPES[kind], new)
    assert value(client, arn, "AWSPREVIOUS") == "old"
    assert "AWSCURRENT" in stages(client, arn)[token]


def test_a_cache_takes_the_new_password_beside_the_old(
    client: Any, told: list[dict[str, Any]]
) -> None:
    arn = made(client, "cache-user", "gateway-counters:old")
    token = begun(client, arn)
    for name in STEPS:
        step(name, arn, token)
    _, _, new = value(client, arn).partition(":")
    assert told == [
        {
            "UserId": "dev-internal-counters",
            "AuthenticationMode": {"Type": "password", "Passwords": [new, "old"]},
        }
    ]


def test_a_cache_takes_the_first_password_alone(client: Any, told: list[dict[str, Any]]) -> None:
    arn = made(client, "cache-user", None)
    token = begun(client, arn)
    for name in STEPS[:2]:
        step(name, arn, token)
    (call,) = told
    assert len(call["AuthenticationMode"]["Passwords"]) == 1


@pytest.mark.parametrize("kind", [kind for kind in GENERATORS if kind != "cache-user"])
def test_nobody_is_told_of_other_kinds(client: Any, told: list[dict[str, Any]], kind: str) -> None:
    arn = made(client, kind, "old")
    token = begun(client, arn)
    for name in STEPS:
        step(name, arn, token)
    assert told == []


@pytest.mark.parametrize("lost", STEPS)
def test_a_step_whose_answer_was_lost_may_be_done_again(client: Any, lost: str) -> None:
    arn = made(client)
    token = begun(client, arn)
    for name in STEPS:
        step(name, arn, token)
        made_once = client.get_secret_value(SecretId=arn, VersionId=token)["SecretString"]
        if name == lost:
            step(name, arn, token)
        again = client.get_secret_value(SecretId=arn, VersionId=token)["SecretString"]
        assert again == made_once
    assert value(client, arn) == made_once
    assert value(client, arn, "AWSPREVIOUS") == FIRST


def test_a_whole_rotation_may_be_repeated_when_it_was_done(client: Any) -> None:
    arn = made(client)
    token = begun(client, arn)
    for name in STEPS * 2:
        step(name, arn, token)
    assert value(client, arn, "AWSPREVIOUS") == FIRST


def test_secrets_manager_itself_runs_the_steps(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    class Lambda:
        def get_function(self, _arn: str) -> None:
            """The function exists."""

        def invoke(self, _arn: str, body: str, **_rest: object) -> None:
            event = json.loads(body)
            seen.append(event["Step"])
            handler(event, None)

    monkeypatch.setattr(moto.awslambda.utils, "get_backend", lambda *_: Lambda())
    arn = made(client)
    client.rotate_secret(
        SecretId=arn, RotationLambdaARN=FUNCTION, RotationRules={"AutomaticallyAfterDays": 30}
    )
    assert tuple(seen) == STEPS
    assert value(client, arn) != FIRST


def test_the_first_rotation_makes_the_first_value(client: Any) -> None:
    arn = made(client, value=None)
    token = begun(client, arn)
    for name in STEPS[:3]:
        step(name, arn, token)
    assert re.fullmatch(SHAPES["api-key"], value(client, arn, "AWSPENDING"))


def answering(monkeypatch: pytest.MonkeyPatch, arn: str, token: str) -> Stubber:
    """A stubbed client whose secret has one version, which waits."""
    stubbed = boto3.client("secretsmanager")
    monkeypatch.setattr(rotation.boto3, "client", lambda _name: stubbed)
    stub = Stubber(stubbed)
    stub.add_response(
        "describe_secret",
        {
            "ARN": arn,
            "RotationEnabled": True,
            "Tags": [{"Key": "bulkhead:secret-kind", "Value": "api-key"}],
            "VersionIdsToStages": {token: ["AWSPENDING"]},
        },
    )
    return stub


def test_the_first_rotation_ends_though_no_version_was_current(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token, arn = str(uuid.uuid4()), f"arn:aws:secretsmanager:{REGION}:1:secret:x-abcdef"
    with answering(monkeypatch, arn, token) as stub:
        stub.add_response(
            "update_secret_version_stage",
            {},
            {"SecretId": arn, "VersionStage": "AWSCURRENT", "MoveToVersionId": token},
        )
        step("finishSecret", arn, token)
        stub.assert_no_pending_responses()


def test_an_error_of_aws_is_not_taken_for_a_missing_value(monkeypatch: pytest.MonkeyPatch) -> None:
    token, arn = str(uuid.uuid4()), f"arn:aws:secretsmanager:{REGION}:1:secret:x-abcdef"
    with answering(monkeypatch, arn, token) as stub:
        stub.add_client_error("get_secret_value", "AccessDeniedException")
        with pytest.raises(rotation.ClientError, match="AccessDenied"):
            step("createSecret", arn, token)


@pytest.mark.parametrize(
    ("answer", "raised"), [("ResourceExistsException", False), ("AccessDeniedException", True)]
)
def test_a_value_that_another_try_wrote_meanwhile_stays(
    monkeypatch: pytest.MonkeyPatch, answer: str, raised: bool
) -> None:
    token, arn = str(uuid.uuid4()), f"arn:aws:secretsmanager:{REGION}:1:secret:x-abcdef"
    with answering(monkeypatch, arn, token) as stub:
        stub.add_client_error("get_secret_value", "ResourceNotFoundException")
        stub.add_client_error("put_secret_value", answer)
        with pytest.raises(rotation.ClientError) if raised else contextlib.nullcontext():
            step("createSecret", arn, token)
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("name", STEPS)
def test_a_version_of_no_such_token_is_refused(client: Any, name: str) -> None:
    arn = made(client)
    begun(client, arn)
    with pytest.raises(RotationError, match="has no version"):
        step(name, arn, str(uuid.uuid4()))
    assert value(client, arn) == FIRST


@pytest.mark.parametrize("name", STEPS)
def test_a_version_that_is_not_pending_is_refused(client: Any, name: str) -> None:
    arn = made(client)
    token = begun(client, arn)
    step("createSecret", arn, token)
    for move in ({"RemoveFromVersionId": token}, {"MoveToVersionId": token}):
        label = "AWSPENDING" if "RemoveFromVersionId" in move else "OTHER"
        client.update_secret_version_stage(SecretId=arn, VersionStage=label, **move)
    with pytest.raises(RotationError, match="is not pending"):
        step(name, arn, token)
    assert value(client, arn) == FIRST


def test_a_secret_that_does_not_rotate_is_refused(client: Any) -> None:
    arn = made(client)
    token = begun(client, arn)
    secretsmanager_backends[DEFAULT_ACCOUNT_ID][REGION].secrets[arn].rotation_enabled = False
    with pytest.raises(RotationError, match="does not rotate"):
        step("createSecret", arn, token)


@pytest.mark.parametrize("kind", ["", "certificate"])
def test_an_unknown_kind_is_refused(client: Any, kind: str) -> None:
    arn = made(client, kind)
    token = begun(client, arn)
    with pytest.raises(RotationError, match="allowed: api-key, password, signing-secret"):
        step("createSecret", arn, token)


def test_an_unknown_step_is_refused(client: Any) -> None:
    arn = made(client)
    with pytest.raises(RotationError, match="unknown step 'deleteSecret'; there are createSecret"):
        step("deleteSecret", arn, begun(client, arn))


@pytest.mark.parametrize(
    ("bad", "why"),
    [("", "has no value"), ("hunter2", "is no api-key"), (FIRST, "is the value that it replaces")],
)
def test_a_bad_new_value_does_not_pass_the_test(client: Any, bad: str, why: str) -> None:
    arn = made(client)
    token = begun(client, arn)
    if bad:
        client.put_secret_value(
            SecretId=arn, ClientRequestToken=token, SecretString=bad, VersionStages=["AWSPENDING"]
        )
    with pytest.raises(RotationError, match=why):
        step("testSecret", arn, token)


@pytest.mark.parametrize("kind", GENERATORS)
def test_no_value_is_logged_nor_told_in_an_error(
    client: Any, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arn = made(client, kind, "old-value")
    token = begun(client, arn)
    for name in STEPS:
        step(name, arn, token)
    other = begun(client, arn)
    client.put_secret_value(
        SecretId=arn,
        ClientRequestToken=other,
        SecretString=value(client, arn),
        VersionStages=["AWSPENDING"],
    )
    with pytest.raises(RotationError) as error:
        step("testSecret", arn, other)
    written = capsys.readouterr()
    told = written.out + written.err + str(error.value)
    for each in ("old-value", value(client, arn)):
        assert each not in told
    lines = [json.loads(line) for line in written.out.splitlines()]
    assert [(line["step"], line["outcome"]) for line in lines] == [
        ("createSecret", "created"),
        ("setSecret", "set" if kind == "cache-user" else "nothing to set"),
        ("testSecret", "tested"),
        ("finishSecret", "finished"),
    ]


@pytest.mark.parametrize("kind", GENERATORS)
def test_values_are_of_their_shape_and_never_the_same(kind: str) -> None:
    values = [GENERATORS[kind]() for _ in range(200)]
    assert all(re.fullmatch(SHAPES[kind], each) for each in values)
    assert all(one != other for one, other in itertools.combinations(values, 2))

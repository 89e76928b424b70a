"""Rotates secrets that nobody has to know: API keys, passwords and signing secrets (KEY-4).

Only the users of a cache must be told to the service that checks them, Amazon ElastiCache.

Secrets Manager calls the four steps in order, and any of them again when it failed or its answer
was lost (AWS Secrets Manager User Guide, "Lambda rotation functions"). Each step looks at what is
there and does only what is missing. A secret's first value is made by its first rotation, so that
no program and no state file ever held it. Values are never logged nor put into errors.
"""

import json
import re
import secrets
import string
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

CURRENT, PENDING = "AWSCURRENT", "AWSPENDING"

KIND_TAG = "bulkhead:secret-kind"
"""The secret's tag that says what to generate."""

CACHE_TAG = "bulkhead:cache-user"
"""The secret's tag that names the ElastiCache user whose password it holds."""

CACHE_USER, CACHE_USER_NAME = "cache-user", "gateway-counters"
"""The kind of such a secret, and the name with which it signs in."""

PASSWORD_ALPHABET = string.ascii_letters + string.digits + "-._~!*+"
"""What a password is made of: nothing that a shell, a URL or a quoted string changes."""

GENERATORS: dict[str, Callable[[], str]] = {
    "api-key": lambda: f"bk_{secrets.token_urlsafe(32)}",
    "password": lambda: "".join(secrets.choice(PASSWORD_ALPHABET) for _ in range(40)),
    "signing-secret": lambda: secrets.token_hex(64),
    CACHE_USER: lambda: f"{CACHE_USER_NAME}:{secrets.token_hex(32)}",
}
"""How a value of each kind is made, from 256 bits or more of the system's own randomness. API keys
begin alike, so that scanners find leaked ones."""

SHAPES = {
    "api-key": r"bk_[A-Za-z0-9_-]{43}",
    "password": rf"[{re.escape(PASSWORD_ALPHABET)}]{{40}}",
    "signing-secret": r"[0-9a-f]{128}",
    CACHE_USER: rf"{CACHE_USER_NAME}:[0-9a-f]{{64}}",
}
"""What a value of each kind looks like."""


class RotationError(Exception):
    """A rotation that must not go on; the message holds no value."""


def handler(event: dict[str, Any], _context: object) -> None:
    """Do one step.

    ``event`` has ``Step``, ``SecretId`` (an ARN) and ``ClientRequestToken`` (the new version's ID).

    Raises:
        RotationError: the secret does not rotate, the version is none of its or not pending, its
            kind or the step is unknown, or the new value is not a good one.
    """
    step, arn, token = event["Step"], event["SecretId"], event["ClientRequestToken"]
    client = boto3.client("secretsmanager")
    found = client.describe_secret(SecretId=arn)
    if not found.get("RotationEnabled"):
        raise RotationError(f"{arn} does not rotate")
    versions = found.get("VersionIdsToStages", {})
    if token not in versions:
        raise RotationError(f"{arn} has no version {token}")
    if CURRENT in versions[token]:
        return _tell("already current", step, arn, token)
    if PENDING not in versions[token]:
        raise RotationError(f"version {token} of {arn} is not pending")
    steps = {
        "createSecret": _create,
        "setSecret": _set,
        "testSecret": _test,
        "finishSecret": _finish,
    }
    if step not in steps:
        raise RotationError(f"unknown step {step!r}; there are {', '.join(steps)}")
    return _tell(steps[step](client, found, token), step, arn, token)


def _create(client: Any, found: dict[str, Any], token: str) -> str:
    """Generate the new value, unless an earlier try did."""
    if _value(client, found, token, PENDING) is not None:
        return "already created"
    value = GENERATORS[_kind(found)]()
    try:
        client.put_secret_value(
            SecretId=found["ARN"],
            ClientRequestToken=token,
            SecretString=value,
            VersionStages=[PENDING],
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceExistsException":
            raise
        return "created meanwhile"
    return "created"


def _set(client: Any, found: dict[str, Any], token: str) -> str:
    """Tell a cache its user's new password, beside the old one until the next rotation.

    Of other kinds nobody is told: who presents the secret and who checks it both read it from here.
    """
    if _kind(found) != CACHE_USER:
        return "nothing to set"
    held = [
        _value(client, found, token, PENDING),
        _value(client, found, _current(found), CURRENT) if _current(found) else None,
    ]
    boto3.client("elasticache").modify_user(
        UserId=_tag(found, CACHE_TAG),
        AuthenticationMode={
            "Type": "password",
            "Passwords": [value.partition(":")[2] for value in held if value],
        },
    )
    return "set"


def _test(client: Any, found: dict[str, Any], token: str) -> str:
    """Refuse a value that is missing, of another kind, or the old one."""
    value = _value(client, found, token, PENDING)
    if value is None:
        raise RotationError(f"version {token} of {found['ARN']} has no value")
    if re.fullmatch(SHAPES[_kind(found)], value) is None:
        raise RotationError(f"version {token} of {found['ARN']} is no {_kind(found)}")
    current = _current(found)
    if current not in {None, token} and value == _value(client, found, current, CURRENT):
        raise RotationError(f"version {token} of {found['ARN']} is the value that it replaces")
    return "tested"


def _finish(client: Any, found: dict[str, Any], token: str) -> str:
    """Make the new version the current one; the old becomes the previous one."""
    current = _current(found)
    if current == token:
        return "already current"
    replaced = {"RemoveFromVersionId": current} if current else {}
    client.update_secret_version_stage(
        SecretId=found["ARN"], VersionStage=CURRENT, MoveToVersionId=token, **replaced
    )
    return "finished"


def _tag(found: dict[str, Any], key: str) -> str:
    tags: dict[str, str] = {tag["Key"]: tag["Value"] for tag in found.get("Tags", [])}
    return tags.get(key, "")


def _kind(found: dict[str, Any]) -> str:
    kind = _tag(found, KIND_TAG)
    if kind not in GENERATORS:
        raise RotationError(
            f"{found['ARN']} has tag {KIND_TAG}={kind!r}; allowed: {', '.join(GENERATORS)}"
        )
    return kind


def _current(found: dict[str, Any]) -> str | None:
    versions = found.get("VersionIdsToStages", {})
    return next((version for version, stages in versions.items() if CURRENT in stages), None)


def _value(client: Any, found: dict[str, Any], version: str | None, stage: str) -> str | None:
    """The value of a version, None if it has none yet."""
    try:
        answer = client.get_secret_value(
            SecretId=found["ARN"], VersionId=version, VersionStage=stage
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return None
    value: str | None = answer.get("SecretString")
    return value


def _tell(outcome: str, step: str, arn: str, token: str) -> None:
    """Log what was done, as a line of JSON."""
    line = {"outcome": outcome, "step": step, "secret": arn, "version": token}
    print(json.dumps(line))  # noqa: T201 - what a function prints is its log

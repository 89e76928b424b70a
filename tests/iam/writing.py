"""Short hand for policies, principals and requests in tests."""

from collections.abc import Callable
from typing import Any

from tests.iam.model import Decision, Policy, Principal, Request, World

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BUCKET = "arn:aws:s3:::prod-datasets"
OBJECT = f"{BUCKET}/part-0"


def statement(effect: str, actions: str | list[str], /, **elements: Any) -> dict[str, Any]:
    """A statement on all resources, unless told otherwise; no element where None is given.

    ``principal`` may be an ARN; conditions are given as ``condition``.
    """
    named = {key.title().replace("_", ""): value for key, value in elements.items()}
    for key in ("Principal", "NotPrincipal"):
        if isinstance(named.get(key), str) and named[key] != "*":
            named[key] = {"AWS": named[key]}
    plain: dict[str, Any] = {"Effect": effect, "Action": actions}
    if "NotAction" in named:
        del plain["Action"]
    if "NotResource" not in named:
        plain["Resource"] = "*"
    return {key: value for key, value in {**plain, **named}.items() if value is not None}


def allow(actions: str | list[str] = "*", /, **elements: Any) -> dict[str, Any]:
    """A statement that allows."""
    return statement("Allow", actions, **elements)


def deny(actions: str | list[str] = "*", /, **elements: Any) -> dict[str, Any]:
    """A statement that denies."""
    return statement("Deny", actions, **elements)


def policy(*statements: dict[str, Any], name: str = "policy") -> Policy:
    """A policy of today's version."""
    return Policy(name, {"Version": "2012-10-17", "Statement": list(statements)})


def role(
    name: str, *statements: dict[str, Any], account: str = ACCOUNT, **traits: Any
) -> Principal:
    """A role with one policy."""
    policies = (policy(*statements, name=f"{name}-policy"),) if statements else ()
    arn = f"arn:aws:iam::{account}:role/{name}"
    return Principal(arn, identity_policies=policies, **traits)


Decide = Callable[[Request, World], Decision]

NOWHERE = World(account=ACCOUNT)
DELEGATION = allow("kms:*", sid="Delegation", principal=ROOT)


def world(**parts: Any) -> World:
    """A world of the usual account."""
    return World(account=ACCOUNT, **parts)


def with_key(*statements: dict[str, Any], **parts: Any) -> World:
    """A world with one KMS key."""
    return world(resource_policies={KEY: policy(*statements, name="key")}, **parts)


def with_bucket(*statements: dict[str, Any], **parts: Any) -> World:
    """A world with one bucket."""
    return world(resource_policies={BUCKET: policy(*statements, name="bucket")}, **parts)


def decrypt(principal: Principal, **context: Any) -> Request:
    """A request to decrypt, with condition keys whose colons are written as two underscores."""
    return Request(principal, "kms:Decrypt", KEY, _context(context))


def read(principal: Principal, **context: Any) -> Request:
    """A request to read an object."""
    return Request(principal, "s3:GetObject", OBJECT, _context(context))


def _context(context: dict[str, Any]) -> dict[str, Any]:
    return {key.replace("__", ":"): value for key, value in context.items()}


def when(operator: str, key: str, value: Any) -> dict[str, Any]:
    """A condition."""
    return {operator: {key: value}}


READER = role("reader", allow("s3:GetObject", sid="Read"))
DECRYPTER = role("decrypter", allow("kms:*", sid="Keys"))

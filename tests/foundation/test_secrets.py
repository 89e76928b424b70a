"""Secrets and what rotates them (KEY-4)."""

import inspect
import json
from typing import Any

import pytest

from bulkhead import PartitionSecrets
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.foundation.handlers import rotation
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ACCOUNT, KEY, REGION, one, planned, refusal, scope, strings

SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type
ROTATION = "aws:secretsmanager/secretRotation:SecretRotation"
POLICY = "aws:secretsmanager/secretPolicy:SecretPolicy"
FUNCTION, PERMISSION = "aws:lambda/function:Function", "aws:lambda/permission:Permission"
LOG_KEY = KEY.replace("1", "2")


def token(**changes: Any) -> dict[str, Any]:
    return {"name": "gateway-token", "kind": "api-key", "tenant": "acme", **changes}


def arguments(*secrets: Any, tier: str = "confidential", environment: str = "prod") -> Any:
    return {
        "scope": scope(environment=environment),
        "tier": tier,
        "key_arn": KEY,
        "log_key_arn": LOG_KEY,
        "secrets": list(secrets) or [token()],
    }


def made(*secrets: Any, **place: str) -> Plan:
    return planned(
        lambda: PartitionSecrets("secrets", arguments(*secrets, **place)),
        assume_applied=True,
        config={"aws:region": REGION},
    )


@pytest.mark.parametrize("environment", ["dev", "prod"])
@pytest.mark.parametrize("tier", Tier)
def test_a_secret_is_kept_and_rotated_as_its_tier_asks(tier: Tier, environment: str) -> None:
    plan = made(tier=tier, environment=environment)
    secret, rotating = one(plan, SECRET), one(plan, ROTATION).inputs
    rules = CATALOGUE[tier].secrets
    assert secret.inputs["name"] == f"bulkhead/{environment}/{tier}/acme/gateway-token"
    assert secret.inputs["kmsKeyId"] == KEY
    assert secret.inputs["recoveryWindowInDays"] == rules.recovery_days
    assert secret.inputs["tags"]["bulkhead:tenant"] == "acme"
    assert secret.inputs["tags"]["bulkhead:secret-kind"] == "api-key"
    assert secret.options["protect"] is (environment == "prod")
    assert rotating["rotationRules"] == {"automaticallyAfterDays": rules.rotation_days}
    assert rotating["rotateImmediately"] is True


def test_no_program_holds_a_value() -> None:
    plan = made()
    assert not list(plan.of_type("aws:secretsmanager/secretVersion:SecretVersion"))
    assert "secretString" not in {key for r in plan.resources for key in strings(r.inputs)}


def test_the_first_value_waits_for_the_fence_and_for_the_function_to_be_callable() -> None:
    plan = made()
    waits = set(one(plan, ROTATION).dependencies)
    needed = {PERMISSION, POLICY}
    assert one(plan, POLICY).inputs["blockPublicPolicy"] is True
    assert {one(plan, token).urn for token in needed} <= waits


def test_one_function_rotates_all_of_a_partition_for_secrets_manager_of_the_account_alone() -> None:
    plan = made(token(), token(name="system-prompt", kind="password", tenant=None))
    function, permission = one(plan, FUNCTION).inputs, one(plan, PERMISSION).inputs
    assert permission["function"] == function["name"] == "prod-confidential-secret-rotation"
    assert permission["principal"] == "secretsmanager.amazonaws.com"
    assert permission["sourceAccount"] == ACCOUNT
    arns = {each.inputs["rotationLambdaArn"] for each in plan.of_type(ROTATION)}
    assert arns == {f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function['name']}"}
    names = {
        secret.inputs["name"].rpartition("confidential/")[2] for secret in plan.of_type(SECRET)
    }
    assert names == {"acme/gateway-token", "platform/system-prompt"}


def test_the_function_is_the_tested_handler_and_logs_to_an_encrypted_group() -> None:
    plan = made()
    function, group = (
        one(plan, FUNCTION).inputs,
        one(plan, "aws:cloudwatch/logGroup:LogGroup").inputs,
    )
    source = next(text for text in strings(function["code"]) if "def handler" in text)
    assert source == inspect.getsource(rotation)
    assert function["handler"] == f"rotation.{rotation.handler.__name__}"
    assert group["kmsKeyId"] == LOG_KEY
    assert function["loggingConfig"]["logGroup"] == group["name"]


def test_the_functions_role_reaches_only_secrets_that_name_it_and_their_key() -> None:
    plan = made()
    document = json.loads(one(plan, "aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    rotate, key, log = document["Statement"]
    assert rotate["Resource"].endswith(":secret:bulkhead/prod/confidential/*/*")
    assert rotate["Condition"]["StringEquals"] == {
        "secretsmanager:resource/AllowRotationLambdaArn": one(plan, ROTATION).inputs[
            "rotationLambdaArn"
        ]
    }
    assert key["Condition"]["ForAnyValue:StringEquals"] == {
        "kms:ResourceAliases": "alias/bulkhead/prod/confidential/secret"
    }
    assert log["Resource"].endswith(":log-group:/bulkhead/prod/confidential-secret-rotation:*")


@pytest.mark.parametrize(
    ("secrets", "sentence"),
    [
        (
            [token(rotation_days=91)],
            "secrets.secrets[0].rotation_days: a rotation later than the tier's, got '91'; "
            "allowed: 1 to 90 days for secrets of tier confidential",
        ),
        (
            [token(kind="certificate")],
            "secrets.secrets[0].kind: unknown secret kind, got 'certificate'; "
            "allowed: api-key, password, signing-secret",
        ),
        (
            [token(), token()],
            "secrets.secrets[1]: a secret stands twice, got 'acme/gateway-token'",
        ),
        (
            [token(value="x")],
            "secrets.secrets[0]: unknown argument, got 'value'; "
            "allowed: kind, name, rotation_days, tenant",
        ),
        (
            [token(tenant="Acme")],
            "secrets.secrets[0].tenant: not a usable name, got 'Acme'; allowed: 1 to 40 lower-case "
            "letters, digits and hyphens, starting with a letter",
        ),
    ],
)
def test_a_secret_that_can_not_be_is_refused(secrets: list[Any], sentence: str) -> None:
    assert refusal(lambda: PartitionSecrets("secrets", arguments(*secrets))) == sentence


def test_no_secret_is_refused() -> None:
    args = {**arguments(), "secrets": []}
    assert refusal(lambda: PartitionSecrets("secrets", args)) == (
        "secrets.secrets: no secret; allowed: at least one"
    )

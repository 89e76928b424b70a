"""Who may count in the gateway's store: one user, with a password that rotation makes."""

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from bulkhead.domain.labels import PLATFORM, Plane
from bulkhead.domain.secrets import CACHE_TAG, CACHE_USER, CACHE_USER_NAME, secret_name
from bulkhead.domain.tiers import CATALOGUE
from bulkhead.foundation import arns
from bulkhead.foundation.documents import Statement, render
from bulkhead.foundation.rotation import function_arn, make_rotation
from bulkhead.foundation.secrets import KIND_TAG
from bulkhead.foundation.store_arguments import Placed
from bulkhead.foundation.store_policies import secret_policy

ENGINE = "valkey"

COUNTING = "on ~* -@all +incrby +expire +get +ping"
"""What the service that counts may do, the only four commands that it knows: nobody who takes its
password empties the counters or lists their names."""


def make_user(name: str, place: Placed, opts: pulumi.ResourceOptions) -> "aws.elasticache.User":
    """Register the user.

    A user must have a password from the start. That one is thrown away: rotation makes the first
    that anybody uses, and the program leaves it alone.
    """
    thrown_away = random.RandomPassword(f"{name}-first", length=64, special=False, opts=opts)
    left_alone = pulumi.ResourceOptions(ignore_changes=["authenticationMode"])
    return aws.elasticache.User(
        name,
        user_id=place.physical,
        user_name=CACHE_USER_NAME,
        engine=ENGINE,
        access_string=COUNTING,
        authentication_mode={"type": "password", "passwords": [thrown_away.result]},
        tags=place.labels.tags(place.physical),
        opts=pulumi.ResourceOptions.merge(opts, left_alone),
    )


def make_secret(
    name: str,
    place: Placed,
    word: str,
    user: "aws.elasticache.User",
    *,
    key_arn: pulumi.Input[str],
    log_key_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> str:
    """Register the secret ``word`` of the platform, and what changes it here and in the store.

    Returns its name.
    """
    scope, tier, rotation = place.scope, place.tier, f"{word}-rotation"
    telling: Statement = {
        "Sid": "TellTheStore",
        "Effect": "Allow",
        "Action": "elasticache:ModifyUser",
        "Resource": arns.regional(scope, "elasticache", f"user:{place.physical}"),
    }
    called = make_rotation(
        scope, tier, log_key_arn=log_key_arn, opts=opts, word=rotation, more=[telling]
    )
    labels = scope.labels(tier, Plane.CONTROL, word)
    secret = aws.secretsmanager.Secret(
        name,
        name=secret_name(scope.environment, tier, PLATFORM, word),
        description="User and password of the gateway's counters; rotation makes them.",
        kms_key_id=key_arn,
        recovery_window_in_days=CATALOGUE[tier].secrets.recovery_days,
        tags={**labels.tags(name), KIND_TAG: CACHE_USER, CACHE_TAG: place.physical},
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(protect=scope.rules.protect_data)
        ),
    )
    fence = aws.secretsmanager.SecretPolicy(
        name,
        secret_arn=secret.arn,
        policy=render(
            secret_policy(scope, tier, PLATFORM, arns.rotation_role(scope, tier, rotation))
        ),
        block_public_policy=True,
        opts=opts,
    )
    aws.secretsmanager.SecretRotation(
        name,
        secret_id=secret.id,
        rotation_lambda_arn=function_arn(scope, tier, rotation),
        rotation_rules={"automatically_after_days": CATALOGUE[tier].secrets.rotation_days},
        rotate_immediately=True,
        opts=pulumi.ResourceOptions.merge(
            opts, pulumi.ResourceOptions(depends_on=[called, fence, user])
        ),
    )
    return secret_name(scope.environment, tier, PLATFORM, word)

"""The function that rotates a partition's secrets."""

from collections.abc import Sequence
from importlib import resources

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.scope import Scope
from bulkhead.domain.secrets import secret_name
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.documents import Statement
from bulkhead.foundation.identity import allow_key, make_role, sourceless_trust
from bulkhead.foundation.log_groups import make_log_group

RUNTIME = "python3.14"
"""Lambda's newest Python, which brings boto3; supported into 2029 (AWS Lambda Developer Guide,
"Lambda runtimes")."""

TIMEOUT_SECONDS = 60
"""A step makes at most four calls."""

ROTATION = [
    "secretsmanager:DescribeSecret",
    "secretsmanager:GetSecretValue",
    "secretsmanager:PutSecretValue",
    "secretsmanager:UpdateSecretVersionStage",
]
"""What rotation calls (AWS Secrets Manager User Guide, "Lambda rotation function execution role
permissions")."""


def make_rotation(
    scope: Scope,
    tier: Tier,
    *,
    log_key_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
    word: str = arns.ROTATION,
    more: Sequence[Statement] = (),
) -> "aws.lambda_.Permission":
    """Register the function; what rotates a secret waits for the permission that comes back.

    There is one for a partition, and one of another ``word`` for each kind of secret that needs
    ``more`` permissions. Only Secrets Manager calls it, for the account's secrets, and its role
    reaches only secrets that name it as their rotation.
    """
    name = f"{tier}-{word}"
    labels = scope.labels(tier, Plane.CONTROL, word)
    group_name = f"/bulkhead/{scope.environment}/{name}"
    group = make_log_group(
        name,
        group_name,
        labels=labels,
        key_arn=log_key_arn,
        opts=opts,
    )
    role = make_role(
        name,
        scope=scope,
        labels=labels,
        trust=sourceless_trust("lambda.amazonaws.com"),
        description=f"Rotation of the {tier} secrets of {scope.environment}.",
        statements=[
            *_permissions(scope, tier, word, arns.log_group(scope, f"{group_name}:*")),
            *more,
        ],
        opts=opts,
    )
    function = _make_function(name, scope, labels, group, role.ready_arn(), opts)
    return aws.lambda_.Permission(
        name,
        function=function.name,
        action="lambda:InvokeFunction",
        principal="secretsmanager.amazonaws.com",
        source_account=scope.account_id,
        opts=opts,
    )


def function_arn(scope: Scope, tier: Tier, word: str = arns.ROTATION) -> str:
    """ARN of the function."""
    return arns.regional(scope, "lambda", f"function:{scope.named(f'{tier}-{word}')}")


def _permissions(scope: Scope, tier: Tier, word: str, log_streams: str) -> list[Statement]:
    names = secret_name(scope.environment, tier, "*", "*")
    return [
        {
            "Sid": "Rotate",
            "Effect": "Allow",
            "Action": ROTATION,
            "Resource": arns.regional(scope, "secretsmanager", f"secret:{names}"),
            "Condition": {
                "StringEquals": {
                    "secretsmanager:resource/AllowRotationLambdaArn": function_arn(
                        scope, tier, word
                    )
                }
            },
        },
        {
            "Sid": "UseKey",
            **allow_key(
                scope,
                tier,
                Purpose.SECRET,
                ["kms:Decrypt", "kms:GenerateDataKey"],
                StringEquals={"kms:ViaService": f"secretsmanager.{scope.region}.amazonaws.com"},
            ),
        },
        {
            "Sid": "Log",
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": log_streams,
        },
    ]


def _make_function(
    name: str,
    scope: Scope,
    labels: Labels,
    group: "aws.cloudwatch.LogGroup",
    role_arn: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> "aws.lambda_.Function":
    code = resources.files("bulkhead.foundation.handlers").joinpath("rotation.py")
    return aws.lambda_.Function(
        name,
        name=scope.named(name),
        description="Makes new values of secrets that nobody has to know.",
        # The text and not the path, which differs between machines.
        code=pulumi.AssetArchive({"rotation.py": pulumi.StringAsset(code.read_text("utf-8"))}),
        handler="rotation.handler",
        runtime=RUNTIME,
        architectures=["arm64"],
        memory_size=256,
        timeout=TIMEOUT_SECONDS,
        role=role_arn,
        logging_config={"log_format": "JSON", "log_group": group.name},
        tags=labels.tags(name),
        opts=opts,
    )

"""The identities of one environment: its guardrail, and the roles of people and pipelines."""

from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead import AccountGuardrail, PipelineRoles, PlatformRoles, TierFoundation
from bulkhead.domain.partitions import Purpose
from stacks.config import FoundationConfig
from stacks.environment import Platform


def identify(
    platform: Platform, config: FoundationConfig, opts: pulumi.ResourceOptions
) -> dict[str, pulumi.Output[Any]]:
    """Make them, and return the layer's outputs about them."""
    guardrail = AccountGuardrail(
        "guardrail",
        {
            "scope": platform.args,
            "tier": platform.tier,
            "administrators": platform.administrators,
        },
        opts,
    )
    roles: dict[str, pulumi.Input[Any]] = {}
    if platform.holders:
        people = PlatformRoles(
            "people",
            {
                "scope": platform.args,
                "tiers": [str(each) for each in platform.tiers],
                "administrators": platform.administrators,
                "holders": platform.holders,
            },
            opts,
        )
        roles["people"] = people.role_arns
    if config.pipelines:
        pipelines = PipelineRoles(
            "pipelines",
            {
                "scope": platform.args,
                "tier": platform.tier,
                "repository": config.pipelines.repository,
                "deployer_arn": config.pipelines.deployer_arn,
                "branch": config.pipelines.branch,
                "repository_id": config.pipelines.repository_id,
            },
            opts,
        )
        roles["preview"] = pipelines.preview_role_arn
        roles["deploy"] = pipelines.deploy_role_arn
    return {"role_arns": pulumi.Output.from_input(roles), "guardrail_arn": guardrail.arn}


def signing_keys(
    foundation: TierFoundation, provider: aws.Provider
) -> dict[str, pulumi.Output[str]]:
    """The public half of the key with which the builders of each tier sign, PEM."""
    opts = pulumi.InvokeOutputOptions(provider=provider)
    return {
        str(tier): aws.kms.get_public_key_output(
            key_id=keys.arn(Purpose.SIGNING), opts=opts
        ).public_key_pem
        for tier, keys in foundation.keys.items()
    }

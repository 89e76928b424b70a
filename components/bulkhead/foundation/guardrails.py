"""Guardrails: what holds against those who may change everything else."""

import re
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import BOUNDARY, Plane
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import Document, render
from bulkhead.foundation.guardrail_policies import (
    permissions_boundary,
    resource_control,
    service_control,
)
from bulkhead.foundation.keys import check_administrators

KEY_ARN = re.compile(r"arn:aws:kms:[a-z0-9-]+:\d{12}:key/[\w-]+", re.ASCII)
TARGET = re.compile(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|[0-9]{12}")
ORGANIZATION = re.compile(r"o-[a-z0-9]{10,32}")


class AccountGuardrailArgs(TypedDict):
    """What an ``AccountGuardrail`` takes."""

    scope: ScopeArgs
    """Environment and account that it protects."""
    tier: str
    """Highest tier of the tenants, for the labels."""
    administrators: list[str]
    """ARNs of the IAM roles that administer the keys; one of them deploys."""
    other_keys: NotRequired[list[str] | None]
    """ARNs of KMS keys beside the platform's that may be used, such as that of Pulumi's secrets.
    Default: none."""


class AccountGuardrail(Component):
    """A permissions boundary for the people and pipelines of one account (KEY-1, IAM-1).

    Give it to every role and user that is not the platform's own, administrators of the keys and
    the deployer among them: its ARN is known before. Whoever carries it uses none of the platform's
    keys, also where the key's policy would let them after they rewrote it; grants nothing, removes
    no key alone, and takes on no role of the platform; changes none, unless an administrator;
    makes no identity without the same boundary; touches nothing of another environment in the same
    account; and can't rewrite the boundary. So a change of this policy is deployed by a role that
    doesn't carry it.

    What it leaves to the deployer is to make the platform's roles: have its pipeline ask for
    reviewers (``PipelineRoles``). In an organization, prefer ``OrganizationGuardrails``, which
    nobody in the account can take off.

    Example:
        import pulumi

        from bulkhead import AccountGuardrail

        guardrail = AccountGuardrail(
            "guardrail",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "confidential",
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
            },
        )
        pulumi.export("boundary_of_people", guardrail.arn)
    """

    arn: pulumi.Output[str]
    """ARN of the policy, to be set as permissions boundary."""

    def __init__(
        self, name: str, args: AccountGuardrailArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the policy.

        Raises:
            RefusedError: the scope, the tier, an administrator or a key is refused.
        """
        args = checked(args, AccountGuardrailArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        administrators = check_administrators(args["administrators"], where=name)
        others = check_keys(args.get("other_keys") or [], where=f"{name}.other_keys")
        super().__init__(name, opts)
        physical = scope.named(name)
        boundary = permissions_boundary(scope, administrators, others, arns.policy(scope, physical))
        policy = aws.iam.Policy(
            name,
            name=physical,
            path=arns.path(scope),
            description=f"The most that people and pipelines may do beside {scope.environment}.",
            policy=render(boundary),
            tags=scope.labels(tier, Plane.CONTROL, BOUNDARY).tags(name),
            opts=self._child(),
        )
        self._export({"arn": policy.arn})


class OrganizationGuardrailsArgs(TypedDict):
    """What ``OrganizationGuardrails`` take."""

    scope: ScopeArgs
    """Environment and account that they protect."""
    tier: str
    """Highest tier of the tenants, for the labels."""
    administrators: list[str]
    """ARNs of the IAM roles that administer the account's keys; one of them deploys."""
    targets: list[str]
    """What the policies are attached to: IDs of the account or of its organizational unit."""
    organization_id: NotRequired[str | None]
    """ID of the organization: identities of others are kept out by a resource control policy, a
    kind that the organization must have enabled. Default: no such policy."""
    other_keys: NotRequired[list[str] | None]
    """ARNs of KMS keys beside the platform's that may be used, such as that of Pulumi's secrets.
    Default: none."""


class OrganizationGuardrails(Component):
    """Service and resource control policies for the account of one environment (KEY-1, AUD-1).

    Deploy them from the organization's management account, or one that policies are delegated to:
    nobody in the environment's account can take them off, its root user included. Nobody but the
    platform's roles uses KMS keys there, whatever a key's policy says; nobody grants their use to
    others than AWS services, removes one alone, or silences the trail; nobody but the key
    administrators changes the platform's roles, and those can't take one on.

    Give each environment its own account: then the principals of one are strangers to the keys of
    another, besides all that the key policies say.

    Example:
        from bulkhead import OrganizationGuardrails

        OrganizationGuardrails(
            "prod-guardrails",
            {
                "scope": {
                    "environment": "prod",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "confidential",
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
                "targets": ["111122223333"],
                "organization_id": "o-exampleorg12",
            },
        )
    """

    policy_ids: pulumi.Output[list[str]]
    """IDs of the policies: the service control policy, then the resource control policy."""

    def __init__(
        self,
        name: str,
        args: OrganizationGuardrailsArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        """Make the policies and attach them.

        Raises:
            RefusedError: the scope, the tier, an administrator, a target, the organization or a key
                is refused.
        """
        args = checked(args, OrganizationGuardrailsArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        self._tier = read_tier(args["tier"], where=f"{name}.tier")
        administrators = check_administrators(args["administrators"], where=name)
        targets = _check_targets(args["targets"], where=f"{name}.targets")
        organization = _check_organization(
            args.get("organization_id"), where=f"{name}.organization_id"
        )
        others = check_keys(args.get("other_keys") or [], where=f"{name}.other_keys")
        super().__init__(name, opts)
        self._scope, self._name, self._targets = scope, name, targets
        made = [
            self._policy(
                "services",
                "SERVICE_CONTROL_POLICY",
                f"What nobody does in {scope.environment}.",
                service_control(scope, administrators, others),
            )
        ]
        if organization:
            made.append(
                self._policy(
                    "resources",
                    "RESOURCE_CONTROL_POLICY",
                    f"Keeps strangers out of {scope.environment}.",
                    resource_control(organization),
                )
            )
        self._export({"policy_ids": made})

    def _policy(
        self, word: str, kind: str, description: str, content: Document
    ) -> pulumi.Output[str]:
        """Make a policy and attach it to every target."""
        name = f"{self._name}-{word}"
        labels = self._scope.labels(self._tier, Plane.CONTROL, "guardrail")
        policy = aws.organizations.Policy(
            name,
            name=self._scope.named(name),
            type=kind,
            description=description,
            content=render(content),
            tags=labels.tags(name),
            opts=self._child(),
        )
        for target in self._targets:
            aws.organizations.PolicyAttachment(
                f"{name}-{target}", policy_id=policy.id, target_id=target, opts=self._child()
            )
        identifier: pulumi.Output[str] = policy.id
        return identifier


def check_keys(keys: list[str], *, where: str) -> list[str]:
    """Return the ARNs if each is of one KMS key.

    Raises:
        RefusedError: one is not.
    """
    for arn in keys:
        if KEY_ARN.fullmatch(arn) is None:
            raise RefusedError(
                "not the ARN of a KMS key",
                given=arn,
                allowed="arn:aws:kms:<region>:<account>:key/<id>",
                where=where,
            )
    return keys


def _check_targets(targets: list[str], *, where: str) -> list[str]:
    if not targets:
        raise RefusedError("a target is needed", allowed="an account or its unit", where=where)
    for target in targets:
        if TARGET.fullmatch(target) is None:
            raise RefusedError(
                "not a target of an organization's policy",
                given=target,
                allowed="an account's twelve digits, ou-<root>-<unit> or r-<root>",
                where=where,
            )
    return targets


def _check_organization(organization: str | None, *, where: str) -> str | None:
    if organization is not None and ORGANIZATION.fullmatch(organization) is None:
        raise RefusedError(
            "not the ID of an organization",
            given=organization,
            allowed="o- and 10 to 32 lower-case letters and digits",
            where=where,
        )
    return organization

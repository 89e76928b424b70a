"""Roles of the people who run the platform, and of what builds for them."""

from typing import NotRequired, TypedDict, cast

import pulumi

from bulkhead.domain.duties import Duty, check_holders, role_name
from bulkhead.domain.labels import Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.tiers import Tier, strictest
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tiers
from bulkhead.foundation.component import Component
from bulkhead.foundation.duty_policies import MANAGED, duty_statements
from bulkhead.foundation.identity import MadeRole, make_role, people_trust
from bulkhead.foundation.keys import check_administrators

DESCRIPTIONS = {
    Duty.BUILDER: "Builds, signs and submits models; approves none.",
    Duty.APPROVER: "Decides on models and on the removal of keys; makes and reads nothing.",
    Duty.KEY_CUSTODIAN: "Removes keys whose removal is approved.",
    Duty.OPERATOR: "Keeps clusters running; reads no data.",
    Duty.AUDITOR: "Reads evidence and settings; no data, no prompts.",
    Duty.BREAK_GLASS: "Reads artifacts in an emergency; every use is alarmed.",
}


class HoldersArgs(TypedDict):
    """Who has which duty: ARNs of the IAM roles or users that people sign in as.

    A role is made for each duty that somebody has. Nobody may have two, nor one beside being an
    administrator of the keys.
    """

    builder: NotRequired[list[str] | None]
    """Who builds, signs and submits models; pipelines too."""
    approver: NotRequired[list[str] | None]
    """Who decides on submitted models, and on the removal of keys."""
    key_custodian: NotRequired[list[str] | None]
    """Who removes keys; they sign in with a second factor."""
    operator: NotRequired[list[str] | None]
    """Who keeps clusters running."""
    auditor: NotRequired[list[str] | None]
    """Who reads evidence, access logs and settings."""
    break_glass: NotRequired[list[str] | None]
    """Who may read artifacts in an emergency; they sign in with a second factor, which sessions of
    an identity provider don't show: name IAM users that are kept for this."""


class PlatformRolesArgs(TypedDict):
    """What ``PlatformRoles`` takes."""

    scope: ScopeArgs
    """Environment and account of the roles."""
    tiers: list[str]
    """Sensitivity tiers in use, each once."""
    administrators: list[str]
    """ARNs of the IAM roles that administer the keys; none of them may have a duty."""
    holders: HoldersArgs
    """Who has which duty."""


class PlatformRoles(Component):
    """The roles of the people who run one environment, their duties kept apart (IAM-2, IAM-3).

    The builder, auditor and break-glass roles exist for each tier and reach its stores; the
    approver, key custodian and operator exist once and reach no artifact. No role builds and
    approves: each is denied the other duties' parts whatever else is attached to it. Keys and
    stores know the roles by their names.

    Sessions last an hour at most. The break-glass role reads the tier's buckets and changes
    nothing; whoever takes it on must have shown a second factor in the last 15 minutes, and
    ``AuditAlarms`` wakes people at each attempt. Contents are reached through the account's VPC
    endpoints only, by people too.

    Datasets and exceptions are approved where they are declared, in the repository: the review that
    a pull request needs is the second person.

    Example:
        from bulkhead import PlatformRoles

        signed_in_as = "arn:aws:iam::111122223333:role/sso"
        PlatformRoles(
            "people",
            {
                "scope": {
                    "environment": "prod",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tiers": ["internal", "confidential"],
                "administrators": ["arn:aws:iam::111122223333:role/platform-deployer"],
                "holders": {
                    "builder": [f"{signed_in_as}/ml-engineers"],
                    "approver": [f"{signed_in_as}/model-risk"],
                    "key_custodian": ["arn:aws:iam::111122223333:user/key-custodian"],
                    "operator": [f"{signed_in_as}/on-call"],
                    "auditor": [f"{signed_in_as}/audit"],
                    "break_glass": ["arn:aws:iam::111122223333:user/break-glass"],
                },
            },
        )
    """

    role_arns: pulumi.Output[dict[str, str]]
    """ARN of each role by its name without the environment, such as ``approver`` or
    ``confidential-builder``."""

    def __init__(
        self, name: str, args: PlatformRolesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the roles.

        Raises:
            RefusedError: the scope, a tier, an administrator or a holder is refused.
        """
        args = checked(args, PlatformRolesArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tiers = read_tiers(args["tiers"], where=f"{name}.tiers")
        administrators = check_administrators(args["administrators"], where=name)
        holders = read_holders(
            args["holders"], administrators=administrators, where=f"{name}.holders"
        )
        super().__init__(name, opts)
        made: dict[str, MadeRole] = {}
        for duty, arns_of_holders in holders.items():
            for tier in tiers if duty.per_tier else [strictest(tiers)]:
                made[role_name(duty, tier)] = self._role(scope, tier, duty, arns_of_holders)
        self._export({"role_arns": {role: each.arn for role, each in made.items()}})

    def _role(self, scope: Scope, tier: Tier, duty: Duty, holders: list[str]) -> MadeRole:
        return make_role(
            role_name(duty, tier),
            scope=scope,
            labels=scope.labels(tier, Plane.CONTROL, str(duty)),
            trust=people_trust(holders, second_factor=duty.second_factor),
            opts=self._child(),
            description=DESCRIPTIONS[duty],
            statements=duty_statements(scope, tier, duty),
            managed=MANAGED.get(duty),
            part=arns.duty_part(duty, tier),
        )


def read_holders(
    args: HoldersArgs, *, administrators: list[str], where: str
) -> dict[Duty, list[str]]:
    """Who has which duty, without duties that nobody has.

    Raises:
        RefusedError: a duty is unknown, or see ``check_holders``.
    """
    given = cast(dict[str, list[str]], checked(args, HoldersArgs, where=where))
    holders = {duty: given.get(duty.replace("-", "_"), []) for duty in Duty}
    check_holders(holders, administrators=administrators, where=where)
    return {duty: arns_of_holders for duty, arns_of_holders in holders.items() if arns_of_holders}

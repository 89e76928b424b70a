"""Duties of people and of what acts for them: no role has two of them (IAM-2)."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from bulkhead.domain.access import check_principal_arn
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.tiers import Tier

SECOND_FACTOR_MINUTES = 15
"""How old a second factor may be when a role that needs one is taken on."""


class Duty(StrEnum):
    """What a role of the platform is there for."""

    BUILDER = "builder"
    APPROVER = "approver"
    KEY_CUSTODIAN = "key-custodian"
    OPERATOR = "operator"
    AUDITOR = "auditor"
    BREAK_GLASS = "break-glass"

    @property
    def per_tier(self) -> bool:
        """Whether each tier has a role of its own: those that read or write what lies in stores."""
        return self in (Duty.BUILDER, Duty.AUDITOR, Duty.BREAK_GLASS)

    @property
    def second_factor(self) -> bool:
        """Whether whoever takes the role on must just have signed in with a second factor."""
        return self in (Duty.KEY_CUSTODIAN, Duty.BREAK_GLASS)


def role_name(duty: Duty, tier: Tier) -> str:
    """Name of the role of a duty, without the environment; the tier counts where roles have one."""
    return f"{tier}-{duty}" if duty.per_tier else str(duty)


def check_holders(
    holders: Mapping[Duty, Sequence[str]], *, administrators: Sequence[str], where: str
) -> None:
    """Refuse holders of duties that would let one identity do two parts.

    Raises:
        RefusedError: nobody has a duty, an ARN is none of a role or user, stands for two duties or
            twice for one, or is an administrator's.
    """
    if not any(holders.values()):
        raise RefusedError("nobody has a duty", allowed="at least one holder", where=where)
    seen: dict[str, Duty] = {}
    for duty, arns in holders.items():
        for arn in arns:
            place = f"{where}.{duty.replace('-', '_')}"
            check_principal_arn(arn, where=place)
            if arn in administrators:
                raise RefusedError(
                    "an administrator of the keys can't hold a duty", given=arn, where=place
                )
            if arn in seen:
                raise RefusedError(
                    f"it already is {seen[arn]}",
                    given=arn,
                    allowed="an identity of its own for each duty",
                    where=place,
                )
            seen[arn] = duty

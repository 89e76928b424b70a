"""Who may do what in a tenant's namespace."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from bulkhead.domain.errors import RefusedError

ROLE_ARN = re.compile(r"arn:aws:iam::\d{12}:role/[\w+=,.@/-]{1,512}", re.ASCII)
"""The ARN of an IAM role."""

PRINCIPAL_ARN = re.compile(r"arn:aws:iam::\d{12}:(role|user)/[\w+=,.@/-]{1,512}", re.ASCII)
"""The ARN of an IAM role or user."""


class Access(StrEnum):
    """What a person may do in a namespace, least last."""

    ADMIN = "admin"
    DEVELOPER = "developer"
    VIEWER = "viewer"


DEBUG = "debug"
"""What people with debug access are called in the name of their group; none of ``Access``, since it
is given for hours."""


@dataclass(frozen=True)
class People:
    """IAM roles that a tenant's people take on, by what they may do.

    Attributes:
        admin, developer, viewer: ARNs of IAM roles.
    """

    admin: tuple[str, ...] = ()
    developer: tuple[str, ...] = ()
    viewer: tuple[str, ...] = ()

    def check(self, *, where: str) -> "People":
        """Return the people if each is an IAM role and stands once.

        Raises:
            RefusedError: an ARN is none of a role, or a role has two accesses.
        """
        seen: set[str] = set()
        for field in fields(self):
            for arn in getattr(self, field.name):
                check_role_arn(arn, where=f"{where}.{field.name}")
                if arn in seen:
                    raise RefusedError(
                        "a role stands twice", given=arn, where=f"{where}.{field.name}"
                    )
                seen.add(arn)
        return self


def check_role_arn(arn: str, *, where: str) -> str:
    """Return ``arn`` if it is that of an IAM role.

    Raises:
        RefusedError: it is not.
    """
    if ROLE_ARN.fullmatch(arn) is None:
        raise RefusedError(
            "not the ARN of an IAM role",
            given=arn,
            allowed="arn:aws:iam::<account>:role/<path and name>",
            where=where,
        )
    return arn


def check_principal_arn(arn: str, *, where: str) -> str:
    """Return ``arn`` if it is that of an IAM role or user.

    Raises:
        RefusedError: it is not.
    """
    if PRINCIPAL_ARN.fullmatch(arn) is None:
        raise RefusedError(
            "not the ARN of an IAM role or user",
            given=arn,
            allowed="arn:aws:iam::<account>:role/<path and name> or …:user/<path and name>",
            where=where,
        )
    return arn


def group(tenant: str, access: str) -> str:
    """The Kubernetes group of a tenant's people with one access, or with ``DEBUG``."""
    return f"{tenant}:{access}"


def access_groups(
    people: Mapping[str, People], *, where: str, reserved: tuple[str, ...] = ()
) -> dict[str, str]:
    """The Kubernetes group of each IAM role, for people by tenant.

    A cluster has one access entry per IAM role, so a role can't stand for two tenants, nor for a
    tenant and for one of the ``reserved`` roles that administer the platform.

    Raises:
        RefusedError: a role stands twice.
    """
    groups: dict[str, str] = {}
    for tenant, theirs in people.items():
        for access in Access:
            for arn in getattr(theirs, access):
                if arn in reserved:
                    raise RefusedError(
                        "an administrator of the platform can't be one of the tenant's people",
                        given=arn,
                        where=f"{where}.{tenant}.people.{access}",
                    )
                if arn in groups:
                    raise RefusedError(
                        f"the role already stands for '{groups[arn]}'",
                        given=arn,
                        allowed="a role of its own for each tenant and access",
                        where=f"{where}.{tenant}.people.{access}",
                    )
                groups[arn] = group(tenant, access)
    return groups

"""Arguments that stores of messages, items and images have in common."""

import re
from typing import TypedDict

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.stores import store_name
from bulkhead.foundation.arguments import ScopeArgs, checked, read_place
from bulkhead.foundation.store_policies import ServiceAccess

SERVICE = re.compile(r"[a-z][a-z0-9.-]*\.amazonaws\.com")
"""The principal of an AWS service."""

SOURCE_ARN = re.compile(r"arn:aws:[a-z0-9-]+:[a-z0-9-]*:([0-9]{12})?:[^*\s]\S*")
"""An ARN that names its service and says more of the resource than that it is one."""


class ServiceAccessArgs(TypedDict):
    """An AWS service that writes for one of the account's resources."""

    service: str
    """Principal of the service, such as ``sns.amazonaws.com``."""
    source_arn: str
    """ARN of the resource that it writes for; ``*`` stands for any characters at its end."""


class Placed:
    """Where a named store stands.

    Attributes:
        scope: environment, account and Region.
        tier: sensitivity tier.
        physical: name of the store: ``<environment>-<tier>-<name>``.
        labels: of all that belongs to it.
    """

    def __init__(
        self, scope_args: ScopeArgs, tier: str, name: str, plane: str, *, where: str
    ) -> None:
        """Read the arguments.

        Raises:
            RefusedError: the scope, the tier, the name or the plane is refused.
        """
        self.scope, self.tier = read_place({"scope": scope_args, "tier": tier}, where=where)
        parsing.name(name, where=f"{where}.name")
        self.physical: str = store_name(self.scope.environment, self.tier, name)
        self.labels: Labels = self.scope.labels(
            self.tier, parsing.choice(Plane, plane, where=f"{where}.plane"), name
        )


def read_services(
    asked: list[ServiceAccessArgs], *, where: str, refused: dict[str, str] | None = None
) -> list[ServiceAccess]:
    """The services that are let in; ``refused`` says of some what would do instead.

    Raises:
        RefusedError: one is no service, is refused, or its source is too wide to tell whose it is.
    """
    services = []
    for place, each in enumerate(asked):
        path = f"{where}[{place}]"
        each = checked(each, ServiceAccessArgs, where=path)
        service, source = each["service"], each["source_arn"]
        if SERVICE.fullmatch(service) is None or service in (refused or {}):
            raise RefusedError(
                "not a service that can be let in",
                given=service,
                allowed=(refused or {}).get(service, "a principal like sns.amazonaws.com"),
                where=f"{path}.service",
            )
        if SOURCE_ARN.fullmatch(source) is None:
            raise RefusedError(
                "not the ARN of the service's source",
                given=source,
                allowed="one like arn:aws:sns:eu-central-1:111122223333:prod-alarms",
                where=f"{path}.source_arn",
            )
        services.append(ServiceAccess(service, source))
    return services

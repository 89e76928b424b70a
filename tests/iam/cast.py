"""Who asks in the proofs: roles that hold every permission, so that only the documents decide."""

from typing import Any

from tests.iam.model import Principal
from tests.iam.writing import ACCOUNT, allow, policy

ALL = policy(allow("*", sid="All"), name="all")


def labels(environment: str, tier: str, **more: str) -> dict[str, str]:
    """The tags by which policies recognise a role of the platform."""
    found = {"environment": environment, "tier": tier, **more}
    return {f"bulkhead:{key}": value for key, value in found.items()}


def somebody(path: str, tags: dict[str, str] | None = None, **traits: Any) -> Principal:
    """A role whose IAM policies allow everything."""
    account = traits.pop("account", ACCOUNT)
    traits.setdefault("identity_policies", (ALL,))
    return Principal(f"arn:aws:iam::{account}:role/{path}", tags=tags or {}, **traits)


def member(environment: str, tier: str, name: str = "somebody", **traits: Any) -> Principal:
    """A role that the platform made in an environment and tier."""
    workload = traits.pop("workload", "server")
    tags = traits.pop("tags", labels(environment, tier, workload=workload))
    return somebody(f"bulkhead/{environment}/{tier}/{name}", tags, **traits)


def person(environment: str, duty: str, tier: str = "regulated", **traits: Any) -> Principal:
    """The role of people who have a duty."""
    tags = labels(environment, tier, workload=duty)
    return somebody(f"bulkhead/{environment}/people/{environment}-{duty}", tags, **traits)

"""The layers of a platform: which stack is which, and how one reads another."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bulkhead.domain import parsing
from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.scope import Scope

LAYERS = ("foundation", "cluster", "workloads")
"""The layers, each reading those before it."""


@dataclass(frozen=True)
class Layer:
    """One layer of one environment."""

    environment: Environment
    name: str


def find_layer(stack: str) -> Layer:
    """The layer that a stack of this name is.

    Raises:
        RefusedError: the name is none of ``<environment>-<layer>``.
    """
    environment, _, name = stack.rpartition("-")
    if name not in LAYERS:
        raise RefusedError(
            "unknown layer",
            given=stack,
            allowed=f"<environment>-<layer> with a layer of {', '.join(LAYERS)}",
            where="stack",
        )
    return Layer(parsing.choice(Environment, environment, where="stack"), name)


def read_layer(environment: Environment, name: str) -> pulumi.StackReference:
    """The outputs of another layer of the same environment, in the same project."""
    return pulumi.StackReference(
        f"{pulumi.get_organization()}/{pulumi.get_project()}/{environment}-{name}"
    )


def aws_provider(scope: Scope) -> aws.Provider:
    """The provider for the scope's account and Region.

    It refuses credentials of another account, so that nobody deploys dev into prod by mistake.
    """
    return aws.Provider("aws", region=scope.region, allowed_account_ids=[scope.account_id])

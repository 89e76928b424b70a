"""The layers of a platform: which stack is which, and how one reads another."""

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from bulkhead.domain import parsing
from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.scope import Scope
from bulkhead.foundation.tier_foundation import FoundationArgs
from bulkhead.patterns.network import Network, at, existing_network

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


def network_of(foundation: pulumi.StackReference, cluster: str) -> Network:
    """The network of a cluster, as the foundation layer made it."""
    networks = foundation.require_output("networks")
    return existing_network(
        {
            "vpc_id": at(networks, cluster, "vpc_id"),
            "subnet_ids": at(networks, cluster, "subnet_ids"),
            "cluster_cidrs": at(networks, cluster, "cluster_cidrs"),
            "endpoint_cidrs": at(networks, cluster, "endpoint_cidrs"),
            "resolver_cidr": at(networks, cluster, "resolver_cidr"),
            "s3_endpoint_url": at(networks, cluster, "s3_endpoint_url"),
        }
    )


def foundation_of(foundation: pulumi.StackReference) -> FoundationArgs:
    """Keys and stores of the environment, as the foundation layer made them."""
    return {
        "key_arns": foundation.require_output("key_arns"),
        "model_buckets": foundation.require_output("model_buckets"),
        "boundary_arn": foundation.require_output("boundary_arn"),
        "buckets": foundation.require_output("buckets"),
    }


def aws_provider(scope: Scope) -> aws.Provider:
    """The provider for the scope's account and Region.

    It refuses credentials of another account, so that nobody deploys dev into prod by mistake.
    """
    return aws.Provider("aws", region=scope.region, allowed_account_ids=[scope.account_id])

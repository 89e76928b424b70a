"""The gateway of a cluster, whole: counters, controllers, and the way to each tenant's models."""

from typing import Any

import pulumi

from bulkhead.domain.partitions import Purpose
from bulkhead.domain.subnets import SubnetGroup
from bulkhead.foundation.counters import NODE_DEFAULT, GatewayCounters
from bulkhead.foundation.tier_foundation import FoundationArgs
from bulkhead.patterns.arguments import PatternArgs
from bulkhead.patterns.network import Network, at
from bulkhead.patterns.plan import Plan
from bulkhead.workloads.gateway import GatewayNamespace
from bulkhead.workloads.gateway_controllers import GatewayControllers
from bulkhead.workloads.inference_gateway import InferenceGateway

OWN = ("host", "issuer", "certificates", "models", "prompt_kib", "proxies")
"""What the gateway itself takes of a pattern's arguments for it."""


def clients_of(plan: Plan) -> list[str]:
    """Networks from which the gateway is called."""
    return plan.gateway["networks"]["clients"] if plan.gateway else []


def make_counters(
    name: str,
    args: PatternArgs,
    plan: Plan,
    network: Network,
    foundation: FoundationArgs,
    security_group_id: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str] | None:
    """Register the store of the gateway's counters; its address, None for no gateway.

    The nodes of ``security_group_id`` reach it.
    """
    gateway = plan.gateway
    if gateway is None:
        return None
    keys = at(foundation["key_arns"], str(plan.tier))
    made = GatewayCounters(
        f"{name}-counters",
        {
            "scope": args["scope"],
            "tier": plan.tier,
            "name": f"{name}-counters",
            "key_arn": at(keys, Purpose.DATA),
            "secret_key_arn": at(keys, Purpose.SECRET),
            "log_key_arn": at(keys, Purpose.LOG),
            "vpc_id": network.vpc_id,
            "subnet_ids": network.of(SubnetGroup.INFERENCE),
            "client_security_group_ids": [security_group_id],
            "node_type": gateway.get("counters_node_type", NODE_DEFAULT),
            "alarm_topic_arn": args.get("alarm_topic_arn"),
        },
        opts,
    )
    return made.address


def make_gateway(
    name: str,
    args: PatternArgs,
    plan: Plan,
    network: Network,
    counters: pulumi.Input[str] | None,
    namespace: GatewayNamespace,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str] | None:
    """Register controllers and gateway in a cluster; the DNS name of the gateway, None for none.

    ``counters`` is what ``make_counters`` returned, ``namespace`` the gateway's.
    """
    gateway = plan.gateway
    if gateway is None or counters is None:
        return None
    ways = gateway["networks"]
    controllers = GatewayControllers(
        f"{name}-gateway-controllers",
        {
            "scope": args["scope"],
            "tier": plan.tier,
            "version": args.get("version"),
            "images": gateway["images"],
            "counters": {"address": counters, "networks": ways["inference"]},
            "cluster_cidrs": network.cluster_cidrs,
            "certificate_manager": gateway.get("certificate_manager", False),
        },
        pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[namespace])),
    )
    own: Any = {
        **{key: value for key, value in gateway.items() if key in OWN},
        "scope": args["scope"],
        "tier": plan.tier,
        "own_nodes": True,
        "networks": {
            "clients": ways["clients"],
            "load_balancer": ways["inference"],
            "issuer": ways["issuer"],
        },
    }
    made = InferenceGateway(
        f"{name}-inference",
        own,
        pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[controllers])),
    )
    return made.host

"""The way out of a VPC: a firewall that passes allowed domains, and NAT behind it (NET-2).

A packet goes from a plane's subnet to the firewall's endpoint in its zone, to the NAT gateway
there, to the internet gateway; its reply takes the same way back, since the NAT gateway's subnet
routes to the plane's subnet through the endpoint. The firewall stands before address translation,
so that it sees which plane calls, and each has its own domains (AWS Network Firewall Developer
Guide, "Architecture with an internet gateway and a NAT gateway").
"""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.domain.flows import ANYWHERE
from bulkhead.domain.names import FIREWALL, fit
from bulkhead.domain.scope import Scope
from bulkhead.domain.subnets import LAYOUT, SubnetGroup
from bulkhead.foundation.subnets import Subnets, group_labels

CAPACITY = 1000
"""Of a plane's rule group; it can't change, and a firewall policy holds 30,000 (AWS Network
Firewall Developer Guide, "AWS Network Firewall quotas")."""

FORWARD = ["aws:forward_to_sfe"]
"""All packets go to the stateful engine."""

Routes = dict[SubnetGroup, list[list[dict[str, Any]]]]
"""Routes of each group's tables, one list per zone."""


def make_way_out(
    name: str,
    *,
    scope: Scope,
    subnets: Subnets,
    domains: Mapping[SubnetGroup, Sequence[str]],
    key_arn: pulumi.Input[str],
    log_group: "aws.cloudwatch.LogGroup",
    opts: pulumi.ResourceOptions,
) -> Routes:
    """Register firewall, NAT and internet gateways; return the routes that lead through them.

    Where the environment protects its data, the firewall can't be deleted nor given another policy
    (FSBP NetworkFirewall.9, NetworkFirewall.10). ``key_arn`` encrypts rules and settings: the
    grant that Network Firewall asks for is one for AWS services, as the key's administrators may
    give.
    """
    labels = group_labels(subnets.labels, SubnetGroup.NAT)
    internet = aws.ec2.InternetGateway(
        name, vpc_id=subnets.vpc.id, tags=labels.tags(name), opts=opts
    )
    gateways = []
    for number, subnet in enumerate(subnets.made[SubnetGroup.NAT], start=1):
        address = aws.ec2.Eip(
            f"{name}-nat-{number}",
            domain="vpc",
            tags=labels.tags(f"{name}-nat-{number}"),
            opts=opts,
        )
        gateways.append(
            aws.ec2.NatGateway(
                f"{name}-nat-{number}",
                subnet_id=subnet.id,
                allocation_id=address.allocation_id,
                connectivity_type="public",
                tags=labels.tags(f"{name}-nat-{number}"),
                opts=pulumi.ResourceOptions.merge(
                    opts, pulumi.ResourceOptions(depends_on=[internet])
                ),
            )
        )
    firewall = _firewall(name, scope, subnets, domains, key_arn, log_group, opts)
    anywhere = {"cidr_block": str(ANYWHERE)}
    routes: Routes = {group: [] for group in (*domains, SubnetGroup.FIREWALL, SubnetGroup.NAT)}
    for place, (zone, gateway) in enumerate(zip(subnets.zones, gateways, strict=True)):
        endpoint = {"vpc_endpoint_id": _endpoint(firewall, zone)}
        back = [{"cidr_block": str(subnets.cidrs[plane][place]), **endpoint} for plane in domains]
        for plane in domains:
            routes[plane].append([{**anywhere, **endpoint}])
        routes[SubnetGroup.FIREWALL].append([{**anywhere, "nat_gateway_id": gateway.id}])
        routes[SubnetGroup.NAT].append([{**anywhere, "gateway_id": internet.id}, *back])
    return routes


def _firewall(
    name: str,
    scope: Scope,
    subnets: Subnets,
    domains: Mapping[SubnetGroup, Sequence[str]],
    key_arn: pulumi.Input[str],
    log_group: "aws.cloudwatch.LogGroup",
    opts: pulumi.ResourceOptions,
) -> "aws.networkfirewall.Firewall":
    labels = group_labels(subnets.labels, SubnetGroup.FIREWALL)
    key = {"type": "CUSTOMER_KMS", "key_id": key_arn}
    groups = [
        _allowed_domains(name, scope, subnets, plane, found, key, opts)
        for plane, found in domains.items()
    ]
    policy = aws.networkfirewall.FirewallPolicy(
        name,
        name=fit(scope.named(name), FIREWALL),
        encryption_configuration=key,
        firewall_policy={
            "stateless_default_actions": FORWARD,
            "stateless_fragment_default_actions": FORWARD,
            "stateful_engine_options": {
                "rule_order": "STRICT_ORDER",
                "stream_exception_policy": "DROP",
            },
            # A handshake passes, for the name to be seen; then what no rule passes is dropped.
            "stateful_default_actions": ["aws:drop_established", "aws:alert_established"],
            "stateful_rule_group_references": [
                {"priority": priority, "resource_arn": group.arn}
                for priority, group in enumerate(groups, start=1)
            ],
        },
        tags=labels.tags(name),
        opts=opts,
    )
    firewall = aws.networkfirewall.Firewall(
        name,
        name=fit(scope.named(name), FIREWALL),
        vpc_id=subnets.vpc.id,
        firewall_policy_arn=policy.arn,
        subnet_mappings=[{"subnet_id": each} for each in subnets.ids(SubnetGroup.FIREWALL)],
        encryption_configuration=key,
        delete_protection=scope.rules.protect_data,
        firewall_policy_change_protection=scope.rules.protect_data,
        subnet_change_protection=scope.rules.protect_data,
        tags=labels.tags(name),
        opts=opts,
    )
    aws.networkfirewall.LoggingConfiguration(
        name,
        firewall_arn=firewall.arn,
        logging_configuration={
            "log_destination_configs": [
                {
                    "log_type": "ALERT",
                    "log_destination_type": "CloudWatchLogs",
                    "log_destination": {"logGroup": log_group.name},
                }
            ]
        },
        opts=opts,
    )
    return firewall


def _allowed_domains(
    name: str,
    scope: Scope,
    subnets: Subnets,
    plane: SubnetGroup,
    domains: Sequence[str],
    key: Mapping[str, Any],
    opts: pulumi.ResourceOptions,
) -> "aws.networkfirewall.RuleGroup":
    """What a plane may reach, by the name that its TLS handshake or HTTP request tells."""
    labels = group_labels(subnets.labels, plane)
    home = str(LAYOUT[plane].within(subnets.network))
    return aws.networkfirewall.RuleGroup(
        f"{name}-{plane}",
        name=fit(scope.named(f"{name}-{plane}"), FIREWALL),
        type="STATEFUL",
        capacity=CAPACITY,
        encryption_configuration=key,
        rule_group={
            "stateful_rule_options": {"rule_order": "STRICT_ORDER"},
            "rule_variables": {"ip_sets": [{"key": "HOME_NET", "ip_set": {"definitions": [home]}}]},
            "rules_source": {
                "rules_source_list": {
                    "generated_rules_type": "ALLOWLIST",
                    "target_types": ["TLS_SNI", "HTTP_HOST"],
                    "targets": list(domains),
                }
            },
        },
        tags=labels.tags(f"{name}-{plane}"),
        opts=opts,
    )


def _endpoint(firewall: "aws.networkfirewall.Firewall", zone: str) -> pulumi.Output[str]:
    """The firewall's endpoint in a zone; AWS refuses the route of a zone that has none."""

    def found(statuses: Sequence[Mapping[str, Any]]) -> str:
        states = [state for status in statuses for state in status["sync_states"]]
        endpoints = {
            state["availability_zone"]: attachment["endpoint_id"]
            for state in states
            for attachment in state["attachments"]
        }
        return str(endpoints.get(zone, ""))

    return pulumi.Output.from_input(firewall.firewall_statuses).apply(found)

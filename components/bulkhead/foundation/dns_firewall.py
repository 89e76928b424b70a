"""DNS of a VPC: which names it resolves, and a log of all that it is asked (NET-2)."""

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from bulkhead.domain.labels import Labels
from bulkhead.domain.scope import Scope

ALLOW_FIRST, BLOCK_LAST = 100, 200
"""Priorities of the rules: the lowest that fits decides."""

PRIORITY = 101
"""Of the rule group; the lowest that is left to customers (Amazon Route 53 API Reference,
"AssociateFirewallRuleGroup")."""


def make_dns_firewall(
    name: str,
    *,
    scope: Scope,
    vpc_id: pulumi.Input[str],
    names: Sequence[str],
    log_group_arn: pulumi.Input[str],
    labels: Labels,
    opts: pulumi.ResourceOptions,
) -> None:
    """Let the VPC resolve ``names`` and nothing else, and log every query.

    A name that may not be resolved has no answer, so that data can't leave as queries to a
    stranger's name server. Aliases of an allowed name are followed wherever they lead. When the
    firewall itself fails, nothing is resolved (Amazon Route 53 Developer Guide, "DNS Firewall VPC
    configuration").
    """
    group = aws.route53.ResolverFirewallRuleGroup(
        f"{name}-dns",
        name=scope.named(f"{name}-dns"),
        tags=labels.tags(f"{name}-dns"),
        opts=opts,
    )
    for word, domains, priority, action in (
        (
            "allowed",
            names,
            ALLOW_FIRST,
            {"action": "ALLOW", "firewall_domain_redirection_action": "TRUST_REDIRECTION_DOMAIN"},
        ),
        ("others", ["*"], BLOCK_LAST, {"action": "BLOCK", "block_response": "NODATA"}),
    ):
        listed = aws.route53.ResolverFirewallDomainList(
            f"{name}-dns-{word}",
            name=scope.named(f"{name}-dns-{word}"),
            domains=list(domains),
            tags=labels.tags(f"{name}-dns-{word}"),
            opts=opts,
        )
        aws.route53.ResolverFirewallRule(
            f"{name}-dns-{word}",
            name=scope.named(f"{name}-dns-{word}"),
            firewall_rule_group_id=group.id,
            firewall_domain_list_id=listed.id,
            priority=priority,
            opts=opts,
            **action,
        )
    aws.route53.ResolverFirewallRuleGroupAssociation(
        f"{name}-dns",
        name=scope.named(f"{name}-dns"),
        firewall_rule_group_id=group.id,
        vpc_id=vpc_id,
        priority=PRIORITY,
        mutation_protection="ENABLED" if scope.rules.protect_data else "DISABLED",
        tags=labels.tags(f"{name}-dns"),
        opts=opts,
    )
    aws.route53.ResolverFirewallConfig(
        f"{name}-dns", resource_id=vpc_id, firewall_fail_open="DISABLED", opts=opts
    )
    queries = aws.route53.ResolverQueryLogConfig(
        f"{name}-dns",
        name=scope.named(f"{name}-dns"),
        destination_arn=log_group_arn,
        tags=labels.tags(f"{name}-dns"),
        opts=opts,
    )
    aws.route53.ResolverQueryLogConfigAssociation(
        f"{name}-dns",
        resolver_query_log_config_id=queries.id,
        resource_id=vpc_id,
        opts=opts,
    )

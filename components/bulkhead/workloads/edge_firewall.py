"""The web application firewall in front of a public edge, as rules of AWS WAF.

Two things differ from a website. Clients are programs: what tells a program from a browser, or a
cloud's address from a household's, is counted and not refused. And bodies are prompts, text that
may well be about an attack: rules that look for attacks in bodies are counted too, since no body
is run as anything.
"""

from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from bulkhead.domain.exposure import KEY_HEADER, RATE_WINDOW_SECONDS, SECRET_HEADERS
from bulkhead.domain.labels import Labels
from bulkhead.domain.names import WAF_LOGS
from bulkhead.domain.scope import Scope
from bulkhead.foundation.documents import render
from bulkhead.foundation.log_groups import make_log_group
from bulkhead.foundation.network_logs import delivery_policy
from bulkhead.workloads.edge_logs import Child

BOTS = "AWSManagedRulesBotControlRuleSet"

COUNTED: Mapping[str, tuple[str, ...]] = {
    "AWSManagedRulesAmazonIpReputationList": (),
    "AWSManagedRulesAnonymousIpList": ("HostingProviderIPList",),
    "AWSManagedRulesKnownBadInputsRuleSet": ("JavaDeserializationRCE_BODY", "Log4JRCE_BODY"),
    "AWSManagedRulesCommonRuleSet": (
        "CrossSiteScripting_BODY",
        "EC2MetaDataSSRF_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
        "SizeRestrictions_BODY",
    ),
    BOTS: ("CategoryHttpLibrary", "SignalNonBrowserUserAgent"),
}
"""AWS's rule groups in the order in which they look, with those of their rules that only count (AWS
WAF Developer Guide, "AWS Managed Rules rule groups list"). Bot control comes last, since it is paid
by the request. All rules together take about 1,100 of the 1,500 capacity units of the basic price.
"""


def rules(*, prompt_kib: int, most_in_window: int) -> list[dict[str, Any]]:
    """The rules, in the order in which they look at a request.

    ``most_in_window`` requests may come from one address, and with one key, while WAF counts.
    """
    key = {"header": {"name": KEY_HEADER, "text_transformations": _AS_IT_IS}}
    rate = {"limit": most_in_window, "evaluation_window_sec": RATE_WINDOW_SECONDS}
    own = {
        "body-size": (_too_large(prompt_kib), 413),
        "address-rate": (
            {"rate_based_statement": {**rate, "aggregate_key_type": "IP"}},
            429,
        ),
        "key-rate": (
            {
                "rate_based_statement": {
                    **rate,
                    "aggregate_key_type": "CUSTOM_KEYS",
                    "custom_keys": [key],
                }
            },
            429,
        ),
    }
    made = [
        {
            "name": name,
            "statement": statement,
            "action": {"block": {"custom_response": {"response_code": code}}},
        }
        for name, (statement, code) in own.items()
    ]
    made += [
        {
            "name": group,
            "statement": {"managed_rule_group_statement": _group(group, counted)},
            "override_action": {"none": {}},
        }
        for group, counted in COUNTED.items()
    ]
    return [
        {**rule, "priority": place, "visibility_config": visibility(str(rule["name"]))}
        for place, rule in enumerate(made)
    ]


def visibility(metric: str) -> dict[str, Any]:
    """Metrics, and no samples: a sample is a copy of a request that nobody deletes."""
    return {
        "cloudwatch_metrics_enabled": True,
        "metric_name": metric,
        "sampled_requests_enabled": False,
    }


def protections() -> list[dict[str, Any]]:
    """What WAF writes down in other words (AWS WAF Developer Guide, "Data protection").

    A rule that looks for scripts logs what it found, which would be a piece of a prompt.
    """
    hidden = [
        {"field_type": "BODY"},
        {"field_type": "QUERY_STRING"},
        {"field_type": "SINGLE_HEADER", "field_keys": list(SECRET_HEADERS)},
    ]
    return [{"action": "SUBSTITUTION", "field": field} for field in hidden]


_AS_IT_IS = [{"priority": 0, "type": "NONE"}]


def _too_large(kib: int) -> dict[str, Any]:
    """Bodies that are larger, and those of which WAF sees a part only."""
    return {
        "size_constraint_statement": {
            "comparison_operator": "GT",
            "size": kib * 1024,
            "field_to_match": {"body": {"oversize_handling": "MATCH"}},
            "text_transformations": _AS_IT_IS,
        }
    }


def _group(name: str, counted: tuple[str, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "vendor_name": "AWS"}
    if counted:
        made["rule_action_overrides"] = [
            {"name": rule, "action_to_use": {"count": {}}} for rule in counted
        ]
    if name == BOTS:
        config = {"aws_managed_rules_bot_control_rule_set": {"inspection_level": "COMMON"}}
        made["managed_rule_group_configs"] = [config]
    return made


def log_name(scope: Scope, name: str) -> str:
    """The log group of a firewall: WAF asks for the beginning, the key knows the environment's."""
    return f"{WAF_LOGS}{scope.named(name)}"


def make_firewall(
    name: str,
    *,
    scope: Scope,
    labels: Labels,
    prompt_kib: int,
    most_in_window: int,
    stage_arn: pulumi.Input[str],
    key_arn: pulumi.Input[str],
    child: Child,
) -> pulumi.Resource:
    """Register the firewall with its log, and set it before the stage."""
    named = f"{name}-firewall"
    acl = aws.wafv2.WebAcl(
        named,
        name=scope.named(name),
        description="In front of the public edge.",
        scope="REGIONAL",
        default_action={"allow": {}},
        association_config={
            "request_bodies": [
                {"api_gateway": {"default_size_inspection_limit": f"KB_{prompt_kib}"}}
            ]
        },
        data_protection_config={"data_protections": protections()},
        rules=rules(prompt_kib=prompt_kib, most_in_window=most_in_window),
        visibility_config=visibility("all"),
        tags=labels.tags(named),
        opts=child(),
    )
    group = make_log_group(
        named, log_name(scope, name), labels=labels, key_arn=key_arn, opts=child()
    )
    delivery = aws.cloudwatch.LogResourcePolicy(
        named,
        policy_name=scope.named(named),
        policy_document=render(delivery_policy(scope, [log_name(scope, name)])),
        opts=child(),
    )
    logging = aws.wafv2.WebAclLoggingConfiguration(
        named,
        resource_arn=acl.arn,
        log_destination_configs=[group.arn],
        redacted_fields=[{"single_header": {"name": header}} for header in SECRET_HEADERS],
        opts=child(depends_on=[delivery]),
    )
    made: pulumi.Resource = aws.wafv2.WebAclAssociation(
        named, resource_arn=stage_arn, web_acl_arn=acl.arn, opts=child(depends_on=[logging])
    )
    return made

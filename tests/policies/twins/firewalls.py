import json

from tests.policies.parts import tags
from tests.policies.scenes import UNKNOWN, Declared, Twins
from tests.policies.twins.balancers import BALANCER, GUARD, NETWORK

SEEN = {
    "cloudwatchMetricsEnabled": True,
    "metricName": "all",
    "sampledRequestsEnabled": False,
}
SIZE = {
    "sizeConstraintStatement": {
        "comparisonOperator": "GT",
        "size": 16384,
        "fieldToMatch": {"body": {"oversizeHandling": "MATCH"}},
        "textTransformations": [{"priority": 0, "type": "NONE"}],
    }
}
RATE = {"rateBasedStatement": {"aggregateKeyType": "IP", "limit": 300}}
BOTS = {
    "managedRuleGroupStatement": {
        "name": "AWSManagedRulesBotControlRuleSet",
        "vendorName": "AWS",
    }
}
STATEMENTS = {"size": SIZE, "rate": RATE, "bots": BOTS}


def acl(*statements: str) -> Declared:
    """A web ACL with these statements."""
    rules = [
        {
            "name": name,
            "priority": place,
            "statement": STATEMENTS[name],
            "visibilityConfig": SEEN,
        }
        for place, name in enumerate(statements)
    ]
    return Declared(
        "aws:wafv2/webAcl:WebAcl",
        {
            "scope": "REGIONAL",
            "defaultAction": {"allow": {}},
            "visibilityConfig": SEEN,
            "rules": rules,
            "tags": tags(),
        },
        name="acl",
    )


ACL = acl("size", "rate", "bots")
LOGGING = Declared(
    "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration",
    {
        "resourceArn": UNKNOWN,
        "logDestinationConfigs": [
            "arn:aws:logs:eu-central-1:111122223333:log-group:aws-waf-logs-x"
        ],
        "redactedFields": [
            {"singleHeader": {"name": "authorization"}},
            {"singleHeader": {"name": "X-Api-Key"}},
        ],
    },
    name="logging",
).depending(resourceArn="acl")


def rule(name: str) -> Declared:
    """A statement as a resource of its own."""
    return Declared(
        "aws:wafv2/webAclRule:WebAclRule",
        {
            "webAclArn": UNKNOWN,
            "name": name,
            "priority": 9,
            "statement": STATEMENTS[name],
            "visibilityConfig": SEEN,
        },
        name=name,
    ).depending(webAclArn="acl")


AS_JSON = acl().but(
    "ruleJson",
    json.dumps(
        [
            {"Statement": {"RateBasedStatement": {}}},
            {"Statement": {"SizeConstraintStatement": {}}},
            {
                "Statement": {
                    "ManagedRuleGroupStatement": {"Name": "AWSManagedRulesBotControlRuleSet"}
                }
            },
        ]
    ),
)

TWINS = {
    "bulkhead-waf-control-bots": Twins(
        good=(ACL, LOGGING),
        bad=(acl("size", "rate"), LOGGING),
        unknown=(ACL.but("rules/2/statement", UNKNOWN), LOGGING),
        more_good={"apart": (acl("size", "rate"), rule("bots"), LOGGING)},
    ),
    "bulkhead-waf-limit-rates": Twins(
        good=(ACL, LOGGING),
        bad=(acl("size", "bots"), LOGGING),
        unknown=(ACL.but("rules/1/statement", UNKNOWN), LOGGING),
        more_good={
            "apart": (acl("size", "bots"), rule("rate"), LOGGING),
            "as JSON": (AS_JSON, LOGGING),
        },
    ),
    "bulkhead-waf-bound-bodies": Twins(
        good=(ACL, LOGGING),
        bad=(acl("rate", "bots"), LOGGING),
        unknown=(ACL.but("rules/0/statement", UNKNOWN), LOGGING),
        more_bad={
            "goes on": (
                ACL.but(
                    "rules/0/statement/sizeConstraintStatement/fieldToMatch/body/oversizeHandling",
                    "CONTINUE",
                ),
                LOGGING,
            ),
        },
    ),
    "bulkhead-waf-log-requests": Twins(
        good=(ACL, LOGGING),
        bad=(ACL,),
        settled=(ACL, LOGGING.but("logDestinationConfigs", [UNKNOWN])),
        more_bad={"another's": (ACL, LOGGING.depending().but("resourceArn", "arn:other"))},
    ),
    "bulkhead-lb-guard-public": Twins(
        good=(BALANCER,),
        bad=(BALANCER.but("internal", False),),
        settled=(BALANCER.but("accessLogs/bucket", UNKNOWN),),
        beside=frozenset({"bulkhead-lb-keep-internal"}),
        more_bad={
            "network": (NETWORK.but("internal", False),),
            "another's": (
                BALANCER.but("internal", False),
                GUARD.but("resourceArn", "arn:other").depending(),
            ),
        },
    ),
    "bulkhead-waf-redact-secrets": Twins(
        good=(ACL, LOGGING),
        bad=(ACL, LOGGING.without("redactedFields")),
        unknown=(ACL, LOGGING.but("redactedFields", UNKNOWN)),
        more_bad={"the key": (ACL, LOGGING.without("redactedFields/1"))},
    ),
}

from tests.policies.scenes import UNKNOWN, Declared, Twins

METHOD = Declared(
    "aws:apigateway/method:Method",
    {
        "restApi": "api",
        "resourceId": "r",
        "httpMethod": "POST",
        "authorization": "AWS_IAM",
        "requestValidatorId": UNKNOWN,
        "requestModels": {"$default": UNKNOWN},
    },
)
STAGE = Declared(
    "aws:apigateway/stage:Stage",
    {
        "restApi": "api",
        "deployment": "d",
        "stageName": "v1",
        "accessLogSettings": {"destinationArn": UNKNOWN, "format": "$context.requestId"},
    },
    name="stage",
)
FIREWALL = Declared(
    "aws:wafv2/webAclAssociation:WebAclAssociation",
    {"resourceArn": UNKNOWN, "webAclArn": UNKNOWN},
    name="firewall",
).depending(resourceArn="stage")
HTTP_STAGE = Declared(
    "aws:apigatewayv2/stage:Stage",
    {
        "apiId": "api",
        "accessLogSettings": {
            "destinationArn": "arn:aws:logs:eu-central-1:111122223333:log-group:api",
            "format": "$context.requestId",
        },
    },
)
PLAN = Declared(
    "aws:apigateway/usagePlan:UsagePlan",
    {
        "apiStages": [{"apiId": UNKNOWN, "stage": UNKNOWN}],
        "quotaSettings": {"limit": 1000, "period": "DAY"},
        "throttleSettings": {"rateLimit": 10, "burstLimit": 20},
    },
    name="plan",
).depending(apiStages="stage")
PERMISSION = Declared(
    "aws:lambda/permission:Permission",
    {
        "action": "lambda:InvokeFunction",
        "function": "summarise",
        "principal": "events.amazonaws.com",
        "sourceArn": UNKNOWN,
    },
)


def opened(kind: str, **properties: object) -> tuple[Declared]:
    return (Declared(kind, properties),)


TWINS = {
    "bulkhead-api-require-authorization": Twins(
        good=(METHOD,),
        bad=(METHOD.but("authorization", "NONE"),),
        unknown=(METHOD.but("authorization", UNKNOWN),),
        more_good={
            "preflight": (METHOD.but("authorization", "NONE").but("httpMethod", "OPTIONS"),),
            "route": opened(
                "aws:apigatewayv2/route:Route",
                apiId="api",
                routeKey="POST /v1",
                authorizationType="JWT",
            ),
            "client's key": (METHOD.but("authorization", "NONE").but("apiKeyRequired", True),),
        },
        more_bad={
            "route": opened("aws:apigatewayv2/route:Route", apiId="api", routeKey="POST /v1"),
            "function URL": opened(
                "aws:lambda/functionUrl:FunctionUrl", functionName="f", authorizationType="NONE"
            ),
            "no key": (METHOD.but("authorization", "NONE").but("apiKeyRequired", False),),
            "API key": opened("aws:appsync/graphQLApi:GraphQLApi", authenticationType="API_KEY"),
        },
    ),
    "bulkhead-api-log-access": Twins(
        good=(HTTP_STAGE,),
        bad=(HTTP_STAGE.without("accessLogSettings"),),
        settled=(STAGE, FIREWALL, PLAN),
        more_bad={"REST": (STAGE.without("accessLogSettings"), FIREWALL, PLAN)},
    ),
    "bulkhead-api-guard-stages": Twins(
        good=(STAGE, FIREWALL, PLAN),
        bad=(STAGE, PLAN),
        settled=(STAGE, FIREWALL.but("webAclArn", UNKNOWN), PLAN),
        more_bad={"another's": (STAGE, FIREWALL.but("resourceArn", "arn:x").depending(), PLAN)},
    ),
    "bulkhead-api-bound-clients": Twins(
        good=(PLAN,),
        bad=(PLAN.without("quotaSettings"),),
        settled=(PLAN.but("quotaSettings/limit", UNKNOWN),),
        more_bad={
            "no throttle": (PLAN.without("throttleSettings"),),
            "nought": (PLAN.but("throttleSettings/rateLimit", 0),),
        },
    ),
    "bulkhead-lambda-deny-strangers": Twins(
        good=(PERMISSION,),
        bad=(PERMISSION.without("sourceArn"),),
        unknown=(PERMISSION.but("principal", UNKNOWN),),
        settled=(PERMISSION.but("sourceArn", UNKNOWN),),
        more_good={
            "account": (PERMISSION.without("sourceArn").but("principal", "111122223333"),),
            "organisation": (PERMISSION.but("principal", "*").but("principalOrgId", "o-1"),),
            "source account": (
                PERMISSION.without("sourceArn").but("sourceAccount", "111122223333"),
            ),
        },
        more_bad={"everybody": (PERMISSION.but("principal", "*"),)},
    ),
}

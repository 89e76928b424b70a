import datetime

from tests.policies.parts import tags
from tests.policies.scenes import UNKNOWN, Declared, Twins
from tests.policies.twins.apis import FIREWALL, METHOD, PLAN, STAGE

API = Declared(
    "aws:apigateway/restApi:RestApi",
    {
        "endpointConfiguration": {"types": "PRIVATE"},
        "disableExecuteApiEndpoint": True,
        "tags": tags(),
    },
    name="api",
)
PUBLIC = API.but("endpointConfiguration/types", "REGIONAL")
HTTP = Declared("aws:apigatewayv2/api:Api", {"protocolType": "HTTP", "tags": tags()}, name="api")
SETTINGS = Declared(
    "aws:apigateway/methodSettings:MethodSettings",
    {
        "restApi": "api",
        "stageName": "v1",
        "methodPath": "*/*",
        "settings": {"metricsEnabled": True, "dataTraceEnabled": False},
    },
)
MAPPING = Declared(
    "aws:apigateway/basePathMapping:BasePathMapping",
    {"domainName": "models.example.com", "restApi": UNKNOWN},
    name="mapping",
).depending(restApi="api")
NAME = Declared(
    "aws:apigateway/domainName:DomainName",
    {
        "domainName": "models.example.com",
        "regionalCertificateArn": UNKNOWN,
        "securityPolicy": "TLS_1_2",
    },
)
HTTP_NAME = Declared(
    "aws:apigatewayv2/domainName:DomainName",
    {
        "domainName": "models.example.com",
        "domainNameConfiguration": {
            "certificateArn": UNKNOWN,
            "endpointType": "REGIONAL",
            "securityPolicy": "TLS_1_2",
        },
    },
)


LATER = str(datetime.date.today() + datetime.timedelta(days=30))


def opted_in(**changes: str) -> tuple[Declared]:
    """A public API whose tags tell an opt-in."""
    told = {
        "owner": "partner-team",
        "reason": "Partners try the summaries",
        "expires": LATER,
        **changes,
    }
    api = PUBLIC
    for key, value in told.items():
        api = api.but(f"tags/bulkhead:exposure-{key}", value)
    return (api,)


TWINS = {
    "bulkhead-api-expire-exposure": Twins(
        good=(API,),
        bad=(PUBLIC,),
        unknown=(API.but("endpointConfiguration/types", UNKNOWN),),
        more_bad={
            "everywhere": (API.without("endpointConfiguration"),),
            "HTTP": (HTTP,),
            "ended": opted_in(expires="2026-01-31"),
            "no end": opted_in(expires=""),
            "nobody's": opted_in(owner=""),
            "of a private tier": (opted_in()[0].but("tags/bulkhead:tier", "regulated"),),
        },
    ),
    "bulkhead-api-hide-payloads": Twins(
        good=(SETTINGS,),
        bad=(SETTINGS.but("settings/dataTraceEnabled", True),),
        unknown=(SETTINGS.but("settings/dataTraceEnabled", UNKNOWN),),
        more_good={"left out": (SETTINGS.without("settings/dataTraceEnabled"),)},
    ),
    "bulkhead-api-plan-clients": Twins(
        good=(API, STAGE, FIREWALL, PLAN),
        bad=(STAGE, FIREWALL),
        settled=(STAGE.but("restApi", UNKNOWN), FIREWALL, PLAN),
        more_good={
            "private": (API, STAGE.depending(restApi="api"), FIREWALL),
            "by ID": (STAGE, FIREWALL, PLAN.depending().but("apiStages/0/apiId", "api")),
        },
        more_bad={
            "another's": (
                STAGE,
                FIREWALL,
                PLAN.depending().but("apiStages/0/apiId", "other"),
            ),
        },
    ),
    "bulkhead-api-validate-requests": Twins(
        good=(METHOD,),
        bad=(METHOD.without("requestValidatorId"),),
        settled=(METHOD.but("requestModels/$default", UNKNOWN),),
        more_good={
            "no body": (METHOD.but("httpMethod", "GET").without("requestValidatorId"),),
        },
        more_bad={
            "one content type": (METHOD.but("requestModels", {"application/json": "chat"}),),
            "no model": (METHOD.without("requestModels"),),
        },
    ),
    "bulkhead-api-close-default-door": Twins(
        good=(API, MAPPING),
        bad=(API.without("disableExecuteApiEndpoint"), MAPPING),
        unknown=(API.but("disableExecuteApiEndpoint", UNKNOWN), MAPPING),
        more_good={"no other name": (API.without("disableExecuteApiEndpoint"),)},
    ),
    "bulkhead-api-use-modern-tls": Twins(
        good=(NAME,),
        bad=(NAME.but("securityPolicy", "TLS_1_0"),),
        unknown=(NAME.but("securityPolicy", UNKNOWN),),
        more_good={
            "HTTP": (HTTP_NAME,),
            "newer": (NAME.but("securityPolicy", "SecurityPolicy_TLS13_1_3_2025_09"),),
        },
        more_bad={
            "left out": (NAME.without("securityPolicy"),),
            "HTTP": (HTTP_NAME.but("domainNameConfiguration/securityPolicy", "TLS_1_0"),),
        },
    ),
}

"""What a public edge renders, and what it refuses to (INF-1, OBS-1)."""

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
from moto.events.models import EventPattern

from bulkhead import PublicEdge
from bulkhead.foundation.arguments import read_scope
from bulkhead.preview.plan import Plan
from bulkhead.preview.run import Options, preview_function
from bulkhead.workloads.edge_firewall import COUNTED
from bulkhead.workloads.edge_requests import access_log, schemas
from bulkhead.workloads.edge_watch import guard_pattern
from tests.foundation.events import call
from tests.foundation.samples import APPLIED, KEY, one, planned, refusal, scope
from tests.workloads.edges import EXPIRES, HOST, TOPIC, arguments, opt_in

API = "aws:apigateway/"
ROOT = Path(__file__).parents[2]


def edge(**changes: Any) -> Plan:
    return planned(lambda: PublicEdge("edge", arguments(**changes)), **APPLIED)


@pytest.fixture(scope="module")
def opened() -> Plan:
    return edge()


def test_it_passes_every_pack() -> None:
    packs = [ROOT / "policies", *sorted((ROOT / "policies" / "packs").iterdir())]
    plan = preview_function(lambda: PublicEdge("edge", arguments()), options=Options(packs=packs))
    assert plan.errors == []
    assert [(v.policy, v.urn) for v in plan.violations if v.level == "mandatory"] == []


def test_the_api_tells_who_opened_it_why_and_until_when(opened: Plan) -> None:
    api = one(opened, f"{API}restApi:RestApi").inputs
    assert api["tags"]["bulkhead:exposure-owner"] == "partner-team"
    assert api["tags"]["bulkhead:exposure-expires"] == str(EXPIRES)
    assert api["description"] == (
        f"Public edge, open until {EXPIRES} by partner-team: Partners try the summaries"
    )


def test_only_its_own_name_leads_to_it(opened: Plan) -> None:
    assert one(opened, f"{API}restApi:RestApi").inputs["disableExecuteApiEndpoint"] is True
    domain = one(opened, f"{API}domainName:DomainName").inputs
    assert (domain["domainName"], domain["securityPolicy"]) == (HOST, "TLS_1_2")
    assert "mutualTlsAuthentication" not in domain


def test_clients_show_a_certificate_where_asked() -> None:
    plan = edge(trust_store="s3://trust/clients.pem")
    domain = one(plan, f"{API}domainName:DomainName").inputs
    assert domain["mutualTlsAuthentication"] == {"truststoreUri": "s3://trust/clients.pem"}


def test_the_name_leads_to_it_once_firewall_limits_and_log_stand(opened: Plan) -> None:
    names = [r.type for r in opened.resources]
    mapped = names.index(f"{API}basePathMapping:BasePathMapping")
    mapping = opened.resources[mapped]
    for guard in (
        "aws:wafv2/webAclAssociation:WebAclAssociation",
        f"{API}methodSettings:MethodSettings",
    ):
        assert one(opened, guard).urn in mapping.dependencies, guard
    stage = one(opened, f"{API}stage:Stage")
    assert one(opened, f"{API}account:Account").urn in stage.dependencies
    deployment = one(opened, f"{API}deployment:Deployment")
    assert one(opened, f"{API}restApiPolicy:RestApiPolicy").urn in deployment.dependencies


def test_every_operation_asks_for_a_key_and_reads_every_body(opened: Plan) -> None:
    methods = list(opened.of_type(f"{API}method:Method"))
    assert len(methods) == 2
    for method in methods:
        assert method.inputs["apiKeyRequired"] is True
        assert list(method.inputs["requestModels"]) == ["$default"]
        assert method.inputs["requestValidatorId"]
    assert one(opened, f"{API}requestValidator:RequestValidator").inputs["validateRequestBody"]


def test_answers_are_streamed_over_tls_and_the_key_ends_at_the_edge(opened: Plan) -> None:
    integration = one(opened, f"{API}integration:Integration", "edge-chat").inputs
    assert integration["uri"] == "https://inference.example.com/chat/completions"
    assert integration["connectionType"] == "VPC_LINK"
    assert integration["integrationTarget"].endswith("loadbalancer/net/gateway/1234567890abcdef")
    assert integration["responseTransferMode"] == "STREAM"
    assert integration["timeoutMilliseconds"] == 120_000
    assert integration["requestParameters"] == {"integration.request.header.x-api-key": "'removed'"}
    assert "tlsConfig" not in integration
    assert one(opened, f"{API}stage:Stage").inputs["stageName"] == "v1"


def test_the_link_leads_to_the_load_balancer_alone(opened: Plan) -> None:
    group = one(opened, "aws:ec2/securityGroup:SecurityGroup").inputs
    assert group["ingress"] == []
    (way,) = group["egress"]
    assert (way["fromPort"], way["toPort"], way["cidrBlocks"]) == (443, 443, ["10.20.0.0/18"])


def test_each_client_has_a_key_a_throttle_and_a_quota_of_its_own(opened: Plan) -> None:
    alpha = one(opened, f"{API}usagePlan:UsagePlan", "edge-alpha").inputs
    assert alpha["throttleSettings"] == {"rateLimit": 1, "burstLimit": 8}
    assert alpha["quotaSettings"] == {"limit": 5_000, "period": "DAY"}
    beta = one(opened, f"{API}usagePlan:UsagePlan", "edge-beta").inputs
    assert beta["quotaSettings"] == {"limit": 86_400, "period": "DAY"}
    for client in ("edge-alpha", "edge-beta"):
        link = one(opened, f"{API}usagePlanKey:UsagePlanKey", client)
        assert one(opened, f"{API}apiKey:ApiKey", client).urn in link.dependencies
    settings = one(opened, f"{API}methodSettings:MethodSettings").inputs["settings"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (2, 20)


def rules(plan: Plan) -> dict[str, dict[str, Any]]:
    return {rule["name"]: rule for rule in one(plan, "aws:wafv2/webAcl:WebAcl").inputs["rules"]}


def test_the_firewall_sees_all_of_a_body_or_stops_it(opened: Plan) -> None:
    for plan, kib in ((opened, 16), (edge(prompt_kib=64), 64)):
        rule = rules(plan)["body-size"]
        size = rule["statement"]["sizeConstraintStatement"]
        assert (size["comparisonOperator"], size["size"]) == ("GT", kib * 1024)
        assert size["fieldToMatch"] == {"body": {"oversizeHandling": "MATCH"}}
        assert rule["action"] == {"block": {"customResponse": {"responseCode": 413}}}
        acl = one(plan, "aws:wafv2/webAcl:WebAcl").inputs
        (body,) = acl["associationConfig"]["requestBodies"]
        assert body == {"apiGateway": {"defaultSizeInspectionLimit": f"KB_{kib}"}}


def test_the_firewall_counts_by_address_and_by_key(opened: Plan) -> None:
    found = rules(opened)
    for name, kind in (("address-rate", "IP"), ("key-rate", "CUSTOM_KEYS")):
        rate = found[name]["statement"]["rateBasedStatement"]
        assert (rate["aggregateKeyType"], rate["limit"]) == (kind, 312)
        assert rate["evaluationWindowSec"] == 300
    (key,) = found["key-rate"]["statement"]["rateBasedStatement"]["customKeys"]
    assert key["header"]["name"] == "x-api-key"


def test_the_firewall_knows_bots_and_lets_programs_and_prompts_pass(opened: Plan) -> None:
    found = rules(opened)
    assert set(COUNTED) <= set(found)
    for group, counted in COUNTED.items():
        statement = found[group]["statement"]["managedRuleGroupStatement"]
        overrides = statement.get("ruleActionOverrides", [])
        assert [o["name"] for o in overrides] == list(counted)
        assert all(o["actionToUse"] == {"count": {}} for o in overrides)
        assert found[group]["overrideAction"] == {"none": {}}
    assert "CategoryHttpLibrary" in COUNTED["AWSManagedRulesBotControlRuleSet"]
    assert {rule["priority"] for rule in found.values()} == set(range(len(found)))


def test_no_log_has_a_body_a_key_a_token_or_a_query(opened: Plan) -> None:
    words = " ".join(access_log().values()).lower()
    for forbidden in ("authorization", "apikey ", "querystring", "body", "header", "path "):
        assert forbidden not in words.replace("resourcepath", "")
    acl = one(opened, "aws:wafv2/webAcl:WebAcl").inputs
    hidden = [p["field"]["fieldType"] for p in acl["dataProtectionConfig"]["dataProtections"]]
    assert hidden == ["BODY", "QUERY_STRING", "SINGLE_HEADER"]
    logging = one(opened, "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration").inputs
    redacted = [field["singleHeader"]["name"] for field in logging["redactedFields"]]
    assert redacted == ["authorization", "x-api-key", "cookie"]
    assert not any(r["visibilityConfig"]["sampledRequestsEnabled"] for r in acl["rules"])
    settings = one(opened, f"{API}methodSettings:MethodSettings").inputs["settings"]
    assert (settings["dataTraceEnabled"], settings["loggingLevel"]) == (False, "OFF")
    assert one(opened, f"{API}stage:Stage").inputs["xrayTracingEnabled"] is False


def test_logs_lie_under_the_partition_s_key_for_as_long_as_the_tier_asks(opened: Plan) -> None:
    groups = {
        g.inputs["name"]: g.inputs for g in opened.of_type("aws:cloudwatch/logGroup:LogGroup")
    }
    assert set(groups) == {"/bulkhead/dev/edge/access", "aws-waf-logs-dev-edge"}
    for group in groups.values():
        assert (group["kmsKeyId"], group["retentionInDays"]) == (KEY, 90)


def test_a_later_end_is_deployed(opened: Plan) -> None:
    """What a stage serves is what was deployed last, and not what the API says."""

    def trigger(plan: Plan) -> str:
        return str(one(plan, f"{API}deployment:Deployment").inputs["triggers"])

    later = EXPIRES + datetime.timedelta(days=1)
    changed = [
        {"opt_in": opt_in(expires=str(later))},
        {"networks": ["198.51.100.0/24"]},
        {"models": ["llama", "mistral"]},
        {"timeout_seconds": 60},
    ]
    assert trigger(edge()) == trigger(opened)
    assert len({trigger(opened), *(trigger(edge(**each)) for each in changed)}) == 5


def test_its_owner_is_warned_before_the_end(opened: Plan) -> None:
    days = [30, 7, 1]
    for before in days:
        rule = one(opened, "aws:cloudwatch/eventRule:EventRule", f"edge-ends-in-{before}").inputs
        day = EXPIRES - datetime.timedelta(days=before)
        assert rule["scheduleExpression"] == f"cron(0 8 {day.day} {day.month} ? {day.year})"
        target = one(opened, "aws:cloudwatch/eventTarget:EventTarget", f"edge-ends-in-{before}")
        assert target.inputs["arn"] == TOPIC
        assert str(EXPIRES) in target.inputs["input"]


def test_a_preview_says_that_the_end_is_near() -> None:
    soon = datetime.date.today() + datetime.timedelta(days=3)
    plan = edge(opt_in=opt_in(expires=str(soon)))
    assert [note for note in plan.notes if "closes by itself in 4 days" in note]
    assert not edge().notes


def test_attacks_and_failures_wake_somebody(opened: Plan) -> None:
    alarms = {a.name: a.inputs for a in opened.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")}
    assert set(alarms) == {"edge-blocked", "edge-refused", "edge-failed"}
    assert all(alarm["alarmActions"] == [TOPIC] for alarm in alarms.values())
    assert alarms["edge-blocked"]["dimensions"] == {
        "WebACL": "dev-edge",
        "Region": "eu-central-1",
        "Rule": "ALL",
    }
    assert alarms["edge-failed"]["dimensions"] == {"ApiName": "dev-edge", "Stage": "v1"}


def heard(given: dict[str, Any]) -> bool:
    pattern = json.dumps(guard_pattern(read_scope(scope(), where="x"), "edge"))
    return bool(EventPattern.load(pattern).matches_event(given))  # type: ignore[arg-type]


ARN = "arn:aws:wafv2:eu-central-1:111122223333:regional/webacl"
STAGES = "arn:aws:apigateway:eu-central-1::/restapis/a1b2c3/stages"


@pytest.mark.parametrize(
    ("given", "alarms"),
    [
        (call("wafv2", "DeleteWebACL", {"name": "dev-edge"}), True),
        (call("wafv2", "UpdateWebACL", {"name": "dev-edge"}, errorCode="AccessDenied"), True),
        (call("wafv2", "DisassociateWebACL", {"resourceArn": f"{STAGES}/v1"}), True),
        (
            call("wafv2", "DeleteLoggingConfiguration", {"resourceArn": f"{ARN}/dev-edge/1"}),
            True,
        ),
        (call("apigateway", "UpdateRestApi", {"restApiId": "a1b2c3"}), True),
        (call("wafv2", "UpdateWebACL", {"name": "prod-edge"}), False),
        (call("wafv2", "DisassociateWebACL", {"resourceArn": f"{STAGES}/test"}), False),
        (
            call("wafv2", "DeleteLoggingConfiguration", {"resourceArn": f"{ARN}/prod-edge/1"}),
            False,
        ),
        (call("apigateway", "GetRestApi", {"restApiId": "a1b2c3"}), False),
    ],
)
def test_who_weakens_a_guard_sets_off_an_alarm(given: dict[str, Any], alarms: bool) -> None:
    assert heard(given) is alarms


def test_alarms_that_can_t_be_delivered_wait(opened: Plan) -> None:
    targets = list(opened.of_type("aws:cloudwatch/eventTarget:EventTarget"))
    assert len(targets) == 4
    for target in targets:
        assert target.inputs["deadLetterConfig"]["arn"].endswith("dev-alarms-undelivered")


def test_the_log_role_is_left_out_where_there_is_one() -> None:
    plan = edge(log_role=False)
    assert not [*plan.of_type(f"{API}account:Account")]
    assert not [*plan.of_type("aws:iam/role:Role")]


def test_a_schema_names_models_roles_and_the_longest_answer() -> None:
    chat = schemas(["llama"], output_tokens=512, system_messages=False)["chat"]
    assert chat["additionalProperties"] is False
    assert "logprobs" not in chat["properties"]
    assert chat["properties"]["model"] == {"enum": ["llama"]}
    assert chat["properties"]["max_tokens"]["maximum"] == 512
    assert chat["properties"]["n"] == {"enum": [1]}
    roles = chat["properties"]["messages"]["items"]["properties"]["role"]["enum"]
    assert roles == ["user", "assistant", "tool"]
    lenient = schemas(["llama"], output_tokens=512, system_messages=True)["chat"]
    assert "system" in lenient["properties"]["messages"]["items"]["properties"]["role"]["enum"]
    assert all(
        json.loads(json.dumps(s)) == s
        for s in schemas(["llama"], output_tokens=1, system_messages=False).values()
    )


GATEWAY = arguments()["gateway"]
YESTERDAY = datetime.date.today() - datetime.timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tier": "restricted"}, ["edge.opt_in", "'restricted' may not be reached"]),
        ({"opt_in": opt_in(expires=str(YESTERDAY))}, ["edge.opt_in.expires", "has expired"]),
        ({"opt_in": opt_in(expires="soon")}, ["edge.opt_in.expires", "YYYY-MM-DD"]),
        ({"opt_in": opt_in(owner="")}, ["edge.opt_in.owner", "an opt-in needs an owner"]),
        ({"opt_in": {"owner": "a"}}, ["edge.opt_in.expires", "a missing argument"]),
        ({"host": "models"}, ["edge.host", "'models'"]),
        ({"gateway": {**GATEWAY, "host": "gateway"}}, ["edge.gateway.host"]),
        ({"models": []}, ["edge.models", "one or more"]),
        ({"models": ["Llama"]}, ["edge.models[0]", "'Llama'"]),
        ({"models": ["a", "a"]}, ["edge.models", "each once"]),
        ({"clients": []}, ["edge.clients", "1 to 300"]),
        ({"clients": [{"name": "a", "requests": {"week": 1}}]}, ["edge.clients[0].requests"]),
        ({"clients": [{"name": "a", "quota": 1}]}, ["edge.clients[0]", "'quota'"]),
        ({"networks": ["0.0.0.0/0"]}, ["edge.networks[0]"]),
        ({"prompt_kib": 256}, ["edge.prompt_kib", "16, 32, 48, 64"]),
        ({"output_tokens": 0}, ["edge.output_tokens"]),
        ({"timeout_seconds": 901}, ["edge.timeout_seconds", "1 to 900"]),
        ({"trust_store": "trust.pem"}, ["edge.trust_store", "s3://"]),
    ],
)
def test_bad_arguments_are_refused(changes: dict[str, Any], words: list[str]) -> None:
    said = refusal(lambda: PublicEdge("edge", arguments(**changes)))
    assert [word for word in words if word not in said] == [], said

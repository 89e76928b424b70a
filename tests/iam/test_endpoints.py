"""Who reaches what through the endpoints that a network renders (NET-1)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi
import pytest

from bulkhead import PlaneNetwork
from tests.foundation.samples import KEY as LOG_KEY
from tests.foundation.samples import REGION, planned, scope
from tests.iam.documents import documents
from tests.iam.evaluation import Evaluator
from tests.iam.model import Decision, EvaluationError, Principal, Request, World
from tests.iam.writing import ACCOUNT, OTHER_ACCOUNT, allow, policy, role

GUEST = f"arn:aws:iam::{ACCOUNT}:role/deployer"
SERVICES = ("guardduty-data", "monitoring", "s3vectors", "secretsmanager")

Through = Callable[..., Decision]


def caller(path: str = "bulkhead/dev/acme", account: str = ACCOUNT, **tags: str) -> Principal:
    """A role that may do everything, so that the endpoint alone decides."""
    tagged = {f"bulkhead:{key}": value for key, value in tags.items()}
    return role(path, allow("*"), account=account, tags=tagged)


BUCKET = "arn:aws:s3:::dev-internal-models-111122223333-eu-central-1"
OBJECT = f"{BUCKET}/model/weights"
THIEFS_BUCKET = "arn:aws:s3:::dev-internal-models-of-a-thief"


def own(service: str, path: str) -> str:
    """The ARN of something of the environment's account."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{path}"


TABLE = own("dynamodb", "table/dev-lineage")
CALLS = [
    ("s3", "s3:GetObject", OBJECT),
    ("s3", "s3:PutObject", OBJECT),
    ("dynamodb", "dynamodb:PutItem", TABLE),
    ("dynamodb", "dynamodb:Query", f"{TABLE}/index/by-source"),
    ("ecr.api", "ecr:BatchGetImage", own("ecr", "repository/dev-serving")),
    ("kms", "kms:Decrypt", own("kms", "key/1234abcd-12ab-34cd-56ef-1234567890ab")),
    ("monitoring", "cloudwatch:PutMetricAlarm", own("cloudwatch", "alarm:spend")),
    ("s3vectors", "s3vectors:QueryVectors", own("s3vectors", "bucket/dev-x/index/docs")),
    ("secretsmanager", "secretsmanager:GetSecretValue", own("secretsmanager", "secret:t-AbCdEf")),
    ("eks-auth", "eks-auth:AssumeRoleForPodIdentity", own("eks", "cluster/dev-shared")),
]
OPEN = [BUCKET, THIEFS_BUCKET, *(resource for service, _, resource in CALLS if service != "s3")]
"""Resources whose own policies let in everybody, so that the endpoint alone decides."""


OWN = caller(environment="dev", plane="inference")
STRANGERS = {
    "a role of another account": caller(account=OTHER_ACCOUNT, environment="dev"),
    "a role of another environment": caller("bulkhead/prod/acme", environment="prod"),
    "a role that dresses up by tag": caller("somebody", environment="dev", plane="training"),
    "a role whose name looks like a path": caller("bulkhead-dev-acme", environment="dev"),
}


@pytest.fixture(scope="module")
def made() -> tuple[World, dict[str, list[str]]]:
    def program() -> None:
        network = PlaneNetwork(
            "net",
            {
                "scope": scope(),
                "tier": "internal",
                "cidr": "10.20.0.0/16",
                "log_key_arn": LOG_KEY,
                "services": list(SERVICES),
                "guests": [GUEST],
            },
        )
        pulumi.export("ids", network.endpoint_ids)

    plan = planned(program, assume_applied=True)
    world = documents(plan).world
    everybody = policy(allow("*", principal="*"), name="open")
    open_ones = dict.fromkeys(OPEN, everybody)
    return replace(world, resource_policies=open_ones), plan.outputs["ids"]


@pytest.fixture
def through(made: tuple[World, dict[str, list[str]]], evaluator: Evaluator) -> Through:
    """Decide a request that comes through a service's endpoint; S3's first is the gateway."""
    world, ids = made

    def decided(
        service: str,
        who: Principal,
        action: str,
        resource: str,
        *,
        number: int = 0,
        owner: str = ACCOUNT,
    ) -> Decision:
        context = {"aws:SourceVpce": ids[service][number]}
        request = Request(who, action, resource, context, resource_account=owner)
        return evaluator.evaluate([request], world)[0]

    return decided


@pytest.mark.parametrize(("service", "action", "resource"), CALLS)
def test_the_environments_roles_pass(
    through: Through, service: str, action: str, resource: str
) -> None:
    assert through(service, OWN, action, resource).allowed


@pytest.mark.parametrize(("service", "action", "resource"), CALLS)
def test_a_guest_passes(through: Through, service: str, action: str, resource: str) -> None:
    assert through(service, caller("deployer"), action, resource).allowed


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize(("service", "action", "resource"), CALLS)
def test_a_stranger_is_stopped_by_the_endpoint(
    through: Through, stranger: str, service: str, action: str, resource: str
) -> None:
    """A credential brought into the VPC opens nothing from there."""
    decision = through(service, STRANGERS[stranger], action, resource)
    assert not decision.allowed
    assert "endpoint" in decision.blocked


@pytest.mark.parametrize("number", [0, 1], ids=["gateway", "interface"])
@pytest.mark.parametrize(
    ("resource", "owner"),
    [
        ("arn:aws:s3:::prod-internal-models/x", ACCOUNT),
        ("arn:aws:s3:::loot/x", ACCOUNT),
        (f"{THIEFS_BUCKET}/x", OTHER_ACCOUNT),
    ],
)
@pytest.mark.parametrize("action", ["s3:GetObject", "s3:PutObject"])
def test_nothing_is_carried_to_or_from_other_buckets(
    through: Through, action: str, resource: str, owner: str, number: int
) -> None:
    who = caller(environment="dev", plane="training")
    decision = through("s3", who, action, resource, number=number, owner=owner)
    assert not decision.allowed
    assert decision.blocked == ("endpoint",)


def test_inference_reads_through_the_interface_endpoint_and_others_write(through: Through) -> None:
    assert through("s3", OWN, "s3:GetObject", OBJECT, number=1).allowed
    assert not through("s3", OWN, "s3:PutObject", OBJECT, number=1).allowed
    assert not through("s3", caller(), "s3:PutObject", OBJECT, number=1).allowed
    for plane in ("training", "data", "model", "control"):
        who = caller(environment="dev", plane=plane)
        assert through("s3", who, "s3:PutObject", OBJECT, number=1).allowed


@pytest.mark.parametrize("action", ["s3:DeleteBucket", "s3:PutBucketPolicy", "s3:CreateBucket"])
@pytest.mark.parametrize("number", [0, 1])
def test_buckets_themselves_are_not_managed_from_inside(
    through: Through, action: str, number: int
) -> None:
    assert not through("s3", OWN, action, BUCKET, number=number).allowed


def test_image_layers_are_pulled_from_the_regions_own_bucket_by_anyone(through: Through) -> None:
    layer = f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/layer"
    stranger = caller("ecr", account=OTHER_ACCOUNT)
    assert through("s3", stranger, "s3:GetObject", layer, owner=OTHER_ACCOUNT).allowed
    assert not through("s3", stranger, "s3:PutObject", layer, owner=OTHER_ACCOUNT).allowed
    other = "arn:aws:s3:::prod-us-east-1-starport-layer-bucket/layer"
    assert not through("s3", OWN, "s3:GetObject", other, owner=OTHER_ACCOUNT).allowed


@pytest.mark.parametrize(
    ("table", "owner"),
    [
        (f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/prod-lineage", ACCOUNT),
        (f"arn:aws:dynamodb:{REGION}:{OTHER_ACCOUNT}:table/dev-lineage", OTHER_ACCOUNT),
    ],
)
def test_other_tables_are_out_of_reach(through: Through, table: str, owner: str) -> None:
    assert not through("dynamodb", OWN, "dynamodb:GetItem", table, owner=owner).allowed


def test_tables_are_used_and_not_managed(through: Through) -> None:
    assert not through("dynamodb", OWN, "dynamodb:DeleteTable", TABLE).allowed
    assert not through("dynamodb", OWN, "dynamodb:ExportTableToPointInTime", TABLE).allowed


def test_no_statement_can_be_missed(
    made: tuple[World, dict[str, list[str]]], evaluator: Evaluator
) -> None:
    """Without any one statement of an endpoint's policy, a call that is needed fails."""
    world, ids = made
    needed = [
        *((service, OWN, action, resource, 0) for service, action, resource in CALLS),
        ("s3", OWN, "s3:GetObject", OBJECT, 1),
        ("s3", caller(environment="dev", plane="training"), "s3:PutObject", OBJECT, 1),
        ("s3", OWN, "s3:GetObject", f"arn:aws:s3:::prod-{REGION}-starport-layer-bucket/x", 0),
    ]
    for service in {call[0] for call in CALLS}:
        for number, vpce in enumerate(ids[service]):
            found, came = world.endpoints[vpce].policy, {"aws:SourceVpce": vpce}
            assert found is not None
            asked = [
                Request(who, action, resource, came, resource_account=ACCOUNT)
                for at, who, action, resource, place in needed
                if (at, place) == (service, number)
            ]
            assert all(decision.allowed for decision in evaluator.evaluate(asked, world))
            for statement in found.document["Statement"]:
                decisions = evaluator.evaluate(asked, _without(world, vpce, statement))
                assert not all(decision.allowed for decision in decisions), statement


def _without(world: World, vpce: str, statement: dict[str, Any]) -> World:
    endpoint = world.endpoints[vpce]
    if endpoint.policy is None:
        raise EvaluationError("an endpoint without a policy")
    rest = [s for s in endpoint.policy.document["Statement"] if s is not statement]
    weaker = replace(endpoint.policy, document={**endpoint.policy.document, "Statement": rest})
    return replace(world, endpoints={**world.endpoints, vpce: replace(endpoint, policy=weaker)})

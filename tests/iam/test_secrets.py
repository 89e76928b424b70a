"""Only a tenant's own pods read its secrets, and rotation alone writes them (KEY-4).

The pods' roles, their boundary, the secrets' policies and the partition's keys are those that the
components render.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pytest

from bulkhead import KeyPartition, PartitionSecrets, SecretFiles, WorkloadBoundary
from bulkhead.domain.labels import Plane
from bulkhead.domain.partitions import Purpose
from bulkhead.foundation.arguments import read_scope
from bulkhead.foundation.identity import make_role, pod_trust
from bulkhead.preview.run import preview_function
from tests.foundation.samples import ADMIN, scope
from tests.iam.cast import ALL, member, person, somebody
from tests.iam.documents import Documents, documents
from tests.iam.evaluation import Evaluator
from tests.iam.model import Principal, Request, World
from tests.iam.proofs import HERE

PROD: Any = scope(environment="prod")
PLACE: Any = {"scope": PROD, "tier": "confidential"}
READ, KEY_USE = "secretsmanager:GetSecretValue", "kms:Decrypt"
WRITE = "secretsmanager:PutSecretValue"
ENDPOINT = {"aws:SourceVpce": "vpce-1"}


def pods_of(tenant: str, boundary_arn: pulumi.Input[str], secret: str) -> None:
    """A tenant's role with a secret's file."""
    place = read_scope(PROD, where="scope")
    labels = place.labels("confidential", Plane.INFERENCE, "server").but(tenant=tenant)  # type: ignore[arg-type]
    role = make_role(
        f"{tenant}-server",
        scope=place,
        labels=labels,
        trust=pod_trust("prod-shared", tenant, "server"),
        description="Pods.",
        boundary_arn=boundary_arn,
        opts=pulumi.ResourceOptions(),
    )
    aws.eks.PodIdentityAssociation(
        tenant,
        cluster_name="prod-shared",
        namespace=tenant,
        service_account="server",
        role_arn=role.arn,
    )
    args: Any = {**PLACE, "tenant": tenant, "role_name": role.name, "secrets": [secret]}
    cluster = k8s.Provider(f"{tenant}-cluster", kubeconfig="{}")
    SecretFiles(f"{tenant}-files", args, pulumi.ResourceOptions(provider=cluster))


def program() -> None:
    administrators: Any = {"administrators": [ADMIN]}
    keys = KeyPartition("keys", {**PLACE, **administrators})
    boundary = WorkloadBoundary("boundary", PLACE)
    for tenant in ("acme", "rival"):
        pods_of(tenant, boundary.arn, "token")
    more: Any = {
        "key_arn": keys.arn(Purpose.SECRET),
        "log_key_arn": keys.arn(Purpose.LOG),
        "secrets": [
            {"name": name, "kind": "api-key", "tenant": "acme"} for name in ("token", "webhook")
        ],
    }
    PartitionSecrets("secrets", {**PLACE, **more})


@pytest.fixture(scope="module")
def found() -> Documents:
    plan = preview_function(program, assume_applied=True, config={"aws:region": HERE.region})
    assert [error.message for error in plan.errors] == []
    return documents(plan, assumed=HERE)


def secret_arn(world: World, name: str = "token") -> str:
    [arn] = [each for each in world.resource_policies if f"/acme/{name}-" in each]
    return arn


def of_purpose(world: World, purpose: str) -> str:
    alias = f"alias/bulkhead/prod/confidential/{purpose}"
    [arn] = [
        arn
        for arn, context in world.resource_context.items()
        if alias in (context.get("kms:ResourceAliases") or [])
    ]
    return arn


def key_context(arn: str, **more: str) -> dict[str, str]:
    return {
        "kms:ViaService": f"secretsmanager.{HERE.region}.amazonaws.com",
        "kms:EncryptionContext:SecretARN": arn,
        **more,
    }


def full(who: Principal) -> Principal:
    """The same role with every permission that IAM can give, so that the fence alone decides."""
    return replace(who, identity_policies=(ALL,), boundary=None, session_policy=None)


@pytest.fixture
def allowed(evaluator: Evaluator, found: Documents) -> Any:
    def ask(
        who: Principal,
        action: str,
        context: Mapping[str, str],
        *,
        name: str = "token",
        documents: Documents = found,
    ) -> bool:
        arn = secret_arn(documents.world, name)
        if action.startswith("kms:"):
            context = {**key_context(arn), **context}
            arn = of_purpose(documents.world, "secret")
        return evaluator.evaluate([Request(who, action, arn, context)], documents.world)[0].allowed

    return ask


def test_a_tenants_pod_reads_and_opens_its_own_secret(allowed: Any, found: Documents) -> None:
    pod = found.pods["acme/server"]
    assert allowed(pod, READ, ENDPOINT)
    assert allowed(pod, KEY_USE, {})


def test_it_reads_no_secret_that_its_files_do_not_name_and_writes_none(
    allowed: Any, found: Documents
) -> None:
    pod = found.pods["acme/server"]
    assert not allowed(pod, READ, ENDPOINT, name="webhook")
    assert not allowed(pod, WRITE, ENDPOINT)
    assert not allowed(pod, READ, {})


def test_a_pod_of_another_tenant_does_not(allowed: Any, found: Documents) -> None:
    rival = found.pods["rival/server"]
    assert not allowed(rival, READ, ENDPOINT)
    assert not allowed(full(rival), READ, ENDPOINT)
    # What another namespace would get, were the role associated with it by mistake.
    stolen = replace(
        found.pods["acme/server"],
        session_tags={**found.pods["acme/server"].session_tags, "kubernetes-namespace": "rival"},
    )
    assert not allowed(stolen, READ, ENDPOINT)


OURS = {"bulkhead:environment": "prod", "bulkhead:tier": "confidential", "bulkhead:tenant": "acme"}
OUTSIDERS = {
    "of another environment": member("dev", "confidential"),
    "of another environment, disguised": member("dev", "confidential", tags=OURS),
    "of a lower tier": member("prod", "internal"),
    "of a lower tier, disguised": member("prod", "internal", tags=OURS),
    "of no tenant": member("prod", "confidential"),
    "of a higher tier's other tenant": member(
        "prod", "regulated", tags={**OURS, "bulkhead:tier": "regulated", "bulkhead:tenant": "rival"}
    ),
    "a person": person("prod", "operator"),
    "who deploys": somebody(ADMIN.partition(":role/")[2]),
    "who deploys, disguised": somebody(ADMIN.partition(":role/")[2], OURS),
    "another account": member("prod", "confidential", tags=OURS, account="444455556666"),
}


@pytest.mark.parametrize("who", OUTSIDERS.values(), ids=OUTSIDERS)
@pytest.mark.parametrize("action", [READ, WRITE, "secretsmanager:UpdateSecretVersionStage"])
def test_nobody_else_does_whatever_iam_allows(allowed: Any, who: Principal, action: str) -> None:
    assert not allowed(who, action, ENDPOINT)


def test_the_twin_of_the_outsiders_does(allowed: Any) -> None:
    insider = member("prod", "confidential", tags=OURS)
    assert allowed(insider, READ, ENDPOINT)
    assert not allowed(insider, READ, {})


def test_rotation_writes_from_lambdas_network_what_names_it(
    evaluator: Evaluator, found: Documents
) -> None:
    rotation = found.principal("prod-confidential-secret-rotation")
    arn, key = secret_arn(found.world), of_purpose(found.world, "secret")
    function = f"arn:aws:lambda:{HERE.region}:{HERE.account}:function:{{}}-secret-rotation"
    named, other = (
        {"secretsmanager:resource/AllowRotationLambdaArn": function.format(name)}
        for name in ("prod-confidential", "other")
    )
    asks = [
        Request(rotation, WRITE, arn, named),
        Request(rotation, "kms:GenerateDataKey", key, key_context(arn)),
        Request(rotation, WRITE, arn, other),
        Request(rotation, "kms:GenerateDataKey", of_purpose(found.world, "data"), key_context(arn)),
    ]
    decisions = evaluator.evaluate(asks, found.world)
    assert [decision.allowed for decision in decisions] == [True, True, False, False]


def test_who_deploys_lets_secrets_manager_try_the_key_and_opens_nothing(allowed: Any) -> None:
    deployer = somebody(ADMIN.partition(":role/")[2])
    trying = {"kms:EncryptionContext:SecretVersionId": "RequestToValidateKeyAccess"}
    assert allowed(deployer, "kms:GenerateDataKey", trying)
    assert allowed(deployer, KEY_USE, trying)
    assert not allowed(deployer, KEY_USE, {"kms:EncryptionContext:SecretVersionId": "1234"})
    assert not allowed(deployer, KEY_USE, {})
    assert not allowed(deployer, KEY_USE, {**trying, "kms:ViaService": "s3"})


def test_every_statement_of_the_secrets_policy_is_needed(allowed: Any, found: Documents) -> None:
    asks = [
        *((who, READ, ENDPOINT) for who in OUTSIDERS.values()),
        (
            member("prod", "confidential", tags={**OURS, "bulkhead:environment": "dev"}),
            READ,
            ENDPOINT,
        ),
        (member("prod", "confidential", tags={**OURS, "bulkhead:tier": "public"}), READ, ENDPOINT),
        (member("prod", "confidential", tags=OURS), READ, {}),
    ]
    seen = 0
    for removed, weaker in found.weakened():
        if removed.startswith("secrets-acme-token/"):
            seen += 1
            assert any(allowed(*ask, documents=weaker) for ask in asks), removed
    assert seen == 5

"""Plans are read whole: every document that they render, and nothing is left out in silence."""

import json
from collections.abc import Callable
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from bulkhead.preview.plan import Plan
from bulkhead.preview.run import preview_function
from bulkhead.preview.world import World as Assumed
from tests.iam.documents import Documents, documents
from tests.iam.evaluation import Evaluator
from tests.iam.model import Document, EvaluationError, Request
from tests.iam.writing import ACCOUNT, ROOT, allow, deny, policy

TRUST = policy(
    allow("sts:AssumeRole", resource=None, principal={"Service": "ec2.amazonaws.com"})
).document


def text(*statements: dict[str, Any]) -> str:
    """A policy as JSON text."""
    return json.dumps(policy(*statements).document)


def plan_of(program: Callable[[], object], **options: Any) -> Plan:
    """What a program would apply."""
    plan = preview_function(program, assume_applied=True, **options)
    assert plan.errors == []
    return plan


def read(program: Callable[[], object]) -> Documents:
    """What a program says about who may do what."""
    return documents(plan_of(program))


def node(trust: Document = TRUST, **args: Any) -> aws.iam.Role:
    """A role."""
    return aws.iam.Role("node", name="node", assume_role_policy=json.dumps(trust), **args)


def names(found: Documents, role: str = "node") -> list[str]:
    """What the policies of a role are called."""
    return [one.name for one in found.principals[role].identity_policies]


class TestRoles:
    def test_all_ways_to_give_a_role_policies_are_read(self) -> None:
        def program() -> None:
            role = node(
                inline_policies=[{"name": "inline", "policy": text(allow("s3:GetObject"))}],
                managed_policy_arns=["arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"],
            )
            aws.iam.RolePolicy("beside", role=role.id, policy=text(allow("s3:ListBucket")))
            managed = aws.iam.Policy("managed", policy=text(allow("s3:PutObject")))
            shared = aws.iam.Policy("shared", policy=text(allow("s3:DeleteObject")))
            aws.iam.RolePolicyAttachment("one", role=role.name, policy_arn=managed.arn)
            aws.iam.PolicyAttachment("many", roles=[role.name], policy_arn=shared.arn)

        found = read(program)
        every = {"inline", "AmazonEKSWorkerNodePolicy", "beside", "managed", "shared"}
        assert set(names(found)) == every
        assert found.principal("node").arn == f"arn:aws:iam::{ACCOUNT}:role/node"
        assert found.unmodelled == {}

    def test_a_policy_may_be_given_as_a_mapping(self) -> None:
        def program() -> None:
            given = policy(allow("s3:GetObject", sid="Read")).document
            aws.iam.RolePolicy("beside", role=node().id, policy=given)

        assert read(program).policies[0][1].document["Statement"][0]["Sid"] == "Read"

    def test_a_boundary_is_found_by_its_arn(self) -> None:
        def program() -> None:
            edge = aws.iam.Policy("edge", policy=text(allow("s3:*")))
            node(permissions_boundary=edge.arn)

        boundary = read(program).principal("node").boundary
        assert boundary is not None
        assert boundary.name == "edge"

    @pytest.mark.parametrize("field", ["permissions_boundary", "managed_policy_arns"])
    def test_a_role_whose_policies_are_not_all_known_is_no_principal(self, field: str) -> None:
        unknown = f"arn:aws:iam::{ACCOUNT}:policy/elsewhere"
        args: dict[str, Any] = {field: unknown if field == "permissions_boundary" else [unknown]}
        found = read(lambda: node(**args))
        assert found.unmodelled == {"node": [f"{unknown} is not known"]}
        with pytest.raises(EvaluationError, match="elsewhere is not known"):
            found.principal("node")

    def test_an_unknown_role_is_named_with_those_that_there_are(self) -> None:
        with pytest.raises(EvaluationError, match="no role nodes; there are node"):
            read(node).principal("nodes")

    def test_a_role_that_is_read_only_is_no_principal(self) -> None:
        found = read(lambda: aws.iam.Role.get("theirs", "theirs"))
        with pytest.raises(EvaluationError, match="not known"):
            found.principal("theirs")

    def test_a_role_that_another_plan_makes_may_be_read(self) -> None:
        made = plan_of(node)
        reading = plan_of(lambda: aws.iam.Role.get("node", "node"))
        assert documents(made, reading).principal("node").arn.endswith("role/node")

    def test_policies_of_a_role_in_no_plan_are_told(self) -> None:
        def program() -> None:
            aws.iam.RolePolicy("beside", role="elsewhere", policy=text(allow("s3:*")))

        assert read(program).unmodelled == {
            "elsewhere": ["has policies, but is in none of the plans"]
        }

    def test_tags_and_trust_come_with_the_role(self) -> None:
        found = read(lambda: node(tags={"environment": "prod"}))
        who = found.principal("node")
        assert who.tags == {"environment": "prod"}
        assert found.world.resource_policies[who.arn].document == TRUST
        assert found.world.resource_context[who.arn] == {"aws:ResourceTag/environment": "prod"}

    def test_a_pod_is_its_role_in_a_tagged_session(self) -> None:
        def program() -> None:
            role = node()
            aws.eks.PodIdentityAssociation(
                "plain",
                cluster_name="prod",
                namespace="acme",
                service_account="serving",
                role_arn=role.arn,
            )
            aws.eks.PodIdentityAssociation(
                "narrow",
                cluster_name="prod",
                namespace="acme",
                service_account="loading",
                role_arn=role.arn,
                disable_session_tags=True,
                policy=text(allow("s3:GetObject")),
            )

        found = read(program)
        plain, narrow = found.pods["acme/serving"], found.pods["acme/loading"]
        assert plain.session_tags["kubernetes-namespace"] == "acme"
        assert plain.session_policy is None
        assert narrow.session_tags == {}
        assert narrow.session_policy is not None


class TestResources:
    def test_a_key_has_its_own_policy_or_the_one_beside_it(self) -> None:
        def program() -> None:
            aws.kms.Key("inside", policy=text(allow("kms:*", sid="Inside", principal=ROOT)))
            key = aws.kms.Key("beside", tags={"environment": "prod"})
            aws.kms.KeyPolicy(
                "policy",
                key_id=key.key_id,
                policy=text(allow("kms:*", sid="Beside", principal=ROOT)),
            )
            aws.kms.Alias("a", name="alias/prod/data", target_key_id=key.key_id)
            aws.kms.Alias("b", name="alias/prod/model", target_key_id=key.arn)

        world = read(program).world
        sids = {
            one.document["Statement"][0]["Sid"]: arn for arn, one in world.resource_policies.items()
        }
        assert set(sids) == {"Inside", "Beside"}
        assert world.resource_context[sids["Beside"]] == {
            "aws:ResourceTag/environment": "prod",
            "kms:ResourceAliases": ["alias/prod/data", "alias/prod/model"],
        }

    def test_a_key_without_a_policy_has_the_one_that_aws_gives_it(
        self, evaluator: Evaluator
    ) -> None:
        def program() -> None:
            aws.kms.Key("bare")
            aws.iam.RolePolicy("keys", role=node().id, policy=text(allow("kms:*")))

        found = read(program)
        key = next(arn for arn in found.world.resource_policies if ":key/" in arn)
        request = Request(found.principal("node"), "kms:Decrypt", key)
        decision = evaluator.evaluate([request], found.world)[0]
        assert "EnableIamUserPermissions" in decision.sids

    def test_two_policies_for_one_resource_are_refused(self) -> None:
        def program() -> None:
            statement = allow("kms:*", principal=ROOT)
            key = aws.kms.Key("key", policy=text(statement))
            aws.kms.KeyPolicy("again", key_id=key.id, policy=text(statement))

        with pytest.raises(EvaluationError, match="has two policies"):
            read(program)

    def test_policies_beside_their_resources_are_found(self) -> None:
        def program() -> None:
            given = text(allow("*", principal=ROOT))
            bucket = aws.s3.Bucket("bucket", bucket="prod-data")
            aws.s3.BucketPolicy("bucket", bucket=bucket.id, policy=given)
            topic = aws.sns.Topic("topic", name="audit")
            aws.sns.TopicPolicy("topic", arn=topic.arn, policy=given)
            queue = aws.sqs.Queue("queue", name="work")
            aws.sqs.QueuePolicy("queue", queue_url=queue.id, policy=given)
            repository = aws.ecr.Repository("repository", name="images")
            aws.ecr.RepositoryPolicy("repository", repository=repository.name, policy=given)
            secret = aws.secretsmanager.Secret("secret", name="token")
            aws.secretsmanager.SecretPolicy("secret", secret_arn=secret.arn, policy=given)
            files = aws.efs.FileSystem("files")
            aws.efs.FileSystemPolicy("files", file_system_id=files.id, policy=given)

        found = read(program)
        services = {arn.split(":")[2] for arn in found.world.resource_policies}
        assert services == {"s3", "sns", "sqs", "ecr", "secretsmanager", "elasticfilesystem"}
        assert "arn:aws:s3:::prod-data" in found.world.resource_policies
        assert found.unmodelled == {}

    def test_a_region_is_that_of_the_provider(self) -> None:
        def program() -> None:
            there = aws.Provider("there", region="eu-west-1")
            aws.kms.Key("key", opts=pulumi.ResourceOptions(provider=there))

        assert next(iter(read(program).world.resource_policies)).split(":")[3] == "eu-west-1"

    def test_a_region_may_be_given(self) -> None:
        plan = plan_of(lambda: aws.kms.Key("key"), config={"aws:region": "eu-north-1"})
        found = documents(plan, assumed=Assumed(region="eu-north-1"))
        assert next(iter(found.world.resource_policies)).split(":")[3] == "eu-north-1"

    def test_endpoints_have_their_service_network_and_policy(self) -> None:
        def program() -> None:
            open_one = {"service_name": "com.amazonaws.us-east-1.ecr.api", "vpc_id": "vpc-1"}
            aws.ec2.VpcEndpoint("open", **open_one)
            closed = {"service_name": "com.amazonaws.us-east-1.s3", "vpc_id": "vpc-1"}
            given = text(allow("s3:GetObject", sid="Own", principal="*"))
            aws.ec2.VpcEndpoint("closed", policy=given, **closed)
            later = aws.ec2.VpcEndpoint("later", **closed)
            aws.ec2.VpcEndpointPolicy("later", vpc_endpoint_id=later.id, policy=given)

        found = read(program).world.endpoints.values()
        assert [(one.service, one.vpc) for one in found] == [
            ("ecr.api", "vpc-1"),
            ("s3", "vpc-1"),
            ("s3", "vpc-1"),
        ]
        assert [one.policy is None for one in found] == [True, False, False]


class TestNothingIsLeftOut:
    def test_an_unknown_document_is_refused(self) -> None:
        def program() -> None:
            key = aws.kms.Key("key")
            granted = key.arn.apply(lambda arn: text(allow("kms:*", resource=arn)))
            aws.iam.RolePolicy("keys", role=node().id, policy=granted)

        with pytest.raises(EvaluationError, match="assume_applied"):
            documents(preview_function(program))
        assert read(program).policies

    def test_a_key_that_stands_twice_in_a_document_is_refused(self) -> None:
        twice = '{"Version": "2012-10-17", "Statement": [], "Statement": []}'

        def program() -> None:
            aws.iam.RolePolicy("twice", role=node().id, policy=twice)

        with pytest.raises(EvaluationError, match="a key twice"):
            read(program)

    def test_a_document_in_an_unexpected_place_is_told(self) -> None:
        def program() -> None:
            aws.iam.UserPolicy("user", user="somebody", policy=text(allow("s3:*")))

        assert read(program).unmodelled == {"user": ["policy holds a policy that is not modelled"]}

    def test_grants_beside_policies_are_told(self) -> None:
        def program() -> None:
            key = aws.kms.Key("key")
            aws.kms.Grant(
                "grant", key_id=key.key_id, grantee_principal=node().arn, operations=["Decrypt"]
            )

        assert read(program).unmodelled == {"grant": ["a grant opens a key beside its policy"]}

    def test_two_resources_with_one_arn_are_refused(self) -> None:
        def program() -> None:
            node()
            aws.iam.Role("other", name="node", assume_role_policy=json.dumps(TRUST))

        with pytest.raises(EvaluationError, match="have one ARN"):
            read(program)


def test_leaving_out_any_statement_can_be_seen(evaluator: Evaluator) -> None:
    condition = {"StringNotEquals": {"aws:PrincipalTag/environment": "prod"}}

    def program() -> None:
        edge = aws.iam.Policy("edge", policy=text(allow("kms:Decrypt", sid="Edge")))
        role = node(tags={"environment": "dev"}, permissions_boundary=edge.arn)
        aws.iam.RolePolicy("keys", role=role.id, policy=text(allow("kms:*", sid="Keys")))
        guard = deny("kms:*", sid="Guard", principal="*", condition=condition)
        root = allow("kms:*", sid="Root", principal=ROOT)
        aws.kms.Key("key", policy=text(root, guard))

    found = read(program)
    key = next(arn for arn in found.world.resource_policies if ":key/" in arn)
    verdicts = {}
    for name, weaker in found.weakened():
        request = Request(weaker.principal("node"), "kms:Decrypt", key)
        verdicts[name] = str(evaluator.evaluate([request], weaker.world)[0].verdict)
    assert verdicts == {
        "edge/Edge": "ExplicitlyDenied",
        "keys/Keys": "ExplicitlyDenied",
        "key/Root": "ExplicitlyDenied",
        "key/Guard": "Allowed",
        "node/#1": "ExplicitlyDenied",
    }

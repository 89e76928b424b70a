import json

from bulkhead import WorkloadBoundary
from bulkhead.domain.environments import Environment
from bulkhead.domain.names import IAM_ROLE, fit
from bulkhead.domain.scope import Scope
from bulkhead.foundation.identity import pod_trust, service_trust
from tests.foundation.samples import ACCOUNT, REGION, one, planned, scope, statements

DEV = Scope(Environment.DEV, REGION, ACCOUNT, "owner", "cc-1", "platform")


def test_a_service_takes_on_a_role_for_the_one_resource_that_it_was_made_for() -> None:
    (statement,) = service_trust(DEV, "eks.amazonaws.com", "arn:the-cluster")["Statement"]
    assert statement["Principal"] == {"Service": "eks.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": "arn:the-cluster"},
    }


def test_a_pod_takes_on_a_role_in_its_cluster_namespace_and_service_account_only() -> None:
    (statement,) = pod_trust("dev-shared", "acme", "server")["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert statement["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-name": "dev-shared",
        "aws:RequestTag/kubernetes-namespace": "acme",
        "aws:RequestTag/kubernetes-service-account": "server",
    }


def test_the_boundary_of_workloads_reads_and_writes_what_servers_and_trainers_need() -> None:
    args = {"scope": scope(), "tier": "internal"}
    plan = planned(lambda: WorkloadBoundary("boundary", args))
    policy = one(plan, "aws:iam/policy:Policy").inputs
    assert policy["path"] == "/bulkhead/dev/"
    found = statements(policy["policy"])
    assert {s["Effect"] for s in found.values()} == {"Allow"}
    actions = {
        a
        for s in found.values()
        for a in (s["Action"] if isinstance(s["Action"], list) else [s["Action"]])
    }
    secrets = {"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"}
    objects = {"s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket"}
    writing = {"s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObject"}
    assert set(found["WriteCheckpoints"]["Action"]) == writing
    objects |= writing
    assert found["SendMetrics"]["Action"] == ["aps:RemoteWrite"]
    keys = {"kms:Decrypt", "kms:GenerateDataKey"}
    assert actions == objects | secrets | keys | {"aps:RemoteWrite"}
    assert found["ReadArtifacts"]["Resource"] == ["arn:aws:s3:::dev-*", "arn:aws:s3:::dev-*/*"]
    assert "alias/bulkhead/dev/*" in json.dumps(found["OpenArtifactsAndSecrets"]["Condition"])


def test_a_name_that_is_too_long_is_shortened_to_another_for_each() -> None:
    stem = "x" * 70
    short = {fit(f"{stem}{number}", IAM_ROLE) for number in range(100)}
    assert len(short) == 100
    assert {len(name) for name in short} == {IAM_ROLE}
    assert fit("short", IAM_ROLE) == "short"

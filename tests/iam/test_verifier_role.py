"""Who verifies images reads the public half of the key that signs, and signs nothing (INF-5)."""

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import ImageVerification, KeyPartition
from bulkhead.domain.partitions import Purpose
from tests.foundation.samples import ADMIN, planned, scope
from tests.iam.documents import Documents, documents
from tests.iam.evaluation import Evaluator
from tests.iam.proofs import HERE
from tests.iam.role_proofs import RoleProof
from tests.iam.writing import ACCOUNT

REGISTRY = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com"
IMAGE = f"{REGISTRY}/x@sha256:{64 * 'e'}"


@pytest.fixture(scope="module")
def found() -> Documents:
    def program() -> None:
        keys = {
            tier: KeyPartition(
                f"keys-{tier}", {"scope": scope(), "tier": tier, "administrators": [ADMIN]}
            )
            for tier in ("internal", "confidential")
        }
        ImageVerification(
            "images",
            {
                "scope": scope(),
                "tier": "internal",
                "cluster_name": "dev-shared",
                "images": {"controller": IMAGE, "cleanup": IMAGE},
                "trusted": [
                    {
                        "name": "internal",
                        "repositories": [f"{REGISTRY}/dev/internal"],
                        "kms_keys": {"builder": keys["internal"].arn(Purpose.SIGNING)},
                    }
                ],
                "cluster_cidrs": ["10.20.1.0/28"],
                "endpoint_cidrs": ["10.20.2.0/26"],
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )

    plan = planned(program, assume_applied=True, config={"aws:region": HERE.region})
    return documents(plan, assumed=HERE)


def key(found: Documents, tier: str, purpose: str = "signing") -> str:
    """The key that has the alias of a purpose."""
    [arn] = [
        arn
        for arn, context in found.world.resource_context.items()
        if f"alias/bulkhead/dev/{tier}/{purpose}" in context.get("kms:ResourceAliases", [])
    ]
    return arn


@pytest.fixture(scope="module")
def proof(found: Documents) -> RoleProof:
    own, others, data = (
        key(found, "internal"),
        key(found, "confidential"),
        key(found, "internal", "data"),
    )
    pulled = f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/dev/internal/app"
    return RoleProof(
        "dev-images-policy-controller",
        {
            "reads the public key": ("kms:GetPublicKey", own, {}),
            "reads of which kind it is": ("kms:DescribeKey", own, {}),
            "reads signatures": ("ecr:BatchGetImage", pulled, {}),
            "signs in to the registry": ("ecr:GetAuthorizationToken", "*", {}),
        },
        {
            "signs": ("kms:Sign", own, {}),
            "asks KMS to verify": ("kms:Verify", own, {}),
            "reads another tier's key": ("kms:GetPublicKey", others, {}),
            "opens data": ("kms:Decrypt", data, {}),
            "writes a signature": ("ecr:PutImage", pulled, {}),
            "reads another environment's": (
                "ecr:BatchGetImage",
                pulled.replace("/dev/", "/prod/"),
                {},
            ),
        },
    )


def test_it_reads_the_key_that_is_told_and_uses_none(
    evaluator: Evaluator, found: Documents, proof: RoleProof
) -> None:
    assert proof.passed(evaluator, found) == set(proof.allowed)


def test_every_statement_of_its_policy_is_needed(
    evaluator: Evaluator, found: Documents, proof: RoleProof
) -> None:
    assert proof.idle(evaluator, found) == []

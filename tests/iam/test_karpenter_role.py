"""Karpenter starts the pools' nodes and no others, whatever an EC2NodeClass says (ISO-4, IAM-1)."""

import pulumi
import pulumi_kubernetes as k8s
import pytest

from bulkhead import Karpenter, KeyPartition
from bulkhead.domain.partitions import Purpose
from tests.foundation.samples import ADMIN, planned, scope
from tests.iam.documents import Documents, documents
from tests.iam.evaluation import Evaluator
from tests.iam.proofs import HERE
from tests.iam.role_proofs import Ask, RoleProof
from tests.iam.writing import ACCOUNT

CLUSTER, OTHER = "dev-pools", "dev-other"
OWNED = f"kubernetes.io/cluster/{CLUSTER}"
ROLE = "dev-karpenter-controller"
NODE_ROLE = f"arn:aws:iam::{ACCOUNT}:role/bulkhead/dev/confidential/dev-karpenter-node"
QUEUE = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:dev-confidential-karpenter-interruptions"
TAGS = {
    f"aws:RequestTag/{OWNED}": "owned",
    "aws:RequestTag/eks:eks-cluster-name": CLUSTER,
    "aws:RequestTag/karpenter.sh/nodepool": "burst",
}
OF_OTHERS = {
    f"aws:RequestTag/kubernetes.io/cluster/{OTHER}": "owned",
    "aws:RequestTag/eks:eks-cluster-name": OTHER,
    "aws:RequestTag/karpenter.sh/nodepool": "burst",
}
OWN = {f"aws:ResourceTag/{OWNED}": "owned", "aws:ResourceTag/karpenter.sh/nodepool": "burst"}
FOREIGN = {
    f"aws:ResourceTag/kubernetes.io/cluster/{OTHER}": "owned",
    "aws:ResourceTag/karpenter.sh/nodepool": "burst",
}
NODE = {
    **TAGS,
    "ec2:InstanceType": "g6.4xlarge",
    "ec2:MetadataHttpTokens": "required",
    "ec2:MetadataHttpPutResponseHopLimit": "1",
}
EC2 = {"kms:ViaService": "ec2.eu-central-1.amazonaws.com"}


def ec2(kind: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:ec2:eu-central-1:{account}:{kind}/x-1"


ALLOWED: dict[str, Ask] = {
    "starts a node of a pool": ("ec2:RunInstances", ec2("instance"), NODE),
    "gives it an encrypted disk": (
        "ec2:RunInstances",
        ec2("volume"),
        {**TAGS, "ec2:Encrypted": "true"},
    ),
    "gives it a private interface": (
        "ec2:RunInstances",
        ec2("network-interface"),
        {**TAGS, "ec2:AssociatePublicIpAddress": "false"},
    ),
    "gives it an interface for EFA alone": ("ec2:RunInstances", ec2("network-interface"), TAGS),
    "in a subnet": ("ec2:RunInstances", ec2("subnet"), {}),
    "with the cluster's security group": ("ec2:RunInstances", ec2("security-group"), {}),
    "in a reservation": ("ec2:RunInstances", ec2("capacity-reservation"), {}),
    "in a placement group": ("ec2:CreateFleet", ec2("placement-group"), {}),
    "from a snapshot": ("ec2:RunInstances", ec2("snapshot", ""), {}),
    "from an image of AWS": ("ec2:RunInstances", ec2("image", ""), {"ec2:Owner": "amazon"}),
    "from an image of the account": ("ec2:RunInstances", ec2("image", ""), {"ec2:Owner": ACCOUNT}),
    "by its own template": ("ec2:RunInstances", ec2("launch-template"), OWN),
    "makes a template": ("ec2:CreateLaunchTemplate", ec2("launch-template"), TAGS),
    "makes a fleet": ("ec2:CreateFleet", ec2("fleet"), TAGS),
    "tags what it makes": (
        "ec2:CreateTags",
        ec2("instance"),
        {**TAGS, "ec2:CreateAction": "CreateFleet"},
    ),
    "names its node": (
        "ec2:CreateTags",
        ec2("instance"),
        {**OWN, "aws:TagKeys": ["Name", "karpenter.sh/nodeclaim"]},
    ),
    "ends its node": ("ec2:TerminateInstances", ec2("instance"), OWN),
    "deletes its template": ("ec2:DeleteLaunchTemplate", ec2("launch-template"), OWN),
    "looks around": ("ec2:DescribeSubnets", "*", {"aws:RequestedRegion": "eu-central-1"}),
    "finds images": (
        "ssm:GetParameter",
        # AWS's own have no account, which the evaluator can't read.
        f"arn:aws:ssm:eu-central-1:{ACCOUNT}:parameter/aws/service/bottlerocket/x",
        {},
    ),
    "finds its cluster": (
        "eks:DescribeCluster",
        f"arn:aws:eks:eu-central-1:{ACCOUNT}:cluster/{CLUSTER}",
        {},
    ),
    "gives nodes their role": (
        "iam:PassRole",
        NODE_ROLE,
        {"iam:PassedToService": "ec2.amazonaws.com"},
    ),
    "hears of interruptions": ("sqs:ReceiveMessage", QUEUE, {}),
    "encrypts a disk": ("kms:GenerateDataKeyWithoutPlaintext", "volume", EC2),
    "lets EC2 open the disk": (
        "kms:CreateGrant",
        "volume",
        {**EC2, "kms:GrantIsForAWSResource": "true"},
    ),
    "opens a message": (
        "kms:Decrypt",
        "log",
        {
            "kms:ViaService": "sqs.eu-central-1.amazonaws.com",
            "kms:EncryptionContext:aws:sqs:arn": QUEUE,
        },
    ),
}
DENIED: dict[str, Ask] = {
    "starts a type of no pool": (
        "ec2:RunInstances",
        ec2("instance"),
        {**NODE, "ec2:InstanceType": "p5.48xlarge"},
    ),
    "leaves metadata open": (
        "ec2:RunInstances",
        ec2("instance"),
        {**NODE, "ec2:MetadataHttpTokens": "optional"},
    ),
    "lets pods reach metadata": (
        "ec2:RunInstances",
        ec2("instance"),
        {**NODE, "ec2:MetadataHttpPutResponseHopLimit": "2"},
    ),
    "starts a node that carries no cluster": (
        "ec2:RunInstances",
        ec2("instance"),
        {key: value for key, value in NODE.items() if key not in TAGS},
    ),
    "starts a node for another cluster": (
        "ec2:RunInstances",
        ec2("instance"),
        {**{key: value for key, value in NODE.items() if key not in TAGS}, **OF_OTHERS},
    ),
    "gives it a disk in the clear": (
        "ec2:RunInstances",
        ec2("volume"),
        {**TAGS, "ec2:Encrypted": "false"},
    ),
    "gives it a public address": (
        "ec2:RunInstances",
        ec2("network-interface"),
        {**TAGS, "ec2:AssociatePublicIpAddress": "true"},
    ),
    "from somebody's image": (
        "ec2:RunInstances",
        ec2("image", ""),
        {"ec2:Owner": "444455556666"},
    ),
    "by another's template": ("ec2:RunInstances", ec2("launch-template"), FOREIGN),
    "ends another cluster's node": ("ec2:TerminateInstances", ec2("instance"), FOREIGN),
    "ends an instance of nobody's": ("ec2:TerminateInstances", ec2("instance"), {}),
    "tags an instance anew": (
        "ec2:CreateTags",
        ec2("instance"),
        {**OWN, "aws:TagKeys": ["bulkhead:tenant"]},
    ),
    "takes another cluster's node over": (
        "ec2:CreateTags",
        ec2("instance"),
        {**FOREIGN, **TAGS, "aws:TagKeys": ["Name"]},
    ),
    "passes another role": (
        "iam:PassRole",
        ADMIN,
        {"iam:PassedToService": "ec2.amazonaws.com"},
    ),
    "passes the role to another service": (
        "iam:PassRole",
        NODE_ROLE,
        {"iam:PassedToService": "lambda.amazonaws.com"},
    ),
    "makes an instance profile": (
        "iam:CreateInstanceProfile",
        f"arn:aws:iam::{ACCOUNT}:instance-profile/x",
        {},
    ),
    "reads the account's parameters": (
        "ssm:GetParameter",
        f"arn:aws:ssm:eu-central-1:{ACCOUNT}:parameter/x",
        {},
    ),
    "looks elsewhere": ("ec2:DescribeSubnets", "*", {"aws:RequestedRegion": "us-east-1"}),
    "opens a disk itself": ("kms:Decrypt", "volume", {}),
    "hands a key on": (
        "kms:CreateGrant",
        "volume",
        {**EC2, "kms:GrantIsForAWSResource": "false"},
    ),
    "opens a secret": ("kms:Decrypt", "secret", EC2),
    "sends itself messages": ("sqs:SendMessage", QUEUE, {}),
}


@pytest.fixture(scope="module")
def found() -> Documents:
    def program() -> None:
        keys = KeyPartition(
            "keys", {"scope": scope(), "tier": "confidential", "administrators": [ADMIN]}
        )
        Karpenter(
            "karpenter",
            {
                "scope": scope(),
                "tier": "confidential",
                "cluster_name": CLUSTER,
                "endpoint": "https://api.example",
                "image": f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/k@sha256:" + "ab" * 32,
                "instance_types": ["g6.4xlarge", "g6.12xlarge"],
                "log_key_arn": keys.arn(Purpose.LOG),
                "cluster_cidrs": ["10.20.1.0/28"],
                "endpoint_cidrs": ["10.20.2.0/26"],
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )

    return documents(planned(program, assume_applied=True), assumed=HERE)


def key(found: Documents, purpose: str) -> str:
    """The key that has the alias of a purpose."""
    wanted = f"alias/bulkhead/dev/confidential/{purpose}"
    [arn] = [
        arn
        for arn, context in found.world.resource_context.items()
        if wanted in context.get("kms:ResourceAliases", [])
    ]
    return arn


@pytest.fixture(scope="module")
def proof(found: Documents) -> RoleProof:
    """The claims, with the keys that they name by purpose."""

    def named(asks: dict[str, Ask]) -> dict[str, Ask]:
        return {
            what: (
                action,
                resource if resource == "*" or ":" in resource else key(found, resource),
                context,
            )
            for what, (action, resource, context) in asks.items()
        }

    return RoleProof(ROLE, named(ALLOWED), named(DENIED))


def test_the_controller_does_its_work_and_nothing_beside_it(
    evaluator: Evaluator, found: Documents, proof: RoleProof
) -> None:
    assert proof.passed(evaluator, found) == set(ALLOWED)


def test_every_statement_of_the_controllers_policy_is_needed(
    evaluator: Evaluator, found: Documents, proof: RoleProof
) -> None:
    assert proof.idle(evaluator, found) == []


def test_its_role_is_for_its_own_pods_in_its_own_cluster(found: Documents) -> None:
    trust = found.world.resource_policies[found.principal(ROLE).arn]
    [statement] = trust.document["Statement"]
    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {
        "aws:RequestTag/eks-cluster-name": CLUSTER,
        "aws:RequestTag/kubernetes-namespace": "kube-system",
        "aws:RequestTag/kubernetes-service-account": "karpenter",
    }

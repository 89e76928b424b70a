"""What Karpenter's controller may do in AWS.

Its own documented policy for one cluster (Karpenter, "CloudFormation", v1.14), with three
differences. It makes no instance profiles and asks for no prices: a closed network has a way to
neither API. It acts in one account. And a launch is bounded where Karpenter only configures it, so
that whoever may write an EC2NodeClass starts no other types, no other people's images, no open
metadata, no disks in the clear and no public addresses.
"""

from collections.abc import Sequence

from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns
from bulkhead.foundation.documents import Statement, condition

POOL_TAG = "karpenter.sh/nodepool"
CLUSTER_NAME_TAG = "eks:eks-cluster-name"

DISCOVERY = [
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribePlacementGroups",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
]
"""EC2's descriptions take no resource."""

QUEUE_USE = ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"]

MADE = ("fleet", "instance", "launch-template", "volume")
"""What a fleet makes, all of it tagged."""


def controller_statements(
    scope: Scope, cluster: str, *, node_role_arn: str, queue_arn: str, instance_types: Sequence[str]
) -> list[Statement]:
    """The statements for one cluster, whose nodes are of ``instance_types``."""
    owned = f"kubernetes.io/cluster/{cluster}"
    tagging = condition(
        {
            "StringEquals": {
                f"aws:RequestTag/{owned}": "owned",
                f"aws:RequestTag/{CLUSTER_NAME_TAG}": cluster,
            }
        },
        {"StringLike": {f"aws:RequestTag/{POOL_TAG}": "*"}},
    )
    own = {
        "StringEquals": {f"aws:ResourceTag/{owned}": "owned"},
        "StringLike": {f"aws:ResourceTag/{POOL_TAG}": "*"},
    }

    def ec2(*kinds: str) -> list[str]:
        return [arns.regional(scope, "ec2", f"{kind}/*") for kind in kinds]

    def public(*kinds: str) -> list[str]:
        return [f"arn:aws:ec2:{scope.region}::{kind}/*" for kind in kinds]

    start = ["ec2:CreateFleet", "ec2:RunInstances"]
    return [
        _allow(
            "UseNetworkAndCapacity",
            start,
            [
                *ec2("security-group", "subnet", "capacity-reservation", "placement-group"),
                *public("snapshot"),
            ],
        ),
        _allow(
            "UseImagesOfAwsAndOfTheAccount",
            start,
            public("image"),
            {"StringEquals": {"ec2:Owner": ["amazon", scope.account_id]}},
        ),
        _allow("UseOwnLaunchTemplates", start, ec2("launch-template"), own),
        _allow("MakeTagged", ["ec2:CreateFleet", "ec2:CreateLaunchTemplate"], ec2(*MADE), tagging),
        _allow(
            "StartNodesOfThePools",
            ["ec2:RunInstances"],
            ec2("instance"),
            condition(
                tagging,
                {
                    "StringEquals": {
                        "ec2:InstanceType": list(instance_types),
                        "ec2:MetadataHttpTokens": "required",
                    },
                    "NumericEquals": {"ec2:MetadataHttpPutResponseHopLimit": "1"},
                },
            ),
        ),
        _allow(
            "StartEncryptedDisks",
            ["ec2:RunInstances"],
            ec2("volume"),
            condition(tagging, {"Bool": {"ec2:Encrypted": "true"}}),
        ),
        _allow(
            "StartPrivateInterfaces",
            ["ec2:RunInstances"],
            ec2("network-interface"),
            condition(tagging, {"BoolIfExists": {"ec2:AssociatePublicIpAddress": "false"}}),
        ),
        _allow(
            "TagWhatIsMade",
            ["ec2:CreateTags"],
            ec2(*MADE, "network-interface"),
            condition(
                tagging,
                {
                    "StringEquals": {
                        "ec2:CreateAction": ["CreateFleet", "CreateLaunchTemplate", "RunInstances"]
                    }
                },
            ),
        ),
        _allow(
            "NameOwnNodes",
            ["ec2:CreateTags"],
            ec2("instance"),
            condition(
                own,
                {"StringEqualsIfExists": {f"aws:RequestTag/{CLUSTER_NAME_TAG}": cluster}},
                {
                    "ForAllValues:StringEquals": {
                        "aws:TagKeys": [CLUSTER_NAME_TAG, "karpenter.sh/nodeclaim", "Name"]
                    },
                    "Null": {"aws:TagKeys": "false"},
                },
            ),
        ),
        _allow(
            "RemoveOwn",
            ["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"],
            ec2("instance", "launch-template"),
            own,
        ),
        _allow(
            "Discover",
            DISCOVERY,
            "*",
            {"StringEquals": {"aws:RequestedRegion": scope.region}},
        ),
        _allow(
            "FindImages",
            ["ssm:GetParameter"],
            # Nobody's account: these are AWS's own, and no customer can make one of this name.
            f"arn:aws:ssm:{scope.region}:*:parameter/aws/service/*",
        ),
        _allow("FindCluster", ["eks:DescribeCluster"], arns.eks_cluster(scope, cluster)),
        _allow(
            "GiveNodesTheirRole",
            ["iam:PassRole"],
            node_role_arn,
            {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        ),
        _allow("HearOfInterruptions", QUEUE_USE, queue_arn),
    ]


def _allow(
    sid: str,
    actions: list[str],
    resources: str | list[str],
    conditions: Statement | None = None,
) -> Statement:
    statement: Statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Action": actions,
        "Resource": resources,
    }
    return {**statement, "Condition": conditions} if conditions else statement

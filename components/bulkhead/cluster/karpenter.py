"""The controller that starts nodes when pods wait for them."""

import json
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from bulkhead.cluster import system_policies
from bulkhead.cluster.addons import SYSTEM_NAMESPACE
from bulkhead.cluster.karpenter_chart import ACCOUNT, install_karpenter
from bulkhead.cluster.karpenter_policies import controller_statements
from bulkhead.cluster.roles import let_nodes_in, node_role
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import Image, read_image
from bulkhead.domain.instances import find_instance
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.names import EVENT_RULE, fit
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.stores import store_name
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import (
    ScopeArgs,
    Strings,
    checked,
    read_place,
    read_tiers,
)
from bulkhead.foundation.component import Component
from bulkhead.foundation.identity import MadeRole, allow_key, make_role, pod_trust, role_arn
from bulkhead.foundation.queues import EncryptedQueue

EVENTS: dict[str, dict[str, Any]] = {
    "instances": {
        "source": ["aws.ec2"],
        "detail-type": [
            "EC2 Capacity Reservation Instance Interruption Warning",
            "EC2 Instance Rebalance Recommendation",
            "EC2 Instance State-change Notification",
            "EC2 Spot Instance Interruption Warning",
        ],
    },
    "health": {
        "source": ["aws.health"],
        "detail-type": ["AWS Health Event"],
        "detail": {"service": ["EC2"]},
    },
}
"""What tells that a node is about to go (Karpenter, "Disruption", interruption)."""


class KarpenterArgs(TypedDict):
    """What ``Karpenter`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    disk_tiers: NotRequired[list[str]]
    """Tiers whose keys encrypt the nodes' disks. Default: ``tier`` alone."""
    cluster_name: str
    """Name of the cluster."""
    endpoint: pulumi.Input[str]
    """URL of the API server."""
    image: str
    """Image of the controller by digest, mirrored from ``public.ecr.aws/karpenter/controller`` to
    a private registry."""
    instance_types: list[str]
    """EC2 instance types of all of its pools; it can start no others."""
    log_key_arn: pulumi.Input[str]
    """ARN of the partition's key for logs, which encrypts the interruption queue."""
    cluster_cidrs: Strings
    """Addresses of the control plane's subnets."""
    endpoint_cidrs: Strings
    """Addresses of the endpoint subnets; ``sqs`` and ``ssm`` are needed besides the usual."""


class Karpenter(Component):
    """Karpenter's controller, which starts nodes for pods that wait (ISO-4, COST-4).

    Installed from its own charts, in two replicas on the nodes of the system. It acts in AWS as a
    role of its own by EKS Pod Identity: for its own cluster, with the listed instance types only,
    images of AWS or of the account, encrypted disks, closed metadata and no public address,
    whatever an ``EC2NodeClass`` says. The nodes' role and instance profile are made here, since a
    closed network has no way to IAM. It hears of interruptions from an encrypted queue and moves
    pods before the node goes. Its pods reach the API server, name resolution, the Pod Identity
    agent and the VPC's endpoints, and nothing else.

    Needs a Kubernetes provider, and the system's nodes and ``ClusterServices`` before it. Pools
    follow as ``KarpenterPool``.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import Karpenter

        karpenter = Karpenter(
            "pools-karpenter",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "confidential",
                "cluster_name": "dev-pools",
                "endpoint": "https://0123456789ABCDEF.gr7.eu-central-1.eks.amazonaws.com",
                "image": "111122223333.dkr.ecr.eu-central-1.amazonaws.com/karpenter/controller@"
                "sha256:723130949e4cab989461ff07d1be4cd781d63515432494641b33c235f300ae23",
                "instance_types": ["g6e.4xlarge", "g6e.12xlarge"],
                "log_key_arn": "arn:aws:kms:eu-central-1:111122223333:"
                "key/1234abcd-12ab-34cd-56ef-1234567890ab",
                "cluster_cidrs": ["10.20.1.0/28"],
                "endpoint_cidrs": ["10.20.2.0/26"],
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
        pulumi.export("instanceProfile", karpenter.instance_profile)
    """

    instance_profile: pulumi.Output[str]
    """Name of the instance profile of its nodes."""
    role_arn: pulumi.Output[str]
    """ARN of the controller's role."""
    queue_url: pulumi.Output[str]
    """URL of the queue of interruptions."""

    def __init__(
        self, name: str, args: KarpenterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Install the controller.

        Raises:
            RefusedError: the scope or a tier is refused, an instance type is unknown or there is
                none, or the image is not named by digest in a private registry.
        """
        args = checked(args, KarpenterArgs, where=name)
        scope, tier = read_place(args, where=name)
        tiers = read_tiers(args.get("disk_tiers") or [tier], where=f"{name}.disk_tiers")
        image = read_image(args["image"], where=f"{name}.image")
        types = _check_types(args["instance_types"], where=f"{name}.instance_types")
        super().__init__(name, opts)

        self._name, self._args, self._scope = name, args, scope
        labels = scope.labels(tier, Plane.CONTROL, ACCOUNT)
        profile, ready = self._nodes(labels)
        queue = self._interruptions(tier, labels)
        role = self._role(tier, tiers, types, labels)
        association = aws.eks.PodIdentityAssociation(
            name,
            cluster_name=args["cluster_name"],
            namespace=SYSTEM_NAMESPACE,
            service_account=ACCOUNT,
            role_arn=role.arn,
            tags=labels.tags(name),
            opts=self._child(),
        )
        self._install(image, queue, labels, [association, *role.permissions, *ready])
        self._export(
            {"instance_profile": profile.name, "role_arn": role.arn, "queue_url": queue.queue_url}
        )

    def _nodes(self, labels: Labels) -> tuple["aws.iam.InstanceProfile", list[pulumi.Resource]]:
        name, cluster = f"{self._name}-node", self._args["cluster_name"]
        nodes = labels.but(workload="node")
        role = node_role(name, self._scope, cluster, nodes, self._child())
        return let_nodes_in(
            name,
            role,
            cluster_name=cluster,
            scope=self._scope,
            labels=nodes,
            opts=self._child(),
        )

    def _interruptions(self, tier: Tier, labels: Labels) -> EncryptedQueue:
        rules = {
            word: fit(self._scope.named(f"{self._name}-{word}"), EVENT_RULE) for word in EVENTS
        }
        queue = EncryptedQueue(
            f"{self._name}-interruptions",
            {
                "scope": self._args["scope"],
                "tier": tier,
                "name": f"{self._name}-interruptions",
                "plane": Plane.CONTROL,
                "key_arn": self._args["log_key_arn"],
                "retention_days": 1,
                "senders": [
                    {
                        "service": "events.amazonaws.com",
                        "source_arn": arns.event_rule(self._scope, rule),
                    }
                    for rule in rules.values()
                ],
            },
            self._child(),
        )
        for word, pattern in EVENTS.items():
            each = f"{self._name}-{word}"
            rule = aws.cloudwatch.EventRule(
                each,
                name=rules[word],
                description=f"A node of {self._args['cluster_name']} may be about to go.",
                event_pattern=json.dumps(pattern),
                tags=labels.tags(each),
                opts=self._child(),
            )
            aws.cloudwatch.EventTarget(
                each, rule=rule.name, arn=queue.queue_arn, opts=self._child()
            )
        return queue

    def _role(
        self, tier: Tier, disk_tiers: list[Tier], types: list[str], labels: Labels
    ) -> MadeRole:
        cluster, scope = self._args["cluster_name"], self._scope
        use = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext"]
        grant = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
        return make_role(
            f"{self._name}-controller",
            scope=scope,
            labels=labels,
            trust=pod_trust(cluster, SYSTEM_NAMESPACE, ACCOUNT),
            description=f"Karpenter of the EKS cluster {cluster}.",
            statements=[
                *controller_statements(
                    scope,
                    cluster,
                    node_role_arn=role_arn(scope, f"{self._name}-node", tier),
                    queue_arn=arns.queue(
                        scope, store_name(scope.environment, tier, f"{self._name}-interruptions")
                    ),
                    instance_types=types,
                ),
                allow_key(scope, tier, Purpose.LOG, "kms:Decrypt"),
                *(
                    statement
                    for disks in disk_tiers
                    for statement in (
                        allow_key(scope, disks, Purpose.VOLUME, [*use, "kms:ReEncrypt*"]),
                        allow_key(scope, disks, Purpose.VOLUME, "kms:CreateGrant", **grant),
                    )
                ),
            ],
            opts=self._child(),
        )

    def _install(
        self,
        image: Image,
        queue: EncryptedQueue,
        labels: Labels,
        ready: list[pulumi.Resource],
    ) -> None:
        policy = k8s.networking.v1.NetworkPolicy(
            self._name,
            metadata={
                "name": ACCOUNT,
                "namespace": SYSTEM_NAMESPACE,
                "labels": labels.kubernetes(),
            },
            spec=system_policies.karpenter_policy(
                self._args["cluster_cidrs"], self._args["endpoint_cidrs"]
            ),
            opts=self._child(),
        )
        queue_name = queue.queue_url.apply(lambda url: url.rpartition("/")[2])
        install_karpenter(
            self._name,
            image,
            cluster_name=self._args["cluster_name"],
            endpoint=self._args["endpoint"],
            queue_name=queue_name,
            labels=labels,
            opts=self._child(),
            after=self._child(depends_on=[policy, *ready]),
        )


def _check_types(types: list[str], *, where: str) -> list[str]:
    if not types:
        raise RefusedError("Karpenter needs an instance type", allowed="at least one", where=where)
    for each in types:
        find_instance(each, where=where)
    return sorted(set(types))

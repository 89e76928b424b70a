import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

aws.ebs.Volume("scratch", availability_zone="eu-west-1a", size=100, encrypted=False)
key = aws.kms.Key("weak", enable_key_rotation=False)
bucket = aws.s3.Bucket("bare")
aws.s3.BucketPublicAccessBlock("bare", bucket=bucket.id, block_public_acls=False)
cluster = aws.eks.Cluster(
    "open",
    role_arn="arn:aws:iam::111122223333:role/open",
    vpc_config={"subnet_ids": ["subnet-0a", "subnet-0b"], "endpoint_public_access": True},
)

# Until the cluster stands the engine tells stack policies nothing of what is inside of it.
kubeconfig = cluster.endpoint.apply(lambda endpoint: f"server: {endpoint}")
inside = pulumi.ResourceOptions(provider=kubernetes.Provider("open", kubeconfig=kubeconfig))
kubernetes.core.v1.Namespace(
    "unguarded",
    metadata={
        "name": "unguarded",
        "labels": {"bulkhead.dev/tenant": "anyone", "bulkhead.dev/tier": "internal"},
    },
    opts=inside,
)
kubernetes.core.v1.Pod(
    "root",
    metadata={"name": "root", "namespace": "unguarded"},
    spec={
        "host_network": True,
        "containers": [
            {"name": "root", "image": "busybox:latest", "security_context": {"privileged": True}}
        ],
    },
    opts=inside,
)

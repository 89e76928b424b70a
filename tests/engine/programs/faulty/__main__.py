import pulumi_aws as aws
import pulumi_kubernetes as kubernetes

aws.ebs.Volume("scratch", availability_zone="eu-west-1a", size=100, encrypted=False)
aws.eks.Cluster(
    "open",
    role_arn="arn:aws:iam::111122223333:role/open",
    vpc_config={"subnet_ids": ["subnet-0a", "subnet-0b"], "endpoint_public_access": True},
)
key = aws.kms.Key("weak", enable_key_rotation=False)
bucket = aws.s3.Bucket("bare")
aws.s3.BucketPublicAccessBlock("bare", bucket=bucket.id, block_public_acls=False)
kubernetes.core.v1.Pod(
    "root",
    metadata={"name": "root", "namespace": "default"},
    spec={
        "host_network": True,
        "containers": [
            {"name": "root", "image": "busybox:latest", "security_context": {"privileged": True}}
        ],
    },
)

"""Type tokens that several rules look at, in all the spellings that Pulumi has had for them."""


def kinds(kind: str, *versions: str) -> frozenset[str]:
    """The tokens of a Kubernetes kind in several API versions."""
    return frozenset(f"kubernetes:{version}:{kind}" for version in versions)


BUCKET = "aws:s3/bucket:Bucket"
BUCKET_V2 = "aws:s3/bucketV2:BucketV2"
BUCKETS = frozenset({BUCKET, BUCKET_V2})
KMS_KEY = "aws:kms/key:Key"
KMS_KEYS = frozenset(
    {
        KMS_KEY,
        "aws:kms/externalKey:ExternalKey",
        "aws:kms/replicaKey:ReplicaKey",
        "aws:kms/replicaExternalKey:ReplicaExternalKey",
    }
)
REPOSITORY = "aws:ecr/repository:Repository"
VECTOR_BUCKET = "aws:s3/vectorsVectorBucket:VectorsVectorBucket"
VECTOR_INDEX = "aws:s3/vectorsIndex:VectorsIndex"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
VOLUME = "aws:ebs/volume:Volume"
EC2_INSTANCES = frozenset(
    {"aws:ec2/instance:Instance", "aws:ec2/spotInstanceRequest:SpotInstanceRequest"}
)
LAUNCH_TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
LAUNCH_CONFIGURATION = "aws:ec2/launchConfiguration:LaunchConfiguration"
MACHINES = EC2_INSTANCES | {LAUNCH_TEMPLATE, LAUNCH_CONFIGURATION}
"""Whatever says how an EC2 instance is made."""
AUTOSCALING_GROUP = "aws:autoscaling/group:Group"
VPC = "aws:ec2/vpc:Vpc"
SECURITY_GROUPS = frozenset(
    {
        "aws:ec2/securityGroup:SecurityGroup",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    }
)
SECURITY_GROUP_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS_RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
BALANCERS = frozenset({"aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer"})
CLASSIC_BALANCERS = frozenset({"aws:elb/loadBalancer:LoadBalancer"})
SUBNET = "aws:ec2/subnet:Subnet"

EKS_CLUSTER = "aws:eks/cluster:Cluster"
EKS_NODE_GROUP = "aws:eks/nodeGroup:NodeGroup"
EKS_ADDON = "aws:eks/addon:Addon"

NAMESPACES = kinds("Namespace", "core/v1")
SERVICES = kinds("Service", "core/v1")
INGRESSES = kinds(
    "Ingress", "networking.k8s.io/v1", "networking.k8s.io/v1beta1", "extensions/v1beta1"
)
NETWORK_POLICIES = kinds("NetworkPolicy", "networking.k8s.io/v1", "extensions/v1beta1")
RESOURCE_QUOTAS = kinds("ResourceQuota", "core/v1")
LIMIT_RANGES = kinds("LimitRange", "core/v1")

RBAC_VERSIONS = tuple(f"rbac.authorization.k8s.io/{v}" for v in ("v1", "v1beta1", "v1alpha1"))
ROLES = kinds("Role", *RBAC_VERSIONS)
CLUSTER_ROLES = kinds("ClusterRole", *RBAC_VERSIONS)
ROLE_BINDINGS = kinds("RoleBinding", *RBAC_VERSIONS) | kinds("ClusterRoleBinding", *RBAC_VERSIONS)
SERVICE_ACCOUNTS = kinds("ServiceAccount", "core/v1")

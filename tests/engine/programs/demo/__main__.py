import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
import pulumi_random as random


class Store(pulumi.ComponentResource):
    bucket: pulumi.Output[str]

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("demo:index:Store", name, None, opts)
        within = pulumi.ResourceOptions(parent=self)
        key = aws.kms.Key(name, enable_key_rotation=True, opts=within)
        bucket = aws.s3.Bucket(name, tags={"tier": "internal"}, opts=within)
        aws.s3.BucketServerSideEncryptionConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": key.arn,
                    }
                }
            ],
            opts=within,
        )
        self.bucket = bucket.bucket
        self.register_outputs({"bucket": self.bucket})


region = aws.Provider("elsewhere", region="eu-central-1")
account = aws.get_caller_identity()
boundary = aws.iam.Policy.get("boundary", "arn:aws:iam::111122223333:policy/boundary")

vpc = aws.ec2.Vpc(
    "demo",
    cidr_block="10.0.0.0/16",
    enable_dns_hostnames=True,
    opts=pulumi.ResourceOptions(
        protect=True,
        ignore_changes=["tags"],
        delete_before_replace=True,
        aliases=[pulumi.Alias(name="former")],
        additional_secret_outputs=["mainRouteTableId"],
        custom_timeouts=pulumi.CustomTimeouts(create="20m"),
    ),
)
store = Store("demo")
aws.s3.BucketObjectv2(
    "card",
    bucket=store.bucket,
    key=f"{account.account_id}/card.json",
    source=pulumi.StringAsset('{"model": "demo"}'),
)
generated = kubernetes.core.v1.ConfigMap("generated", data={"tier": "internal"})
replica = aws.s3.Bucket(
    "replica",
    tags={"settings": generated.metadata.name},
    opts=pulumi.ResourceOptions(provider=region, depends_on=[store]),
)
role = aws.iam.Role(
    "demo",
    assume_role_policy=vpc.arn.apply(lambda arn: f'{{"Condition": "{arn}"}}'),
    permissions_boundary=boundary.arn,
)
namespace = kubernetes.core.v1.Namespace(
    "demo", metadata={"name": "demo", "labels": {"tier": "internal"}}
)
cluster = kubernetes.Provider("cluster", kubeconfig=vpc.arn.apply(lambda arn: f"made of {arn}"))
remote = kubernetes.core.v1.Namespace(
    "remote", metadata={"name": "remote"}, opts=pulumi.ResourceOptions(provider=cluster)
)
kubernetes.core.v1.ConfigMap(
    "remote",
    metadata={"name": "remote", "namespace": remote.metadata.name},
    opts=pulumi.ResourceOptions(provider=cluster),
)
password = random.RandomPassword("demo", length=24)
token = kubernetes.core.v1.Secret(
    "demo",
    metadata={"namespace": namespace.metadata.name},
    string_data={
        "password": password.result,
        "token": pulumi.Output.secret("known-to-nobody"),
    },
)

pulumi.export("vpc", vpc.id)
pulumi.export("bucket", store.bucket)
pulumi.export("password", password.result)

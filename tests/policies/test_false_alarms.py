"""The baseline is quiet about well-made programs of other people, who know nothing of bulkhead.

Each program is an equivalent, written anew, of a kind of stack that is public and well made.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import pytest

from bulkhead.preview.run import Options, preview_function

PACK = Path(__file__).parents[2] / "policies" / "packs" / "baseline"
ACCOUNT = "111122223333"


def document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def trusting(service: str, *more: str) -> str:
    actions = ["sts:AssumeRole", *more]
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": actions}
    return json.dumps(document(statement))


def kept_bucket(name: str, *statements: dict[str, Any]) -> "aws.s3.Bucket":
    """A bucket as the AWS documentation tells to make one."""
    bucket = aws.s3.Bucket(name, bucket=f"acme-{name}-{ACCOUNT}")
    arn = f"arn:aws:s3:::acme-{name}-{ACCOUNT}"
    aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
    )
    aws.s3.BucketVersioning(name, bucket=bucket.id, versioning_configuration={"status": "Enabled"})
    aws.s3.BucketLifecycleConfiguration(
        name,
        bucket=bucket.id,
        rules=[
            {
                "id": "old",
                "status": "Enabled",
                "noncurrent_version_expiration": {"noncurrent_days": 90},
            }
        ],
    )
    tls = {
        "Sid": "AllowSSLRequestsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    aws.s3.BucketPolicy(name, bucket=bucket.id, policy=json.dumps(document(tls, *statements)))
    return bucket


def logging_account() -> None:
    """An account for logs: the trail of an organisation, into a bucket that it may write."""
    key = aws.kms.Key(
        "logs",
        enable_key_rotation=True,
        policy=json.dumps(
            document(
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/key-admin"},
                    "Action": ["kms:Describe*", "kms:PutKeyPolicy"],
                    "Resource": "*",
                },
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudtrail.amazonaws.com"},
                    "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"],
                    "Resource": "*",
                    "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
                },
            )
        ),
    )
    write = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::acme-trail-{ACCOUNT}/AWSLogs/*",
        "Condition": {
            "StringEquals": {
                "aws:SourceArn": f"arn:aws:cloudtrail:eu-west-1:{ACCOUNT}:trail/organisation"
            }
        },
    }
    bucket = kept_bucket("trail", write)
    aws.cloudtrail.Trail(
        "organisation",
        s3_bucket_name=bucket.id,
        is_multi_region_trail=True,
        is_organization_trail=True,
        enable_log_file_validation=True,
        kms_key_id=key.arn,
    )
    aws.guardduty.Detector("detector", enable=True)


def serverless_api() -> None:
    """An HTTP API with a token, before a function with a table."""
    table = aws.dynamodb.Table(
        "notes",
        hash_key="id",
        attributes=[{"name": "id", "type": "S"}],
        billing_mode="PAY_PER_REQUEST",
    )
    role = aws.iam.Role("notes", assume_role_policy=trusting("lambda.amazonaws.com"))
    aws.iam.RolePolicy(
        "notes",
        role=role.id,
        policy={
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
                    "Resource": table.arn,
                }
            ],
        },
    )
    aws.iam.RolePolicyAttachment(
        "logs",
        role=role.name,
        policy_arn="arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    )
    function = aws.lambda_.Function(
        "notes",
        role=role.arn,
        runtime="python3.13",
        handler="app.handler",
        s3_bucket="code",
        s3_key="a",
    )
    api = aws.apigatewayv2.Api("notes", protocol_type="HTTP")
    authorizer = aws.apigatewayv2.Authorizer(
        "token",
        api_id=api.id,
        authorizer_type="JWT",
        identity_sources=["$request.header.Authorization"],
        jwt_configuration={"audiences": ["notes"], "issuer": "https://login.example.com"},
    )
    aws.apigatewayv2.Route(
        "notes",
        api_id=api.id,
        route_key="GET /notes",
        authorization_type="JWT",
        authorizer_id=authorizer.id,
    )
    logs = aws.cloudwatch.LogGroup("access", retention_in_days=90)
    aws.apigatewayv2.Stage(
        "live",
        api_id=api.id,
        auto_deploy=True,
        access_log_settings={"destination_arn": logs.arn, "format": "$context.requestId"},
    )
    aws.lambda_.Permission(
        "api",
        action="lambda:InvokeFunction",
        function=function.name,
        principal="apigateway.amazonaws.com",
        source_arn=api.execution_arn.apply(lambda arn: f"{arn}/*/*"),
    )


def private_cluster() -> None:
    """A private cluster of the blueprints' kind, with its network and nodes."""
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", enable_dns_hostnames=True)
    aws.ec2.DefaultSecurityGroup("default", vpc_id=vpc.id, ingress=[], egress=[])
    flows = aws.cloudwatch.LogGroup("flows", retention_in_days=90)
    writer = aws.iam.Role("flows", assume_role_policy=trusting("vpc-flow-logs.amazonaws.com"))
    aws.ec2.FlowLog(
        "flows",
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination=flows.arn,
        iam_role_arn=writer.arn,
    )
    private = [
        aws.ec2.Subnet(f"private-{zone}", vpc_id=vpc.id, cidr_block=f"10.0.{n}.0/24")
        for n, zone in enumerate("ab")
    ]
    subnets = [subnet.id for subnet in private]
    key = aws.kms.Key("secrets", enable_key_rotation=True)
    role = aws.iam.Role(
        "cluster", assume_role_policy=trusting("eks.amazonaws.com", "sts:TagSession")
    )
    aws.iam.RolePolicyAttachment(
        "cluster", role=role.name, policy_arn="arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"
    )
    cluster = aws.eks.Cluster(
        "cluster",
        role_arn=role.arn,
        vpc_config={
            "subnet_ids": subnets,
            "endpoint_private_access": True,
            "endpoint_public_access": False,
        },
        access_config={
            "authentication_mode": "API",
            "bootstrap_cluster_creator_admin_permissions": False,
        },
        enabled_cluster_log_types=["api", "audit", "authenticator"],
        encryption_config={"provider": {"key_arn": key.arn}, "resources": ["secrets"]},
    )
    aws.eks.Addon(
        "cni",
        cluster_name=cluster.name,
        addon_name="vpc-cni",
        configuration_values=json.dumps({"enableNetworkPolicy": "true"}),
    )
    nodes = aws.iam.Role("nodes", assume_role_policy=trusting("ec2.amazonaws.com"))
    for policy in ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly"):
        aws.iam.RolePolicyAttachment(
            policy, role=nodes.name, policy_arn=f"arn:aws:iam::aws:policy/{policy}"
        )
    template = aws.ec2.LaunchTemplate(
        "nodes",
        metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
        block_device_mappings=[
            {"device_name": "/dev/xvda", "ebs": {"encrypted": "true", "volume_size": 50}}
        ],
    )
    aws.eks.NodeGroup(
        "nodes",
        cluster_name=cluster.name,
        node_role_arn=nodes.arn,
        subnet_ids=subnets,
        scaling_config={"desired_size": 2, "max_size": 4, "min_size": 1},
        launch_template={"id": template.id, "version": "1"},
    )
    pods = aws.iam.Role(
        "pods", assume_role_policy=trusting("pods.eks.amazonaws.com", "sts:TagSession")
    )
    aws.eks.PodIdentityAssociation(
        "app", cluster_name=cluster.name, namespace="app", service_account="app", role_arn=pods.arn
    )


def model_endpoint() -> None:
    """A model on SageMaker in private subnets, and an agent on Bedrock with its guardrail."""
    vpc: dict[str, Any] = {"security_group_ids": ["sg-0a"], "subnets": ["subnet-0a", "subnet-0b"]}
    bucket = kept_bucket("models")
    role = aws.iam.Role("model", assume_role_policy=trusting("sagemaker.amazonaws.com"))
    read = {
        "Effect": "Allow",
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [bucket.arn, pulumi.Output.concat(bucket.arn, "/*")],
    }
    aws.iam.RolePolicy("model", role=role.id, policy=document(read))
    model = aws.sagemaker.Model(
        "model",
        execution_role_arn=role.arn,
        enable_network_isolation=True,
        vpc_config=vpc,
        primary_container={"model_package_name": "summaries/3"},
    )
    configuration = aws.sagemaker.EndpointConfiguration(
        "model",
        production_variants=[
            {"model_name": model.name, "instance_type": "ml.g5.xlarge", "initial_instance_count": 1}
        ],
    )
    aws.sagemaker.Endpoint("model", endpoint_config_name=configuration.name)
    guardrail = aws.bedrock.Guardrail(
        "guardrail",
        name="acme",
        blocked_input_messaging="No.",
        blocked_outputs_messaging="No.",
    )
    version = aws.bedrock.GuardrailVersion("guardrail", guardrail_arn=guardrail.guardrail_arn)
    agent = aws.iam.Role("agent", assume_role_policy=trusting("bedrock.amazonaws.com"))
    aws.bedrock.AgentAgent(
        "agent",
        agent_name="helper",
        agent_resource_role_arn=agent.arn,
        foundation_model="anthropic.claude-sonnet-4",
        guardrail_configurations=[
            {
                "guardrail_identifier": guardrail.guardrail_id,
                "guardrail_version": version.version,
            }
        ],
    )


@pytest.mark.parametrize(
    "program", [logging_account, serverless_api, private_cluster, model_endpoint]
)
def test_a_well_made_program_is_let_be(program: Callable[[], None]) -> None:
    plan = preview_function(program, options=Options(packs=[PACK]))
    assert plan.errors == []
    assert [(v.policy, v.urn, v.message) for v in plan.violations] == []

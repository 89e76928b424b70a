import json

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pulumi_random as random
from pulumi import Output, ResourceOptions

password = Output.secret("hunter2")
drawn = random.RandomPassword("drawn", length=20)
aws.ssm.Parameter("plain", type="SecureString", value=password)
aws.ssm.Parameter("drawn", type="SecureString", value=drawn.result)
aws.ssm.Parameter("joined", type="String", value=Output.format("postgres://app:{0}@db", password))
aws.secretsmanager.SecretVersion(
    "json",
    secret_id=drawn.id,
    secret_string=Output.json_dumps({"password": password}),
)
aws.lambda_.Function(
    "nested",
    role="arn:aws:iam::111122223333:role/r",
    environment={"variables": {"PASSWORD": password, "MODE": "fast"}},
)
aws.sns.Topic("name", name=password)
queue = aws.sqs.Queue("hidden", opts=ResourceOptions(additional_secret_outputs=["arn", "name"]))
k8s.core.v1.Secret(
    "k8s",
    metadata={"name": "login", "namespace": "default"},
    string_data={"password": password},
    data={"token": "cGxhaW4="},
)

pulumi.export("password", password)
pulumi.export("inside", {"user": "app", "password": password})
pulumi.export("text", password.apply(lambda value: json.dumps([value])))
pulumi.export("open", Output.unsecret(password).apply(len))
pulumi.export("arn", queue.arn)
pulumi.export("drawn", drawn.result)

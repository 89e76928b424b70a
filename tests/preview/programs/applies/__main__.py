import json

import pulumi
import pulumi_aws as aws
from pulumi import Output

zones = aws.get_availability_zones_output(state="available")
subnets = zones.names.apply(
    lambda names: [
        aws.ec2.Subnet(
            f"subnet-{i}", vpc_id="vpc-1", cidr_block=f"10.0.{i}.0/24", availability_zone=z
        )
        for i, z in enumerate(names[:2])
    ]
)
topic = aws.sns.Topic("alarms", name="alarms")
queue = aws.sqs.Queue("inbox")


def deeper(name: str) -> Output[str]:
    inner = Output.from_input(f"{name}-inner").apply(
        lambda inner: aws.sqs.Queue(inner, opts=pulumi.ResourceOptions(depends_on=[queue])).name
    )
    return Output.concat(name, "/", inner)


aws.ssm.Parameter("nested", type="String", value=topic.name.apply(deeper))
queue.arn.apply(lambda arn: aws.ssm.Parameter("late", type="String", value=arn))
policy = Output.json_dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": queue.arn}]}
)
aws.sqs.QueuePolicy("policy", queue_url=queue.url, policy=policy)

pulumi.export("concat", Output.concat("name=", topic.name))
pulumi.export("format", Output.format("{0}:{topic}", "sns", topic=topic.name))
pulumi.export("all", Output.all(topic.name, 2).apply(lambda found: f"{found[0]} x {found[1]}"))
pulumi.export("named", Output.all(topic=topic.name).apply(lambda found: found["topic"].upper()))
pulumi.export("partly", Output.all(topic.name, queue.arn).apply(lambda found: "/".join(found)))
pulumi.export("policy", policy)
pulumi.export("loaded", Output.json_loads(Output.from_input('{"a": [1, 2]}'))["a"][1])
pulumi.export("count", subnets.apply(len))
pulumi.export("nested", {"list": [topic.name, {"deep": queue.arn}], "plain": json.dumps([1])})

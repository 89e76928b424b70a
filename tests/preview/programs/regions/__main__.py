import pulumi
import pulumi_aws as aws
from pulumi import InvokeOptions, InvokeOutputOptions, ResourceOptions


class Replica(pulumi.ComponentResource):
    def __init__(self, name: str, opts: ResourceOptions):
        super().__init__("replica:index:Replica", name, None, opts)
        inside = ResourceOptions(parent=self)
        self.table = aws.dynamodb.Table(
            name,
            name=name,
            billing_mode="PAY_PER_REQUEST",
            hash_key="id",
            attributes=[{"name": "id", "type": "S"}],
            opts=inside,
        )
        self.region = aws.get_region_output(opts=InvokeOutputOptions(parent=self)).region


ohio = aws.Provider("ohio", region="us-east-2")
secret = aws.Provider("secret", region=pulumi.Output.secret("ap-south-1"))
home = aws.sqs.Queue("home", name="home")
away = aws.sqs.Queue("away", name="away", opts=ResourceOptions(provider=ohio))
own = aws.sqs.Queue("own", name="own", region="ca-central-1")
hidden = aws.sqs.Queue("hidden", name="hidden", opts=ResourceOptions(provider=secret))
child = aws.sqs.QueuePolicy(
    "child", queue_url=away.url, policy="{}", opts=ResourceOptions(parent=away)
)
replica = Replica("replica", ResourceOptions(providers=[ohio]))

for queue in ("home", "away", "own", "hidden"):
    pulumi.export(queue, globals()[queue].arn)
pulumi.export("table", replica.table.arn)
pulumi.export("replica", replica.region)
pulumi.export("invoked", aws.get_region(opts=InvokeOptions(provider=ohio)).region)
pulumi.export("zones", aws.get_availability_zones(opts=InvokeOptions(provider=ohio)).names)
pulumi.export("default", aws.get_region().region)
pulumi.export("argument", aws.get_region(region="sa-east-1").region)

import pulumi
import pulumi_aws as aws
from pulumi import Output


class Widget(pulumi.CustomResource):
    size: Output[int]
    serial: Output[str]

    def __init__(self, name: str, size: int):
        super().__init__("acme:index:Widget", name, {"size": size, "serial": None})


class Cluster(pulumi.ComponentResource):
    endpoint: Output[str]
    zones: Output[list[str]]

    def __init__(self, name: str, zones: dict[str, int]):
        props = {
            "zones": zones,
            "endpoint": None,
            "password": Output.secret("hunter2"),
            "topic": aws.sns.Topic("topic").arn,
        }
        super().__init__("cloudy:index:Cluster", name, props, None, True)

    def kubeconfig(self) -> Output[str]:
        return pulumi.runtime.call_single(
            "cloudy:index:Cluster/kubeconfig", {"__self__": self}, self
        )


widget = Widget("widget", 3)
cluster = Cluster("cluster", {"count": 3})
aws.ssm.Parameter("endpoint", type="String", value=cluster.endpoint)
pulumi.export("size", widget.size)
pulumi.export("serial", widget.serial)
pulumi.export("zones", cluster.zones)
pulumi.export("kubeconfig", cluster.kubeconfig())
pulumi.export("invoked", Output.from_input(pulumi.runtime.invoke("acme:index:find", {}).value))

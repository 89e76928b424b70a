import pulumi
import pulumi_aws as aws
from pulumi import Alias, ResourceOptions

OLD = "urn:pulumi:dev::aliases::aws:sns/topic:Topic::ancient"


class Office(pulumi.ComponentResource):
    def __init__(self, name: str, opts: ResourceOptions | None = None):
        super().__init__("office:index:Office", name, None, opts)
        aws.sns.Topic(
            f"{name}-news",
            opts=ResourceOptions(
                parent=self,
                aliases=[
                    Alias(name="news", parent=pulumi.ROOT_STACK_RESOURCE),
                    Alias(type_="aws:sns/topicV0:Topic"),
                    OLD,
                ],
            ),
        )


Office("north", ResourceOptions(aliases=[Alias(name="south")]))
aws.sns.Topic("plain", opts=ResourceOptions(aliases=[pulumi.Output.from_input(OLD)]))

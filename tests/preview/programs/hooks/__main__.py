import pulumi
import pulumi_aws as aws
from pulumi import ResourceHook, ResourceHookArgs, ResourceHookBinding, ResourceOptions


def never(_: ResourceHookArgs) -> None:
    raise AssertionError("a preview deploys nothing")


announce = ResourceHook("announce", never)
aws.sns.Topic(
    "watched",
    opts=ResourceOptions(hooks=ResourceHookBinding(before_create=[announce], after_update=[never])),
)
pulumi.export("done", True)

import asyncio

import pulumi
import pulumi_aws as aws
from pulumi import Output, ResourceOptions


def tagged(**tags: str):
    """Add tags at the end, so that their order tells the order of the transforms."""

    def transform(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
        if not args.type_.startswith("aws:sns/"):
            return None
        trail = args.props.get("tags", {}).get("trail", "") + ">" + tags["trail"]
        return pulumi.ResourceTransformResult(
            props={**args.props, "tags": {**args.props.get("tags", {}), **tags, "trail": trail}},
            opts=args.opts,
        )

    return transform


async def protecting(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    await asyncio.sleep(0)
    if args.name != "precious":
        return None
    return pulumi.ResourceTransformResult(
        props=args.props,
        opts=ResourceOptions.merge(
            args.opts, ResourceOptions(protect=True, ignore_changes=["tags"])
        ),
    )


def encrypting(args: pulumi.ResourceTransformArgs) -> pulumi.ResourceTransformResult | None:
    """Look at values as a transform may: all but plain ones are outputs."""
    if args.type_ != "aws:ssm/parameter:Parameter":
        return None
    kinds = {key: type(args.props[key]).__name__ for key in sorted(args.props)}
    props = {**args.props, "description": str(kinds), "value": Output.secret(args.props["value"])}
    return pulumi.ResourceTransformResult(props=props, opts=args.opts)


def older(args: pulumi.ResourceTransformationArgs) -> pulumi.ResourceTransformationResult | None:
    if args.type_ != "aws:sns/topic:Topic":
        return None
    return pulumi.ResourceTransformationResult(
        props={**args.props, "display_name": "transformed"}, opts=args.opts
    )


def elsewhere(args: pulumi.InvokeTransformArgs) -> pulumi.InvokeTransformResult | None:
    if not args.token.endswith(":getRegion"):
        return None
    return pulumi.InvokeTransformResult(args={"region": "eu-north-1"}, opts=args.opts)


pulumi.runtime.register_resource_transform(tagged(trail="stack"))
pulumi.runtime.register_resource_transform(protecting)
pulumi.runtime.register_resource_transform(encrypting)
pulumi.runtime.register_stack_transformation(older)
pulumi.runtime.register_invoke_transform(elsewhere)


class Desk(pulumi.ComponentResource):
    def __init__(self, name: str, opts: ResourceOptions):
        super().__init__("desk:index:Desk", name, None, opts)
        own = ResourceOptions(parent=self, transforms=[tagged(trail="own")])
        self.topic = aws.sns.Topic(f"{name}-topic", opts=own)
        self.register_outputs({})


class Office(pulumi.ComponentResource):
    def __init__(self, name: str, opts: ResourceOptions):
        super().__init__("desk:index:Office", name, None, opts)
        inside = ResourceOptions(parent=self, transforms=[tagged(trail="parent")])
        self.desk = Desk("front", inside)
        self.register_outputs({})


desk = Office("open", ResourceOptions(transforms=[tagged(trail="grandparent")])).desk
aws.sns.Topic("precious")
aws.ssm.Parameter("unknown", type="String", value=desk.topic.arn)
aws.ssm.Parameter("secret", type="String", value=Output.secret("hunter2"))
pulumi.export("region", aws.get_region_output().region)

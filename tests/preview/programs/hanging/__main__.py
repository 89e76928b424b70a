import asyncio

import pulumi
import pulumi_aws as aws

how = pulumi.Config().require("how")


def never() -> pulumi.Output[str]:
    future: asyncio.Future[str] = asyncio.Future()
    return pulumi.Output.from_input(future)


aws.sns.Topic("first")
match how:
    case "input":
        aws.sns.Topic("second", display_name=never())
        aws.sns.Topic("third", opts=pulumi.ResourceOptions(depends_on=never()))
    case "output":
        pulumi.export("never", never())
    case "main":

        async def main() -> None:
            await asyncio.Future()

        pulumi.run(main)
    case "transformed":
        pulumi.runtime.register_resource_transform(lambda args: None)
        pulumi.export("never", never())

import asyncio
import time

import pulumi
import pulumi_aws as aws


def slowly(name: str) -> str:
    time.sleep(0.2)
    return name


async def topic(name: str) -> aws.sns.Topic:
    await asyncio.sleep(0.01)
    return aws.sns.Topic(name)


async def said() -> str | None:
    if not pulumi.Config().get_bool("process"):
        return None
    process = await asyncio.create_subprocess_exec(
        "echo", "from a process", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return output.decode().strip()


async def main() -> dict[str, pulumi.Input[object]]:
    loop = asyncio.get_running_loop()
    names = await asyncio.gather(
        asyncio.to_thread(slowly, "thread"), loop.run_in_executor(None, slowly, "executor")
    )
    topics = await asyncio.gather(*map(topic, names))
    region = await aws.get_region_output().region.future()
    return {"topics": len(topics), "region": region, "said": await said()}


pulumi.export("before", True)
pulumi.run(main)

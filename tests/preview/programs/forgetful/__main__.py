import pulumi_aws as aws


async def later() -> None:
    aws.sns.Topic("later")


async def held() -> None:
    aws.sns.Topic("held")


aws.sns.Topic("now")
later()
kept = held()

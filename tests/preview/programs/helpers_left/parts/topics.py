import naming
import pulumi_aws as aws

made = []


def make(name: str) -> None:
    made.append(aws.sns.Topic(f"{name}-{naming.NAME}-{len(made)}"))

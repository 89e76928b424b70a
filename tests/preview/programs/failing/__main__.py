import sys

import pulumi
import pulumi_aws as aws
from pulumi import Output

how = pulumi.Config().require("how")


class Broken(pulumi.ComponentResource):
    def __init__(self, name: str):
        super().__init__("broken:index:Broken", name)
        raise KeyError("missing part")  # place: component


def divide(_: object) -> float:
    return 1 / 0  # place: apply, lost


aws.sns.Topic("first")
match how:
    case "module":
        raise ValueError("a value\n  that is wrong")  # place: module
    case "component":
        Broken("broken")
    case "apply":
        aws.sns.Topic("second", display_name=Output.from_input(1).apply(divide))
    case "lost":
        Output.from_input(1).apply(divide)
    case "arguments":
        aws.sns.Topic("second", colour="red")  # place: arguments
    case "missing":
        aws.s3.BucketVersioning("second", bucket="b")  # place: missing
    case "import":
        import no_such_package  # place: import # noqa: F401
    case "helper":
        import helper  # place: helper # noqa: F401
    case "syntax":
        import unfinished  # noqa: F401
    case "exit":
        sys.exit(3)
    case "exit-words":
        sys.exit("no licence")
    case "exit-well":
        sys.exit(0)
    case "input":
        input("Continue? ")  # place: input
    case "config":
        pulumi.Config("acme").require("token")
    case "config-kind":
        pulumi.Config().require_int("how")
    case "run-error":
        raise pulumi.RunError("the quota is used up")
    case "log":
        pulumi.log.error("this can not work")
        pulumi.log.warn("and this may not")
        pulumi.log.warn("and this may not")
    case "twice":
        aws.sns.Topic("first")
    case "secret":
        aws.sns.Topic("second", display_name=Output.secret("hunter2").apply(divide))

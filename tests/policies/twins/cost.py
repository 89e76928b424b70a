from tests.policies.parts import (
    INSTANCE,
    LAUNCH_TEMPLATE,
    NODE_GROUP,
    tags,
    volume,
)
from tests.policies.scenes import UNKNOWN, Declared, Twins


def pool(environment: str = "dev") -> Declared:
    kinds = [{"instanceType": "m6i.large"}, {"instanceType": "m6a.large"}]
    return Declared(
        "aws:autoscaling/group:Group",
        {
            "maxSize": 4,
            "minSize": 0,
            "mixedInstancesPolicy": {
                "launchTemplate": {
                    "launchTemplateSpecification": {"launchTemplateName": "pool"},
                    "overrides": kinds,
                }
            },
            "tags": [
                {"key": key, "value": value, "propagateAtLaunch": True}
                for key, value in tags(environment=environment).items()
            ],
        },
    )


OVERRIDE = "mixedInstancesPolicy/launchTemplate/overrides/1/instanceType"
IN_PROD = NODE_GROUP.but("tags", tags(environment="prod"))
ELSEWHERE = Declared("aws:ebs/volume:Volume", volume().properties, provider={"region": "eu-west-3"})

TWINS = {
    "bulkhead-ec2-limit-families": Twins(
        good=(INSTANCE,),
        bad=(INSTANCE.but("instanceType", "p5.48xlarge"),),
        unknown=(INSTANCE.but("instanceType", UNKNOWN),),
        more_good={
            "prod": (IN_PROD.but("instanceTypes", ["p5.48xlarge"]),),
            "launch template": (LAUNCH_TEMPLATE,),
            "Auto Scaling": (pool(),),
            "no type": (LAUNCH_TEMPLATE.without("instanceType"),),
        },
        more_bad={
            "node group": (
                NODE_GROUP.but("instanceTypes/1", "p4d.24xlarge").but("scalingConfig/maxSize", 1),
            ),
            "launch template": (LAUNCH_TEMPLATE.but("instanceType", "trn1.32xlarge"),),
            "Auto Scaling": (pool().but(OVERRIDE, "u-6tb1.metal"),),
            "prod": (IN_PROD.but("instanceTypes", ["x2idn.32xlarge"]),),
        },
    ),
    "bulkhead-eks-limit-nodes": Twins(
        good=(NODE_GROUP,),
        bad=(NODE_GROUP.but("scalingConfig/maxSize", 11),),
        unknown=(NODE_GROUP.but("scalingConfig/maxSize", UNKNOWN),),
        more_good={
            "prod": (IN_PROD.but("scalingConfig/maxSize", 100),),
            "Auto Scaling": (pool(),),
            "GPUs": (NODE_GROUP.but("instanceTypes", ["g6.xlarge"]),),
        },
        more_bad={
            "GPUs": (NODE_GROUP.but("instanceTypes", ["g5.xlarge", "g5.12xlarge"]),),
            "GPUs by image": (
                NODE_GROUP.but("amiType", "BOTTLEROCKET_x86_64_NVIDIA").but(
                    "scalingConfig/maxSize", 9
                ),
            ),
            "GPUs of a type nobody knows": (
                NODE_GROUP.but("instanceTypes", ["g5.2metal"]).but("scalingConfig/maxSize", 2),
            ),
            "Auto Scaling": (pool().but("maxSize", 11),),
            "GPUs in Auto Scaling": (pool().but(OVERRIDE, "g6.12xlarge"),),
        },
    ),
    "bulkhead-region-limit-tiers": Twins(
        good=(volume("regulated").but("region", "eu-central-1"),),
        bad=(volume("regulated").but("region", "eu-west-3"),),
        unknown=(volume("regulated").but("region", UNKNOWN),),
        more_good={
            "provider": (ELSEWHERE,),
            "no Region told": (volume("regulated"),),
            "own before provider's": (
                ELSEWHERE.but("tags", tags("regulated")).but("region", "eu-west-1"),
            ),
        },
        more_bad={"provider": (ELSEWHERE.but("tags", tags("confidential")),)},
    ),
}

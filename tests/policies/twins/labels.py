import json

from tests.policies.parts import LAUNCH_TEMPLATE, SUBNET, compartment, namespace, tags
from tests.policies.scenes import UNKNOWN, Declared, Twins

GATEWAY = Declared(
    "aws:ec2/natGateway:NatGateway",
    {"allocationId": "eipalloc-1", "subnetId": "subnet-1", "tags": tags()},
)
POOL = Declared(
    "aws:autoscaling/group:Group",
    {
        "maxSize": 2,
        "minSize": 0,
        "tags": [{"key": k, "value": v, "propagateAtLaunch": True} for k, v in tags().items()],
    },
)


def provided(defaults: object) -> Declared:
    bare = GATEWAY.without("tags")
    return Declared(bare.type, bare.properties, provider={"defaultTags": defaults})


TWINS = {
    "bulkhead-labels-require-keys": Twins(
        good=(GATEWAY,),
        bad=(GATEWAY.without("tags/bulkhead:owner"),),
        unknown=(GATEWAY.but("tags", UNKNOWN),),
        settled=(GATEWAY.but("tags/bulkhead:owner", UNKNOWN),),
        more_good={
            "default tags": (provided({"tags": tags()}),),
            "default tags as the engine has them": (provided(json.dumps({"tags": tags()})),),
            "Auto Scaling": (POOL,),
            "capitals": (
                GATEWAY.without("tags/bulkhead:tier").but("tags/Bulkhead:Tier", "internal"),
            ),
        },
        more_bad={
            "none": (GATEWAY.without("tags"),),
            "empty": (GATEWAY.but("tags/bulkhead:owner", ""),),
            "namespace": compartment(namespace().without("metadata/labels/bulkhead.dev~1owner")),
            "Auto Scaling": (POOL.but("tags/0/key", "Other"),),
        },
    ),
    "bulkhead-labels-check-values": Twins(
        good=(GATEWAY,),
        bad=(GATEWAY.but("tags/bulkhead:tier", "secret"),),
        unknown=(SUBNET.but("tags/bulkhead:plane", UNKNOWN),),
        more_good={"capitals": (GATEWAY.but("tags/bulkhead:tier", "Internal"),)},
        more_bad={
            "environment": (GATEWAY.but("tags/bulkhead:environment", "production"),),
            "plane": (GATEWAY.but("tags/bulkhead:plane", "user"),),
            "namespace": compartment(
                namespace().but("metadata/labels/bulkhead.dev~1environment", "test")
            ),
        },
    ),
    "bulkhead-ec2-tag-nodes": Twins(
        good=(LAUNCH_TEMPLATE,),
        bad=(LAUNCH_TEMPLATE.without("tagSpecifications/1"),),
        unknown=(LAUNCH_TEMPLATE.but("tagSpecifications", UNKNOWN),),
        settled=(LAUNCH_TEMPLATE.but("tagSpecifications/0/tags/bulkhead:owner", UNKNOWN),),
        more_bad={
            "none": (LAUNCH_TEMPLATE.without("tagSpecifications"),),
            "a key": (LAUNCH_TEMPLATE.without("tagSpecifications/0/tags/bulkhead:owner"),),
        },
    ),
}

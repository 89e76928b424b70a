from typing import Any

from tests.policies.parts import KEY_ARN, labels, workload
from tests.policies.scenes import UNKNOWN, Declared, Twins

FAMILY = "karpenter.k8s.aws/instance-family"
CATEGORY = "karpenter.k8s.aws/instance-category"
TYPE = "node.kubernetes.io/instance-type"
GPUS = "karpenter.k8s.aws/instance-gpu-count"
IN = "spec/template/spec"
POOL = workload(
    "karpenter.sh/v1:NodePool",
    {
        "limits": {"cpu": "100", "memory": "400Gi"},
        "template": {
            "spec": {
                "nodeClassRef": {
                    "group": "karpenter.k8s.aws",
                    "kind": "EC2NodeClass",
                    "name": "default",
                },
                "expireAfter": "336h",
                "requirements": [
                    {"key": FAMILY, "operator": "In", "values": ["m7i", "g6"]},
                    {"key": "karpenter.sh/capacity-type", "operator": "In", "values": ["spot"]},
                ],
                "taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}],
            }
        },
    },
    labels=labels(tenant="platform").kubernetes(),
)
CLASS = workload(
    "karpenter.k8s.aws/v1:EC2NodeClass",
    {
        "role": "nodes",
        "amiSelectorTerms": [{"alias": "bottlerocket@v1.40.0"}],
        "subnetSelectorTerms": [{"tags": {"plane": "inference"}}],
        "blockDeviceMappings": [
            {"deviceName": "/dev/xvda", "ebs": {"encrypted": True, "volumeSize": "100Gi"}},
            {"deviceName": "/dev/xvdb"},
        ],
    },
)

SECRET = CLASS.but("metadata/labels", labels("confidential").kubernetes()).but(
    "spec/blockDeviceMappings",
    [{"deviceName": "/dev/xvda", "ebs": {"encrypted": True, "kmsKeyID": KEY_ARN}}],
)
NAMED = CLASS.but("spec/amiSelectorTerms", [{"name": "bottlerocket-*", "owner": "self"}])


def requiring(key: str, operator: str, *values: str) -> Declared:
    requirement: dict[str, Any] = {"key": key, "operator": operator, "values": list(values)}
    family = {"key": CATEGORY, "operator": "In", "values": ["m"]}
    others = [] if key in (FAMILY, CATEGORY, TYPE) else [family]
    return POOL.but(f"{IN}/requirements", [requirement, *others])


def bare(key: str, operator: str, *values: str) -> Declared:
    """A pool without taints."""
    return requiring(key, operator, *values).without(f"{IN}/taints")


OPEN = bare(FAMILY, "In", "m7i").but("metadata/labels", labels().kubernetes())
OWNED = OPEN.but(
    f"{IN}/taints",
    [{"key": "bulkhead.dev/tenant", "value": "doc-summary", "effect": "NoSchedule"}],
).but("spec/template/metadata", {"labels": labels().kubernetes()})

TWINS = {
    "bulkhead-karpenter-limit-pools": Twins(
        good=(POOL,),
        bad=(POOL.without("spec/limits"),),
        unknown=(POOL.but("spec", UNKNOWN),),
        settled=(POOL.but("spec/limits", UNKNOWN),),
        more_good={"fixed": (POOL.without("spec/limits").but("spec/replicas", 2),)},
        more_bad={"empty": (POOL.but("spec/limits", {}),)},
    ),
    "bulkhead-karpenter-expire-nodes": Twins(
        good=(POOL,),
        bad=(POOL.but(f"{IN}/expireAfter", "Never"),),
        unknown=(POOL.but(f"{IN}/expireAfter", UNKNOWN),),
        more_good={
            "by default": (POOL.without(f"{IN}/expireAfter"),),
            "just": (POOL.but(f"{IN}/expireAfter", "719h59m60s"),),
        },
        more_bad={
            "old": (POOL.but(f"{IN}/expireAfter", "721h"),),
            "in minutes": (POOL.but(f"{IN}/expireAfter", "43201m"),),
            "in seconds": (POOL.but(f"{IN}/expireAfter", "720h1s"),),
        },
    ),
    "bulkhead-karpenter-taint-accelerators": Twins(
        good=(POOL,),
        bad=(POOL.without(f"{IN}/taints"),),
        unknown=(POOL.but(f"{IN}/taints", UNKNOWN),),
        more_good={
            "no accelerators": (bare(CATEGORY, "In", "c", "m"),),
            "accelerators shut out": (bare(GPUS, "DoesNotExist"),),
            "not these": (bare(FAMILY, "In", "m7i"),),
            "executed": (POOL.but(f"{IN}/taints/0/effect", "NoExecute"),),
        },
        more_bad={
            "preferred": (POOL.but(f"{IN}/taints/0/effect", "PreferNoSchedule"),),
            "category": (bare(CATEGORY, "In", "m", "p"),),
            "type": (bare(TYPE, "In", "g6.xlarge"),),
            "count": (bare(GPUS, "Gt", "0"),),
            "existence": (bare(GPUS, "Exists"),),
            "neuron": (bare("karpenter.k8s.aws/instance-accelerator-name", "In", "inferentia"),),
        },
    ),
    "bulkhead-karpenter-limit-families": Twins(
        good=(POOL,),
        bad=(requiring(FAMILY, "In", "p5"),),
        unknown=(requiring(FAMILY, "In", UNKNOWN),),
        more_good={
            "type": (requiring(TYPE, "In", "m7i.large"),),
            "category": (requiring(CATEGORY, "In", "m"),),
            "unlabelled": (requiring(FAMILY, "In", "p5").without("metadata/labels"),),
        },
        more_bad={
            "any": (POOL.but(f"{IN}/requirements", []),),
            "all but one": (requiring(FAMILY, "NotIn", "p5"),),
            "type": (requiring(TYPE, "In", "p4d.24xlarge"),),
        },
    ),
    "bulkhead-karpenter-require-imdsv2": Twins(
        good=(CLASS,),
        bad=(CLASS.but("spec/metadataOptions", {"httpTokens": "optional"}),),
        unknown=(CLASS.but("spec/metadataOptions", UNKNOWN),),
        more_good={
            "told": (
                CLASS.but(
                    "spec/metadataOptions",
                    {"httpTokens": "required", "httpPutResponseHopLimit": 1},
                ),
            ),
            "off": (
                CLASS.but(
                    "spec/metadataOptions", {"httpEndpoint": "disabled", "httpTokens": "optional"}
                ),
            ),
        },
        more_bad={"hops": (CLASS.but("spec/metadataOptions", {"httpPutResponseHopLimit": 2}),)},
    ),
    "bulkhead-karpenter-encrypt-volumes": Twins(
        good=(CLASS,),
        bad=(CLASS.but("spec/blockDeviceMappings/0/ebs/encrypted", False),),
        unknown=(CLASS.but("spec/blockDeviceMappings", UNKNOWN),),
        more_good={"Karpenter's own": (CLASS.without("spec/blockDeviceMappings"),)},
        more_bad={"left out": (CLASS.without("spec/blockDeviceMappings/0/ebs/encrypted"),)},
    ),
    "bulkhead-karpenter-hide-nodes": Twins(
        good=(CLASS.but("spec/associatePublicIPAddress", False),),
        bad=(CLASS.but("spec/associatePublicIPAddress", True),),
        unknown=(CLASS.but("spec/associatePublicIPAddress", UNKNOWN),),
    ),
    "bulkhead-karpenter-pin-images": Twins(
        good=(CLASS,),
        bad=(CLASS.but("spec/amiSelectorTerms/0/alias", "al2023@latest"),),
        unknown=(CLASS.but("spec/amiSelectorTerms/0/alias", UNKNOWN),),
        more_good={"by ID": (CLASS.but("spec/amiSelectorTerms", [{"id": "ami-1"}]),)},
    ),
    "bulkhead-karpenter-use-customer-keys": Twins(
        good=(SECRET,),
        bad=(SECRET.without("spec/blockDeviceMappings/0/ebs/kmsKeyID"),),
        unknown=(SECRET.but("spec/blockDeviceMappings", UNKNOWN),),
        settled=(SECRET.but("spec/blockDeviceMappings/0/ebs/kmsKeyID", UNKNOWN),),
        more_good={"internal": (CLASS.but("metadata/labels", labels().kubernetes()),)},
        more_bad={"Karpenter's own": (SECRET.without("spec/blockDeviceMappings"),)},
    ),
    "bulkhead-karpenter-trust-images": Twins(
        good=(NAMED,),
        bad=(NAMED.but("spec/amiSelectorTerms/0/owner", "123456789012"),),
        unknown=(NAMED.but("spec/amiSelectorTerms/0/owner", UNKNOWN),),
        more_good={
            "by default": (NAMED.without("spec/amiSelectorTerms/0/owner"),),
            "of AWS": (NAMED.but("spec/amiSelectorTerms/0/owner", "amazon"),),
        },
        more_bad={"anybody's": (NAMED.but("spec/amiSelectorTerms/0/owner", "*"),)},
    ),
    "bulkhead-karpenter-keep-apart": Twins(
        good=(OWNED,),
        bad=(OWNED.without(f"{IN}/taints"),),
        unknown=(OWNED.but(f"{IN}/taints", UNKNOWN),),
        more_good={
            "the platform's": (
                OPEN.but("metadata/labels", labels(tenant="platform").kubernetes()),
            ),
            "nobody's": (OPEN.without("metadata/labels"),),
            "executed": (OWNED.but(f"{IN}/taints/0/effect", "NoExecute"),),
        },
        more_bad={
            "another's": (OWNED.but(f"{IN}/taints/0/value", "fraud"),),
            "preferred": (OWNED.but(f"{IN}/taints/0/effect", "PreferNoSchedule"),),
            "of another key": (OWNED.but(f"{IN}/taints/0/key", "tenant"),),
            "not to be selected": (OWNED.without("spec/template/metadata"),),
            "to be selected by another": (
                OWNED.but("spec/template/metadata/labels", labels(tenant="fraud").kubernetes()),
            ),
        },
    ),
}

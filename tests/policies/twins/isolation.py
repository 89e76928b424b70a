import datetime

from tests.policies.parts import (
    DEFAULT_DENY,
    DEPLOYMENT,
    LIMIT_RANGE,
    PLATFORM_NAMESPACE,
    POD,
    QUOTA,
    compartment,
    namespace,
)
from tests.policies.scenes import UNKNOWN, Declared, Scene, Twins

TIER = "metadata/labels/bulkhead.dev~1tier"
PATTERN = "metadata/labels/bulkhead.dev~1pattern"
POD_SECURITY = "metadata/labels/pod-security.kubernetes.io~1enforce"
NEXT_MONTH = datetime.date.today() + datetime.timedelta(days=30)
EXEMPTION = {
    "bulkhead.dev/exemption-owner": "fraud",
    "bulkhead.dev/exemption-reason": "moves to its own cluster with the next release",
    "bulkhead.dev/exemption-expires": NEXT_MONTH.isoformat(),
}
RISK = "metadata/annotations"
CROWN_JEWEL = {"bulkhead.dev/risk-model": "crown-jewel"}
TOO_WEAK = namespace("regulated", "shared-cluster")
UNNAMED = namespace().without("metadata/name")
ELSEWHERE = {
    part.name: part.but("metadata/namespace", "elsewhere")
    for part in (QUOTA, LIMIT_RANGE, DEFAULT_DENY)
}


def exempted(**changes: str) -> Scene:
    annotations = {**EXEMPTION, **{f"bulkhead.dev/exemption-{k}": v for k, v in changes.items()}}
    return compartment(TOO_WEAK.but("metadata/annotations", annotations))


def counting(**hard: str) -> Scene:
    return (namespace(), QUOTA.but("spec/hard", hard), LIMIT_RANGE, DEFAULT_DENY)


TWINS = {
    "bulkhead-namespace-match-tier": Twins(
        good=compartment(namespace("internal", "shared-cluster")),
        bad=compartment(TOO_WEAK),
        unknown=compartment(namespace().but(TIER, UNKNOWN)),
        more_good={
            "strong enough": compartment(namespace("regulated", "single-tenant-cluster")),
            "platform": (PLATFORM_NAMESPACE,),
            "crown jewel sealed": compartment(
                namespace("confidential", "confidential-compute").but(RISK, CROWN_JEWEL)
            ),
        },
        more_bad={
            "crown jewel": compartment(
                namespace("confidential", "dedicated-node-pools").but(RISK, CROWN_JEWEL)
            ),
            "misspelt risk": compartment(
                namespace("internal", "shared-cluster").but(
                    RISK, {"bulkhead.dev/risk-model": "crownjewel"}
                )
            ),
            "no pattern": compartment(namespace().without(PATTERN)),
            "unknown pattern": compartment(namespace().but(PATTERN, "shared")),
            "capitals": compartment(TOO_WEAK.but(TIER, "Regulated")),
            "expired exemption": exempted(expires="2024-01-31"),
            "exemption without a reason": exempted(reason="tbd"),
            "exemption without a date": exempted(expires="soon"),
        },
    ),
    "bulkhead-namespace-enforce-restricted": Twins(
        good=compartment(),
        bad=compartment(namespace().without(POD_SECURITY)),
        unknown=compartment(namespace().but(POD_SECURITY, UNKNOWN)),
        more_good={"platform": (PLATFORM_NAMESPACE,)},
        more_bad={"baseline": compartment(namespace().but(POD_SECURITY, "baseline"))},
    ),
    "bulkhead-namespace-limit-resources": Twins(
        good=compartment(),
        bad=(namespace(), LIMIT_RANGE, DEFAULT_DENY),
        unknown=(namespace(), QUOTA.but("spec/hard", UNKNOWN), LIMIT_RANGE, DEFAULT_DENY),
        settled=(
            UNNAMED,
            *(
                part.but("metadata/namespace", UNKNOWN).depending(metadata="namespace")
                for part in (QUOTA, LIMIT_RANGE, DEFAULT_DENY)
            ),
        ),
        more_good={
            "platform": (PLATFORM_NAMESPACE,),
            "two quotas": (
                *compartment(),
                QUOTA.named("unknown").but("spec/hard", UNKNOWN),
            ),
        },
        more_bad={
            "no limits": (namespace(), QUOTA, DEFAULT_DENY),
            "empty quota": (namespace(), QUOTA.but("spec/hard", {}), LIMIT_RANGE, DEFAULT_DENY),
            "elsewhere": (namespace(), ELSEWHERE["quota"], LIMIT_RANGE, DEFAULT_DENY),
        },
    ),
    "bulkhead-namespace-deny-traffic": Twins(
        good=compartment(),
        bad=(namespace(), QUOTA, LIMIT_RANGE),
        unknown=(
            namespace(),
            QUOTA,
            LIMIT_RANGE,
            DEFAULT_DENY.but("spec/podSelector", UNKNOWN),
        ),
        more_good={
            "one policy per direction": (
                namespace(),
                QUOTA,
                LIMIT_RANGE,
                DEFAULT_DENY.but("spec/policyTypes", ["Egress"]),
                DEFAULT_DENY.named("ingress").without("spec/policyTypes"),
            ),
            "another policy not known": (
                *compartment(),
                DEFAULT_DENY.named("unknown").but("spec/policyTypes", UNKNOWN),
            ),
            "platform": (PLATFORM_NAMESPACE,),
        },
        more_bad={
            "ingress only": (
                namespace(),
                QUOTA,
                LIMIT_RANGE,
                DEFAULT_DENY.without("spec/policyTypes"),
            ),
            "some pods": (
                namespace(),
                QUOTA,
                LIMIT_RANGE,
                DEFAULT_DENY.but("spec/podSelector/matchLabels", {"app": "server"}),
            ),
            "some pods by expression": (
                namespace(),
                QUOTA,
                LIMIT_RANGE,
                DEFAULT_DENY.but(
                    "spec/podSelector/matchExpressions", [{"key": "app", "operator": "Exists"}]
                ),
            ),
            "allows all": (
                namespace(),
                QUOTA,
                LIMIT_RANGE,
                DEFAULT_DENY.but("spec/egress", [{"to": [{"podSelector": {}}]}]),
            ),
            "elsewhere": (namespace(), QUOTA, LIMIT_RANGE, ELSEWHERE["default-deny"]),
        },
    ),
    "bulkhead-namespace-limit-gpus": Twins(
        good=compartment(),
        bad=counting(pods="50"),
        unknown=(namespace(), QUOTA.but("spec/hard", UNKNOWN), LIMIT_RANGE, DEFAULT_DENY),
        more_good={
            "neuron": counting(**{"requests.aws.amazon.com/neuron": "0"}),
            "two quotas": (
                *compartment(),
                QUOTA.named("objects").but("spec/hard", {"pods": "50"}),
            ),
            "platform": (PLATFORM_NAMESPACE,),
        },
        more_bad={
            "a name that only resembles": counting(**{"requests.nvidia.example/gpu": "1"}),
        },
    ),
    "bulkhead-namespace-deny-default": Twins(
        good=(POD,),
        bad=(POD.but("metadata/namespace", "default"),),
        unknown=(POD.but("metadata", UNKNOWN),),
        settled=(POD.without("metadata/namespace").provided(namespace=UNKNOWN),),
        more_good={
            "by the provider": (POD.without("metadata/namespace").provided(namespace="tenant"),),
        },
        more_bad={
            "left out": (POD.without("metadata/namespace"),),
            "by the provider": (POD.without("metadata/namespace").provided(namespace="default"),),
            "deployment": (DEPLOYMENT.but("metadata/namespace", ""),),
            "service": (
                Declared(
                    "kubernetes:core/v1:Service", {"metadata": {"name": "server"}, "spec": {}}
                ),
            ),
        },
    ),
}

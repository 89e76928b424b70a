from tests.policies.parts import POD_SPEC, workload
from tests.policies.scenes import UNKNOWN, Twins

POD = "spec/podTemplate/spec"
ISOLATED = {**POD_SPEC, "runtimeClassName": "gvisor"}
TIME = "2026-12-24T18:00:00Z"
SANDBOX = workload(
    "agents.x-k8s.io/v1beta1:Sandbox",
    {"podTemplate": {"spec": ISOLATED}, "shutdownTime": TIME, "shutdownPolicy": "Delete"},
)
TEMPLATE = workload(
    "extensions.agents.x-k8s.io/v1beta1:SandboxTemplate",
    {
        "podTemplate": {"spec": ISOLATED},
        "networkPolicy": {"egress": [{"to": [{"podSelector": {"matchLabels": {"app": "tools"}}}]}]},
    },
)
CLAIM = workload(
    "extensions.agents.x-k8s.io/v1beta1:SandboxClaim",
    {
        "sandboxTemplateRef": {"name": "server"},
        "lifecycle": {"ttlSecondsAfterFinished": 60, "shutdownPolicy": "Delete"},
    },
)
MOUNTED = {"name": "token", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}

TWINS = {
    "bulkhead-sandbox-isolate-kernel": Twins(
        good=(SANDBOX,),
        bad=(SANDBOX.without(f"{POD}/runtimeClassName"),),
        unknown=(SANDBOX.but(f"{POD}/runtimeClassName", UNKNOWN),),
        more_good={
            "template": (TEMPLATE,),
            **{
                name: (SANDBOX.but(f"{POD}/runtimeClassName", name),)
                for name in ("kata-qemu", "isolated-sandbox", "confidential-sandbox")
            },
        },
        more_bad={
            "nvidia": (SANDBOX.but(f"{POD}/runtimeClassName", "nvidia"),),
            "template": (TEMPLATE.without(f"{POD}/runtimeClassName"),),
        },
    ),
    "bulkhead-sandbox-withhold-token": Twins(
        good=(SANDBOX,),
        bad=(SANDBOX.but(f"{POD}/automountServiceAccountToken", True),),
        unknown=(SANDBOX.but(f"{POD}/automountServiceAccountToken", UNKNOWN),),
        more_bad={
            "left out": (TEMPLATE.without(f"{POD}/automountServiceAccountToken"),),
            "by hand": (SANDBOX.but(f"{POD}/volumes", [MOUNTED]),),
        },
    ),
    "bulkhead-sandbox-bound-egress": Twins(
        good=(TEMPLATE,),
        bad=(TEMPLATE.without("spec/networkPolicy"),),
        unknown=(TEMPLATE.but("spec/networkPolicy", UNKNOWN),),
        more_good={"nothing": (TEMPLATE.but("spec/networkPolicy", {"egress": []}),)},
        more_bad={
            "unmanaged": (TEMPLATE.but("spec/networkPolicyManagement", "Unmanaged"),),
            "every destination": (TEMPLATE.but("spec/networkPolicy/egress", [{}]),),
            **{
                cidr: (
                    TEMPLATE.but(
                        "spec/networkPolicy/egress", [{"to": [{"ipBlock": {"cidr": cidr}}]}]
                    ),
                )
                for cidr in ("0.0.0.0/0", "::/0")
            },
        },
    ),
    "bulkhead-sandbox-bound-lifetime": Twins(
        good=(SANDBOX,),
        bad=(SANDBOX.without("spec/shutdownTime"),),
        unknown=(SANDBOX.but("spec/shutdownPolicy", UNKNOWN),),
        more_good={
            "claim": (CLAIM,),
            "claim with a time": (
                CLAIM.but(
                    "spec/lifecycle", {"shutdownTime": TIME, "shutdownPolicy": "DeleteForeground"}
                ),
            ),
        },
        more_bad={
            "kept": (SANDBOX.without("spec/shutdownPolicy"),),
            "claim": (CLAIM.without("spec/lifecycle"),),
            "claim kept": (CLAIM.but("spec/lifecycle/shutdownPolicy", "Retain"),),
        },
    ),
}

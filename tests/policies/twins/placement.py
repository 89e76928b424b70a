from tests.policies.parts import CONTAINER, DEPLOYMENT, POD, labels, workload
from tests.policies.scenes import UNKNOWN, Twins

SPEC = "spec/template/spec"
PRIORITY = "spec/priorityClassName"
GPU = "spec/containers/0/resources/limits/nvidia.com~1gpu"
TENANT = "bulkhead.dev/tenant"
OWNED = POD.but("metadata/labels", labels().kubernetes())
PLATFORM = POD.but("metadata/labels", labels(tenant="platform").kubernetes())
SPREAD = [
    {
        "maxSkew": 1,
        "topologyKey": "topology.kubernetes.io/zone",
        "whenUnsatisfiable": "DoNotSchedule",
    }
]
REPLICATED = DEPLOYMENT.but("spec/replicas", 3).but(f"{SPEC}/topologySpreadConstraints", SPREAD)
BUDGET = workload(
    "policy/v1:PodDisruptionBudget",
    {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "server"}}},
)


def tolerating(**toleration: str) -> list[dict[str, str]]:
    return [{"effect": "NoSchedule", **toleration}]


TWINS = {
    "bulkhead-pod-deny-system-priority": Twins(
        good=(POD.but(PRIORITY, "interactive"),),
        bad=(POD.but(PRIORITY, "system-node-critical"),),
        unknown=(POD.but(PRIORITY, UNKNOWN),),
        more_good={
            "platform": (PLATFORM.but(PRIORITY, "system-cluster-critical"),),
            "the system itself": (
                POD.but(PRIORITY, "system-cluster-critical").but(
                    "metadata/namespace", "kube-system"
                ),
            ),
        },
        more_bad={"cluster": (POD.but(PRIORITY, "system-cluster-critical"),)},
    ),
    "bulkhead-pod-rank-gpus": Twins(
        good=(POD.but(GPU, 1).but(PRIORITY, "interactive"),),
        bad=(POD.but(GPU, 1),),
        unknown=(POD.but("spec/containers/0/resources/limits", UNKNOWN),),
        more_bad={
            "init container": (
                POD.but("spec/initContainers", [CONTAINER]).but(
                    "spec/initContainers/0/resources/limits/nvidia.com~1gpu", 1
                ),
            ),
            "empty": (POD.but(GPU, 1).but(PRIORITY, ""),),
        },
    ),
    "bulkhead-pod-deny-node-pinning": Twins(
        good=(POD.but("spec/nodeSelector", {"disk": "fast"}),),
        bad=(POD.but("spec/nodeName", "ip-10-0-0-1"),),
        unknown=(POD.but("spec", UNKNOWN),),
        more_good={"empty": (POD.but("spec/nodeName", ""),)},
        more_bad={"not known": (POD.but("spec/nodeName", UNKNOWN),)},
    ),
    "bulkhead-pod-deny-foreign-pools": Twins(
        good=(OWNED.but("spec/tolerations", tolerating(key=TENANT, value="doc-summary")),),
        bad=(OWNED.but("spec/tolerations", tolerating(key=TENANT, value="fraud")),),
        unknown=(OWNED.but("spec/tolerations", tolerating(key=UNKNOWN)),),
        more_good={
            "accelerator": (
                OWNED.but("spec/tolerations", tolerating(key="nvidia.com/gpu", operator="Exists")),
            ),
            "platform": (PLATFORM.but("spec/tolerations", [{"operator": "Exists"}]),),
        },
        more_bad={
            "every taint": (POD.but("spec/tolerations", [{"operator": "Exists"}]),),
            "every tenant": (
                OWNED.but("spec/tolerations", tolerating(key=TENANT, operator="Exists")),
            ),
            "no tenant of its own": (
                POD.but("spec/tolerations", tolerating(key=TENANT, value="fraud")),
            ),
        },
    ),
    "bulkhead-server-spread-replicas": Twins(
        good=(REPLICATED, BUDGET),
        bad=(REPLICATED.without(f"{SPEC}/topologySpreadConstraints"), BUDGET),
        unknown=(DEPLOYMENT.but("spec/replicas", UNKNOWN), BUDGET),
        more_good={
            "anti-affinity": (
                REPLICATED.without(f"{SPEC}/topologySpreadConstraints").but(
                    f"{SPEC}/affinity", {"podAntiAffinity": {}}
                ),
                BUDGET,
            ),
            "one": (DEPLOYMENT.but("spec/replicas", 1),),
        },
        more_bad={
            "two": (
                REPLICATED.without(f"{SPEC}/topologySpreadConstraints").but("spec/replicas", 2),
                BUDGET,
            ),
        },
    ),
    "bulkhead-server-budget-disruptions": Twins(
        good=(REPLICATED, BUDGET),
        bad=(REPLICATED,),
        unknown=(REPLICATED, BUDGET.but("spec/selector/matchLabels/app", UNKNOWN)),
        more_good={
            "every pod": (REPLICATED, BUDGET.but("spec/selector", {})),
            "one replica": (DEPLOYMENT,),
            "by expression": (
                REPLICATED,
                BUDGET.but(
                    "spec/selector",
                    {
                        "matchExpressions": [
                            {"key": "app", "operator": "In", "values": ["server", "client"]},
                            {"key": "app", "operator": "Exists"},
                            {"key": "tier", "operator": "DoesNotExist"},
                            {"key": "app", "operator": "NotIn", "values": ["client"]},
                        ]
                    },
                ),
            ),
        },
        more_bad={
            "two": (REPLICATED.but("spec/replicas", 2),),
            "others": (REPLICATED, BUDGET.but("spec/selector/matchLabels/app", "client")),
            "elsewhere": (REPLICATED, BUDGET.but("metadata/namespace", "elsewhere")),
            **{
                f"{operator} others": (
                    REPLICATED,
                    BUDGET.but(
                        "spec/selector",
                        {
                            "matchExpressions": [
                                {"key": key, "operator": operator, "values": values}
                            ]
                        },
                    ),
                )
                for key, operator, values in (
                    ("app", "In", ["client"]),
                    ("app", "NotIn", ["server"]),
                    ("app", "DoesNotExist", []),
                    ("tier", "Exists", []),
                    ("tier", "In", ["x"]),
                )
            },
        },
    ),
}

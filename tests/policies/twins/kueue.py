from tests.policies.parts import workload
from tests.policies.scenes import UNKNOWN, Twins

RESOURCE = "spec/resourceGroups/0/flavors/0/resources/0"
QUEUE = workload(
    "kueue.x-k8s.io/v1beta2:ClusterQueue",
    {
        "cohortName": "research",
        "namespaceSelector": {"matchLabels": {"bulkhead.dev/pool": "fine-tuning"}},
        "preemption": {"reclaimWithinCohort": "Any"},
        "resourceGroups": [
            {
                "coveredResources": ["nvidia.com/gpu"],
                "flavors": [
                    {
                        "name": "g6",
                        "resources": [
                            {"name": "nvidia.com/gpu", "nominalQuota": 4, "borrowingLimit": 2}
                        ],
                    }
                ],
            }
        ],
    },
)
FORMER = (
    QUEUE.as_type("kubernetes:kueue.x-k8s.io/v1beta1:ClusterQueue")
    .without("spec/cohortName")
    .but("spec/cohort", "research")
)
ALONE = QUEUE.without("spec/cohortName")

TWINS = {
    "bulkhead-kueue-select-namespaces": Twins(
        good=(QUEUE,),
        bad=(QUEUE.but("spec/namespaceSelector", {}),),
        unknown=(QUEUE.but("spec/namespaceSelector", UNKNOWN),),
        more_good={
            "by expression": (
                QUEUE.but(
                    "spec/namespaceSelector",
                    {"matchExpressions": [{"key": "pool", "operator": "Exists"}]},
                ),
            ),
        },
        more_bad={"nobody's": (QUEUE.without("spec/namespaceSelector"),)},
    ),
    "bulkhead-kueue-limit-borrowing": Twins(
        good=(QUEUE,),
        bad=(QUEUE.without(f"{RESOURCE}/borrowingLimit"),),
        unknown=(QUEUE.but("spec/resourceGroups", UNKNOWN),),
        settled=(QUEUE.but(f"{RESOURCE}/borrowingLimit", UNKNOWN),),
        more_good={"no cohort": (ALONE.without(f"{RESOURCE}/borrowingLimit"),)},
        more_bad={
            "former spelling": (FORMER.without(f"{RESOURCE}/borrowingLimit"),),
            "cohort not known": (
                QUEUE.but("spec/cohortName", UNKNOWN).without(f"{RESOURCE}/borrowingLimit"),
            ),
        },
    ),
    "bulkhead-kueue-reclaim-quota": Twins(
        good=(QUEUE,),
        bad=(QUEUE.but("spec/preemption/reclaimWithinCohort", "Never"),),
        unknown=(QUEUE.but("spec/preemption", UNKNOWN),),
        more_good={
            "no cohort": (ALONE.without("spec/preemption"),),
            "lends nothing": (QUEUE.without("spec/preemption").but(f"{RESOURCE}/lendingLimit", 0),),
        },
        more_bad={
            "left out": (QUEUE.without("spec/preemption"),),
            "former spelling": (FORMER.without("spec/preemption"),),
            "lends something": (
                QUEUE.without("spec/preemption").but(f"{RESOURCE}/lendingLimit", 1),
            ),
        },
    ),
}

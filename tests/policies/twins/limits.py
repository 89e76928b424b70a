from tests.policies.parts import CONTAINER, DEPLOYMENT, POD, labels
from tests.policies.scenes import UNKNOWN, Twins

LIMITS = "spec/containers/0/resources/limits"
REQUESTS = "spec/containers/0/resources/requests"
IN_DEPLOYMENT = "spec/template/spec/containers/0"
GPU_POD = (
    POD.but("metadata/labels", labels().kubernetes())
    .but(f"{LIMITS}/nvidia.com~1gpu", "2")
    .but("spec/priorityClassName", "interactive")
)

TWINS = {
    "bulkhead-pod-limit-resources": Twins(
        good=(POD,),
        bad=(POD.without(f"{LIMITS}/memory"),),
        unknown=(POD.but("spec/containers/0/resources", UNKNOWN).but("spec/hostPID", UNKNOWN),),
        more_good={
            "requests by limits": (POD.without(REQUESTS).but(f"{LIMITS}/cpu", "1"),),
            "a limit not known": (POD.but(f"{LIMITS}/memory", UNKNOWN),),
        },
        more_bad={"no cpu": (POD.without(f"{REQUESTS}/cpu"),)},
    ),
    "bulkhead-pod-bound-disk": Twins(
        good=(POD.but("spec/volumes/0", {"name": "model", "emptyDir": {"sizeLimit": "1Gi"}}),),
        bad=(POD.without(f"{LIMITS}/ephemeral-storage"),),
        unknown=(POD.but("spec/volumes", UNKNOWN),),
        more_bad={
            "volume": (POD.but("spec/volumes/0", {"name": "model", "emptyDir": {}}),),
            "memory": (
                POD.but("spec/volumes/0", {"name": "model", "emptyDir": {"medium": "Memory"}}),
            ),
        },
    ),
    "bulkhead-pod-limit-gpus": Twins(
        good=(GPU_POD,),
        bad=(GPU_POD.but(f"{LIMITS}/nvidia.com~1gpu", "3"),),
        unknown=(GPU_POD.but(f"{LIMITS}/nvidia.com~1gpu", UNKNOWN),),
        more_good={
            "unlabelled": (
                GPU_POD.without("metadata/labels").but(f"{LIMITS}/nvidia.com~1gpu", "64"),
            ),
            "production": (
                GPU_POD.but("metadata/labels", labels(environment="prod").kubernetes()).but(
                    f"{LIMITS}/nvidia.com~1gpu", 8
                ),
            ),
        },
        more_bad={
            "slices": (GPU_POD.but(f"{LIMITS}/nvidia.com~1mig-1g.10gb", "7"),),
            "neuron": (GPU_POD.but(f"{REQUESTS}/aws.amazon.com~1neuron", "16"),),
            "init container": (
                GPU_POD.but("spec/initContainers", [CONTAINER]).but(
                    "spec/initContainers/0/resources/limits/nvidia.com~1gpu", 3
                ),
            ),
        },
    ),
    "bulkhead-pod-probe-servers": Twins(
        good=(DEPLOYMENT,),
        bad=(DEPLOYMENT.without(f"{IN_DEPLOYMENT}/readinessProbe"),),
        unknown=(DEPLOYMENT.but(f"{IN_DEPLOYMENT}/ports", UNKNOWN),),
        more_good={
            "no port": (
                DEPLOYMENT.without(f"{IN_DEPLOYMENT}/readinessProbe").without(
                    f"{IN_DEPLOYMENT}/ports"
                ),
            ),
            "no server": (POD.without("spec/containers/0/livenessProbe"),),
        },
        more_bad={"liveness": (DEPLOYMENT.without(f"{IN_DEPLOYMENT}/livenessProbe"),)},
    ),
}

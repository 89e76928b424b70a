from tests.policies.parts import (
    CONTAINER,
    CRON_JOB,
    DEPLOYMENT,
    IMAGE,
    INSTANCE,
    LAUNCH_CONFIGURATION,
    LAUNCH_TEMPLATE,
    POD,
)
from tests.policies.scenes import UNKNOWN, Twins

HOST_PATH = [{"name": "host", "hostPath": {"path": "/"}}]
CONTEXT = "containers/0/securityContext"
IN_DEPLOYMENT = "spec/template/spec"
IN_CRON_JOB = "spec/jobTemplate/spec/template/spec"
PATCH = DEPLOYMENT.as_type("kubernetes:apps/v1:DeploymentPatch").but(
    "spec", {"template": {"spec": {"containers": [{"name": "server", "image": IMAGE}]}}}
)

TWINS = {
    "bulkhead-pod-deny-host-access": Twins(
        good=(DEPLOYMENT,),
        bad=(DEPLOYMENT.but(f"{IN_DEPLOYMENT}/volumes", HOST_PATH),),
        unknown=(DEPLOYMENT.but(f"{IN_DEPLOYMENT}/hostNetwork", UNKNOWN),),
        more_good={"pod": (POD,), "cron job": (CRON_JOB,)},
        more_bad={
            "network": (POD.but("spec/hostNetwork", True),),
            "processes": (POD.but("spec/hostPID", True),),
            "shared memory": (POD.but("spec/hostIPC", True),),
            "port": (POD.but("spec/containers/0/ports/0/hostPort", 8080),),
            "cron job": (CRON_JOB.but(f"{IN_CRON_JOB}/hostNetwork", True),),
            "path not known": (POD.but("spec/volumes", [{"name": "host", "hostPath": UNKNOWN}]),),
        },
    ),
    "bulkhead-pod-deny-privilege": Twins(
        good=(POD,),
        bad=(POD.but(f"spec/{CONTEXT}/privileged", True),),
        more_good={"patch": (PATCH,)},
        unknown=(POD.but(f"spec/{CONTEXT}", UNKNOWN),),
        more_bad={
            "escalation by default": (POD.without(f"spec/{CONTEXT}/allowPrivilegeEscalation"),),
            "capability": (POD.but(f"spec/{CONTEXT}/capabilities/add", ["SYS_ADMIN"]),),
            "init container": (
                POD.but("spec/initContainers", [CONTAINER]).without(
                    "spec/initContainers/0/securityContext/allowPrivilegeEscalation"
                ),
            ),
            "patch": (PATCH.but(f"{IN_DEPLOYMENT}/{CONTEXT}/privileged", True),),
            "deployment": (DEPLOYMENT.but(f"{IN_DEPLOYMENT}/{CONTEXT}/privileged", True),),
            "cron job": (CRON_JOB.but(f"{IN_CRON_JOB}/{CONTEXT}/privileged", True),),
        },
    ),
    "bulkhead-ec2-require-imdsv2": Twins(
        good=(LAUNCH_TEMPLATE,),
        bad=(LAUNCH_TEMPLATE.but("metadataOptions/httpTokens", "optional"),),
        unknown=(LAUNCH_TEMPLATE.but("metadataOptions", UNKNOWN),),
        more_good={
            "off": (LAUNCH_TEMPLATE.but("metadataOptions", {"httpEndpoint": "disabled"}),),
            "instance": (INSTANCE,),
            "launch configuration": (LAUNCH_CONFIGURATION,),
        },
        more_bad={
            "left out": (LAUNCH_TEMPLATE.without("metadataOptions"),),
            "hop limit": (LAUNCH_TEMPLATE.but("metadataOptions/httpPutResponseHopLimit", 2),),
            "instance": (INSTANCE.without("metadataOptions"),),
            "launch configuration": (LAUNCH_CONFIGURATION.without("metadataOptions"),),
        },
    ),
}

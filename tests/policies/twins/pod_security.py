from tests.policies.parts import CONTAINER, DEPLOYMENT, POD
from tests.policies.scenes import UNKNOWN, Twins

CONTEXT = "spec/containers/0/securityContext"
IN_POD = "spec/securityContext"
PATCH = DEPLOYMENT.as_type("kubernetes:apps/v1:DeploymentPatch").but(
    "spec", {"template": {"spec": {"shareProcessNamespace": True}}}
)
APPARMOR = "container.apparmor.security.beta.kubernetes.io/server"

TWINS = {
    "bulkhead-pod-run-nonroot": Twins(
        good=(POD,),
        bad=(POD.but(f"{IN_POD}/runAsNonRoot", False),),
        unknown=(POD.but(f"{IN_POD}/runAsNonRoot", UNKNOWN),),
        more_good={
            "by the container": (
                POD.without(f"{IN_POD}/runAsNonRoot").but(f"{CONTEXT}/runAsNonRoot", True),
            ),
            "as a user": (POD.but(f"{IN_POD}/runAsUser", 1000),),
        },
        more_bad={
            "left out": (POD.without(f"{IN_POD}/runAsNonRoot"),),
            "overridden": (POD.but(f"{CONTEXT}/runAsNonRoot", False),),
            "root's number": (POD.but(f"{IN_POD}/runAsUser", 0),),
            "root's number in the container": (POD.but(f"{CONTEXT}/runAsUser", 0),),
            "list": (
                POD.as_type("kubernetes:core/v1:PodList")
                .but("items", [POD.but(f"{IN_POD}/runAsUser", 0).properties])
                .without("spec")
                .without("metadata")
                .without("kind"),
            ),
        },
    ),
    "bulkhead-pod-confine-syscalls": Twins(
        good=(POD,),
        bad=(POD.without(f"{IN_POD}/seccompProfile"),),
        unknown=(POD.but(f"{IN_POD}/seccompProfile/type", UNKNOWN),),
        more_good={
            "by the container": (
                POD.without(f"{IN_POD}/seccompProfile").but(
                    f"{CONTEXT}/seccompProfile", {"type": "Localhost", "localhostProfile": "a"}
                ),
            ),
        },
        more_bad={
            "unconfined": (POD.but(f"{IN_POD}/seccompProfile/type", "Unconfined"),),
            "overridden": (POD.but(f"{CONTEXT}/seccompProfile", {"type": "Unconfined"}),),
        },
    ),
    "bulkhead-pod-drop-capabilities": Twins(
        good=(POD,),
        bad=(POD.without(f"{CONTEXT}/capabilities/drop"),),
        unknown=(POD.but(f"{CONTEXT}/capabilities/drop", UNKNOWN),),
        more_bad={"some": (POD.but(f"{CONTEXT}/capabilities/drop", ["NET_RAW"]),)},
    ),
    "bulkhead-pod-mount-root-readonly": Twins(
        good=(POD,),
        bad=(POD.but(f"{CONTEXT}/readOnlyRootFilesystem", False),),
        unknown=(POD.but(f"{CONTEXT}/readOnlyRootFilesystem", UNKNOWN),),
        more_bad={"left out": (POD.without(f"{CONTEXT}/readOnlyRootFilesystem"),)},
    ),
    "bulkhead-pod-keep-proc-masked": Twins(
        good=(POD.but(f"{CONTEXT}/procMount", "Default"),),
        bad=(POD.but(f"{CONTEXT}/procMount", "Unmasked"),),
        unknown=(POD.but(f"{CONTEXT}/procMount", UNKNOWN),),
    ),
    "bulkhead-pod-deny-sysctls": Twins(
        good=(POD.but(f"{IN_POD}/sysctls", [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]),),
        bad=(POD.but(f"{IN_POD}/sysctls", [{"name": "kernel.msgmax", "value": "65536"}]),),
        unknown=(POD.but(f"{IN_POD}/sysctls", [{"name": UNKNOWN, "value": "1"}]),),
    ),
    "bulkhead-pod-keep-lsm": Twins(
        good=(
            POD.but(f"{IN_POD}/appArmorProfile", {"type": "RuntimeDefault"}).but(
                f"{CONTEXT}/seLinuxOptions", {"type": "container_t", "level": "s0:c1,c2"}
            ),
        ),
        bad=(POD.but(f"{CONTEXT}/appArmorProfile", {"type": "Unconfined"}),),
        unknown=(POD.but(f"{IN_POD}/appArmorProfile", {"type": UNKNOWN}),),
        more_good={
            "annotation": (
                POD.but("metadata/annotations", {APPARMOR: "runtime/default", "a": "unconfined"}),
            ),
        },
        more_bad={
            "annotation": (POD.but("metadata/annotations", {APPARMOR: "unconfined"}),),
            "type": (POD.but(f"{IN_POD}/seLinuxOptions", {"type": "spc_t"}),),
            "user": (POD.but(f"{IN_POD}/seLinuxOptions", {"user": "system_u"}),),
            "role": (POD.but(f"{IN_POD}/seLinuxOptions", {"role": "system_r"}),),
            "init container": (
                POD.but("spec/initContainers", [CONTAINER]).but(
                    "spec/initContainers/0/securityContext/appArmorProfile",
                    {"type": "Unconfined"},
                ),
            ),
        },
    ),
    "bulkhead-pod-keep-processes-apart": Twins(
        good=(POD.but("spec/shareProcessNamespace", False),),
        bad=(POD.but("spec/shareProcessNamespace", True),),
        unknown=(POD.but("spec/shareProcessNamespace", UNKNOWN),),
        more_bad={"patch": (PATCH,)},
    ),
}

"""What the restricted Pod Security Standard asks of pods, and a little more."""

from collections.abc import Callable
from functools import partial

from bulkhead_policies.findings import Findings, each
from bulkhead_policies.pods import (
    EVERY_POD,
    WHOLE_PODS,
    containers,
    every_container,
    pods,
    templates,
)
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.view import View

CONTAINED = ("RuntimeDefault", "Localhost")
"""Profiles of seccomp and AppArmor that contain something."""

APPARMOR_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"

SAFE_SYSCTLS = (
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
)
"""Kernel settings that Kubernetes keeps apart per pod ("Pod Security Standards", baseline)."""

SELINUX_TYPES = ("", "container_t", "container_init_t", "container_kvm_t", "container_engine_t")
"""SELinux types that contain a process ("Pod Security Standards", baseline)."""


@resource_rule(
    "bulkhead-pod-run-nonroot",
    types=WHOLE_PODS,
    severity=Severity.HIGH,
    requirements=("ISO-3",),
    frameworks=("PSS restricted",),
    title="Containers run as a user that is not root",
    why="Root in a container is root on the node once a kernel or runtime bug lets it out.",
    remediation="Set runAsNonRoot to true on the pod, and no runAsUser 0.",
)
def root_denied(resource: Resource) -> Findings:
    """Judge the user of every container, as it or its pod states it."""
    yield from _each_container(resource, _not_root)


def _not_root(container: View, spec: View) -> Findings:
    flag = stated(container, spec, "runAsNonRoot")
    if not flag.flag():
        yield flag.refuse("may run as root", allowed="true")
    for context in (container["securityContext"], spec["securityContext"]):
        if context["runAsUser"].is_set and context["runAsUser"].number() == 0:
            yield context["runAsUser"].refuse("runs as root", allowed="another user")


@resource_rule(
    "bulkhead-pod-confine-syscalls",
    types=WHOLE_PODS,
    severity=Severity.MEDIUM,
    requirements=("ISO-3",),
    frameworks=("PSS restricted",),
    title="A seccomp profile filters the system calls of containers",
    why="Most ways out of a container need a system call that no application makes; without a "
    "profile the kernel answers all of them.",
    remediation="Set seccompProfile.type to RuntimeDefault on the pod.",
)
def syscalls_confined(resource: Resource) -> Findings:
    """Judge the seccomp profile of every container, its own or its pod's."""
    yield from _each_container(resource, _confined)


def _confined(container: View, spec: View) -> Findings:
    kind = stated(container, spec, "seccompProfile")["type"]
    if kind.text() not in CONTAINED:
        yield kind.refuse("no seccomp profile", allowed=CONTAINED)


@resource_rule(
    "bulkhead-pod-drop-capabilities",
    types=WHOLE_PODS,
    severity=Severity.MEDIUM,
    requirements=("ISO-3",),
    frameworks=("PSS restricted",),
    title="Containers drop all capabilities",
    why="The runtime's default set has raw sockets and ownership changes, which let a container "
    "spoof its neighbours and take over mounted files.",
    remediation="Set capabilities.drop to [ALL], and add back what is needed.",
)
def capabilities_dropped(resource: Resource) -> Findings:
    """Judge what every container drops."""
    yield from each(every_container(resource), _drops_all)


def _drops_all(container: View) -> Findings:
    dropped = container.at("securityContext", "capabilities", "drop")
    if "ALL" not in dropped.texts():
        yield dropped.refuse("capabilities are kept", allowed="ALL")


@resource_rule(
    "bulkhead-pod-mount-root-readonly",
    types=WHOLE_PODS,
    severity=Severity.MEDIUM,
    requirements=("ISO-3", "INF-5"),
    title="The root file system of containers is read-only",
    why="An attacker who can write to the root changes the server that was signed and verified.",
    remediation="Set readOnlyRootFilesystem to true; mount an emptyDir with a sizeLimit where the "
    "program writes.",
)
def root_read_only(resource: Resource) -> Findings:
    """Judge every container."""
    yield from each(every_container(resource), _reads_only)


def _reads_only(container: View) -> Findings:
    flag = container.at("securityContext", "readOnlyRootFilesystem")
    if not flag.flag():
        yield flag.refuse("the root file system can be written", allowed="true")


@resource_rule(
    "bulkhead-pod-keep-proc-masked",
    types=EVERY_POD,
    severity=Severity.HIGH,
    requirements=("ISO-3",),
    frameworks=("PSS baseline",),
    title="Containers see /proc as the runtime masks it",
    why="The masked paths of /proc change the kernel of the node for everyone on it.",
    remediation="Remove procMount.",
)
def proc_masked(resource: Resource) -> Findings:
    """Judge every container."""
    yield from each(every_container(resource), _masked)


def _masked(container: View) -> Findings:
    mount = container.at("securityContext", "procMount")
    if mount.text() not in (None, "Default"):
        yield mount.refuse("/proc is not masked", allowed="Default")


@resource_rule(
    "bulkhead-pod-deny-sysctls",
    types=EVERY_POD,
    severity=Severity.HIGH,
    requirements=("ISO-3",),
    frameworks=("PSS baseline",),
    title="Pods change no kernel setting that they share with others",
    why="A setting outside the safe set holds for the whole node: one tenant tunes, or breaks, the "
    "kernel of all.",
    remediation="Remove the setting, or set it on the node pool.",
)
def sysctls_denied(resource: Resource) -> Findings:
    """Judge the name of every kernel setting."""
    settings = [
        s["name"] for p in pods(resource) for s in p.at("securityContext", "sysctls").items()
    ]
    yield from each(settings, _safe)


def _safe(name: View) -> Findings:
    if name.text() not in SAFE_SYSCTLS:
        yield name.refuse("a kernel setting of the whole node", allowed=SAFE_SYSCTLS)


@resource_rule(
    "bulkhead-pod-keep-lsm",
    types=EVERY_POD,
    severity=Severity.HIGH,
    requirements=("ISO-3",),
    frameworks=("PSS baseline",),
    title="Pods keep the confinement of AppArmor and SELinux",
    why="Unconfined, a process that leaves its container meets no second wall on the node.",
    remediation="Remove the profile, the annotation or the SELinux options.",
)
def confinement_kept(resource: Resource) -> Findings:
    """Judge security contexts of pods and containers, and AppArmor's former annotations."""
    contexts = [
        holder["securityContext"] for spec in pods(resource) for holder in (spec, *containers(spec))
    ]
    yield from each(contexts, _keeps_confinement)
    yield from each(
        [template.at("metadata", "annotations") for template in templates(resource)],
        _keeps_annotated_profiles,
    )


def _keeps_confinement(context: View) -> Findings:
    profile, options = context["appArmorProfile"]["type"], context["seLinuxOptions"]
    if profile.text() == "Unconfined":
        yield profile.refuse("AppArmor is off", allowed=CONTAINED)
    if options["type"].text() not in (None, *SELINUX_TYPES):
        yield options["type"].refuse(
            "SELinux does not contain this type", allowed=SELINUX_TYPES[1:]
        )
    for key in ("user", "role"):
        if options[key].text():
            yield options[key].refuse(f"another SELinux {key}", allowed="none")


def _keeps_annotated_profiles(annotations: View) -> Findings:
    for key, profile in annotations.entries().items():
        if key.startswith(APPARMOR_ANNOTATION) and profile.text() == "unconfined":
            yield profile.refuse("AppArmor is off", allowed="runtime/default or localhost/<name>")


@resource_rule(
    "bulkhead-pod-keep-processes-apart",
    types=EVERY_POD,
    severity=Severity.MEDIUM,
    requirements=("ISO-2", "INF-4"),
    title="The containers of a pod don't see each other's processes",
    why="With one process namespace a sidecar reads the environment and memory of the model "
    "server: its keys, prompts and weights.",
    remediation="Remove shareProcessNamespace.",
)
def processes_apart(resource: Resource) -> Findings:
    """Judge every pod."""
    yield from each(pods(resource), _shares_no_processes)


def _shares_no_processes(spec: View) -> Findings:
    if spec["shareProcessNamespace"].flag():
        yield spec["shareProcessNamespace"].refuse("processes are shared", allowed="false")


def stated(container: View, spec: View, key: str) -> View:
    """A setting of the security context: the container's own, else its pod's."""
    own = container.at("securityContext", key)
    return own if own.is_set else spec.at("securityContext", key)


def _each_container(resource: Resource, check: Callable[..., Findings]) -> Findings:
    for spec in pods(resource):
        yield from each(containers(spec), partial(check, spec=spec))

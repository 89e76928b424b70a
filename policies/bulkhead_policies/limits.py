"""What a container may take from its node, and how the cluster sees that it works."""

from bulkhead.domain.environments import Environment
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.pods import (
    CONTROLLERS,
    SERVER_KINDS,
    WHOLE_PODS,
    containers,
    every_container,
    pods,
)
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.settings import counts_by_environment
from bulkhead_policies.view import View

ACCELERATORS = ("nvidia.com/", "amd.com/gpu", "aws.amazon.com/neuron", "habana.ai/gaudi")
"""Starts of the names under which device plugins offer accelerators, whole or in slices."""

POD_GPUS = counts_by_environment(
    "gpus",
    {Environment.DEV: 2, Environment.STAGING: 8, Environment.PROD: 8},
    "The most accelerators that one container may ask for, per environment.",
)

PROBES = ("readinessProbe", "livenessProbe")


@resource_rule(
    "bulkhead-pod-limit-resources",
    types=WHOLE_PODS,
    severity=Severity.MEDIUM,
    requirements=("TRN-3", "ISO-3"),
    title="Containers state the CPU and memory they need, and a memory limit",
    why="A container without a memory limit takes its node down with it; without requests the "
    "scheduler places it where there is no room.",
    remediation="Set resources.requests for cpu and memory, and resources.limits for memory.",
)
def resources_stated(resource: Resource) -> Findings:
    """Judge every container; Kubernetes takes a request that is left out from the limit."""
    yield from each(every_container(resource), _states_resources)


def _states_resources(container: View) -> Findings:
    resources = container["resources"]
    if not resources["limits"].holds("memory"):
        yield resources["limits"]["memory"].refuse("no memory limit", allowed="a quantity")
    for what in ("cpu", "memory"):
        if not (resources["requests"].holds(what) or resources["limits"].holds(what)):
            yield resources["requests"][what].refuse(f"no {what} request", allowed="a quantity")


@resource_rule(
    "bulkhead-pod-bound-disk",
    types=WHOLE_PODS,
    severity=Severity.LOW,
    requirements=("TRN-3",),
    title="What pods write to their node's disk is limited",
    why="A log or a cache that fills the node's disk evicts every other pod of the node.",
    remediation="Set resources.limits for ephemeral-storage, and sizeLimit on emptyDir volumes.",
)
def disk_bounded(resource: Resource) -> Findings:
    """Judge every container and every emptyDir, in memory or on disk."""
    yield from each(every_container(resource), _disk_limited)
    yield from each([v for spec in pods(resource) for v in spec["volumes"].items()], _size_limited)


def _disk_limited(container: View) -> Findings:
    limit = container.at("resources", "limits", "ephemeral-storage")
    if not limit.is_set:
        yield limit.refuse("no limit of local storage", allowed="a quantity")


def _size_limited(volume: View) -> Findings:
    scratch = volume["emptyDir"]
    if scratch.is_set and not scratch["sizeLimit"].is_set:
        yield scratch["sizeLimit"].refuse("a volume without a limit", allowed="a quantity")


@resource_rule(
    "bulkhead-pod-limit-gpus",
    types=CONTROLLERS,
    severity=Severity.MEDIUM,
    requirements=("COST-4", "TRN-3"),
    title="Containers ask for no more accelerators than the environment allows",
    why="One experiment that takes a whole machine of GPUs leaves none for production.",
    remediation="Ask for fewer, or raise the ceiling in the pack's configuration.",
    options=(POD_GPUS,),
)
def gpus_limited(resource: Resource) -> Findings:
    """Judge every container, in the environment that the resource's labels tell."""
    environment = resource.environment
    if environment is not None:
        most = resource.settings[POD_GPUS][environment]
        counts = [count for found in every_container(resource) for count in accelerators(found)]
        yield from each(counts, lambda count: _few(count, most, environment))


def _few(count: View, most: int, environment: Environment) -> Findings:
    if (count.number() or 0) > most:
        yield count.refuse(f"too many accelerators for {environment}", allowed=f"{most} or fewer")


@resource_rule(
    "bulkhead-pod-probe-servers",
    types=SERVER_KINDS,
    severity=Severity.LOW,
    requirements=("INF-7",),
    title="Servers tell whether they are ready, and whether they live",
    why="Without a readiness probe requests reach a server that still loads its model; without a "
    "liveness probe one whose GPU hangs stays in service.",
    remediation="Set readinessProbe and livenessProbe on the container that has the port.",
)
def servers_probed(resource: Resource) -> Findings:
    """Judge the containers that listen on a port."""
    found = [container for spec in pods(resource) for container in spec["containers"].items()]
    yield from each(found, _probed)


def _probed(container: View) -> Findings:
    if container["ports"].items():
        for probe in PROBES:
            if not container[probe].is_set:
                yield container[probe].refuse("nothing tells how the server is", allowed="a probe")


def accelerators(container: View) -> list[View]:
    """The counts of accelerators that a container asks for."""
    return [
        count
        for kind in ("limits", "requests")
        for name, count in container["resources"][kind].entries().items()
        if name.startswith(ACCELERATORS)
    ]


def uses_accelerators(resource: Resource) -> bool:
    """Whether a container of the pods that a resource makes asks for accelerators."""
    return any(accelerators(c) for spec in pods(resource) for c in containers(spec))

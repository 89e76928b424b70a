"""The pods that Kubernetes resources make, whatever kind of controller makes them."""

from bulkhead_policies.resource import Resource
from bulkhead_policies.tokens import kinds
from bulkhead_policies.view import View

APPS = ("apps/v1", "apps/v1beta2", "apps/v1beta1", "extensions/v1beta1")
TEMPLATE = ("spec", "template", "spec")

POD_PATHS = {
    **dict.fromkeys(kinds("Pod", "core/v1"), ("spec",)),
    **dict.fromkeys(kinds("PodTemplate", "core/v1"), ("template", "spec")),
    **dict.fromkeys(kinds("ReplicationController", "core/v1"), TEMPLATE),
    **dict.fromkeys(kinds("Deployment", *APPS), TEMPLATE),
    **dict.fromkeys(kinds("ReplicaSet", "apps/v1", "apps/v1beta2", "extensions/v1beta1"), TEMPLATE),
    **dict.fromkeys(kinds("DaemonSet", "apps/v1", "apps/v1beta2", "extensions/v1beta1"), TEMPLATE),
    **dict.fromkeys(kinds("StatefulSet", "apps/v1", "apps/v1beta2", "apps/v1beta1"), TEMPLATE),
    **dict.fromkeys(kinds("Job", "batch/v1"), TEMPLATE),
    **dict.fromkeys(
        kinds("CronJob", "batch/v1", "batch/v1beta1", "batch/v2alpha1"),
        ("spec", "jobTemplate", *TEMPLATE),
    ),
}
"""Where each kind holds the specification of its pods."""


def pod(resource: Resource) -> View:
    """The specification of the pods that a resource of ``POD_PATHS`` makes."""
    return resource.props.at(*POD_PATHS[resource.type])


def containers(spec: View) -> list[View]:
    """All containers of a pod, whenever they run."""
    groups = ("initContainers", "containers", "ephemeralContainers")
    return [container for group in groups for container in spec[group].items()]

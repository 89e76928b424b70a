"""The objects of an endpoint's release: its Deployment, its Service and what keeps it running."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.domain.admission import INFERENCE_SERVER, ROLE_LABEL
from bulkhead.domain.labels import LABEL_PREFIX
from bulkhead.workloads.endpoint_arguments import Release
from bulkhead.workloads.endpoint_plan import EndpointPlan
from bulkhead.workloads.endpoint_pods import Places, pod_spec
from bulkhead.workloads.names import INFERENCE_PORT
from bulkhead.workloads.secret_files import volume

WORKLOAD_LABEL = f"{LABEL_PREFIX}workload"

RELEASE_LABEL = f"{LABEL_PREFIX}release"
"""Label that tells the pods of a release from those beside it."""

PROMPT_NOTE = f"{LABEL_PREFIX}prompt"
"""Annotation with the name of the secret that holds the system prompt: its version."""

Spec = dict[str, Any]


class Objects:
    """Registers objects of one namespace, each with the labels that it is told."""

    def __init__(self, namespace: str, opts: pulumi.ResourceOptions) -> None:
        """Register under the parent that ``opts`` name."""
        self._namespace, self._opts = namespace, opts

    def add(
        self,
        kind: Any,
        name: str,
        labels: Mapping[str, str],
        *,
        after: Sequence[pulumi.Resource] = (),
        **properties: Any,
    ) -> pulumi.Resource:
        """Register an object of one of Kubernetes' own kinds."""
        made: pulumi.Resource = kind(
            f"{name}-{kind.__name__.lower()}",
            metadata=self._metadata(name, labels),
            opts=self._after(after),
            **properties,
        )
        return made

    def custom(
        self,
        api: str,
        kind: str,
        name: str,
        labels: Mapping[str, str],
        spec: Spec,
        *,
        after: Sequence[pulumi.Resource] = (),
    ) -> pulumi.Resource:
        """Register an object of a controller's kind."""
        made: pulumi.Resource = k8s.apiextensions.CustomResource(
            f"{name}-{kind.lower()}",
            api_version=api,
            kind=kind,
            metadata=self._metadata(name, labels),
            spec=spec,
            opts=self._after(after),
        )
        return made

    def _metadata(self, name: str, labels: Mapping[str, str]) -> Spec:
        return {"name": name, "namespace": self._namespace, "labels": dict(labels)}

    def _after(self, resources: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(
            self._opts, pulumi.ResourceOptions(depends_on=list(resources))
        )


def chosen(endpoint: str, release: Release) -> dict[str, str]:
    """The labels by which a release's pods are found."""
    return {WORKLOAD_LABEL: endpoint, RELEASE_LABEL: release.name}


def deployment_spec(
    endpoint: str, release: Release, plan: EndpointPlan, places: Places, labels: Mapping[str, str]
) -> Spec:
    """Spec of the Deployment; how many replicas there are is the autoscaler's to say.

    An update that finds no room waits, and the old pods keep serving.
    """
    return {
        "selector": {"match_labels": chosen(endpoint, release)},
        "strategy": {
            "type": "RollingUpdate",
            "rolling_update": {"max_unavailable": 0, "max_surge": 1},
        },
        "template": {
            "metadata": {
                "labels": {**labels, ROLE_LABEL: INFERENCE_SERVER},
                "annotations": _notes(release, plan),
            },
            "spec": pod_spec(
                release,
                plan.helpers,
                places,
                plan.limits,
                selected=chosen(endpoint, release),
                prompt=volume(release.server) if release.prompt else None,
            ),
        },
    }


def service(endpoint: str, release: Release) -> Spec:
    """Spec of the Service, by whose name the gateway reaches the release."""
    return {
        "type": "ClusterIP",
        "selector": chosen(endpoint, release),
        "ports": [
            {
                "name": "https",
                "port": INFERENCE_PORT,
                "target_port": "https",
                "app_protocol": "https",
            }
        ],
    }


def disruption_budget(endpoint: str, release: Release) -> Spec:
    """Spec of the PodDisruptionBudget: nodes are drained one replica at a time."""
    return {"max_unavailable": 1, "selector": {"match_labels": chosen(endpoint, release)}}


def _notes(release: Release, plan: EndpointPlan) -> dict[str, str]:
    return {
        **release.card.annotations(),
        **({PROMPT_NOTE: release.prompt} if release.prompt else {}),
        **(plan.exemption.annotations() if plan.exemption else {}),
    }

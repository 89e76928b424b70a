"""Admission policies of a cluster."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.admission.catalogue import admission_rules, check_exempt
from bulkhead.cluster.admission.defaults import DEFAULTS, SINCE
from bulkhead.cluster.admission.rule import AdmissionRule
from bulkhead.cluster.versions import check_version
from bulkhead.domain.labels import LABEL_PREFIX, Labels, Plane
from bulkhead.domain.priorities import PRIORITIES
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.component import Component


class AdmissionPoliciesArgs(TypedDict):
    """What ``AdmissionPolicies`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""
    exempt_namespaces: NotRequired[list[str] | None]
    """Namespaces of other controllers that carry no labels of the platform. Those of Kubernetes,
    EKS and controllers (``kube-*``, ``amazon-*``, ``aws-*``, ``*-system``, ``default``) need not be
    named. Default: none."""


class AdmissionPolicies(Component):
    """What the API server refuses in tenants' namespaces, whoever asks (POL-2).

    A preview judges what is declared; these ValidatingAdmissionPolicies judge every request: images
    by digest and registry, GPUs, deadlines, priorities, runtimes, nodes, host access, tokens,
    labels, services, model volumes, debugging, and the fences themselves. They are generated from
    the catalogue of tiers and the same for every tenant: what differs stands in annotations of the
    namespace, which ``TenantNamespace`` writes. A rule that can't be decided refuses. From
    Kubernetes 1.36 on, MutatingAdmissionPolicies complete pods and jobs with safe defaults. Also
    makes the priority classes that the rules know (TRN-2).

    Needs a Kubernetes provider, and comes before the tenants: make their ``TenantNamespace`` depend
    on it. No rule judges the platform's own namespaces but that they are labelled.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s
        from bulkhead import AdmissionPolicies

        AdmissionPolicies(
            "admission",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "exempt_namespaces": ["cert-manager"],
            },
            pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}")),
        )
    """

    policies: pulumi.Output[list[str]]
    """Names of the rules."""
    priority_classes: pulumi.Output[list[str]]
    """Names of the priority classes, highest first."""

    def __init__(
        self, name: str, args: AdmissionPoliciesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Make the policies.

        Raises:
            RefusedError: the scope, the tier or the version is refused, or a name to exempt is
                none of a namespace.
        """
        args = checked(args, AdmissionPoliciesArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        version = check_version(args.get("version"), where=f"{name}.version")
        exempt = check_exempt(
            args.get("exempt_namespaces") or [], where=f"{name}.exempt_namespaces"
        )
        super().__init__(name, opts)

        labels = scope.labels(tier, Plane.CONTROL, "admission")
        rules = admission_rules(exempt)
        self._priorities(name, labels)
        for rule in rules:
            self._rule(name, rule, labels)
        if version >= SINCE:
            self._defaults(name, labels)
        self._export(
            {
                "policies": [rule.name for rule in rules],
                "priority_classes": [priority.name for priority in PRIORITIES],
            }
        )

    def _rule(self, name: str, rule: AdmissionRule, labels: Labels) -> None:
        metadata = {
            "name": rule.name,
            "labels": labels.kubernetes(),
            "annotations": {
                f"{LABEL_PREFIX}title": rule.title,
                f"{LABEL_PREFIX}requirements": ", ".join(rule.requirements),
            },
        }
        policy = k8s.admissionregistration.v1.ValidatingAdmissionPolicy(
            f"{name}-{rule.name}", metadata=metadata, spec=rule.policy(), opts=self._child()
        )
        k8s.admissionregistration.v1.ValidatingAdmissionPolicyBinding(
            f"{name}-{rule.name}",
            metadata=metadata,
            spec=rule.binding(),
            opts=self._child(depends_on=[policy]),
        )

    def _defaults(self, name: str, labels: Labels) -> None:
        for default in DEFAULTS:
            metadata = {
                "name": default.name,
                "labels": labels.kubernetes(),
                "annotations": {f"{LABEL_PREFIX}title": default.title},
            }
            policy = k8s.admissionregistration.v1.MutatingAdmissionPolicy(
                f"{name}-{default.name}",
                metadata=metadata,
                spec=default.policy(),
                opts=self._child(),
            )
            k8s.admissionregistration.v1.MutatingAdmissionPolicyBinding(
                f"{name}-{default.name}",
                metadata=metadata,
                spec=default.binding(),
                opts=self._child(depends_on=[policy]),
            )

    def _priorities(self, name: str, labels: Labels) -> None:
        for priority in PRIORITIES:
            k8s.scheduling.v1.PriorityClass(
                f"{name}-{priority.name}",
                metadata={"name": priority.name, "labels": labels.kubernetes()},
                value=priority.value,
                preemption_policy="PreemptLowerPriority" if priority.preempts else "Never",
                description=f"Pods of the pipeline {priority.pipeline}.",
                opts=self._child(),
            )

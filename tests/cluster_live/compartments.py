"""Tenants behind all admission policies, and copies of one of them behind all but one."""

import contextlib
import copy
import datetime
import functools
from typing import Any, Self

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.domain.queues import POOLS, training_namespace
from bulkhead.preview.run import preview_function
from tests.control_plane.api import Api, ApiRefusalError
from tests.control_plane.rendered import applied, objects, wait
from tests.foundation.samples import ACCOUNT, scope

Manifest = dict[str, Any]

WITHOUT = "tests.bulkhead.dev/without"
"""Label of a namespace that names a policy by which it is not bound."""

ENDED = "2026-01-31"
"""The last day of a pool, past on whatever day the tests run; it was ahead when it was deployed."""

_SHARE = {"quota": {"train": {"gpus": 2, "cpus": 8, "memory_gib": 32}}}
_AHEAD = (datetime.date.today() + datetime.timedelta(days=30)).isoformat()
TRAINING: dict[str, Any] = {
    "budgets": {
        "production-retraining": _SHARE,
        "fine-tuning": _SHARE,
        "exploration": {**_SHARE, "expires": _AHEAD},
    },
    "quota": {"pod_gpus": 2, "job_hours": 12},
}

TENANTS: dict[str, dict[str, Any]] = {
    "acme": {"tier": "internal", "training": TRAINING},
    "globex": {"tier": "internal"},
    "openlab": {"tier": "public"},
    "ledger": {"tier": "confidential", "pattern": "dedicated-node-pools"},
    "audit": {"tier": "confidential", "pattern": "dedicated-node-pools"},
    "vault": {"tier": "restricted", "pattern": "single-tenant-cluster"},
    "court": {"tier": "regulated", "pattern": "single-tenant-cluster"},
}
"""What the tenants differ in."""

NODES = {"ledger": "tenant", "audit": "tier", "vault": "tenant", "court": "tenant"}
"""Whose nodes those use that don't share all of them."""

QUOTA = {"gpus": 4, "pod_gpus": 2, "cpus": 16, "memory_gib": 64, "job_hours": 12}
BINDINGS = ("ValidatingAdmissionPolicyBinding", "MutatingAdmissionPolicyBinding")
S3 = "https://bucket.vpce-1.s3.eu-central-1.vpce.amazonaws.com"
ENDPOINTS = ["10.20.2.0/26", "10.20.2.64/26"]


def program() -> None:
    """The platform's namespaces, policies and tenants in one cluster."""
    from bulkhead import (
        AdmissionPolicies,
        GatewayNamespace,
        TenantNamespace,
        TrainingNamespace,
    )

    opts = pulumi.ResourceOptions(provider=k8s.Provider("cluster", kubeconfig="{}"))
    AdmissionPolicies("admission", {"scope": scope(), "tier": "regulated"}, opts)
    GatewayNamespace("gateway", {"scope": scope(), "tier": "regulated"}, opts)
    for name, differing in TENANTS.items():
        common: Any = {
            "scope": scope(),
            "tenant": {
                "name": name,
                "owner": f"team-{name}",
                "cost_center": "cc-42",
                "quota": QUOTA,
                **differing,
            },
            "cluster_name": "dev-shared",
            "nodes": NODES.get(name),
            "endpoint_cidrs": ENDPOINTS,
            "boundary_arn": f"arn:aws:iam::{ACCOUNT}:policy/bulkhead/dev/boundary",
        }
        artifacts = {"bucket_name": "dev-models", "endpoint_url": S3}
        TenantNamespace(name, {**common, "artifacts": artifacts}, opts)
        if "training" in differing:
            buckets = {word: f"dev-{word}" for word in ("datasets", "models", "checkpoints")}
            stores: Any = {**buckets, "endpoint_url": S3}
            TrainingNamespace(f"{name}-training", {**common, "stores": stores}, opts)


@functools.cache
def rendered() -> list[Manifest]:
    """What ``program`` renders, as it is once a pool has ended."""
    made = objects(preview_function(program, assume_applied=True))
    for each in made:
        notes = each["metadata"].get("annotations") or {}
        if POOLS in notes:
            notes[POOLS] = notes[POOLS].replace(_AHEAD, ENDED)
    return made


def namespace_of(manifest: Manifest) -> str:
    """The namespace that an object is, or is in."""
    metadata = manifest["metadata"]
    own = metadata["name"] if manifest["kind"] == "Namespace" else ""
    return str(metadata.get("namespace", own))


LAST_MADE = "tests-last-made"
LAST: list[Manifest] = [
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": LAST_MADE},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["configmaps"],
                        "resourceNames": [LAST_MADE],
                    }
                ]
            },
            "validations": [{"expression": "false"}],
        },
    },
    {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": LAST_MADE},
        "spec": {"policyName": LAST_MADE, "validationActions": ["Deny"]},
    },
]
"""A policy that refuses one object that nobody else makes."""


def in_force(api: Api) -> bool:
    """Whether the API server knows of the policies of ``LAST``, and so of all made before."""
    metadata = {"name": LAST_MADE, "namespace": "default"}
    try:
        api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}, dryRun="All")
    except ApiRefusalError as error:
        return LAST_MADE in error.message
    return False


class Compartments:
    """The tenants of ``program`` on a control plane, as long as the ``with`` statement lasts."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self._made = contextlib.ExitStack()
        self._copies: dict[str, str] = {}

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as made:
            made.enter_context(applied(self.api, map(sparing, rendered())))
            # The API server learns of policies, and of bindings, in the order of their making.
            made.enter_context(applied(self.api, LAST))
            wait(lambda: in_force(self.api), what="the policies are not in force")
            for name, described in TENANTS.items():
                counted(self.api, name)
                if "training" in described:
                    counted(self.api, training_namespace(name))
            self._made = made.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._made.close()

    def as_tenant(self, tenant: str, access: str) -> Api:
        """The API as one of the tenant's people."""
        return self.api.impersonate(f"{tenant}-{access}", f"{tenant}:{access}")

    def without(self, policy: str, like: str = "acme") -> str:
        """A namespace like acme's that every policy but one binds."""
        key = f"{policy} {like}"
        if key not in self._copies:
            kind = "" if like == "acme" else "training-"
            name = f"{kind}without-{policy.removeprefix('bulkhead-')}"[:63]
            copies = [
                _copied(manifest, name, policy)
                for manifest in rendered()
                if namespace_of(manifest) == like and manifest["kind"] != "NetworkPolicy"
            ]
            self._made.enter_context(applied(self.api, copies))
            counted(self.api, name)
            self._copies[key] = name
        return self._copies[key]


def counted(api: Api, namespace: str) -> None:
    """Wait until the quota of a namespace holds: it does once Kubernetes has counted."""
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "quota", "namespace": namespace},
    }
    wait(
        lambda: bool(api.get(quota)["status"].get("used")),
        what=f"the quota of {namespace} is not counted",
    )


def sparing(manifest: Manifest) -> Manifest:
    """A binding that spares namespaces and objects outside of any which say so; anything else as it
    is."""
    if manifest["kind"] not in BINDINGS:
        return manifest
    changed = copy.deepcopy(manifest)
    resources = changed["spec"].setdefault("matchResources", {})
    kind = "namespaceSelector" if resources else "objectSelector"
    resources.setdefault(kind, {}).setdefault("matchExpressions", []).append(
        {"key": WITHOUT, "operator": "NotIn", "values": [manifest["metadata"]["name"]]}
    )
    return changed


def sparing_label(policy: str) -> dict[str, str]:
    """The label of what ``policy`` spares."""
    return {WITHOUT: policy}


def _copied(manifest: Manifest, name: str, policy: str) -> Manifest:
    changed = copy.deepcopy(manifest)
    metadata = changed["metadata"]
    if manifest["kind"] == "Namespace":
        metadata["name"] = name
        metadata["labels"] |= sparing_label(policy)
    else:
        metadata["namespace"] = name
    return changed


def workload(namespace: str, kind: str = "Deployment", **container: Any) -> Manifest:
    """A sound Pod, Deployment, StatefulSet, Job or CronJob of a tenant."""
    labels = {"app": "chat", "bulkhead.dev/workload": "chat"}
    spec: Manifest = {"containers": [{"name": "main", "image": image("acme"), **container}]}
    metadata = {"name": "chat", "namespace": namespace}
    if kind == "Pod":
        return _object("v1", kind, {**metadata, "labels": labels}, spec)
    template: Manifest = {"metadata": {"labels": labels}, "spec": spec}
    if kind in ("Deployment", "StatefulSet"):
        return _object(
            "apps/v1",
            kind,
            metadata,
            {
                "selector": {"matchLabels": {"app": "chat"}},
                "template": template,
                **({"serviceName": "chat"} if kind == "StatefulSet" else {}),
            },
        )
    spec["restartPolicy"] = "Never"
    job = {"template": template, "activeDeadlineSeconds": 3600}
    if kind == "Job":
        return _object("batch/v1", kind, metadata, job)
    return _object(
        "batch/v1", kind, metadata, {"schedule": "0 3 * * *", "jobTemplate": {"spec": job}}
    )


def _object(version: str, kind: str, metadata: Manifest, spec: Manifest) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec}


def image(owner: str, tier: str = "internal") -> str:
    """An image of the tenant's, by digest."""
    registry = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/dev/{tier}"
    return f"{registry}/{owner}@sha256:{'a' * 64}"


def pod_spec(manifest: Manifest) -> Manifest:
    """The pod's specification inside any workload."""
    return pod_template(manifest)["spec"]


def pod_template(manifest: Manifest) -> Manifest:
    """What has the pod's metadata and specification inside any workload."""
    if manifest["kind"] == "Pod":
        return manifest
    spec = manifest["spec"]
    found: Manifest = (
        spec["jobTemplate"]["spec"]["template"] if "jobTemplate" in spec else spec["template"]
    )
    return found

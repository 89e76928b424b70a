"""Secrets as files in pods."""

import json
from typing import Any, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from bulkhead.domain import parsing
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Plane
from bulkhead.domain.partitions import Purpose
from bulkhead.domain.scope import Scope
from bulkhead.domain.secrets import secret_name
from bulkhead.domain.tiers import Tier
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import NAMESPACE_TAG, Statement, document, render
from bulkhead.foundation.identity import SECRET_READING, allow_key

DRIVER = "secrets-store.csi.k8s.io"
"""The CSI driver that mounts secrets, from the cluster's ``SecretsDriver``."""

FILE_MODE = "0444"
"""The volume is the pod's own and in memory; a server that is not root must read it."""


class SecretFilesArgs(TypedDict):
    """What ``SecretFiles`` take."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Sensitivity tier of the secrets."""
    tenant: str
    """Whose secrets and pods they are; the name of its namespace."""
    role_name: pulumi.Input[str]
    """Name of the role that its service account has through EKS Pod Identity."""
    secrets: list[str]
    """Names of its secrets, as ``PartitionSecrets`` have them; each is a file of that name."""


class SecretFiles(Component):
    """A tenant's secrets, as files in those of its pods that mount them (KEY-4).

    The driver fetches them in the pod's own name through Pod Identity into memory: no Kubernetes
    Secret is made, which everybody who may list Secrets could read, and no environment variable,
    which crash reports show. It fetches again after a rotation, so read the file anew at each use.
    The role gets to read these secrets alone, and only under the session tags that EKS sets.

    Needs a Kubernetes provider, a cluster with ``SecretsDriver``, and the endpoint
    ``secretsmanager`` in the network. Mount the output ``volume`` read-only.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import SecretFiles

        cluster = k8s.Provider("cluster", kubeconfig="kubeconfig.yaml")
        files = SecretFiles(
            "acme-secrets",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "tenant": "acme",
                "role_name": "dev-acme-inference-server",
                "secrets": ["gateway-token"],
            },
            pulumi.ResourceOptions(provider=cluster),
        )
        pulumi.export("volume", files.volume)
    """

    volume: pulumi.Output[dict[str, Any]]
    """What a pod lists among its ``volumes``; its name is that of the component."""

    def __init__(
        self, name: str, args: SecretFilesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Let the role read the secrets, and describe their files to the driver.

        Raises:
            RefusedError: the scope, the tier, the tenant or a secret's name is refused, there is no
                secret, or one stands twice.
        """
        args = checked(args, SecretFilesArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        tenant = parsing.name(args["tenant"], where=f"{name}.tenant")
        secrets = _check_names(args["secrets"], where=f"{name}.secrets")
        super().__init__(name, opts)
        aws.iam.RolePolicy(
            name,
            role=args["role_name"],
            policy=render(document(*reading(scope, tier, secrets))),
            opts=self._child(),
        )
        labels = scope.labels(tier, Plane.INFERENCE, "secret-files").but(tenant=tenant)
        k8s.apiextensions.CustomResource(
            name,
            api_version="secrets-store.csi.x-k8s.io/v1",
            kind="SecretProviderClass",
            metadata={"name": name, "namespace": tenant, "labels": labels.kubernetes()},
            spec={
                "provider": "aws",
                "parameters": {
                    "region": scope.region,
                    "usePodIdentity": "true",
                    "objects": json.dumps([_file(scope, tier, tenant, each) for each in secrets]),
                },
            },
            opts=self._child(),
        )
        self._export({"volume": volume(name)})


def volume(provider_class: str) -> dict[str, Any]:
    """The volume of a pod that mounts the secrets of a SecretProviderClass."""
    return {
        "name": provider_class,
        "csi": {
            "driver": DRIVER,
            "readOnly": True,
            "volumeAttributes": {"secretProviderClass": provider_class},
        },
    }


def reading(scope: Scope, tier: Tier, secrets: list[str]) -> list[Statement]:
    """Permissions to read secrets of one's own.

    The tenant in their names is the namespace that EKS Pod Identity vouches for. Six characters
    that Secrets Manager makes up end the ARN of every secret.
    """
    namespace = f"${{{NAMESPACE_TAG}}}"
    names = [secret_name(scope.environment, tier, namespace, each) for each in secrets]
    return [
        {
            "Sid": "ReadOwnSecrets",
            "Effect": "Allow",
            "Action": SECRET_READING,
            "Resource": [
                arns.regional(scope, "secretsmanager", f"secret:{each}-??????") for each in names
            ],
        },
        {
            "Sid": "OpenSecrets",
            **allow_key(
                scope,
                tier,
                Purpose.SECRET,
                "kms:Decrypt",
                StringEquals={"kms:ViaService": f"secretsmanager.{scope.region}.amazonaws.com"},
            ),
        },
    ]


def _file(scope: Scope, tier: Tier, tenant: str, secret: str) -> dict[str, str]:
    return {
        "objectName": secret_name(scope.environment, tier, tenant, secret),
        "objectType": "secretsmanager",
        "objectAlias": secret,
        "filePermission": FILE_MODE,
    }


def _check_names(names: list[str], *, where: str) -> list[str]:
    if not names or len(set(names)) < len(names):
        raise RefusedError(
            "no secret, or one twice",
            given=", ".join(names),
            allowed="one or more, each once",
            where=where,
        )
    return [parsing.name(each, where=where) for each in names]

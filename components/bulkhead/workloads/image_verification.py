"""Signatures of images, verified at admission."""

from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from bulkhead.cluster.charts import Chart, install, on_system_nodes
from bulkhead.cluster.system_policies import (
    HTTPS,
    Spec,
    closed_but_for_names,
    egress_to_api_server,
    egress_to_networks,
    egress_to_pod_identity,
    ingress_from_networks,
    tcp,
)
from bulkhead.cluster.versions import check_version
from bulkhead.domain.images import Image, read_images
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.tenants import Quota
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.foundation.identity import MadePodRole, make_pod_role
from bulkhead.workloads.gateway_edge import RESTRICTED, SYSCALLS
from bulkhead.workloads.image_signers import (
    TRUST_ROOT,
    SigstoreArgs,
    TrustedImagesArgs,
    check_sigstore,
    check_trusted,
    key_statements,
    policy,
    trust_root,
)
from bulkhead.workloads.names import VERIFIED_LABEL, VERIFIER_NAMESPACE
from bulkhead.workloads.namespace import Namespace

VERIFIER = Chart("oci://ghcr.io/sigstore/helm-charts/policy-controller", "0.10.6")
ACCOUNT = "policy-controller"
"""Name of the service account."""

WEBHOOK = {"control-plane": "policy-controller-webhook"}
"""Labels of its pods, in the chart."""

CLEANUP = {"batch.kubernetes.io/job-name": "leases-cleanup"}
"""Label by which Kubernetes marks the pods of the job that runs when the chart is removed."""

WEBHOOK_PORT = 8443
REPLICAS = 2
QUOTA = Quota(gpus=0, cpus=4, memory_gib=8, storage_gib=1)
"""Room for two while a new version takes over, and for no GPU."""

CONFINED = {"enabled": True, **RESTRICTED, "runAsUser": 1000, "seccompProfile": SYSCALLS}
"""The security of the chart's containers; its job has none of its own."""

PULLING = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
"""What reads signatures, which lie beside the images (Cosign's tags and OCI referrers)."""


class VerifierImagesArgs(TypedDict):
    """Images by digest, mirrored to a private ECR registry."""

    controller: str
    """``sigstore/policy-controller/policy-controller``."""
    cleanup: str
    """``kubectl`` of the job that takes leases away when the chart is removed."""


class ImageVerificationArgs(TypedDict):
    """What an ``ImageVerification`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tier: str
    """Highest tier of the tenants."""
    cluster_name: str
    """Name of the cluster."""
    images: VerifierImagesArgs
    """What runs."""
    trusted: list[TrustedImagesArgs]
    """Who signs what; an image of no repository here is refused."""
    sigstore: NotRequired[SigstoreArgs | None]
    """The Sigstore instance that certifies the identities of ``trusted``. Default: none."""
    cluster_cidrs: Strings
    """Addresses of the control plane's subnets."""
    endpoint_cidrs: Strings
    """Addresses of the endpoint subnets, of which ``ecr.api``, ``ecr.dkr``, ``s3`` and, for KMS
    keys, ``kms`` are some."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""


class ImageVerification(Component):
    """Pods of tenants run images that were signed, and no others (INF-5, TRN-1).

    sigstore's policy-controller by its own chart: at admission it fetches the signatures of each
    image from the registry and verifies them by the public keys that are told, by those of KMS
    keys, or by the identity in a certificate. An image that no policy matches is refused, and so is
    every pod while the controller can't be asked. It looks at the namespaces of tenants, which
    ``TenantNamespace`` and ``TrainingNamespace`` label for it.

    Its role reads the environment's repositories and the public halves of the KMS keys, and nothing
    else. With a key no transparency log is asked, which nodes without a way out can't reach, and
    the controller reads Cosign's older format alone: sign with ``cosign sign --key awskms:///…
    --new-bundle-format=false --tlog-upload=false``. An identity is one and whole, never a pattern;
    its signatures are bundles, as Cosign 3 writes them, and are verified without a way out by the
    keys of ``sigstore``.

    Needs a Kubernetes provider, and nodes of the system, on which it runs. Comes before the
    tenants.

    Example:
        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import ImageVerification

        cluster = k8s.Provider("cluster", kubeconfig="kubeconfig.yaml")
        registry = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
        digest = "sha256:" + 64 * "e"
        ImageVerification(
            "images",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tier": "internal",
                "cluster_name": "dev-shared",
                "images": {
                    "controller": f"{registry}/sigstore/policy-controller@{digest}",
                    "cleanup": f"{registry}/kubectl@{digest}",
                },
                "trusted": [
                    {
                        "name": "internal",
                        "repositories": [f"{registry}/dev/internal"],
                        "kms_keys": {
                            "builder": "arn:aws:kms:eu-central-1:111122223333:"
                            "key/1234abcd-12ab-34cd-56ef-1234567890ab",
                        },
                    }
                ],
                "cluster_cidrs": ["10.20.1.0/28"],
                "endpoint_cidrs": ["10.20.2.0/26"],
            },
            pulumi.ResourceOptions(provider=cluster),
        )
    """

    namespace: pulumi.Output[str]
    """Name of the controller's namespace; tenants wait for it."""
    role_arn: pulumi.Output[str]
    """ARN of the role that reads signatures."""

    def __init__(
        self, name: str, args: ImageVerificationArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Install the controller and its policies.

        Raises:
            RefusedError: the scope, the tier, the version, an image or the Sigstore instance is
                refused, or see ``check_trusted``.
        """
        args = checked(args, ImageVerificationArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        version = check_version(args.get("version"), where=f"{name}.version")
        named = checked(args["images"], VerifierImagesArgs, where=f"{name}.images")
        images = read_images(named, where=f"{name}.images")
        sigstore, trusted = args.get("sigstore"), args["trusted"]
        if sigstore:
            check_sigstore(sigstore, where=f"{name}.sigstore")
        check_trusted(trusted, sigstore, scope, where=f"{name}.trusted")
        super().__init__(name, opts)
        labels = scope.labels(tier, Plane.CONTROL, "image-verification")
        namespace = Namespace(
            name,
            VERIFIER_NAMESPACE,
            version=version,
            labels=labels,
            quota=QUOTA,
            policies=verifier_policies(args["cluster_cidrs"], args["endpoint_cidrs"]),
            opts=self._child(),
        )
        role = self._identity(name, scope, labels, args["cluster_name"], trusted)
        release = install(
            name,
            VERIFIER,
            release="policy-controller",
            namespace=VERIFIER_NAMESPACE,
            values=values(images, scope.region),
            opts=self._child(depends_on=[*namespace.objects, role.association]),
        )
        self._name, self._labels = name, labels
        after: list[pulumi.Resource] = [release]
        if sigstore:
            spec = trust_root(sigstore)
            after.append(self._object("TrustRoot", "v1alpha1", TRUST_ROOT, spec, after))
        for each in trusted:
            word, spec = f"bulkhead-{each['name']}", policy(each, sigstore)
            self._object("ClusterImagePolicy", "v1beta1", word, spec, after)
        self._export({"namespace": release.namespace, "role_arn": role.arn})

    def _object(
        self, kind: str, version: str, name: str, spec: dict[str, Any], after: list[pulumi.Resource]
    ) -> pulumi.Resource:
        word = "trust-root" if name == TRUST_ROOT else name.removeprefix("bulkhead-")
        made: pulumi.Resource = k8s.apiextensions.CustomResource(
            f"{self._name}-{word}",
            api_version=f"policy.sigstore.dev/{version}",
            kind=kind,
            metadata={"name": name, "labels": self._labels.kubernetes()},
            spec=spec,
            opts=self._child(depends_on=list(after)),
        )
        return made

    def _identity(
        self,
        name: str,
        scope: Scope,
        labels: Labels,
        cluster: str,
        trusted: list[TrustedImagesArgs],
    ) -> MadePodRole:
        return make_pod_role(
            name,
            cluster_name=cluster,
            namespace=VERIFIER_NAMESPACE,
            service_account=ACCOUNT,
            scope=scope,
            labels=labels,
            description=f"Verifies images in the EKS cluster {cluster}.",
            statements=[
                {
                    "Sid": "ReadSignatures",
                    "Effect": "Allow",
                    "Action": PULLING,
                    "Resource": arns.regional(scope, "ecr", f"repository/{scope.environment}/*"),
                },
                {
                    "Sid": "SignInToRegistries",
                    "Effect": "Allow",
                    "Action": "ecr:GetAuthorizationToken",
                    "Resource": "*",
                },
                *key_statements(trusted),
            ],
            opts=self._child(),
        )


def values(images: dict[str, Image], region: str) -> dict[str, Any]:
    """Values of the controller's chart, read in version 0.10.6 of it.

    It has none for the nodes of the job that runs when it is removed.
    """
    where, cleanup = on_system_nodes(), images["cleanup"]
    return {
        "commonNodeSelector": where["nodeSelector"],
        "commonTolerations": where["tolerations"],
        "webhook": {
            "image": {
                "repository": images["controller"].repository,
                "version": images["controller"].digest,
            },
            "replicaCount": REPLICAS,
            "failurePolicy": "Fail",
            "configData": {"no-match-policy": "deny", "fail-on-empty-authorities": "true"},
            "extraArgs": {"disable-tuf": "true"},
            "env": {"AWS_REGION": region},
            "serviceAccount": {"create": True, "name": ACCOUNT},
            "podDisruptionBudget": {"enabled": True, "minAvailable": 1},
            "podSecurityContext": CONFINED,
            "namespaceSelector": {
                "matchExpressions": [{"key": VERIFIED_LABEL, "operator": "In", "values": ["true"]}]
            },
        },
        "leasescleanup": {
            # Behind a colon, where the controller's stands behind an @.
            "image": {"repository": cleanup.repository, "version": cleanup.pinned_tag},
            "podSecurityContext": CONFINED,
        },
    }


def verifier_policies(cluster_cidrs: Strings, endpoint_cidrs: Strings) -> dict[str, Spec]:
    """The specs of the network policies, by name; everything else is denied."""
    api_server = egress_to_api_server(cluster_cidrs)
    return {
        **closed_but_for_names(),
        "cleanup": {
            "pod_selector": {"match_labels": CLEANUP},
            "policy_types": ["Egress"],
            "egress": api_server,
        },
        "webhook": {
            "pod_selector": {"match_labels": WEBHOOK},
            "policy_types": ["Ingress", "Egress"],
            "ingress": [ingress_from_networks(cluster_cidrs, tcp(WEBHOOK_PORT))],
            "egress": [
                *api_server,
                egress_to_pod_identity(),
                egress_to_networks(endpoint_cidrs, HTTPS),
            ],
        },
    }

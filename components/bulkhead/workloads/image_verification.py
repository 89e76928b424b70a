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
from bulkhead.cluster.versions import KUBERNETES_VERSION, check_version
from bulkhead.domain import parsing
from bulkhead.domain.admission import check_registries
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import Image, read_images
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.tenants import Quota
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, Strings, checked, read_scope, read_tier
from bulkhead.foundation.component import Component
from bulkhead.foundation.identity import MadePodRole, make_pod_role
from bulkhead.workloads.gateway_edge import RESTRICTED, SYSCALLS
from bulkhead.workloads.names import VERIFIED_LABEL, VERIFIER_NAMESPACE
from bulkhead.workloads.namespace import Namespace

VERIFIER = Chart("oci://ghcr.io/sigstore/helm-charts/policy-controller", "0.10.5")
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

PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----"

PULLING = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
"""What reads signatures, which lie beside the images (Cosign's tags and OCI referrers)."""


class VerifierImagesArgs(TypedDict):
    """Images by digest, mirrored to a private ECR registry."""

    controller: str
    """``sigstore/policy-controller/policy-controller``."""
    cleanup: str
    """``kubectl`` of the job that takes leases away when the chart is removed."""


class TrustedImagesArgs(TypedDict):
    """Who signs the images of which repositories."""

    name: str
    """DNS label, such as the tier's name."""
    repositories: list[str]
    """Repositories, with those below them."""
    public_keys: dict[str, pulumi.Input[str]]
    """Public keys in PEM by a word for each; one signature of one of them is enough. That of the
    partition's signing key is what ``kms:GetPublicKey`` answers."""


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
    cluster_cidrs: Strings
    """Addresses of the control plane's subnets."""
    endpoint_cidrs: Strings
    """Addresses of the endpoint subnets, of which ``ecr.api``, ``ecr.dkr`` and ``s3`` are some."""
    version: NotRequired[str | None]
    """Kubernetes version of the cluster. Default: ``cluster.versions.KUBERNETES_VERSION``."""


class ImageVerification(Component):
    """Pods of tenants run images that were signed, and no others (INF-5, TRN-1).

    sigstore's policy-controller by its own chart: at admission it fetches the signatures of each
    image from the registry and verifies them by the public keys that are told. An image that no
    policy matches is refused, and so is every pod while the controller can't be asked. It looks at
    the namespaces of tenants, which ``TenantNamespace`` and ``TrainingNamespace`` label for it.

    Its role reads the environment's repositories and nothing else. It trusts no public transparency
    log, which nodes without a way out can't ask: signatures are made with
    ``cosign sign --key awskms:///… --tlog-upload=false``.

    Needs a Kubernetes provider, and nodes of the system, on which it runs. Comes before the
    tenants.

    Example:
        import pulumi
        import pulumi_aws as aws
        import pulumi_kubernetes as k8s

        from bulkhead import ImageVerification

        cluster = k8s.Provider("cluster", kubeconfig="kubeconfig.yaml")
        registry = "111122223333.dkr.ecr.eu-central-1.amazonaws.com"
        digest = "sha256:" + 64 * "e"
        key = aws.kms.get_public_key_output(key_id="alias/bulkhead/dev/internal/signing")
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
                        "public_keys": {"builder": key.public_key_pem},
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
            RefusedError: the scope, the tier, the version, an image, a repository or a key is
                refused, nothing is trusted, or a name stands twice.
        """
        args = checked(args, ImageVerificationArgs, where=name)
        scope = read_scope(args["scope"], where=f"{name}.scope")
        tier = read_tier(args["tier"], where=f"{name}.tier")
        version = check_version(args.get("version") or KUBERNETES_VERSION, where=f"{name}.version")
        named = checked(args["images"], VerifierImagesArgs, where=f"{name}.images")
        images = read_images(named, where=f"{name}.images")
        _check_trusted(args["trusted"], where=f"{name}.trusted")
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
        role = self._identity(name, scope, labels, args["cluster_name"])
        release = install(
            name,
            VERIFIER,
            release="policy-controller",
            namespace=VERIFIER_NAMESPACE,
            values=values(images, scope.region),
            opts=self._child(depends_on=[*namespace.objects, role.association]),
        )
        for trusted in args["trusted"]:
            k8s.apiextensions.CustomResource(
                f"{name}-{trusted['name']}",
                api_version="policy.sigstore.dev/v1beta1",
                kind="ClusterImagePolicy",
                metadata={"name": f"bulkhead-{trusted['name']}", "labels": labels.kubernetes()},
                spec=policy(trusted),
                opts=self._child(depends_on=[release]),
            )
        self._export({"namespace": release.namespace, "role_arn": role.arn})

    def _identity(self, name: str, scope: Scope, labels: Labels, cluster: str) -> MadePodRole:
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
            ],
            opts=self._child(),
        )


def policy(trusted: TrustedImagesArgs) -> dict[str, Any]:
    """The spec of a ClusterImagePolicy."""
    return {
        "mode": "enforce",
        "images": [{"glob": f"{repository}**"} for repository in trusted["repositories"]],
        "authorities": [
            {"name": word, "key": {"data": key, "hashAlgorithm": "sha256"}}
            for word, key in trusted["public_keys"].items()
        ],
    }


def values(images: dict[str, Image], region: str) -> dict[str, Any]:
    """Values of the controller's chart.

    It has none for the nodes of the job that runs when it is removed.
    """
    where = on_system_nodes()
    return {
        "commonNodeSelector": where["nodeSelector"],
        "commonTolerations": where["tolerations"],
        "webhook": {
            "image": _image(images["controller"]),
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
        "leasescleanup": {"image": _image(images["cleanup"]), "podSecurityContext": CONFINED},
    }


def _image(image: Image) -> dict[str, str]:
    return {"repository": image.repository, "version": image.digest}


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


def _check_trusted(trusted: list[TrustedImagesArgs], *, where: str) -> None:
    if not trusted:
        raise RefusedError("nobody's images are trusted", allowed="one or more", where=where)
    names: set[str] = set()
    for number, each in enumerate(trusted):
        place = f"{where}[{number}]"
        checked(each, TrustedImagesArgs, where=place)
        parsing.name(each["name"], where=f"{place}.name")
        if each["name"] in names:
            raise RefusedError("a name stands twice", given=each["name"], where=f"{place}.name")
        names.add(each["name"])
        if not each["repositories"] or not each["public_keys"]:
            raise RefusedError(
                "a policy that matches or verifies nothing",
                allowed="one repository and one public key, or more",
                where=place,
            )
        check_registries(each["repositories"], where=f"{place}.repositories")
        for word, key in each["public_keys"].items():
            if isinstance(key, str) and not key.startswith(PUBLIC_KEY):
                raise RefusedError(
                    "not a public key in PEM",
                    given=key[:40],
                    allowed=PUBLIC_KEY,
                    where=f"{place}.public_keys.{word}",
                )

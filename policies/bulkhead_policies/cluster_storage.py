"""Volumes that a cluster makes for its pods."""

from bulkhead_policies.findings import Findings
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.tokens import kinds

STORAGE_CLASSES = kinds("StorageClass", "storage.k8s.io/v1", "storage.k8s.io/v1beta1")
VOLUMES = kinds("PersistentVolume", "core/v1")
EBS = ("ebs.csi.aws.com", "ebs.csi.eks.amazonaws.com", "kubernetes.io/aws-ebs")


@resource_rule(
    "bulkhead-storageclass-encrypt-volumes",
    types=STORAGE_CLASSES,
    severity=Severity.HIGH,
    requirements=("STO-2",),
    title="Volumes that pods claim are encrypted with the partition's key",
    why="A claim holds checkpoints and caches; its snapshots leave the cluster, and with the AWS "
    "default key no key policy holds them.",
    remediation="Set the parameters encrypted 'true' and kmsKeyId.",
)
def claims_encrypted(storage: Resource) -> Findings:
    """Judge classes of EBS volumes."""
    if storage.props["provisioner"].text() not in EBS:
        return
    parameters = storage.props["parameters"]
    if not parameters["encrypted"].flag():
        yield parameters["encrypted"].refuse("not encrypted", allowed="true")
    if not parameters["kmsKeyId"].is_named:
        yield parameters["kmsKeyId"].refuse("the account's default key", allowed="a key's ARN")


@resource_rule(
    "bulkhead-volume-deny-host-path",
    types=VOLUMES,
    severity=Severity.HIGH,
    requirements=("ISO-3",),
    frameworks=("PSS baseline",),
    title="Persistent volumes are no folders of the host",
    why="A claim reaches the host's files past the rule that pods may not mount them.",
    remediation="Use a CSI volume.",
)
def host_paths_denied(volume: Resource) -> Findings:
    """Judge the source of the volume."""
    spec = volume.props["spec"]
    if spec.holds("hostPath"):
        yield spec["hostPath"].refuse("files of the host", allowed="a CSI volume")

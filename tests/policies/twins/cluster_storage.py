from tests.policies.parts import KEY_ARN
from tests.policies.scenes import UNKNOWN, Declared, Twins

STORAGE_CLASS = Declared(
    "kubernetes:storage.k8s.io/v1:StorageClass",
    {
        "metadata": {"name": "encrypted"},
        "provisioner": "ebs.csi.aws.com",
        "parameters": {"type": "gp3", "encrypted": "true", "kmsKeyId": KEY_ARN},
    },
)
VOLUME = Declared(
    "kubernetes:core/v1:PersistentVolume",
    {
        "metadata": {"name": "models"},
        "spec": {"csi": {"driver": "s3.csi.aws.com", "volumeHandle": "models"}},
    },
)

TWINS = {
    "bulkhead-storageclass-encrypt-volumes": Twins(
        good=(STORAGE_CLASS,),
        bad=(STORAGE_CLASS.without("parameters/encrypted"),),
        unknown=(STORAGE_CLASS.but("parameters", UNKNOWN),),
        settled=(STORAGE_CLASS.but("parameters/kmsKeyId", UNKNOWN),),
        more_good={
            "another driver": (
                STORAGE_CLASS.without("parameters").but("provisioner", "efs.csi.aws.com"),
            ),
        },
        more_bad={
            "no": (STORAGE_CLASS.but("parameters/encrypted", "false"),),
            "default key": (STORAGE_CLASS.without("parameters/kmsKeyId"),),
            "Auto Mode": (
                STORAGE_CLASS.without("parameters").but("provisioner", "ebs.csi.eks.amazonaws.com"),
            ),
            "in tree": (
                STORAGE_CLASS.without("parameters").but("provisioner", "kubernetes.io/aws-ebs"),
            ),
        },
    ),
    "bulkhead-volume-deny-host-path": Twins(
        good=(VOLUME,),
        bad=(VOLUME.but("spec", {"hostPath": {"path": "/"}}),),
        unknown=None,
        settled=(VOLUME.but("spec/csi", UNKNOWN),),
        more_bad={"not known": (VOLUME.but("spec/hostPath", UNKNOWN),)},
    ),
}

from tests.policies.parts import (
    CRON_JOB,
    JOB,
    JOB_SPEC,
    POD_SPEC,
    VOLUMES,
    labels,
    workload,
)
from tests.policies.scenes import UNKNOWN, Declared, Twins

QUEUE = "metadata/labels/kueue.x-k8s.io~1queue-name"
SPEC = "spec/template/spec"
GPU = f"{SPEC}/containers/0/resources/limits/nvidia.com~1gpu"
TRAINING = {**labels().kubernetes(), "bulkhead.dev/plane": "training"}
TRAINER = (
    JOB.but("metadata/labels", TRAINING)
    .but(QUEUE, "fine-tuning")
    .but(GPU, 1)
    .but(f"{SPEC}/priorityClassName", "batch")
    .but(f"{SPEC}/containers/0/volumeMounts/0/readOnly", False)
)
REPLICA = {"replicas": 2, "template": {"spec": POD_SPEC}}
PYTORCH = workload(
    "kubeflow.org/v1:PyTorchJob",
    {
        "runPolicy": {"activeDeadlineSeconds": 3600, "ttlSecondsAfterFinished": 60},
        "pytorchReplicaSpecs": {"Master": REPLICA, "Worker": REPLICA},
    },
)
JOB_SET = workload(
    "jobset.x-k8s.io/v1alpha2:JobSet",
    {
        "ttlSecondsAfterFinished": 60,
        "replicatedJobs": [{"name": "workers", "template": {"spec": JOB_SPEC}}],
    },
)
RAY_JOB = workload(
    "ray.io/v1:RayJob",
    {
        "activeDeadlineSeconds": 3600,
        "ttlSecondsAfterFinished": 60,
        "rayClusterSpec": {
            "headGroupSpec": {"template": {"spec": POD_SPEC}},
            "workerGroupSpecs": [{"groupName": "gpu", "template": {"spec": POD_SPEC}}],
        },
    },
)
SCALED_JOB = workload("keda.sh/v1alpha1:ScaledJob", {"jobTargetRef": JOB_SPEC})
EXEC_TIME = {"kueue.x-k8s.io/max-exec-time-seconds": "3600"}


def using_gpus(job: Declared, place: str) -> Declared:
    return job.but(f"{place}/containers/0/resources/limits/nvidia.com~1gpu", 1).but(
        f"{place}/priorityClassName", "batch"
    )


TWINS = {
    "bulkhead-job-bound-duration": Twins(
        good=(JOB,),
        bad=(JOB.without("spec/activeDeadlineSeconds"),),
        unknown=(JOB.but("spec/activeDeadlineSeconds", UNKNOWN),),
        more_good={
            "cron job": (CRON_JOB,),
            "PyTorchJob": (PYTORCH,),
            "JobSet": (JOB_SET,),
            "RayJob": (RAY_JOB,),
            "ScaledJob": (SCALED_JOB,),
            "by Kueue": (
                JOB.without("spec/activeDeadlineSeconds").but("metadata/labels", EXEC_TIME),
            ),
        },
        more_bad={
            "a month": (JOB.but("spec/activeDeadlineSeconds", 30 * 86_400),),
            "cron job": (CRON_JOB.without("spec/jobTemplate/spec/activeDeadlineSeconds"),),
            "PyTorchJob": (PYTORCH.without("spec/runPolicy/activeDeadlineSeconds"),),
            "JobSet": (
                JOB_SET.without("spec/replicatedJobs/0/template/spec/activeDeadlineSeconds"),
            ),
            "RayJob": (RAY_JOB.without("spec/activeDeadlineSeconds"),),
            "ScaledJob": (SCALED_JOB.without("spec/jobTargetRef/activeDeadlineSeconds"),),
            "a month by Kueue": (
                JOB.but("metadata/labels", {"kueue.x-k8s.io/max-exec-time-seconds": "9999999"}),
            ),
        },
    ),
    "bulkhead-job-clean-up": Twins(
        good=(JOB,),
        bad=(JOB.without("spec/ttlSecondsAfterFinished"),),
        unknown=(JOB.but("spec", UNKNOWN),),
        settled=(JOB.but("spec/ttlSecondsAfterFinished", UNKNOWN),),
        more_bad={
            "PyTorchJob": (PYTORCH.without("spec/runPolicy/ttlSecondsAfterFinished"),),
            "JobSet": (JOB_SET.without("spec/ttlSecondsAfterFinished"),),
            "RayJob": (RAY_JOB.without("spec/ttlSecondsAfterFinished"),),
        },
    ),
    "bulkhead-cronjob-deny-overlap": Twins(
        good=(CRON_JOB,),
        bad=(CRON_JOB.but("spec/concurrencyPolicy", "Allow"),),
        unknown=(CRON_JOB.but("spec/concurrencyPolicy", UNKNOWN),),
        more_good={"replace": (CRON_JOB.but("spec/concurrencyPolicy", "Replace"),)},
        more_bad={"left out": (CRON_JOB.without("spec/concurrencyPolicy"),)},
    ),
    "bulkhead-job-name-queue": Twins(
        good=(TRAINER,),
        bad=(TRAINER.without(QUEUE),),
        unknown=(
            TRAINER.without(QUEUE)
            .but(f"{SPEC}/containers", UNKNOWN)
            .but("metadata/labels/bulkhead.dev~1plane", "data"),
        ),
        settled=(TRAINER.but(QUEUE, UNKNOWN),),
        more_good={"no accelerator": (JOB,)},
        more_bad={
            "training without accelerators": (JOB.but("metadata/labels", TRAINING),),
            "accelerators of any plane": (
                JOB.but(GPU, 1).but(f"{SPEC}/priorityClassName", "batch"),
            ),
            "PyTorchJob": (using_gpus(PYTORCH, "spec/pytorchReplicaSpecs/Worker/template/spec"),),
            "RayJob": (
                using_gpus(RAY_JOB, "spec/rayClusterSpec/workerGroupSpecs/0/template/spec"),
            ),
        },
    ),
    "bulkhead-job-keep-checkpoints": Twins(
        good=(TRAINER,),
        bad=(TRAINER.but(f"{SPEC}/containers/0/volumeMounts/0/readOnly", True),),
        unknown=(TRAINER.but(f"{SPEC}/containers/0/volumeMounts", UNKNOWN),),
        more_good={
            kind: (TRAINER.but(f"{SPEC}/volumes/0", {"name": "model", kind: VOLUMES[kind]}),)
            for kind in ("csi", "ephemeral", "nfs")
        },
        more_bad={
            "scratch": (
                TRAINER.but(
                    f"{SPEC}/volumes/0", {"name": "model", "emptyDir": {"sizeLimit": "1Gi"}}
                ),
            ),
            "read-only volume": (
                TRAINER.but(f"{SPEC}/volumes/0/persistentVolumeClaim/readOnly", True),
            ),
            "not mounted": (TRAINER.but(f"{SPEC}/containers/0/volumeMounts", []),),
        },
    ),
}

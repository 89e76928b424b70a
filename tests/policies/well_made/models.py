"""A model's server, a fine-tuning job in its queue, and the nodes for both."""

from tests.policies.parts import labels
from tests.policies.scenes import Scene
from tests.policies.well_made.objects import (
    HARDENED,
    IN_POD,
    container,
    image,
    made,
)

TENANT = labels().kubernetes()
SERVING = {
    "app": "vllm",
    "bulkhead.dev/role": "inference-server",
    "bulkhead.dev/model": "summaries",
}
MODEL_SERVER: Scene = (
    made(
        "core/v1:ServiceAccount",
        "vllm",
        "doc-summary",
        metadata={"labels": TENANT},
        automountServiceAccountToken=False,
    ),
    made(
        "apps/v1:Deployment",
        "vllm",
        "doc-summary",
        metadata={"labels": TENANT},
        spec={
            "replicas": 1,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0}},
            "selector": {"matchLabels": {"app": "vllm"}},
            "template": {
                "metadata": {
                    "labels": SERVING,
                    "annotations": {
                        "bulkhead.dev/model-version": "7",
                        "bulkhead.dev/model-digest": f"sha256:{'a' * 64}",
                        "bulkhead.dev/model-approval": "model-package/summaries/7",
                        "prometheus.io/scrape": "true",
                    },
                },
                "spec": {
                    "serviceAccountName": "vllm",
                    "automountServiceAccountToken": False,
                    "priorityClassName": "interactive",
                    "securityContext": IN_POD,
                    "nodeSelector": {"node.kubernetes.io/instance-type": "g6.2xlarge"},
                    "tolerations": [
                        {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"}
                    ],
                    "containers": [
                        container(
                            "vllm-openai",
                            8000,
                            args=["--model=/models/summaries", "--max-model-len=8192"],
                            env=[
                                {"name": "HF_HUB_OFFLINE", "value": "1"},
                                {"name": "HF_HOME", "value": "/cache"},
                                {"name": "VLLM_NO_USAGE_STATS", "value": "1"},
                                {"name": "MAX_NEW_TOKENS", "value": "1024"},
                            ],
                            startupProbe={
                                "httpGet": {"path": "/health", "port": 8000},
                                "failureThreshold": 60,
                            },
                            resources={
                                "requests": {"cpu": "6", "memory": "28Gi"},
                                "limits": {
                                    "memory": "28Gi",
                                    "ephemeral-storage": "20Gi",
                                    "nvidia.com/gpu": "1",
                                },
                            },
                            volumeMounts=[
                                {"name": "models", "mountPath": "/models", "readOnly": True},
                                {"name": "shm", "mountPath": "/dev/shm"},  # noqa: S108
                                {"name": "cache", "mountPath": "/cache"},
                            ],
                        )
                    ],
                    "volumes": [
                        {
                            "name": "models",
                            "persistentVolumeClaim": {"claimName": "models", "readOnly": True},
                        },
                        {"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "8Gi"}},
                        {"name": "cache", "emptyDir": {"sizeLimit": "10Gi"}},
                    ],
                },
            },
        },
    ),
    made(
        "core/v1:Service",
        "vllm",
        "doc-summary",
        metadata={"labels": TENANT},
        spec={"ports": [{"port": 80, "targetPort": 8000}], "selector": {"app": "vllm"}},
    ),
    made(
        "keda.sh/v1alpha1:ScaledObject",
        "vllm",
        "doc-summary",
        metadata={"labels": TENANT},
        spec={
            "scaleTargetRef": {"name": "vllm"},
            "minReplicaCount": 1,
            "maxReplicaCount": 4,
            "triggers": [
                {
                    "type": "prometheus",
                    "metadata": {
                        "serverAddress": "http://prometheus.monitoring:9090",
                        "query": "sum(vllm:num_requests_waiting)",
                        "threshold": "5",
                    },
                }
            ],
        },
    ),
    made(
        "networking.k8s.io/v1:NetworkPolicy",
        "vllm",
        "doc-summary",
        metadata={"labels": TENANT},
        spec={
            "podSelector": {"matchLabels": {"app": "vllm"}},
            "policyTypes": ["Ingress"],
            "ingress": [
                {
                    "from": [
                        {
                            "namespaceSelector": {
                                "matchLabels": {"kubernetes.io/metadata.name": "bulkhead-gateway"}
                            }
                        }
                    ],
                    "ports": [{"port": 8000}],
                }
            ],
        },
    ),
)

FINE_TUNING: Scene = (
    made(
        "kueue.x-k8s.io/v1beta2:ClusterQueue",
        "fine-tuning",
        spec={
            "cohortName": "research",
            "queueingStrategy": "BestEffortFIFO",
            "namespaceSelector": {"matchLabels": {"bulkhead.dev/tenant": "doc-summary"}},
            "preemption": {
                "reclaimWithinCohort": "LowerPriority",
                "withinClusterQueue": "LowerPriority",
            },
            "resourceGroups": [
                {
                    "coveredResources": ["cpu", "memory", "nvidia.com/gpu"],
                    "flavors": [
                        {
                            "name": "spot-g6",
                            "resources": [
                                {"name": "cpu", "nominalQuota": 64, "borrowingLimit": 0},
                                {"name": "memory", "nominalQuota": "256Gi", "borrowingLimit": 0},
                                {"name": "nvidia.com/gpu", "nominalQuota": 4, "borrowingLimit": 2},
                            ],
                        }
                    ],
                }
            ],
        },
    ),
    made(
        "kueue.x-k8s.io/v1beta2:LocalQueue",
        "fine-tuning",
        "doc-summary",
        spec={"clusterQueue": "fine-tuning"},
    ),
    made(
        "batch/v1:Job",
        "lora",
        "doc-summary",
        metadata={
            "labels": {
                **TENANT,
                "bulkhead.dev/plane": "training",
                "kueue.x-k8s.io/queue-name": "fine-tuning",
                "kueue.x-k8s.io/priority-class": "batch",
            }
        },
        spec={
            "suspend": True,
            "parallelism": 2,
            "completions": 2,
            "completionMode": "Indexed",
            "backoffLimit": 3,
            "activeDeadlineSeconds": 86400,
            "ttlSecondsAfterFinished": 3600,
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "serviceAccountName": "trainer",
                    "automountServiceAccountToken": False,
                    "priorityClassName": "batch",
                    "securityContext": IN_POD,
                    "containers": [
                        {
                            "name": "trainer",
                            "image": image("trainer"),
                            "command": ["torchrun", "--nnodes=2", "train.py"],
                            "env": [
                                {"name": "PAD_TOKEN", "value": "<pad>"},
                                {"name": "TOKENIZERS_PARALLELISM", "value": "false"},
                                {"name": "WANDB_MODE", "value": "offline"},
                            ],
                            "resources": {
                                "requests": {"cpu": "8", "memory": "60Gi"},
                                "limits": {
                                    "memory": "60Gi",
                                    "ephemeral-storage": "100Gi",
                                    "nvidia.com/gpu": 1,
                                },
                            },
                            "securityContext": HARDENED,
                            "volumeMounts": [
                                {"name": "checkpoints", "mountPath": "/checkpoints"},
                                {"name": "data", "mountPath": "/data", "readOnly": True},
                            ],
                        }
                    ],
                    "volumes": [
                        {
                            "name": "checkpoints",
                            "persistentVolumeClaim": {"claimName": "checkpoints"},
                        },
                        {
                            "name": "data",
                            "persistentVolumeClaim": {"claimName": "data", "readOnly": True},
                        },
                    ],
                }
            },
        },
    ),
)

NODES: Scene = (
    made(
        "karpenter.k8s.aws/v1:EC2NodeClass",
        "gpu",
        spec={
            "role": "karpenter-nodes",
            "amiFamily": "Bottlerocket",
            "amiSelectorTerms": [{"alias": "bottlerocket@v1.40.0"}],
            "subnetSelectorTerms": [{"tags": {"karpenter.sh/discovery": "shared"}}],
            "securityGroupSelectorTerms": [{"tags": {"karpenter.sh/discovery": "shared"}}],
            "blockDeviceMappings": [
                {
                    "deviceName": "/dev/xvdb",
                    "ebs": {"encrypted": True, "volumeSize": "200Gi", "volumeType": "gp3"},
                }
            ],
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
        },
    ),
    *(
        made(
            "karpenter.sh/v1:NodePool",
            name,
            spec={
                "limits": limits,
                "disruption": {
                    "consolidationPolicy": "WhenEmptyOrUnderutilized",
                    "consolidateAfter": "5m",
                    "budgets": [{"nodes": "10%"}],
                },
                "template": {
                    "spec": {
                        "expireAfter": "336h",
                        "terminationGracePeriod": "1h",
                        "nodeClassRef": {
                            "group": "karpenter.k8s.aws",
                            "kind": "EC2NodeClass",
                            "name": "gpu",
                        },
                        "requirements": requirements,
                        "taints": taints,
                    }
                },
            },
        )
        for name, limits, requirements, taints in (
            (
                "gpu",
                {"nvidia.com/gpu": "4"},
                [
                    {
                        "key": "karpenter.k8s.aws/instance-family",
                        "operator": "In",
                        "values": ["g6"],
                    },
                    {
                        "key": "karpenter.sh/capacity-type",
                        "operator": "In",
                        "values": ["reserved", "on-demand"],
                    },
                ],
                [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}],
            ),
            (
                "general",
                {"cpu": "200", "memory": "800Gi"},
                [
                    {
                        "key": "karpenter.k8s.aws/instance-category",
                        "operator": "In",
                        "values": ["c", "m", "r"],
                    },
                    {
                        "key": "karpenter.k8s.aws/instance-generation",
                        "operator": "Gt",
                        "values": ["5"],
                    },
                ],
                [],
            ),
        )
    ),
)

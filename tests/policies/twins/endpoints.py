from typing import Any

from tests.policies.parts import DEPLOYMENT, VOLUMES, labels, workload
from tests.policies.scenes import UNKNOWN, Scene, Twins

TEMPLATE = "spec/template"
LABELS = f"{TEMPLATE}/metadata/labels"
NOTES = f"{TEMPLATE}/metadata/annotations"
MOUNT = f"{TEMPLATE}/spec/containers/0/volumeMounts/0/readOnly"
ROLE = "bulkhead.dev/role"
CARD = {
    "bulkhead.dev/model-version": "7",
    "bulkhead.dev/model-digest": f"sha256:{'a' * 64}",
    "bulkhead.dev/model-approval": "model-package/summaries/7",
}
SERVER = DEPLOYMENT.but(
    LABELS, {"app": "server", ROLE: "inference-server", "bulkhead.dev/model": "summaries"}
).but(NOTES, CARD)
GATEWAY = {
    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "bulkhead-gateway"}},
    "podSelector": {},
}
NEIGHBOURS = {"podSelector": {"matchLabels": {"app": "client"}}}
POLICY = workload(
    "networking.k8s.io/v1:NetworkPolicy",
    {
        "podSelector": {"matchLabels": {ROLE: "inference-server"}},
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [GATEWAY], "ports": [{"port": 8000}]}],
    },
)
BY_APP = POLICY.but("spec/podSelector/matchLabels", {"app": "server"})
SCALED_OBJECT = workload(
    "keda.sh/v1alpha1:ScaledObject",
    {
        "scaleTargetRef": {"name": "server"},
        "maxReplicaCount": 4,
        "triggers": [{"type": "prometheus", "metadata": {"query": "x", "threshold": "1"}}],
    },
    labels=labels().kubernetes(),
)
AUTOSCALER = workload(
    "autoscaling/v2:HorizontalPodAutoscaler",
    {"maxReplicas": 4, "scaleTargetRef": {"kind": "Deployment", "name": "server"}},
    labels=labels().kubernetes(),
)


def admitting(*peers: Any) -> Scene:
    return (SERVER, BY_APP.but("spec/ingress/0/from", list(peers)))


TWINS = {
    "bulkhead-endpoint-hide-behind-gateway": Twins(
        good=(POLICY,),
        bad=(POLICY.but("spec/ingress/0/from", [GATEWAY, NEIGHBOURS]),),
        unknown=(POLICY.but("spec/podSelector", UNKNOWN), SERVER),
        more_good={
            "beside its server": (SERVER, POLICY),
            "by another label": (SERVER, BY_APP),
            "no server": (BY_APP.but("spec/ingress/0/from", [NEIGHBOURS]), DEPLOYMENT),
            "elsewhere": (
                SERVER,
                BY_APP.but("spec/ingress/0/from", [NEIGHBOURS]).but(
                    "metadata/namespace", "elsewhere"
                ),
            ),
        },
        more_bad={
            "by another label": admitting(NEIGHBOURS),
            "another namespace": admitting(
                {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "web"}}}
            ),
            "a network": admitting({"ipBlock": {"cidr": "10.0.0.0/8"}}),
            "every pod": (
                SERVER,
                BY_APP.but("spec/podSelector", {}).but("spec/ingress/0/from", [NEIGHBOURS]),
            ),
        },
    ),
    "bulkhead-endpoint-carry-card": Twins(
        good=(SERVER,),
        bad=(SERVER.without(f"{NOTES}/bulkhead.dev~1model-approval"),),
        unknown=(SERVER.but(f"{LABELS}/bulkhead.dev~1role", UNKNOWN),),
        settled=(SERVER.but(f"{NOTES}/bulkhead.dev~1model-digest", UNKNOWN),),
        more_good={"no server": (DEPLOYMENT,)},
        more_bad={
            "no model": (SERVER.without(f"{LABELS}/bulkhead.dev~1model"),),
            "no version": (SERVER.without(f"{NOTES}/bulkhead.dev~1model-version"),),
            "no card": (SERVER.without(NOTES),),
            "no digest": (SERVER.but(f"{NOTES}/bulkhead.dev~1model-digest", "latest"),),
        },
    ),
    "bulkhead-endpoint-mount-readonly": Twins(
        good=(SERVER,),
        bad=(SERVER.but(MOUNT, False),),
        unknown=(SERVER.but(MOUNT, UNKNOWN),),
        more_good={
            "volume": (
                SERVER.without(MOUNT).but(
                    f"{TEMPLATE}/spec/volumes/0/persistentVolumeClaim/readOnly", True
                ),
            ),
            "scratch": (
                SERVER.without(MOUNT).but(
                    f"{TEMPLATE}/spec/volumes/0",
                    {"name": "model", "emptyDir": {"sizeLimit": "1Gi"}},
                ),
            ),
            "no server": (
                DEPLOYMENT.without(f"{TEMPLATE}/spec/containers/0/volumeMounts/0/readOnly"),
            ),
        },
        more_bad={
            "left out": (SERVER.without(MOUNT),),
            **{
                kind: (
                    SERVER.without(MOUNT).but(
                        f"{TEMPLATE}/spec/volumes/0", {"name": "model", kind: VOLUMES[kind]}
                    ),
                )
                for kind in ("csi", "nfs", "image")
            },
        },
    ),
    "bulkhead-scaler-limit-replicas": Twins(
        good=(SCALED_OBJECT,),
        bad=(SCALED_OBJECT.but("spec/maxReplicaCount", 5),),
        unknown=(SCALED_OBJECT.but("spec/maxReplicaCount", UNKNOWN),),
        more_good={
            "autoscaler": (AUTOSCALER,),
            "unlabelled": (
                SCALED_OBJECT.without("metadata/labels").but("spec/maxReplicaCount", 90),
            ),
            "staging": (
                AUTOSCALER.but("spec/maxReplicas", 10).but(
                    "metadata/labels", labels(environment="staging").kubernetes()
                ),
            ),
            "production": (
                AUTOSCALER.but("spec/maxReplicas", 50).but(
                    "metadata/labels", labels(environment="prod").kubernetes()
                ),
            ),
        },
        more_bad={
            "no ceiling": (SCALED_OBJECT.without("spec/maxReplicaCount"),),
            "no ceiling, unlabelled": (
                SCALED_OBJECT.without("metadata/labels").without("spec/maxReplicaCount"),
            ),
            "autoscaler": (AUTOSCALER.but("spec/maxReplicas", 5),),
            "staging": (
                AUTOSCALER.but("spec/maxReplicas", 11).but(
                    "metadata/labels", labels(environment="staging").kubernetes()
                ),
            ),
            "production": (
                AUTOSCALER.but("spec/maxReplicas", 51).but(
                    "metadata/labels", labels(environment="prod").kubernetes()
                ),
            ),
        },
    ),
}

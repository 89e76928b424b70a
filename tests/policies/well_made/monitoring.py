"""A metrics stack, by its manifests and by its chart."""

from tests.policies.scenes import Declared, Scene
from tests.policies.well_made.objects import (
    READ,
    REGISTRY,
    SIZES,
    account,
    bound,
    container,
    deployment,
    made,
    pod,
    rule,
)

METRICS: Scene = (
    *bound(
        "prometheus",
        "monitoring",
        rule([""], ["nodes", "nodes/metrics", "services", "endpoints", "pods"], *READ),
        rule(["discovery.k8s.io"], ["endpointslices"], *READ),
        {"nonResourceURLs": ["/metrics", "/metrics/cadvisor"], "verbs": ["get"]},
    ),
    made(
        "apps/v1:StatefulSet",
        "prometheus",
        "monitoring",
        spec={
            "serviceName": "prometheus",
            "replicas": 1,
            "selector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
            "template": pod(
                "prometheus",
                container(
                    "prometheus",
                    9090,
                    args=["--storage.tsdb.retention.time=15d"],
                    volumeMounts=[
                        {"name": "config", "mountPath": "/etc/prometheus", "readOnly": True},
                        {"name": "data", "mountPath": "/prometheus"},
                    ],
                ),
                automountServiceAccountToken=True,
                volumes=[{"name": "config", "configMap": {"name": "prometheus"}}],
            ),
            "volumeClaimTemplates": [
                {
                    "metadata": {"name": "data"},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "storageClassName": "encrypted",
                        "resources": {"requests": {"storage": "50Gi"}},
                    },
                }
            ],
        },
    ),
    made(
        "core/v1:ConfigMap",
        "prometheus",
        "monitoring",
        data={
            "prometheus.yml": "scrape_configs:\n- job_name: pods\n  bearer_token_file: "
            "/var/run/secrets/kubernetes.io/serviceaccount/token\n"
        },
    ),
    account("grafana", "monitoring"),
    *deployment(
        "grafana",
        "monitoring",
        pod(
            "grafana",
            container(
                "grafana",
                3000,
                env=[
                    {
                        "name": "GF_SECURITY_ADMIN_PASSWORD__FILE",
                        "value": "/etc/grafana/secrets/password",
                    },
                    {"name": "GF_AUTH_DISABLE_LOGIN_FORM", "value": "true"},
                ],
                volumeMounts=[
                    {"name": "secrets", "mountPath": "/etc/grafana/secrets", "readOnly": True}
                ],
            ),
            automountServiceAccountToken=False,
            volumes=[
                {
                    "name": "secrets",
                    "csi": {
                        "driver": "secrets-store.csi.k8s.io",
                        "readOnly": True,
                        "volumeAttributes": {"secretProviderClass": "grafana"},
                    },
                }
            ],
        ),
    ),
    made(
        "networking.k8s.io/v1:NetworkPolicy",
        "prometheus",
        "monitoring",
        spec={
            "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {
                    "from": [
                        {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "grafana"}}}
                    ],
                    "ports": [{"port": 9090}],
                }
            ],
            "egress": [
                {"to": [{"namespaceSelector": {}}], "ports": [{"port": 8080}, {"port": 9100}]},
                {"ports": [{"port": 53, "protocol": "UDP"}, {"port": 53, "protocol": "TCP"}]},
            ],
        },
    ),
)

CHARTS: Scene = (
    Declared(
        "kubernetes:helm.sh/v3:Release",
        {
            "chart": "kube-prometheus-stack",
            "version": "75.6.1",
            "namespace": "monitoring",
            "repositoryOpts": {"repo": "https://prometheus-community.github.io/helm-charts"},
            "values": {
                "grafana": {
                    "adminUser": "admin",
                    "admin": {"existingSecret": "grafana", "passwordKey": "password"},
                    "service": {"type": "ClusterIP"},
                    "persistence": {"enabled": True},
                },
                "prometheus": {
                    "prometheusSpec": {
                        "retention": "15d",
                        "hostNetwork": False,
                        "bearerTokenSecret": {"name": "scrape", "key": "token"},
                    },
                },
                "global": {"imageRegistry": REGISTRY, "imagePullSecrets": []},
            },
        },
        name="kube-prometheus-stack",
    ),
    Declared(
        "kubernetes:helm.sh/v3:Release",
        {
            "chart": "oci://public.ecr.aws/karpenter/karpenter",
            "version": "1.9.0",
            "namespace": "kube-system",
            "values": {
                "settings": {"clusterName": "shared", "interruptionQueue": "karpenter"},
                "serviceAccount": {"name": "karpenter"},
                "controller": {"resources": SIZES},
            },
        },
        name="karpenter",
    ),
)

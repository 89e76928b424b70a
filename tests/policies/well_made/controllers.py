"""Controllers that a platform installs: ingress, certificates, an operator."""

from tests.policies.scenes import Scene
from tests.policies.well_made.objects import (
    HARDENED,
    READ,
    bound,
    container,
    deployment,
    made,
    pod,
    rule,
)

INGRESS_CONTROLLER: Scene = (
    *bound(
        "ingress-controller",
        "ingress",
        rule([""], ["services", "endpoints", "nodes", "namespaces"], *READ),
        rule(["discovery.k8s.io"], ["endpointslices"], *READ),
        rule(["networking.k8s.io"], ["ingresses", "ingressclasses"], *READ),
        rule(["networking.k8s.io"], ["ingresses/status"], "update"),
        rule(["coordination.k8s.io"], ["leases"], "create", "get", "update"),
        rule([""], ["events"], "create", "patch"),
    ),
    *deployment(
        "ingress-controller",
        "ingress",
        pod(
            "ingress-controller",
            container(
                "ingress-controller",
                8443,
                securityContext={
                    **HARDENED,
                    "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]},
                },
                env=[
                    {
                        "name": "POD_NAME",
                        "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}},
                    }
                ],
            ),
            automountServiceAccountToken=True,
            volumes=[{"name": "tmp", "emptyDir": {"sizeLimit": "100Mi"}}],
        ),
    ),
    made(
        "core/v1:Service",
        "ingress-controller",
        "ingress",
        metadata={
            "annotations": {
                "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal",
                "service.beta.kubernetes.io/aws-load-balancer-nlb-target-type": "ip",
            }
        },
        spec={
            "type": "LoadBalancer",
            "ports": [{"name": "https", "port": 443, "targetPort": 8443}],
            "selector": {"app.kubernetes.io/name": "ingress-controller"},
        },
    ),
)

CERTIFICATES: Scene = (
    *bound(
        "certificates",
        "certificates",
        rule(["certs.example.com"], ["certificates", "issuers"], *READ, "update", "patch"),
        rule(["certs.example.com"], ["certificates/status", "issuers/status"], "update", "patch"),
        rule(["coordination.k8s.io"], ["leases"], "create", "get", "update", "patch"),
        rule([""], ["events"], "create", "patch"),
    ),
    made(
        "rbac.authorization.k8s.io/v1:Role",
        "certificates-ca",
        "certificates",
        rules=[
            {
                **rule([""], ["secrets"], "get", "update"),
                "resourceNames": ["certificates-webhook-ca"],
            },
            rule([""], ["secrets"], "create"),
        ],
    ),
    *deployment(
        "certificates",
        "certificates",
        pod("certificates", container("certificates", 9402), automountServiceAccountToken=True),
    ),
    made(
        "admissionregistration.k8s.io/v1:ValidatingWebhookConfiguration",
        "certificates",
        webhooks=[
            {
                "name": "webhook.certs.example.com",
                "admissionReviewVersions": ["v1"],
                "failurePolicy": "Fail",
                "sideEffects": "None",
                "clientConfig": {"service": {"name": "certificates", "namespace": "certificates"}},
                "namespaceSelector": {
                    "matchExpressions": [
                        {"key": "certs.example.com/ignore", "operator": "DoesNotExist"}
                    ]
                },
                "rules": [
                    {
                        "apiGroups": ["certs.example.com"],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE", "UPDATE"],
                        "resources": ["*/*"],
                    }
                ],
            }
        ],
    ),
)

OPERATOR: Scene = (
    *bound(
        "database-operator",
        "operators",
        rule(["db.example.com"], ["clusters", "backups"], *READ, "patch", "update"),
        rule(["db.example.com"], ["clusters/status", "clusters/finalizers"], "patch", "update"),
        rule([""], ["pods", "services", "configmaps", "persistentvolumeclaims"], *READ),
        rule([""], ["services", "configmaps", "persistentvolumeclaims"], "create", "patch"),
        rule(["apps"], ["statefulsets"], *READ, "patch", "update"),
        rule([""], ["events"], "create", "patch"),
    ),
    *deployment(
        "database-operator",
        "operators",
        pod(
            "database-operator",
            container("database-operator", 8081),
            automountServiceAccountToken=True,
            priorityClassName="system-cluster-critical",
        ),
    ),
    made(
        "external-secrets.io/v1:SecretStore",
        "aws",
        "operators",
        spec={
            "provider": {
                "aws": {
                    "service": "SecretsManager",
                    "region": "eu-central-1",
                    "auth": {"jwt": {"serviceAccountRef": {"name": "database-operator"}}},
                }
            }
        },
    ),
    made(
        "external-secrets.io/v1:ExternalSecret",
        "database",
        "operators",
        spec={
            "refreshInterval": "1h",
            "secretStoreRef": {"name": "aws", "kind": "SecretStore"},
            "target": {"name": "database"},
            "data": [{"secretKey": "password", "remoteRef": {"key": "dev/database"}}],
        },
    ),
)

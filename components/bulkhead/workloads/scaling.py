"""How an endpoint's servers are scaled and measured (INF-6)."""

import json
from typing import Any

from bulkhead.domain.scope import Scope
from bulkhead.foundation import arns
from bulkhead.foundation.documents import Statement
from bulkhead.foundation.identity import METRICS_WRITING
from bulkhead.workloads import vllm
from bulkhead.workloads.endpoint_arguments import Release
from bulkhead.workloads.endpoint_plan import EndpointPlan
from bulkhead.workloads.names import INFERENCE_PORT

KEDA = "keda.sh/v1alpha1"

POLL_SECONDS, CALM_SECONDS = 15, 300
"""How often KEDA looks, and how long it must have been quiet before a replica goes: a new one takes
minutes to load its model."""

FAILURES = 4
"""Looks in a row that must fail before the number of replicas is held where it is."""

KEPT = "vllm:(num_requests_(waiting|running)|time_to_first_token_seconds_(bucket|sum|count))"
"""What of a server's metrics is sent, to be scaled by."""


def workspace_url(scope: Scope, workspace: str) -> str:
    """Where a workspace is asked, through the network's endpoint (AMP User Guide, "APIs")."""
    return f"https://aps-workspaces.{scope.region}.amazonaws.com/workspaces/{workspace}"


def writing(scope: Scope, workspace: str) -> Statement:
    """Permission to send metrics to one workspace and to read none."""
    return {
        "Sid": "SendMetrics",
        "Effect": "Allow",
        "Action": METRICS_WRITING,
        "Resource": arns.regional(scope, "aps", f"workspace/{workspace}"),
    }


def collector(scope: Scope, workspace: str, release: Release, host: str, *, scanned: bool) -> str:
    """Configuration of a collector that sends its own pod's metrics to the workspace.

    JSON is YAML too. Names are kept as the server has them (OpenTelemetry Collector, "Prometheus
    Remote Write Exporter").
    """
    plain: dict[str, Any] = {"scheme": "http"}
    over_tls = {
        "scheme": "https",
        "tls_config": {
            "ca_file": f"{vllm.CLIENTS_PATH}/ca.crt",
            "cert_file": f"{vllm.TLS_PATH}/tls.crt",
            "key_file": f"{vllm.TLS_PATH}/tls.key",
            "server_name": host,
        },
    }
    port = vllm.LOOPBACK_PORT if scanned else INFERENCE_PORT
    labels = {"server": release.server, "pod": "${env:POD_NAME}"}
    scrape = {
        "job_name": "server",
        "scrape_interval": f"{POLL_SECONDS}s",
        **(plain if scanned else over_tls),
        "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": labels}],
        "metric_relabel_configs": [
            {"source_labels": ["__name__"], "regex": KEPT, "action": "keep"},
        ],
    }
    return json.dumps(
        {
            "extensions": {"sigv4auth": {"region": scope.region, "service": "aps"}},
            "receivers": {"prometheus": {"config": {"scrape_configs": [scrape]}}},
            "exporters": {
                "prometheusremotewrite": {
                    "endpoint": f"{workspace_url(scope, workspace)}/api/v1/remote_write",
                    "auth": {"authenticator": "sigv4auth"},
                    "add_metric_suffixes": False,
                }
            },
            "service": {
                "extensions": ["sigv4auth"],
                "pipelines": {
                    "metrics": {
                        "receivers": ["prometheus"],
                        "exporters": ["prometheusremotewrite"],
                    }
                },
            },
        },
        indent=1,
    )


def authentication() -> dict[str, Any]:
    """Spec of the TriggerAuthentication: KEDA asks in its own name, through EKS Pod Identity."""
    return {"podIdentity": {"provider": "aws"}}


def scaled_object(
    release: Release,
    plan: EndpointPlan,
    *,
    scope: Scope,
    tenant: str,
    workspace: str,
    authentication_name: str,
) -> dict[str, Any]:
    """Spec of the ScaledObject: as many replicas as the busiest of three measures asks for.

    Where the metrics can't be had, no replica goes and at least those run that always do. KEDA's
    own ceiling of 100 is never reached (KEDA, "ScaledObject specification").
    """
    server = f'server="{release.server}"'
    pods = f'namespace="{tenant}",pod=~"{release.server}-.*"'
    slow = (
        "histogram_quantile(0.95, sum by (le) "
        f"(rate(vllm:time_to_first_token_seconds_bucket{{{server}}}[2m])))"
    )

    def trigger(name: str, query: str, threshold: str, kind: str, *, absent: bool) -> Any:
        return {
            "type": "prometheus",
            "name": name,
            "metricType": kind,
            "metadata": {
                "serverAddress": workspace_url(scope, workspace),
                "awsRegion": scope.region,
                "query": query,
                "threshold": threshold,
                "ignoreNullValues": "true" if absent else "false",
            },
            "authenticationRef": {"name": authentication_name},
        }

    return {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": release.server},
        "pollingInterval": POLL_SECONDS,
        "minReplicaCount": plan.least,
        "maxReplicaCount": plan.most,
        "fallback": {
            "failureThreshold": FAILURES,
            "replicas": plan.least,
            "behavior": "currentReplicasIfHigher",
        },
        "advanced": {
            "restoreToOriginalReplicaCount": False,
            "horizontalPodAutoscalerConfig": {
                "behavior": {
                    "scaleUp": {
                        "stabilizationWindowSeconds": 0,
                        "policies": [{"type": "Percent", "value": 100, "periodSeconds": 60}],
                    },
                    "scaleDown": {
                        "stabilizationWindowSeconds": CALM_SECONDS,
                        "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}],
                    },
                }
            },
        },
        "triggers": [
            trigger(
                "waiting",
                f"sum(vllm:num_requests_waiting{{{server}}})",
                str(plan.objective.waiting),
                "AverageValue",
                absent=False,
            ),
            trigger(
                "accelerators",
                f"sum(DCGM_FI_DEV_GPU_UTIL{{{pods}}}) / {release.replica.gpus}",
                str(plan.objective.gpu_percent),
                "AverageValue",
                absent=True,
            ),
            # Without requests the quantile is no number, and no reason for another replica.
            trigger(
                "first-token",
                f"({slow} > 0) or vector(0)",
                str(plan.objective.first_token_ms / 1000),
                "Value",
                absent=False,
            ),
        ],
    }

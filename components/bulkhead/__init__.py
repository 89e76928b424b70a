"""Compartments for AI workloads on AWS and EKS.

``from bulkhead import SharedCluster`` loads that component and the providers that it uses;
``import bulkhead.domain`` loads no provider. Type checkers read the names in ``__init__.pyi``.
"""

import importlib
from typing import Any

_MODULES = {
    "AccessLogBucket": "foundation.access_logs",
    "AdmissionPolicies": "cluster.admission_policies",
    "AccountGuardrail": "foundation.guardrails",
    "AgentSandbox": "workloads.agent_sandbox",
    "AuditAlarms": "foundation.alarms",
    "AuditTrail": "foundation.trail",
    "ClusterServices": "cluster.services",
    "ConfidentialCompute": "patterns.confidential_compute",
    "ConfigurationRecord": "foundation.configurations",
    "DebugAccess": "workloads.debug_access",
    "DedicatedHosts": "patterns.dedicated_hosts",
    "DedicatedNodePools": "patterns.dedicated_node_pools",
    "EncryptedBucket": "foundation.storage",
    "EncryptedQueue": "foundation.queues",
    "EncryptedTable": "foundation.tables",
    "EncryptedTopic": "foundation.topics",
    "GatewayCounters": "foundation.counters",
    "GatewayControllers": "workloads.gateway_controllers",
    "GatewayNamespace": "workloads.gateway",
    "ImageVerification": "workloads.image_verification",
    "ImageRegistry": "foundation.registries",
    "HostPool": "cluster.host_pool",
    "InferenceEndpoint": "workloads.inference_endpoint",
    "InferenceGateway": "workloads.inference_gateway",
    "Karpenter": "cluster.karpenter",
    "KarpenterPool": "cluster.karpenter_pool",
    "KeyPartition": "foundation.keys",
    "LoadBalancerController": "workloads.load_balancer_controller",
    "NodePool": "cluster.pools",
    "PartitionBackups": "foundation.backups",
    "PartitionSecrets": "foundation.secrets",
    "OrganizationGuardrails": "foundation.guardrails",
    "PartitionStores": "foundation.partition_stores",
    "PipelineRoles": "foundation.pipeline_roles",
    "PlaneNetwork": "foundation.network",
    "PlatformRoles": "foundation.platform_roles",
    "PrivateCluster": "cluster.eks",
    "PublicEdge": "workloads.public_edge",
    "SandboxController": "workloads.sandbox_controller",
    "SandboxRuntimes": "cluster.sandbox_runtimes",
    "QueueController": "workloads.queue_controller",
    "ScalingControllers": "workloads.scaling_controllers",
    "SealedKey": "foundation.sealed_keys",
    "SecretFiles": "workloads.secret_files",
    "SecretsDriver": "cluster.secrets_driver",
    "SelfManagedPool": "cluster.self_managed",
    "SharedCluster": "patterns.shared_cluster",
    "SharedFileSystem": "foundation.file_systems",
    "SingleTenantCluster": "patterns.single_tenant_cluster",
    "TenantNamespace": "workloads.tenant",
    "ThreatDetection": "foundation.detection",
    "ToolGateway": "workloads.tool_gateway",
    "TierFoundation": "foundation.tier_foundation",
    "TrainingNamespace": "workloads.training_namespace",
    "TrainingQueues": "workloads.training_queues",
    "VectorStore": "foundation.vectors",
    "WorkloadBoundary": "foundation.boundary",
}
"""Where each component is."""

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    component = name.removesuffix("Args")
    if component not in _MODULES:
        raise AttributeError(f"module 'bulkhead' has no attribute '{name}'")
    return getattr(importlib.import_module(f"bulkhead.{_MODULES[component]}"), name)

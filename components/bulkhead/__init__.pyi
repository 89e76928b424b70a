from bulkhead.cluster.admission_policies import AdmissionPolicies as AdmissionPolicies
from bulkhead.cluster.admission_policies import AdmissionPoliciesArgs as AdmissionPoliciesArgs
from bulkhead.cluster.eks import PrivateCluster as PrivateCluster
from bulkhead.cluster.eks import PrivateClusterArgs as PrivateClusterArgs
from bulkhead.cluster.host_pool import HostPool as HostPool
from bulkhead.cluster.host_pool import HostPoolArgs as HostPoolArgs
from bulkhead.cluster.karpenter import Karpenter as Karpenter
from bulkhead.cluster.karpenter import KarpenterArgs as KarpenterArgs
from bulkhead.cluster.karpenter_pool import KarpenterPool as KarpenterPool
from bulkhead.cluster.karpenter_pool import KarpenterPoolArgs as KarpenterPoolArgs
from bulkhead.cluster.pools import NodePool as NodePool
from bulkhead.cluster.pools import NodePoolArgs as NodePoolArgs
from bulkhead.cluster.sandbox_runtimes import SandboxRuntimes as SandboxRuntimes
from bulkhead.cluster.sandbox_runtimes import SandboxRuntimesArgs as SandboxRuntimesArgs
from bulkhead.cluster.secrets_driver import SecretsDriver as SecretsDriver
from bulkhead.cluster.secrets_driver import SecretsDriverArgs as SecretsDriverArgs
from bulkhead.cluster.self_managed import SelfManagedPool as SelfManagedPool
from bulkhead.cluster.self_managed import SelfManagedPoolArgs as SelfManagedPoolArgs
from bulkhead.cluster.services import ClusterServices as ClusterServices
from bulkhead.cluster.services import ClusterServicesArgs as ClusterServicesArgs
from bulkhead.foundation.access_logs import AccessLogBucket as AccessLogBucket
from bulkhead.foundation.access_logs import AccessLogBucketArgs as AccessLogBucketArgs
from bulkhead.foundation.alarms import AuditAlarms as AuditAlarms
from bulkhead.foundation.alarms import AuditAlarmsArgs as AuditAlarmsArgs
from bulkhead.foundation.backups import PartitionBackups as PartitionBackups
from bulkhead.foundation.backups import PartitionBackupsArgs as PartitionBackupsArgs
from bulkhead.foundation.boundary import WorkloadBoundary as WorkloadBoundary
from bulkhead.foundation.boundary import WorkloadBoundaryArgs as WorkloadBoundaryArgs
from bulkhead.foundation.configurations import ConfigurationRecord as ConfigurationRecord
from bulkhead.foundation.configurations import ConfigurationRecordArgs as ConfigurationRecordArgs
from bulkhead.foundation.counters import GatewayCounters as GatewayCounters
from bulkhead.foundation.counters import GatewayCountersArgs as GatewayCountersArgs
from bulkhead.foundation.detection import ThreatDetection as ThreatDetection
from bulkhead.foundation.detection import ThreatDetectionArgs as ThreatDetectionArgs
from bulkhead.foundation.file_systems import SharedFileSystem as SharedFileSystem
from bulkhead.foundation.file_systems import SharedFileSystemArgs as SharedFileSystemArgs
from bulkhead.foundation.guardrails import AccountGuardrail as AccountGuardrail
from bulkhead.foundation.guardrails import AccountGuardrailArgs as AccountGuardrailArgs
from bulkhead.foundation.guardrails import OrganizationGuardrails as OrganizationGuardrails
from bulkhead.foundation.guardrails import OrganizationGuardrailsArgs as OrganizationGuardrailsArgs
from bulkhead.foundation.keys import KeyPartition as KeyPartition
from bulkhead.foundation.keys import KeyPartitionArgs as KeyPartitionArgs
from bulkhead.foundation.network import PlaneNetwork as PlaneNetwork
from bulkhead.foundation.network import PlaneNetworkArgs as PlaneNetworkArgs
from bulkhead.foundation.partition_stores import PartitionStores as PartitionStores
from bulkhead.foundation.partition_stores import PartitionStoresArgs as PartitionStoresArgs
from bulkhead.foundation.pipeline_roles import PipelineRoles as PipelineRoles
from bulkhead.foundation.pipeline_roles import PipelineRolesArgs as PipelineRolesArgs
from bulkhead.foundation.platform_roles import PlatformRoles as PlatformRoles
from bulkhead.foundation.platform_roles import PlatformRolesArgs as PlatformRolesArgs
from bulkhead.foundation.queues import EncryptedQueue as EncryptedQueue
from bulkhead.foundation.queues import EncryptedQueueArgs as EncryptedQueueArgs
from bulkhead.foundation.registries import ImageRegistry as ImageRegistry
from bulkhead.foundation.registries import ImageRegistryArgs as ImageRegistryArgs
from bulkhead.foundation.sealed_keys import SealedKey as SealedKey
from bulkhead.foundation.sealed_keys import SealedKeyArgs as SealedKeyArgs
from bulkhead.foundation.secrets import PartitionSecrets as PartitionSecrets
from bulkhead.foundation.secrets import PartitionSecretsArgs as PartitionSecretsArgs
from bulkhead.foundation.storage import EncryptedBucket as EncryptedBucket
from bulkhead.foundation.storage import EncryptedBucketArgs as EncryptedBucketArgs
from bulkhead.foundation.tables import EncryptedTable as EncryptedTable
from bulkhead.foundation.tables import EncryptedTableArgs as EncryptedTableArgs
from bulkhead.foundation.tier_foundation import TierFoundation as TierFoundation
from bulkhead.foundation.tier_foundation import TierFoundationArgs as TierFoundationArgs
from bulkhead.foundation.topics import EncryptedTopic as EncryptedTopic
from bulkhead.foundation.topics import EncryptedTopicArgs as EncryptedTopicArgs
from bulkhead.foundation.trail import AuditTrail as AuditTrail
from bulkhead.foundation.trail import AuditTrailArgs as AuditTrailArgs
from bulkhead.foundation.vectors import VectorStore as VectorStore
from bulkhead.foundation.vectors import VectorStoreArgs as VectorStoreArgs
from bulkhead.patterns.confidential_compute import ConfidentialCompute as ConfidentialCompute
from bulkhead.patterns.confidential_compute import (
    ConfidentialComputeArgs as ConfidentialComputeArgs,
)
from bulkhead.patterns.dedicated_hosts import DedicatedHosts as DedicatedHosts
from bulkhead.patterns.dedicated_hosts import DedicatedHostsArgs as DedicatedHostsArgs
from bulkhead.patterns.dedicated_node_pools import DedicatedNodePools as DedicatedNodePools
from bulkhead.patterns.dedicated_node_pools import DedicatedNodePoolsArgs as DedicatedNodePoolsArgs
from bulkhead.patterns.shared_cluster import SharedCluster as SharedCluster
from bulkhead.patterns.shared_cluster import SharedClusterArgs as SharedClusterArgs
from bulkhead.patterns.single_tenant_cluster import SingleTenantCluster as SingleTenantCluster
from bulkhead.patterns.single_tenant_cluster import (
    SingleTenantClusterArgs as SingleTenantClusterArgs,
)
from bulkhead.workloads.agent_sandbox import AgentSandbox as AgentSandbox
from bulkhead.workloads.agent_sandbox import AgentSandboxArgs as AgentSandboxArgs
from bulkhead.workloads.debug_access import DebugAccess as DebugAccess
from bulkhead.workloads.debug_access import DebugAccessArgs as DebugAccessArgs
from bulkhead.workloads.gateway import GatewayNamespace as GatewayNamespace
from bulkhead.workloads.gateway import GatewayNamespaceArgs as GatewayNamespaceArgs
from bulkhead.workloads.gateway_controllers import GatewayControllers as GatewayControllers
from bulkhead.workloads.gateway_controllers import GatewayControllersArgs as GatewayControllersArgs
from bulkhead.workloads.image_verification import ImageVerification as ImageVerification
from bulkhead.workloads.image_verification import ImageVerificationArgs as ImageVerificationArgs
from bulkhead.workloads.inference_endpoint import InferenceEndpoint as InferenceEndpoint
from bulkhead.workloads.inference_endpoint import InferenceEndpointArgs as InferenceEndpointArgs
from bulkhead.workloads.inference_gateway import InferenceGateway as InferenceGateway
from bulkhead.workloads.inference_gateway import InferenceGatewayArgs as InferenceGatewayArgs
from bulkhead.workloads.load_balancer_controller import (
    LoadBalancerController as LoadBalancerController,
)
from bulkhead.workloads.load_balancer_controller import (
    LoadBalancerControllerArgs as LoadBalancerControllerArgs,
)
from bulkhead.workloads.public_edge import PublicEdge as PublicEdge
from bulkhead.workloads.public_edge import PublicEdgeArgs as PublicEdgeArgs
from bulkhead.workloads.queue_controller import QueueController as QueueController
from bulkhead.workloads.queue_controller import QueueControllerArgs as QueueControllerArgs
from bulkhead.workloads.sandbox_controller import SandboxController as SandboxController
from bulkhead.workloads.sandbox_controller import SandboxControllerArgs as SandboxControllerArgs
from bulkhead.workloads.scaling_controllers import ScalingControllers as ScalingControllers
from bulkhead.workloads.scaling_controllers import ScalingControllersArgs as ScalingControllersArgs
from bulkhead.workloads.secret_files import SecretFiles as SecretFiles
from bulkhead.workloads.secret_files import SecretFilesArgs as SecretFilesArgs
from bulkhead.workloads.tenant import TenantNamespace as TenantNamespace
from bulkhead.workloads.tenant import TenantNamespaceArgs as TenantNamespaceArgs
from bulkhead.workloads.tool_gateway import ToolGateway as ToolGateway
from bulkhead.workloads.tool_gateway import ToolGatewayArgs as ToolGatewayArgs
from bulkhead.workloads.training_namespace import TrainingNamespace as TrainingNamespace
from bulkhead.workloads.training_namespace import TrainingNamespaceArgs as TrainingNamespaceArgs
from bulkhead.workloads.training_queues import TrainingQueues as TrainingQueues
from bulkhead.workloads.training_queues import TrainingQueuesArgs as TrainingQueuesArgs

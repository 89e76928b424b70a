from bulkhead.cluster.eks import PrivateCluster as PrivateCluster
from bulkhead.cluster.eks import PrivateClusterArgs as PrivateClusterArgs
from bulkhead.cluster.exclusivity import PoolExclusivity as PoolExclusivity
from bulkhead.cluster.exclusivity import PoolExclusivityArgs as PoolExclusivityArgs
from bulkhead.cluster.host_pool import HostPool as HostPool
from bulkhead.cluster.host_pool import HostPoolArgs as HostPoolArgs
from bulkhead.cluster.pools import NodePool as NodePool
from bulkhead.cluster.pools import NodePoolArgs as NodePoolArgs
from bulkhead.cluster.secrets_driver import SecretsDriver as SecretsDriver
from bulkhead.cluster.secrets_driver import SecretsDriverArgs as SecretsDriverArgs
from bulkhead.cluster.services import ClusterServices as ClusterServices
from bulkhead.cluster.services import ClusterServicesArgs as ClusterServicesArgs
from bulkhead.foundation.access_logs import AccessLogBucket as AccessLogBucket
from bulkhead.foundation.access_logs import AccessLogBucketArgs as AccessLogBucketArgs
from bulkhead.foundation.alarms import AuditAlarms as AuditAlarms
from bulkhead.foundation.alarms import AuditAlarmsArgs as AuditAlarmsArgs
from bulkhead.foundation.boundary import WorkloadBoundary as WorkloadBoundary
from bulkhead.foundation.boundary import WorkloadBoundaryArgs as WorkloadBoundaryArgs
from bulkhead.foundation.file_systems import SharedFileSystem as SharedFileSystem
from bulkhead.foundation.file_systems import SharedFileSystemArgs as SharedFileSystemArgs
from bulkhead.foundation.keys import KeyPartition as KeyPartition
from bulkhead.foundation.keys import KeyPartitionArgs as KeyPartitionArgs
from bulkhead.foundation.network import PlaneNetwork as PlaneNetwork
from bulkhead.foundation.network import PlaneNetworkArgs as PlaneNetworkArgs
from bulkhead.foundation.partition_stores import PartitionStores as PartitionStores
from bulkhead.foundation.partition_stores import PartitionStoresArgs as PartitionStoresArgs
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
from bulkhead.workloads.gateway import GatewayNamespace as GatewayNamespace
from bulkhead.workloads.gateway import GatewayNamespaceArgs as GatewayNamespaceArgs
from bulkhead.workloads.secret_files import SecretFiles as SecretFiles
from bulkhead.workloads.secret_files import SecretFilesArgs as SecretFilesArgs
from bulkhead.workloads.tenant import TenantNamespace as TenantNamespace
from bulkhead.workloads.tenant import TenantNamespaceArgs as TenantNamespaceArgs

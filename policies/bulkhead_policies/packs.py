"""Packs: lists of rules to serve, and to compose anew."""

from bulkhead_policies import (
    clusters,
    cost,
    encryption,
    exposure,
    identity,
    isolation,
    keys,
    labels,
    retention,
    workloads,
)
from bulkhead_policies.rule import Rule

BASELINE: tuple[Rule, ...] = (
    clusters.audit_logged,
    clusters.authenticates_by_api,
    clusters.network_policies_enforced,
    encryption.cluster_secrets_encrypted,
    encryption.stores_encrypted,
    encryption.volumes_encrypted,
    exposure.endpoint_hidden,
    exposure.open_ingress_denied,
    exposure.public_access_blocked,
    exposure.public_addresses_denied,
    exposure.services_internal,
    exposure.strangers_denied,
    identity.administrators_denied,
    identity.pod_identity_tagged,
    identity.trust_restricted,
    identity.wildcards_denied,
    keys.key_deletion_waits,
    keys.keys_rotate,
    workloads.host_access_denied,
    workloads.metadata_guarded,
    workloads.privilege_denied,
)
"""What holds for any AWS and Kubernetes program, labelled or not."""

AI_PLATFORM: tuple[Rule, ...] = (
    *BASELINE,
    cost.families_limited,
    cost.nodes_limited,
    cost.regions_limited,
    encryption.buckets_encrypted,
    encryption.customer_keys_used,
    isolation.pattern_matches_tier,
    isolation.pod_security_enforced,
    isolation.resources_limited,
    isolation.traffic_denied,
    keys.key_matches_partition,
    keys.key_use_restricted,
    labels.label_values_known,
    labels.labels_present,
    labels.nodes_labelled,
    retention.logs_retained,
    retention.stores_protected,
)
"""Everything: the baseline, and what tiers, tenants and environments ask."""

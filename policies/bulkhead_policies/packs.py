"""Packs: lists of rules to serve, and to compose anew."""

from collections.abc import Mapping

from bulkhead_policies import (
    apis,
    balancers,
    buckets,
    clusters,
    cost,
    encryption,
    exposure,
    identity,
    isolation,
    keys,
    labels,
    networks,
    public_access,
    reach,
    retention,
    workloads,
)
from bulkhead_policies.rule import Rule

BASELINE: tuple[Rule, ...] = (
    apis.api_logs,
    apis.authorization_required,
    apis.clients_bounded,
    apis.function_strangers_denied,
    apis.stages_guarded,
    balancers.balancers_internal,
    balancers.balancers_log,
    balancers.smuggling_refused,
    balancers.tls_listened,
    balancers.tls_modern,
    buckets.acls_disabled,
    buckets.objects_expire,
    buckets.objects_versioned,
    buckets.tls_required,
    clusters.audit_logged,
    clusters.authenticates_by_api,
    clusters.network_policies_enforced,
    encryption.cluster_secrets_encrypted,
    encryption.stores_encrypted,
    encryption.volumes_encrypted,
    exposure.endpoint_hidden,
    exposure.open_ingress_denied,
    exposure.public_addresses_denied,
    exposure.services_internal,
    exposure.strangers_denied,
    identity.administrators_denied,
    identity.pod_identity_tagged,
    identity.trust_restricted,
    identity.wildcards_denied,
    keys.key_deletion_waits,
    keys.keys_rotate,
    networks.acls_restricted,
    networks.default_group_empty,
    networks.endpoints_restricted,
    networks.flows_logged,
    public_access.access_blocks_complete,
    public_access.public_access_blocked,
    workloads.host_access_denied,
    workloads.metadata_guarded,
    workloads.privilege_denied,
)
"""What holds for any AWS and Kubernetes program, labelled or not."""

AI_PLATFORM: tuple[Rule, ...] = (
    *BASELINE,
    buckets.access_logged,
    buckets.records_locked,
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
    networks.endpoints_present,
    networks.internet_routes_denied,
    reach.chained_ingress_denied,
    reach.egress_limited,
    retention.logs_retained,
    retention.stores_protected,
)
"""The baseline, and what tiers, tenants and environments ask."""

REGULATED: tuple[Rule, ...] = (*AI_PLATFORM,)
"""Every rule: also what only an audit asks for, at a price that not every platform wants to pay."""


def view(framework: str) -> tuple[Rule, ...]:
    """The rules that decide items of a public framework, for example ``CIS EKS`` or ``FSBP``."""
    return tuple(r for r in REGULATED if any(f.startswith(f"{framework} ") for f in r.frameworks))


PACKS: Mapping[str, tuple[Rule, ...]] = {
    "baseline": BASELINE,
    "ai-platform": AI_PLATFORM,
    "regulated": REGULATED,
    "aws-fsbp": view("FSBP"),
    "cis-eks": view("CIS EKS"),
    "genai-lens": view("GenAI Lens"),
    "mitre-atlas": view("ATLAS"),
}
"""Every pack by its name: each is served from the folder of this name in ``packs``, and
``ai-platform`` from the folder above."""

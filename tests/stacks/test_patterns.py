"""One environment's tenants on several patterns: each layer builds what each pattern asks."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.cluster.pool_arguments import GpuSharingArgs, PoolArgs, ReservationArgs, SealArgs
from bulkhead.cluster.sandbox_runtimes import KataImagesArgs
from bulkhead.domain.boundaries import SEPARATION
from bulkhead.domain.isolation import IsolationPattern
from bulkhead.patterns.arguments import Compartment, PatternArgs, QueueImagesArgs
from bulkhead.preview.plan import Plan, Resource
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment, preview_stack
from bulkhead.workloads.agent_sandbox import AgentSandboxArgs, DestinationArgs
from bulkhead.workloads.arguments import (
    ExemptionArgs,
    PeopleArgs,
    QuotaArgs,
    RiskArgs,
    TenantArgs,
)
from bulkhead.workloads.endpoint_arguments import (
    MetricsArgs,
    ModelArgs,
    ObjectiveArgs,
    ReleaseArgs,
    ReplicaArgs,
    ScannerArgs,
    ServerCertificatesArgs,
    SpendingArgs,
    VerificationArgs,
)
from bulkhead.workloads.image_verification import VerifierImagesArgs
from bulkhead.workloads.inference_endpoint import InferenceEndpointArgs
from bulkhead.workloads.sandbox_controller import SandboxControllerArgs
from bulkhead.workloads.scaling_controllers import ScalingImagesArgs
from bulkhead.workloads.training_arguments import (
    BudgetArgs,
    ComputeArgs,
    HoldArgs,
    TrainingArgs,
    TrainingQuotaArgs,
    WindowArgs,
)
from stacks.config import ExemptionConfig
from stacks.endpoint_config import (
    CardConfig,
    EndpointConfig,
    MetricsConfig,
    ObjectiveConfig,
    ReleaseConfig,
    ReplicaConfig,
    ScannerConfig,
    ServerCertificatesConfig,
    SpendingConfig,
    VerificationConfig,
)
from stacks.pool_config import PoolConfig, ReservationConfig, SealConfig, SharingConfig
from stacks.sandbox_config import DestinationConfig, SandboxConfig, SandboxControllerConfig
from stacks.tenants_file import (
    ClusterConfig,
    KataConfig,
    PeopleConfig,
    QueueImagesConfig,
    QuotaConfig,
    RiskConfig,
    ScalingImagesConfig,
    TenantConfig,
    VerifierImagesConfig,
)
from stacks.training_config import (
    BudgetConfig,
    ComputeConfig,
    HoldConfig,
    TrainingConfig,
    TrainingQuotaConfig,
    WindowConfig,
)
from tests.stacks.environments import every_pattern

ROOT = Path(__file__).parents[2]
PROJECT = load_project(ROOT)
PROD = ROOT / "stacks" / "tenants.prod.yaml"

Edit = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def prod() -> dict[str, Plan]:
    return {
        plan.stack: plan
        for plan in preview_environment(PROJECT, "prod", Options(assume_applied=True))
    }


@pytest.fixture
def refusal(tmp_path: Path) -> Callable[[Edit], set[str]]:
    """The sentences with which the layers of prod are refused after an edit of its file."""

    def preview(edit: Edit) -> set[str]:
        content = yaml.safe_load(PROD.read_text("utf-8"))
        edit(content)
        path = tmp_path / "tenants.test.yaml"
        path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
        plan = preview_stack(
            PROJECT, "prod-cluster", Options(config={"bulkhead:tenants": str(path)})
        )
        assert plan.resources == []
        return {error.message for error in plan.errors}

    return preview


def named(resources: Iterable[Resource], name: str) -> Resource:
    (found,) = [resource for resource in resources if resource.name == name]
    return found


def test_tenants_of_shared_patterns_have_one_cluster_and_the_others_their_own(
    prod: dict[str, Plan],
) -> None:
    """ISO-3, ISO-4, ISO-5: a tenant's pattern decides where it runs."""
    clusters = prod["prod-cluster"].of_type("aws:eks/cluster:Cluster")
    assert {cluster.name for cluster in clusters} == {"shared", "claims"}
    assert prod["prod-workloads"].outputs["clusters"] == {
        "support-assist": "shared",
        "doc-summary": "shared",
        "market-research": "shared",
        "fraud-models": "shared",
        "claims": "claims",
    }
    networks = {vpc.name: vpc for vpc in prod["prod-foundation"].of_type("aws:ec2/vpc:Vpc")}
    assert set(networks) == {"shared", "claims"}


def test_what_a_cluster_shares_is_held_to_its_own_tenants_and_not_to_others(
    prod: dict[str, Plan],
) -> None:
    """KEY-1: the keys of the regulated tier are for the regulated tenant's cluster alone."""
    keys = prod["prod-foundation"].outputs["key_arns"]
    clusters = prod["prod-cluster"].of_type("aws:eks/cluster:Cluster")
    used = {
        cluster.name: cluster.inputs["encryptionConfig"]["provider"]["keyArn"]
        for cluster in clusters
    }
    assert used == {
        "shared": keys["confidential"]["secret"],
        "claims": keys["regulated"]["secret"],
    }


def test_a_tenants_objects_are_made_in_its_own_cluster(prod: dict[str, Plan]) -> None:
    """ISO-5: nothing of one tenant's is made through the API server of another's cluster."""
    clusters = prod["prod-workloads"].outputs["clusters"]
    kubeconfigs = {
        name: made["kubeconfig"] for name, made in prod["prod-cluster"].outputs["clusters"].items()
    }
    seen = set()
    for resource in prod["prod-workloads"].resources:
        tenant = (
            (resource.inputs.get("metadata") or {}).get("labels", {}).get("bulkhead.dev/tenant")
        )
        if not resource.type.startswith("kubernetes:") or tenant not in clusters:
            continue
        provider = resource.options["provider"].rpartition("::")[0].rpartition("::")[2]
        assert provider == clusters[tenant], resource.urn
        seen.add(tenant)
    assert seen == set(clusters)
    for provider in prod["prod-workloads"].of_type("pulumi:providers:kubernetes"):
        assert provider.inputs["kubeconfig"] == kubeconfigs[provider.name]


def test_a_tenant_gets_from_the_stacks_what_it_gets_from_its_patterns_component(
    prod: dict[str, Plan],
) -> None:
    got = prod["prod-workloads"].outputs["tenants"]
    for name, told in got.items():
        assert set(told) == set(Compartment.__annotations__), name
    assert got["fraud-models"]["node_selector"] == {"bulkhead.dev/tenant": "fraud-models"}
    assert got["claims"]["node_selector"] == {"bulkhead.dev/tenant": "claims"}
    assert got["support-assist"]["node_selector"] == {}
    isolation = prod["prod-workloads"].outputs["isolation"]
    assert isolation["claims"] == SEPARATION[IsolationPattern.SINGLE_TENANT_CLUSTER]
    assert isolation["doc-summary"] == SEPARATION[IsolationPattern.SHARED_CLUSTER]


def test_nodes_of_ones_own_carry_the_taint_that_the_namespace_names(prod: dict[str, Plan]) -> None:
    pools = prod["prod-cluster"].of_type("aws:eks/nodeGroup:NodeGroup")
    taints = {
        pool.name: {f"{t['key']}={t['value']}" for t in pool.inputs.get("taints") or []}
        for pool in pools
    }
    assert "bulkhead.dev/tenant=fraud-models" in taints["shared-fraud-gpu"]
    assert "bulkhead.dev/tenant=claims" in taints["claims-general"]
    assert not any("bulkhead.dev" in taint for taint in taints["shared-general"])
    spaces = {
        space.inputs["metadata"]["name"]: space.inputs["metadata"]["labels"]
        for space in prod["prod-workloads"].of_type("kubernetes:core/v1:Namespace")
    }
    assert spaces["fraud-models"]["bulkhead.dev/nodes"] == "tenant"
    assert "bulkhead.dev/nodes" not in spaces["support-assist"]


def at_tenant(whose: str, **changes: Any) -> Edit:
    def edit(content: dict[str, Any]) -> None:
        (tenant,) = [each for each in content["tenants"] if each["name"] == whose]
        tenant.update(changes)

    return edit


def at_pool(cluster: str, pool_name: str, **changes: Any) -> Edit:
    def edit(content: dict[str, Any]) -> None:
        (pool,) = [p for p in content["clusters"][cluster]["pools"] if p["name"] == pool_name]
        pool.update(changes)

    return edit


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            at_tenant("claims", pattern="dedicated-node-pools"),
            "tenants.claims: tier 'regulated' needs very high isolation and may not run on pattern "
            "'dedicated-node-pools', whose isolation is high; the weakest pattern that would do is "
            "'single-tenant-cluster'",
        ),
        (
            at_tenant("doc-summary", pattern="single-tenant-cluster"),
            "clusters: tenant 'doc-summary' on pattern 'single-tenant-cluster' needs cluster "
            "'doc-summary', got 'shared, claims'; allowed: its cidr and pools under doc-summary",
        ),
        (
            at_tenant("claims", name="shared"),
            "tenants.shared.name: the name of a cluster that tenants have in common, got "
            "'shared'; allowed: any but shared and confidential",
        ),
        (
            lambda content: content["clusters"].update(spare=content["clusters"]["claims"]),
            "clusters: no tenant runs on the cluster, got 'spare'; allowed: claims, shared",
        ),
        (
            lambda content: content["clusters"]["claims"].update(cidr="10.22.64.0/20"),
            "clusters.claims.cidr: the network overlaps that of cluster 'shared' (10.22.0.0/16), "
            "got '10.22.64.0/20'",
        ),
        (
            at_pool("shared", "fraud-gpu", tenant="fraud-modles"),
            "clusters.shared.pools.fraud-gpu.tenant: no such tenant, got 'fraud-modles'; allowed: "
            "fraud-models",
        ),
        (
            at_pool("shared", "fraud-gpu", tenant="support-assist"),
            "clusters.shared.pools.fraud-gpu.tenant: no such tenant, got 'support-assist'; "
            "allowed: fraud-models",
        ),
        (
            at_pool("shared", "fraud-gpu", tier="restricted", tenant=None),
            "clusters.shared.pools.fraud-gpu.tier: no tenant of this tier, got 'restricted'; "
            "allowed: confidential",
        ),
        (
            lambda content: content["clusters"]["shared"]["pools"].pop(),
            "clusters.shared.pools: no pool takes the pods of 'fraud-models'; allowed: one of "
            "tenant fraud-models or of tier confidential",
        ),
        (
            lambda content: content["clusters"]["shared"].update(
                pools=content["clusters"]["shared"]["pools"][2:]
            ),
            "clusters.shared.pools: no pool takes the pods of 'support-assist'; allowed: one that "
            "is no tenant's or tier's",
        ),
        (
            at_pool("shared", "fraud-gpu", max_size=1, min_size=0, desired_size=0),
            "tenants: the quotas of gpus of fraud-models are more than their pools grow to, got "
            "'8'; allowed: at most 4",
        ),
        (
            lambda content: content["clusters"]["claims"].update(
                egress={"training": ["huggingface.co"]}
            ),
            "clusters.claims.egress: the tier reaches nothing but VPC endpoints, got 'regulated'; "
            "allowed: domains for public, internal, confidential",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_its_path(
    refusal: Callable[[Edit], set[str]], edit: Edit, sentence: str
) -> None:
    assert refusal(edit) == {f"tenants.test.yaml: {sentence}"}


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            lambda clusters: clusters["ledger"]["pools"][0].update(max_size=9),
            "clusters.ledger.pools[0]: the hosts are too few for the pool, got '9 nodes on 1 "
            "hosts'; allowed: a max_size of at most 6, or more hosts",
        ),
        (
            lambda clusters: clusters["ledger"]["pools"][0].update(zone="eu-central-1d"),
            "clusters.ledger.pools.hosts.zone: the zone is none of the network's, got "
            "'eu-central-1d'; allowed: eu-central-1a, eu-central-1b, eu-central-1c",
        ),
        (
            lambda clusters: clusters["confidential"].pop("enclave_plugin"),
            "clusters.confidential.enclave_plugin: ",
        ),
        (
            lambda clusters: clusters["confidential"]["pools"][0].pop("seal"),
            "clusters.confidential.pools.enclaves.seal: a confidential pool says what seals it; "
            "allowed: sev-snp, nitro-enclaves, nitro-tpm",
        ),
        (
            lambda clusters: clusters["shared"]["pools"][3].update(
                hosts=1, instance_types=["m7i.8xlarge"], zone="eu-central-1a"
            ),
            "clusters.shared.pools.fraud-gpu.zone: the zone is none of the network's, got "
            "'eu-central-1a'; allowed: one that zones names",
        ),
    ],
)
def test_hosts_and_seals_that_do_not_fit_are_refused_with_their_path(
    tmp_path: Path, edit: Edit, sentence: str
) -> None:
    content = every_pattern()
    edit(content["clusters"])
    path = tmp_path / "tenants.test.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    plan = preview_stack(PROJECT, "prod-cluster", Options(config={"bulkhead:tenants": str(path)}))
    assert plan.resources == []
    (error,) = plan.errors
    assert error.message.startswith(f"tenants.test.yaml: {sentence}")


def test_a_waiting_tenants_cluster_is_written_and_not_built(
    tmp_path: Path, prod: dict[str, Plan]
) -> None:
    content = yaml.safe_load(PROD.read_text("utf-8"))
    content["tenants"][-1]["enabled"] = False
    path = tmp_path / "tenants.test.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    plan = preview_stack(
        PROJECT, "prod-foundation", Options(config={"bulkhead:tenants": str(path)})
    )
    assert plan.errors == []
    assert [vpc.name for vpc in plan.of_type("aws:ec2/vpc:Vpc")] == ["shared"]


@pytest.mark.parametrize(
    ("config", "args", "more"),
    [
        (PoolConfig, PoolArgs, set()),
        (ReservationConfig, ReservationArgs, set()),
        (SharingConfig, GpuSharingArgs, set()),
        (KataConfig, KataImagesArgs, set()),
        (SealConfig, SealArgs, set()),
        (TenantConfig, TenantArgs, set()),
        (TrainingConfig, TrainingArgs, set()),
        (TrainingQuotaConfig, TrainingQuotaArgs, set()),
        (BudgetConfig, BudgetArgs, set()),
        (ComputeConfig, ComputeArgs, set()),
        (WindowConfig, WindowArgs, set()),
        (HoldConfig, HoldArgs, set()),
        (QueueImagesConfig, QueueImagesArgs, set()),
        (
            SandboxConfig,
            AgentSandboxArgs,
            {"scope", "tenant", "version", "nodes", "registries"},
        ),
        (DestinationConfig, DestinationArgs, set()),
        (
            SandboxControllerConfig,
            SandboxControllerArgs,
            {"scope", "tier", "cluster_cidrs", "version"},
        ),
        (QuotaConfig, QuotaArgs, set()),
        (RiskConfig, RiskArgs, set()),
        (ExemptionConfig, ExemptionArgs, set()),
        (PeopleConfig, PeopleArgs, set()),
        (ScalingImagesConfig, ScalingImagesArgs, set()),
        (VerifierImagesConfig, VerifierImagesArgs, set()),
        (
            EndpointConfig,
            InferenceEndpointArgs,
            {"scope", "tenant", "role_arn", "nodes", "registries"},
        ),
        (ReleaseConfig, ReleaseArgs, set()),
        (CardConfig, ModelArgs, {"name"}),
        (ReplicaConfig, ReplicaArgs, set()),
        (VerificationConfig, VerificationArgs, set()),
        (ServerCertificatesConfig, ServerCertificatesArgs, set()),
        (SpendingConfig, SpendingArgs, set()),
        (ObjectiveConfig, ObjectiveArgs, set()),
        (MetricsConfig, MetricsArgs, set()),
        (ScannerConfig, ScannerArgs, set()),
        (
            ClusterConfig,
            PatternArgs,
            {
                *("scope", "administrators", "tenants", "network", "foundation"),
                "alarm_topic_arn",
            },
        ),
    ],
)
def test_the_file_knows_every_key_that_components_know(
    config: Any, args: Any, more: set[str]
) -> None:
    """``more`` are those that the layers themselves tell the components."""
    assert set(args.__annotations__) - more <= set(config.model_fields)

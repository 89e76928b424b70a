import datetime
import ipaddress
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bulkhead.domain.endpoint_services import EndpointService
from bulkhead.domain.environments import Environment
from bulkhead.domain.labels import REQUIRED_KEYS, read_labels
from bulkhead.domain.stores import BUCKETS, Store
from bulkhead.preview.plan import Plan
from bulkhead.preview.project import load_project
from bulkhead.preview.run import Options, preview_environment, preview_stack
from stacks.layers import LAYERS
from stacks.schemas import schemas
from tests.stacks.environments import Edit

ROOT = Path(__file__).parents[2]
PROJECT = load_project(ROOT)


def layer(name: str, **config: Any) -> Plan:
    """A layer of dev with some of its configuration changed; objects as the CLI hands them over."""
    written = {
        f"bulkhead:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in config.items()
    }
    return preview_stack(PROJECT, f"dev-{name}", Options(config=written))


def refusal(plan: Plan) -> str:
    """The sentence with which a layer is refused, before it registers anything."""
    assert plan.resources == []
    (error,) = plan.errors
    return error.message


@pytest.fixture(scope="module")
def dev() -> dict[str, Plan]:
    return {plan.stack: plan for plan in preview_environment(PROJECT, "dev")}


def in_dev(dev: dict[str, Plan]) -> Iterator[Any]:
    for plan in dev.values():
        yield from plan.resources


def test_the_layers_of_dev_preview_without_errors(dev: dict[str, Plan]) -> None:
    assert list(dev) == ["dev-foundation", "dev-cluster", "dev-workloads"]
    for plan in dev.values():
        assert [error.message for error in plan.errors] == []
        assert plan.notes == []


@pytest.mark.parametrize("environment", Environment)
def test_every_environment_previews_clean_under_every_rule(environment: Environment) -> None:
    options = Options(packs=[ROOT / "policies" / "packs" / "regulated"])
    plans = list(preview_environment(PROJECT, environment, options))
    assert [plan.stack for plan in plans] == [f"{environment}-{layer}" for layer in LAYERS]
    for plan in plans:
        assert [error.message for error in plan.errors] == []
        assert [(v.policy, v.urn, v.message) for v in plan.violations] == []
        assert plan.notes == []


def test_no_two_environments_share_an_account_or_addresses() -> None:
    files = [ROOT / "stacks" / f"tenants.{environment}.yaml" for environment in Environment]
    accounts = {yaml.safe_load(file.read_text("utf-8"))["platform"]["account_id"] for file in files}
    networks = [
        ipaddress.ip_network(cluster["cidr"])
        for file in files
        for cluster in yaml.safe_load(file.read_text("utf-8"))["clusters"].values()
    ]
    assert len(accounts) == len(Environment)
    assert not any(a.overlaps(b) for a, b in itertools.combinations(networks, 2))


def test_each_enabled_tenant_has_a_namespace_and_the_waiting_one_none(dev: dict[str, Plan]) -> None:
    namespaces = {
        r.inputs["metadata"]["name"]
        for r in dev["dev-workloads"].of_type("kubernetes:core/v1:Namespace")
    }
    platform = {"bulkhead-gateway", "envoy-gateway-system", "kueue-system"}
    tenants = {"support-assist", "doc-summary", "market-research"}
    tenants |= {"support-assist-training", "doc-summary-sandbox"}
    assert namespaces - platform == tenants
    assert platform <= namespaces
    tiers = {
        name: told["labels"]["bulkhead.dev/tier"]
        for name, told in dev["dev-workloads"].outputs["tenants"].items()
    }
    assert tiers == {
        "support-assist": "internal",
        "doc-summary": "internal",
        "market-research": "public",
    }


def test_no_tier_has_keys_or_stores_that_no_tenant_uses(dev: dict[str, Plan]) -> None:
    foundation = dev["dev-foundation"]
    assert set(foundation.outputs["key_arns"]) == {"public", "internal"}
    for output in ("buckets", "model_buckets", "image_repositories"):
        assert set(foundation.outputs[output]) == {"public", "internal"}


def test_every_tier_in_use_has_all_stores_with_logs_and_its_tenants_repositories(
    dev: dict[str, Plan],
) -> None:
    foundation = dev["dev-foundation"]
    repositories = {r.inputs["name"] for r in foundation.of_type("aws:ecr/repository:Repository")}
    assert repositories == {
        "dev/public/market-research",
        "dev/internal/support-assist",
        "dev/internal/doc-summary",
        *(f"dev/internal/platform/{each}" for each in ("vllm", "model-signing", "otel-collector")),
        "dev/internal/support-assist/models/llama",
        "dev/internal/doc-summary/python",
    }
    for tier in ("public", "internal"):
        assert set(foundation.outputs["buckets"][tier]) == set(Store)
        logs = f"dev-{tier}-access-logs-111122223333-eu-central-1"
        targets = {
            logging.inputs["bucket"]: logging.inputs["targetBucket"]
            for logging in foundation.of_type("aws:s3/bucketLogging:BucketLogging")
            if logging.inputs["bucket"].startswith(f"dev-{tier}-")
        }
        assert len(targets) == len(BUCKETS) + (2 if tier == "internal" else 0)  # those of audit
        assert set(targets.values()) == {logs}


def test_a_layer_uses_what_the_one_before_it_made(dev: dict[str, Plan]) -> None:
    (config,) = [
        r
        for r in dev["dev-workloads"].of_type("kubernetes:core/v1:ConfigMap")
        if r.inputs["metadata"]["namespace"] == "market-research"
    ]
    bucket = dev["dev-foundation"].outputs["model_buckets"]["public"]
    assert config.inputs["data"]["MODEL_ARTIFACTS_BUCKET"] == bucket
    (cluster,) = dev["dev-cluster"].of_type("aws:eks/cluster:Cluster")
    pools = {
        pool.name: pool.inputs["subnetIds"]
        for pool in dev["dev-cluster"].of_type("aws:eks/nodeGroup:NodeGroup")
    }
    system = set(pools.pop("shared-system"))
    assert system
    assert not [name for name, subnets in pools.items() if system & set(subnets)]
    assert all(subnet.startswith("subnet-") for subnet in cluster.inputs["vpcConfig"]["subnetIds"])


def test_every_provider_is_pinned_to_the_account_and_region(dev: dict[str, Plan]) -> None:
    for plan in dev.values():
        (provider,) = plan.of_type("pulumi:providers:aws")
        accounts = provider.inputs["allowedAccountIds"]
        assert json.loads(accounts) if isinstance(accounts, str) else accounts == ["111122223333"]
        assert provider.inputs["region"] == "eu-central-1"


def test_everything_that_takes_tags_or_labels_carries_the_label_set(dev: dict[str, Plan]) -> None:
    for resource in in_dev(dev):
        metadata = resource.inputs.get("metadata", {})
        found = resource.inputs.get("tags") or metadata.get("labels")
        if isinstance(found, list):  # those of a group of instances
            found = {tag["key"]: tag["value"] for tag in found}
        if found is not None:
            assert set(REQUIRED_KEYS) <= set(read_labels(found)), resource.urn


def test_capacity_is_what_the_tenants_pools_can_grow_to(dev: dict[str, Plan]) -> None:
    assert dev["dev-cluster"].outputs["clusters"]["shared"]["capacity"] == {
        "gpus": 10,
        "cpus": 288,
        "memory_gib": 1152,
    }


def test_switching_the_regulated_tenant_on_is_refused_with_what_would_do(
    edited: Callable[[Edit], str],
) -> None:
    file = edited(lambda content: content["tenants"][3].update(enabled=True))
    for name in ("foundation", "cluster", "workloads"):
        assert refusal(layer(name, tenants=file)) == (
            "tenants.test.yaml: tenants.fraud-scoring: tier 'regulated' needs very high isolation "
            "and may not run on pattern 'shared-cluster', whose isolation is medium; the weakest "
            "pattern that would do is 'single-tenant-cluster'"
        )


@pytest.mark.parametrize(
    ("name", "config", "sentence"),
    [
        (
            "foundation",
            {"alarm_mails": ["a@b.example"]},
            "Pulumi.dev-foundation.yaml: unknown key, got 'bulkhead:alarm_mails'; "
            "allowed: alarm_emails, config_role, pipelines, tenants",
        ),
        (
            "foundation",
            {"tenants": "tenants.nowhere.yaml"},
            "Pulumi.dev-foundation.yaml: bulkhead:tenants: the tenants file is missing, got "
            "'tenants.nowhere.yaml'; allowed: a file in stacks/, by default tenants.dev.yaml",
        ),
        (
            "workloads",
            {"cluster": "shared"},
            "Pulumi.dev-workloads.yaml: unknown key, got 'bulkhead:cluster'; "
            "allowed: debug_access, public_edges, tenants",
        ),
    ],
)
def test_a_wrong_configuration_is_refused_with_its_path(
    name: str, config: dict[str, Any], sentence: str
) -> None:
    assert refusal(layer(name, **config)) == sentence


DEBUGGING = {
    "name": "incident-4711",
    "tenant": "doc-summary",
    "people": ["arn:aws:iam::111122223333:role/sso/on-call"],
    "owner": "documents",
    "reason": "Incident 4711: the server leaks",
    "starts": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:00:00Z"),
    "hours": 4,
}


def test_debug_access_is_granted_where_the_configuration_says_so() -> None:
    plan = layer("workloads", debug_access=[DEBUGGING])
    assert [error.message for error in plan.errors] == []
    (role,) = [r for r in plan.of_type("aws:iam/role:Role") if "incident" in r.name]
    assert role.inputs["name"] == "dev-debug-doc-summary-incident-4711"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"tenant": "nobody"},
            "Pulumi.dev-workloads.yaml: bulkhead:debug_access.incident-4711.tenant: debug access "
            "to an unknown tenant, got 'nobody'; allowed: support-assist, doc-summary, "
            "market-research",
        ),
        (
            {"starts": "2026-01-01T00:00:00Z"},
            "incident-4711.starts: debug access has expired, got '2026-01-01T04:00:00Z'; allowed: "
            "a later start, or none: take it away",
        ),
    ],
)
def test_debug_access_that_is_none_is_refused(changes: dict[str, Any], sentence: str) -> None:
    assert refusal(layer("workloads", debug_access=[{**DEBUGGING, **changes}])) == sentence


def at_tenant(number: int, **changes: Any) -> Edit:
    return lambda content: content["tenants"][number].update(changes)


def at_platform(**changes: Any) -> Edit:
    return lambda content: content["platform"].update(changes)


def at_cluster(**changes: Any) -> Edit:
    return lambda content: content["clusters"]["shared"].update(changes)


def at_pool(**changes: Any) -> Edit:
    return lambda content: content["clusters"]["shared"]["pools"][1].update(changes)


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (
            at_tenant(0, tier="top-secret"),
            "tenants[0].tier: unknown tier, got 'top-secret'; "
            "allowed: public, internal, confidential, restricted, regulated",
        ),
        (
            at_tenant(1, name="support-assist"),
            "tenants: a tenant's name stands twice, got 'support-assist'",
        ),
        (
            at_tenant(0, teir="public"),
            "tenants[0]: unknown key, got 'teir'; allowed: cost_center, enabled, endpoints, "
            "exemption, name, "
            "organization, owner, pattern, people, project, quota, risk, "
            "sandbox, secrets, "
            "tier, training",
        ),
        (
            at_tenant(0, quota={"gpus": "two"}),
            "tenants[0].quota.gpus: not a usable value, got 'two'; "
            "allowed: integer, unable to parse string as an integer",
        ),
        (
            at_cluster(cidr="10.20.0.0/24"),
            "clusters.shared.cidr: the network is too small for the planes "
            "and their zones, got '10.20.0.0/24'; allowed: /16 to /20",
        ),
        (
            at_cluster(cidr="172.20.0.0/18"),
            "clusters.shared.cidr: the network overlaps the addresses of "
            "Kubernetes services (172.20.0.0/16), got '172.20.0.0/18'",
        ),
        (
            at_cluster(cidr="10.20.0.0"),
            "clusters.shared.cidr: a VPC of this size is not possible, got "
            "'10.20.0.0'; allowed: /16 to /28",
        ),
        (
            at_cluster(zones="eu-central-1a"),
            "clusters.shared.zones: not a usable value, got 'eu-central-1a'; allowed: list",
        ),
        (
            at_cluster(zones=["eu-central-1a"]),
            "clusters.shared.zones: not the right number of different "
            "zones, got 'eu-central-1a'; allowed: 2 or 3, each once",
        ),
        (
            at_cluster(services=["secretmanager"]),
            "clusters.shared.services: unknown endpoint service, got "
            f"'secretmanager'; allowed: {', '.join(EndpointService)}",
        ),
        (
            at_cluster(pool=[]),
            "clusters.shared: unknown key, got 'pool'; allowed: addon_versions, cidr, egress, "
            "enclave_plugin, exempt_namespaces, gateway, karpenter_image, kata, operator_networks, "
            "pools, private_domains, queue_images, sandbox_controller, "
            "scaling_images, services, system_pool, verifier_images, version, zones",
        ),
        (
            at_cluster(pools=[]),
            "clusters.shared.pools: not a usable value, got '[]'; allowed: List should have at "
            "least 1 item after validation, not 0",
        ),
        (
            at_pool(max=4),
            "clusters.shared.pools[1]: unknown key, got 'max'; allowed: ami_id, desired_size, "
            "disk_gib, efa, hosts, image, instance_types, max_size, min_size, name, plane, "
            "provisioner, release, reservation, runtimes, seal, sharing, tenant, tier, zone",
        ),
        (
            at_pool(max_size="many"),
            "clusters.shared.pools[1].max_size: not a usable value, got 'many'; "
            "allowed: integer, unable to parse string as an integer",
        ),
        (
            lambda content: content["clusters"]["shared"]["pools"][1].pop("instance_types"),
            "clusters.shared.pools[1].instance_types: a missing key",
        ),
        (
            at_pool(instance_types=["g9.huge"]),
            "clusters.shared.pools[1].instance_types: unknown instance type, got "
            "'g9.huge'; allowed: a type of c6a, c7a, c7g, c7i, c8i, g4dn, g5, g6, g6e, m6a, m7a, "
            "m7g, m7i, m8i, p4d, p4de, p5, p5e, p5en, p6-b200, r6a, r7a, r7g, r7i, r8i",
        ),
        (
            at_pool(max_size=7),
            "tenants: the quotas of gpus of support-assist, doc-summary, market-research are more "
            "than their pools grow to, got '8'; allowed: at most 7",
        ),
        (
            at_cluster(operator_networks=["8.8.8.0/24"]),
            "clusters.shared.operator_networks: not a private network, got "
            "'8.8.8.0/24'; allowed: one in 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, "
            "100.64.0.0/10",
        ),
        (
            at_cluster(version="1.20"),
            "clusters.shared.version: unsupported Kubernetes version, got '1.20'; "
            "allowed: 1.35, 1.36, 1.37",
        ),
        (
            at_platform(region="eu-south-1"),
            "platform.region: unsupported region, got 'eu-south-1'; allowed: ap-northeast-1, "
            "ap-northeast-2, ap-northeast-3, ap-south-1, ap-southeast-1, ap-southeast-2, "
            "ca-central-1, eu-central-1, eu-north-1, eu-west-1, eu-west-2, eu-west-3, sa-east-1, "
            "us-east-1, us-east-2, us-west-1, us-west-2",
        ),
        (
            at_platform(account_id="12345"),
            "platform.account_id: not an AWS account ID, got '12345'; "
            "allowed: twelve digits, as a string",
        ),
        (
            at_platform(version="1.20"),
            "platform.version: unsupported Kubernetes version, got '1.20'; "
            "allowed: 1.35, 1.36, 1.37",
        ),
        (
            lambda content: content["platform"].pop("owner"),
            "platform.owner: a missing key",
        ),
        (
            lambda content: content.update(tenants=[]),
            "tenants: no tenant is enabled; allowed: at least one",
        ),
        (
            at_platform(administrators=["arn:aws:iam::111122223333:user/me"]),
            "platform.administrators: not the ARN of an IAM role, got "
            "'arn:aws:iam::111122223333:user/me'; "
            "allowed: arn:aws:iam::<account>:role/<path and name>",
        ),
    ],
)
def test_a_wrong_tenants_file_is_refused_with_its_path(
    edited: Callable[[Edit], str], edit: Edit, sentence: str
) -> None:
    assert refusal(layer("foundation", tenants=edited(edit))) == f"tenants.test.yaml: {sentence}"


def test_a_tenants_file_that_is_no_yaml_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "tenants.test.yaml"
    path.write_text("tenants:\n  - name: a\n tier: b\n", "utf-8")
    sentence = refusal(layer("foundation", tenants=str(path)))
    assert sentence.startswith("tenants.test.yaml: not YAML")
    assert "line 3" in sentence


@pytest.mark.parametrize("stack", ["dev-frontend", "dev", "qa-cluster"])
def test_a_stack_that_is_no_layer_of_an_environment_is_refused(
    stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bulkhead.domain.errors import RefusedError
    from stacks.layers import find_layer

    with pytest.raises(RefusedError, match=r"^stack: unknown (layer|environment), got "):
        find_layer(stack)


def test_the_published_schemas_are_current() -> None:
    stale = [path.name for path, text in schemas().items() if path.read_text("utf-8") != text]
    assert stale == [], "run python -m stacks.schemas"


def test_every_configuration_file_names_its_schema() -> None:
    for path in (ROOT / "stacks").glob("*.yaml"):
        first = path.read_text("utf-8").splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=schema/")
        assert (ROOT / "stacks" / first.partition("=")[2]).is_file()


def foundation_of_dev_in(environment: Environment, file: str) -> Plan:
    """The foundation of dev's tenants, from a file of theirs, in another environment."""
    config = {"bulkhead:tenants": file}
    plan = preview_stack(PROJECT, f"{environment}-foundation", Options(config=config))
    assert [error.message for error in plan.errors] == []
    return plan


def may_delete_keys(plan: Plan) -> dict[str, str]:
    """The statement that lets somebody schedule a key's deletion, by key."""
    return {
        key.name: statement["Sid"]
        for key in plan.of_type("aws:kms/key:Key")
        for statement in json.loads(key.inputs["policy"])["Statement"]
        if statement["Effect"] == "Allow" and "kms:ScheduleKeyDeletion" in statement["Action"]
    }


def test_prod_is_stricter_than_dev_by_the_catalogue_alone(edited: Callable[[Edit], str]) -> None:
    """ISO-1, KEY-4, NET-1: nothing but the environment's name differs between the two."""
    # Images are an environment's own.
    file = edited(
        lambda content: (
            content["tenants"][0].pop("endpoints"),
            content["tenants"][1].pop("sandbox"),
        )
    )
    dev, prod = (foundation_of_dev_in(each, file) for each in (Environment.DEV, Environment.PROD))
    made_in_dev, made_in_prod = (
        {(resource.type, resource.name) for resource in plan.resources} for plan in (dev, prod)
    )
    assert made_in_dev < made_in_prod
    assert set(may_delete_keys(dev).values()) == {"AdministerWithoutUse"}
    assert set(may_delete_keys(prod).values()) == {"RemoveOnceApproved"}

"""Every entry of the rules' tables is looked at: each type, each property, each word."""

from typing import Any

import pytest

from bulkhead.preview.shapes import check_inputs
from bulkhead_policies import exposure, identity, labels, retention, stores, tokens
from bulkhead_policies.packs import AI_PLATFORM
from bulkhead_policies.pods import EVERY, POD_PATHS, Path
from tests.policies.parts import (
    BUCKET_ENCRYPTION,
    CLUSTER,
    CONTAINER,
    INSTANCE,
    KEY_ARN,
    LAUNCH_TEMPLATE,
    NETWORK_ADDON,
    NODE_GROUP,
    POD_SPEC,
    PUBLIC_ACCESS_BLOCK,
    ROLE_POLICY,
    allow,
    bucket,
    compartment,
    document,
    key,
    stored,
    tags,
)
from tests.policies.scenes import Declared, found
from tests.policies.twins import exposure as exposed

RULES = {rule.id: rule for rule in AI_PLATFORM}
ROOT = {"AWS": "arn:aws:iam::123456789012:root"}


def nested(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    """``value`` at the end of a chain of mappings, in which ``EVERY`` is a list of one."""
    for step in reversed(path):
        value = [value] if step == EVERY else {step: value}
    return dict(value)


def breaks(rule: str, *scene: Declared) -> bool:
    return rule in {said.policyName for said in found(scene)}


def has_no_unknown_property(resource: Declared) -> bool:
    errors = check_inputs(resource.type, resource.properties)
    return [e for e in errors if e.message != "missing required property"] == []


@pytest.mark.parametrize(("token", "path"), sorted(stores.ENCRYPTION_FLAGS.items()))
def test_stores_must_encrypt(token: str, path: tuple[str, ...]) -> None:
    encrypted = Declared(token, nested(path, True))
    assert has_no_unknown_property(encrypted)
    assert breaks("bulkhead-storage-encrypt-data", Declared(token, {}))
    assert not breaks("bulkhead-storage-encrypt-data", encrypted)


@pytest.mark.parametrize(("token", "path"), sorted(stores.KEY_PATHS.items()))
def test_stores_must_name_a_key(token: str, path: tuple[str, ...]) -> None:
    bare = Declared(token, {"tags": tags("restricted")})
    keyed = Declared(token, {**bare.properties, **nested(path, KEY_ARN)})
    assert has_no_unknown_property(keyed)
    assert breaks("bulkhead-storage-use-customer-keys", bare)
    assert not breaks("bulkhead-storage-use-customer-keys", keyed)


@pytest.mark.parametrize(("token", "properties"), sorted(stores.KEY_PROPERTIES.items()))
def test_keys_of_another_partition_are_found_wherever_they_are_named(
    token: str, properties: tuple[str, ...]
) -> None:
    for name in properties:
        store = Declared(token, {"tags": tags()}).depending(**{name: "key"})
        assert breaks("bulkhead-kms-match-partition", key("restricted"), store)
        declared = check_inputs(token, {name: None, "noSuchProperty": None})
        assert [e.path for e in declared if "unknown" in e.message] == ["noSuchProperty"]


@pytest.mark.parametrize("token", sorted(stores.BUCKET_ENCRYPTION.holders))
@pytest.mark.parametrize("prop", ["rule", "rules"])
def test_the_key_of_a_bucket_is_found_in_its_companion(token: str, prop: str) -> None:
    companion = Declared(token, {"bucket": "summaries"}, "companion").depending(**{prop: "key"})
    scene = (key("restricted"), *stored(bucket(), companion))
    assert breaks("bulkhead-kms-match-partition", *scene)


@pytest.mark.parametrize(("token", "prop"), sorted(exposure.RESOURCE_POLICIES.items()))
def test_policies_of_resources_are_evaluated(token: str, prop: str) -> None:
    open_to_all = Declared(token, {prop: document(allow("*", "*"))})
    assert has_no_unknown_property(open_to_all)
    assert breaks("bulkhead-data-deny-strangers", open_to_all)


@pytest.mark.parametrize(("token", "paths"), sorted(POD_PATHS.items()))
def test_pods_of_every_controller_are_judged(token: str, paths: tuple[Path, ...]) -> None:
    privileged = {**CONTAINER, "securityContext": {"privileged": True}}
    for path in paths:
        spec = {**POD_SPEC, "hostPID": True, "containers": [privileged]}
        pods = Declared(token, nested(path, spec))
        assert has_no_unknown_property(pods)
        assert breaks("bulkhead-pod-deny-host-access", pods)
        assert breaks("bulkhead-pod-deny-privilege", pods)


@pytest.mark.parametrize("group", ["containers", "initContainers", "ephemeralContainers"])
def test_containers_are_judged_whenever_they_run(group: str) -> None:
    pod = Declared("kubernetes:core/v1:Pod", {"spec": {group: [{"name": "x"}]}})
    assert has_no_unknown_property(pod)
    assert breaks("bulkhead-pod-deny-privilege", pod)


@pytest.mark.parametrize("kind", sorted(labels.LABELLED))
def test_what_costs_or_holds_data_is_labelled(kind: str) -> None:
    assert breaks("bulkhead-labels-require-keys", Declared(kind, {}))
    told: dict[str, Any] = {"tags": {}} if kind.startswith("aws:") else {"metadata": {"labels": {}}}
    if kind != "aws:autoscaling/group:Group":
        assert has_no_unknown_property(Declared(kind, told))


@pytest.mark.parametrize(
    "key_left_out",
    ["tenant", "tier", "environment", "plane", "owner", "cost-center", "project", "workload"],
)
def test_every_label_is_required(key_left_out: str) -> None:
    some = {k: v for k, v in tags().items() if k != f"bulkhead:{key_left_out}"}
    topic = Declared("aws:sns/topic:Topic", {"kmsMasterKeyId": "alias/own", "tags": some})
    [said] = found((topic,))
    assert said.message.partition("\n")[2].startswith(f"labels are missing: {key_left_out}.")


@pytest.mark.parametrize("token", sorted(retention.PROTECTED))
@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_what_takes_data_with_it_is_protected(token: str, environment: str) -> None:
    store = Declared(token, {"tags": tags(environment=environment)})
    assert breaks("bulkhead-data-protect-stores", store)


@pytest.mark.parametrize(("token", "prop"), sorted(identity.ATTACHMENTS.items()))
@pytest.mark.parametrize("policy", ["AdministratorAccess", "IAMFullAccess", "PowerUserAccess"])
def test_no_way_attaches_an_administrators_policy(token: str, prop: str, policy: str) -> None:
    arn = f"arn:aws:iam::aws:policy/{policy}"
    attachment = Declared(token, {prop: [arn] if prop.endswith("s") else arn})
    assert has_no_unknown_property(attachment)
    assert breaks("bulkhead-iam-deny-administrators", attachment)


@pytest.mark.parametrize("token", sorted(identity.POLICIES))
def test_policies_of_identities_are_judged(token: str) -> None:
    policy = Declared(token, {"policy": document({"Effect": "Allow", "Action": "*"})})
    assert has_no_unknown_property(policy)
    assert breaks("bulkhead-iam-deny-wildcards", policy)


@pytest.mark.parametrize("action", ["ec2:Describe*", "s3:List*"])
def test_listing_everything_is_let_be(action: str) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    assert not found((ROLE_POLICY.but("policy", document(statement)),))


@pytest.mark.parametrize(
    "action",
    [
        "kms:Decrypt",
        "kms:ReEncryptFrom",
        "kms:CreateGrant",
        "kms:PutKeyPolicy",
        "kms:ScheduleKeyDeletion",
    ],
)
def test_no_dangerous_action_on_a_key_is_left_to_the_account(action: str) -> None:
    policed = key().but("policy", document(allow(ROOT, action)))
    assert breaks("bulkhead-kms-restrict-use", policed)


@pytest.mark.parametrize(
    "token",
    sorted(RULES["bulkhead-kms-restrict-use"].types | RULES["bulkhead-kms-delay-deletion"].types),
)
def test_keys_of_every_kind_are_judged(token: str) -> None:
    made = Declared(token, {"deletionWindowInDays": 7, "tags": tags("restricted")})
    assert has_no_unknown_property(made)
    assert breaks("bulkhead-kms-restrict-use", made)
    assert breaks("bulkhead-kms-delay-deletion", made)


@pytest.mark.parametrize(
    "flag", ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"]
)
def test_all_four_ways_to_be_public_are_blocked(flag: str) -> None:
    assert breaks("bulkhead-s3-complete-access-blocks", PUBLIC_ACCESS_BLOCK.but(flag, False))


@pytest.mark.parametrize("algorithm", ["aws:kms", "aws:kms:dsse"])
def test_both_ways_of_kms_encrypt_a_bucket(algorithm: str) -> None:
    path = "rules/0/applyServerSideEncryptionByDefault/sseAlgorithm"
    encryption = BUCKET_ENCRYPTION.but(path, algorithm)
    assert not found(stored(bucket("confidential"), encryption))


@pytest.mark.parametrize("log", ["audit", "authenticator"])
def test_both_logs_of_the_control_plane_are_asked_for(log: str) -> None:
    assert breaks(
        "bulkhead-eks-log-audit", CLUSTER.but("enabledClusterLogTypes", [log]), NETWORK_ADDON
    )


@pytest.mark.parametrize("made", ["instance", "volume"])
def test_both_things_that_a_template_makes_are_labelled(made: str) -> None:
    one = [{"resourceType": made, "tags": tags()}]
    assert breaks("bulkhead-ec2-tag-nodes", LAUNCH_TEMPLATE.but("tagSpecifications", one))


@pytest.mark.parametrize("family", ["c7g", "m6a", "r7i", "t3", "g5", "g6", "g6e"])
def test_families_of_every_environment(family: str) -> None:
    for environment in ("dev", "staging", "prod"):
        told = INSTANCE.but("instanceType", f"{family}.xlarge")
        assert not found((told.but("tags", tags(environment=environment)),))


@pytest.mark.parametrize("family", ["p4d", "p4de"])
def test_families_of_staging_and_production(family: str) -> None:
    told = INSTANCE.but("instanceType", f"{family}.xlarge")
    assert breaks("bulkhead-ec2-limit-families", told)
    for environment in ("staging", "prod"):
        assert not found((told.but("tags", tags(environment=environment)),))


@pytest.mark.parametrize("family", ["p5", "p5e", "p5en", "p6-b200"])
def test_families_of_production_alone(family: str) -> None:
    told = INSTANCE.but("instanceType", f"{family}.xlarge")
    assert breaks("bulkhead-ec2-limit-families", told.but("tags", tags(environment="staging")))
    assert not found((told.but("tags", tags(environment="prod")),))


@pytest.mark.parametrize(
    ("environment", "nodes", "gpus"), [("dev", 10, 8), ("staging", 20, 32), ("prod", 100, 256)]
)
@pytest.mark.parametrize("family", ["g6.4xlarge 1", "g6.12xlarge 4", "p4d.24xlarge 8", "dl1.x 8"])
def test_ceilings_of_every_environment(
    environment: str, nodes: int, gpus: int, family: str
) -> None:
    kind, _, per_node = family.partition(" ")
    pool = NODE_GROUP.but("tags", tags(environment=environment))
    accelerated = pool.but("instanceTypes", ["m7i.large", kind])
    most = min(nodes, gpus // int(per_node))
    for told, ceiling in ((pool, nodes), (accelerated, most)):
        rule = "bulkhead-eks-limit-nodes"
        assert not breaks(rule, told.but("scalingConfig/maxSize", ceiling))
        assert breaks(rule, told.but("scalingConfig/maxSize", ceiling + 1))


@pytest.mark.parametrize("ami", ["BOTTLEROCKET_x86_64_NVIDIA", "AL2_x86_64_GPU", "AL2023_NEURON"])
def test_images_for_accelerators_count_as_one_where_no_type_tells(ami: str) -> None:
    pool = NODE_GROUP.but("amiType", ami).without("instanceTypes")
    assert not breaks("bulkhead-eks-limit-nodes", pool.but("scalingConfig/maxSize", 8))
    assert breaks("bulkhead-eks-limit-nodes", pool.but("scalingConfig/maxSize", 9))


@pytest.mark.parametrize("family", ["inf2.xlarge", "trn1.2xlarge", "p5.48xlarge", "g4ad.xlarge"])
def test_other_accelerators_count_as_the_most_that_is_known(family: str) -> None:
    pool = NODE_GROUP.but("instanceTypes", [family])
    rule = "bulkhead-eks-limit-nodes"
    assert not breaks(rule, pool.but("scalingConfig/maxSize", 1))
    assert breaks(rule, pool.but("scalingConfig/maxSize", 2))


@pytest.mark.parametrize(
    "token", sorted(tokens.SECURITY_GROUPS | {tokens.SECURITY_GROUP_RULE, tokens.INGRESS_RULE})
)
def test_ingress_is_judged_in_every_spelling(token: str) -> None:
    if token in tokens.SECURITY_GROUPS:
        told: dict[str, Any] = {"ingress": [{"cidrBlocks": ["0.0.0.0/0"]}]}
    elif "vpc" in token:
        told = {"cidrIpv4": "0.0.0.0/0"}
    else:
        told = {"type": "ingress", "cidrBlocks": ["0.0.0.0/0"]}
    assert has_no_unknown_property(Declared(token, told))
    assert breaks("bulkhead-ec2-deny-open-ingress", Declared(token, told))


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "8.0.0.0/8", "fc00::/7", "2600::/12"])
def test_networks_up_to_the_largest_private_ones_may_be_let_in(cidr: str) -> None:
    prop = "cidrIpv6" if ":" in cidr else "cidrIpv4"
    assert not found((exposed.RULE.without("cidrIpv4").but(prop, cidr),))


@pytest.mark.parametrize("token", sorted(RULES["bulkhead-service-keep-internal"].types))
def test_services_and_ingresses_of_every_version_are_judged(token: str) -> None:
    spec = {"type": "NodePort"} if token.endswith("Service") else {}
    annotations = {"alb.ingress.kubernetes.io/scheme": "internet-facing"}
    told = Declared(token, {"metadata": {"annotations": annotations}, "spec": spec})
    assert breaks("bulkhead-service-keep-internal", told)


@pytest.mark.parametrize("version", ["networking.k8s.io/v1", "extensions/v1beta1"])
def test_network_policies_of_every_version_count(version: str) -> None:
    *rest, deny = compartment()
    assert not found((*rest, Declared(f"kubernetes:{version}:NetworkPolicy", deny.properties)))

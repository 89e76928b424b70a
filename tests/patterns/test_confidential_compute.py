"""Pattern E: nodes sealed from whoever runs them, and keys that know them (ISO-7, KEY-3)."""

import base64
from typing import Any

import pytest

from bulkhead import ConfidentialCompute
from bulkhead.preview.plan import Plan
from tests.foundation.samples import one, planned, refusal, statements
from tests.patterns.platforms import (
    COMMON,
    ENCLAVE,
    PLATFORMS,
    PLUGIN,
    TPM,
    build,
    platform,
    pool,
    tenant,
)

ARGS = {**COMMON, **PLATFORMS["ConfidentialCompute"]}
TEMPLATE, GROUP = "aws:ec2/launchTemplate:LaunchTemplate", "aws:eks/nodeGroup:NodeGroup"
RED = tenant("red", "confidential")


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(lambda: build("ConfidentialCompute"), assume_applied=True)


def told(plan: Plan, name: str) -> str:
    return base64.b64decode(one(plan, TEMPLATE, name).inputs["userData"]).decode()


def test_enclave_nodes_set_their_share_aside_and_have_the_plugin(plan: Plan) -> None:
    assert one(plan, TEMPLATE, "platform-red-enclaves").inputs["enclaveOptions"] == {
        "enabled": True
    }
    assert "cpu_count: 2" in told(plan, "platform-red-enclaves")
    release = one(plan, "kubernetes:helm.sh/v3:Release").inputs
    values = release["values"]["awsNitroEnclavesK8SDaemonset"]
    assert values["nodeSelector"] == {"bulkhead.dev/pool": "red-enclaves"}
    image = values["awsNitroEnclavesK8SDp"]["image"]
    assert f"{image['repository']}:{image['tag']}" == PLUGIN.replace("@", ":pinned@")


def test_attested_nodes_boot_the_measured_image_and_are_told_how_to_join(plan: Plan) -> None:
    template = one(plan, TEMPLATE, "platform-blue-gpu").inputs
    assert template["imageId"] == TPM["ami_id"]
    assert one(plan, GROUP, "platform-blue-gpu").inputs["amiType"] == "CUSTOM"
    assert "--register-with-taints=nvidia.com/gpu=present:NoSchedule,bulkhead.dev/tenant=blue" in (
        told(plan, "platform-blue-gpu")
    )


def test_sev_snp_is_asked_of_the_processor_and_binds_no_key() -> None:
    regional = {
        "scope": {**COMMON["scope"], "region": "eu-west-1"},
        "zones": ["eu-west-1a", "eu-west-1b"],
        "tenants": [RED],
        "pools": [pool("snp", "m6a.4xlarge", tenant="red", seal={"protection": "sev-snp"})],
    }
    plan = platform("ConfidentialCompute", **regional)
    assert one(plan, TEMPLATE, "platform-snp").inputs["cpuOptions"] == {"amdSevSnp": "enabled"}
    assert not [r for r in plan.resources if r.type == "bulkhead:index:SealedKey"]


def test_a_role_may_open_its_own_sealed_key_and_no_other(plan: Plan) -> None:
    for name, key in (("red", "red-enclaves"), ("blue", "blue-gpu")):
        policy = one(plan, "aws:iam/rolePolicy:RolePolicy", f"platform-{name}-inference-server-*")
        (opened,) = statements(policy.inputs["policy"])["OpenSealed"]["Condition"].values()
        assert opened == {"kms:ResourceAliases": [f"alias/bulkhead/dev/confidential/sealed-{key}"]}
        alias = one(plan, "aws:kms/alias:Alias", f"platform-{key}-sealed")
        assert [alias.inputs["name"]] == opened["kms:ResourceAliases"]


REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"tenants": [RED], "pools": [pool("plain", tenant="red")]},
        "platform.pools.plain.seal: a confidential pool says what seals it; allowed: sev-snp, "
        "nitro-enclaves, nitro-tpm, or confidential-sandbox alone as runtime",
    ),
    (
        {
            "tenants": [RED],
            "pools": [pool("snp", "g6.4xlarge", tenant="red", seal={"protection": "sev-snp"})],
        },
        "platform.pools[0].seal.protection: SEV-SNP does not cover GPUs, got 'g6.4xlarge'; "
        "allowed: types without GPUs, or protection nitro-tpm",
    ),
    (
        {
            "tenants": [RED],
            "pools": [pool("snp", "m6a.large", tenant="red", seal={"protection": "sev-snp"})],
        },
        "platform.pools[0].seal.protection: no SEV-SNP in this region, got 'eu-central-1'; "
        "allowed: eu-west-1, us-east-2",
    ),
    (
        {
            "tenants": [RED],
            "pools": [pool("tpm", tenant="red", seal={**TPM, "measurements": {"pcr4": "4a" * 48}})],
        },
        "platform.pools[0].seal.measurements: the measurements don't tell one image from another, "
        "got 'pcr4'; allowed: pcr12 with pcr4, or pcr7",
    ),
    (
        {
            "tenants": [RED],
            "pools": [
                pool("debug", tenant="red", seal={**ENCLAVE, "measurements": {"pcr0": "00" * 48}})
            ],
        },
        "platform.pools[0].seal.measurements.pcr0: the measurement of a debug enclave is open to "
        f"everybody, got '{'00' * 48}'; allowed: a digest that is not all zeros",
    ),
    (
        {"tenants": [RED], "pools": [pool("e", tenant="red", seal={**ENCLAVE, "enclave_cpus": 3})]},
        "platform.pools[0].seal.enclave_cpus: an enclave takes whole cores and leaves the node "
        "one, got '3'; allowed: an even number from 2 to 14",
    ),
    (
        {
            "tenants": [RED],
            "pools": [pool("e", tenant="red", seal=ENCLAVE)],
            "enclave_plugin": "public.ecr.aws/aws-nitro-enclaves/plugin",
        },
        "platform.enclave_plugin: an image is mirrored to a private registry and named by digest, "
        "got 'public.ecr.aws/aws-nitro-enclaves/plugin'; allowed: "
        "<account>.dkr.ecr.<region>.amazonaws.com/<name>@sha256:<64 hex digits>, with a tag before "
        "the @ or without",
    ),
    (
        {
            "tenants": [RED, tenant("blue", "confidential")],
            "pools": [pool("both", tier="confidential", seal=TPM)],
        },
        "platform.pools.both.tier: every pod of a sealed node reaches what is sealed, got 'red, "
        "blue'; allowed: a pool for each tenant",
    ),
]


@pytest.mark.parametrize(("changes", "sentence"), REFUSED)
def test_what_does_not_fit_is_refused_in_one_sentence(
    changes: dict[str, Any], sentence: str
) -> None:
    assert refusal(lambda: ConfidentialCompute("platform", {**ARGS, **changes})) == sentence

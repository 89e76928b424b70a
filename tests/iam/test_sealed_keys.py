"""A sealed key opens for its users on the attested image alone (KEY-3, ISO-7)."""

from typing import Any

import pytest

from bulkhead import SealedKey
from tests.iam.evaluation import Evaluator
from tests.iam.proofs import MEMBER, PATH, Ask, Proof, who
from tests.iam.writing import ACCOUNT

SCOPE: Any = {
    "environment": MEMBER["environment"],
    "region": "eu-central-1",
    "account_id": ACCOUNT,
    "owner": "platform-team",
    "cost_center": "cc-100",
}
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/{PATH}/admin"
SERVER, ADMINISTRATOR, BUILDER = who("server"), who("admin"), who("prod-confidential-builder")
PREFIX = "kms:RecipientAttestation:"
IMAGE, KERNEL, COMMAND = "5f" * 48, "4a" * 48, "00" * 48


def proof(protection: str, measurements: dict[str, str], attested: dict[str, str]) -> Proof:
    """What holds for a key with these measurements, told as KMS sees them."""
    right = {PREFIX + key: value for key, value in attested.items()}
    wrong: dict[str, dict[str, Ask]] = {}
    for key in right:
        other = {**right, key: "ab" * 48}
        missing = {k: v for k, v in right.items() if k != key}
        wrong[f"DenyOther{key.removeprefix(PREFIX)}"] = {
            f"with another {key}": (SERVER, "kms:Decrypt", other),
            f"without {key}": (SERVER, "kms:GenerateDataKey", missing),
        }
    disguised = who("server", path="bulkhead/dev/confidential")
    return Proof(
        lambda: SealedKey(
            "sealed",
            {
                "scope": SCOPE,
                "tier": "confidential",
                "pool": "nodes",
                "protection": protection,
                "measurements": measurements,
                "users": [f"arn:aws:iam::{ACCOUNT}:role/{PATH}/server"],
                "administrators": [ADMIN],
            },
        ),
        "arn:aws:kms:*",
        allowed={
            "attested": (SERVER, "kms:Decrypt", right),
            "the builder seals": (BUILDER, "kms:Encrypt", {}),
            "administration": (ADMINISTRATOR, "kms:PutKeyPolicy", {}),
        },
        denied={
            **wrong,
            "DenyOpeningByOthers": {
                "a neighbour on the same image": (who("neighbour"), "kms:Decrypt", right),
                "the administrator on the same image": (ADMINISTRATOR, "kms:Decrypt", right),
                "the builder on the same image": (BUILDER, "kms:GenerateDataKey", right),
            },
            "DenySealingByOthers": {"the server seals": (SERVER, "kms:Encrypt", right)},
            "DenyWhatIsNotAttested": {
                "a grant": (SERVER, "kms:CreateGrant", {"kms:GrantIsForAWSResource": "true"}),
                "taken out": (SERVER, "kms:ReEncryptFrom", right),
            },
            "DenyRemovalByOthers": {"removal": (SERVER, "kms:ScheduleKeyDeletion", {})},
            "DenyOtherPaths": {"tags put on by dev": (disguised, "kms:DescribeKey", {})},
            "DenyOtherEnvironments": {
                "dev": (who("other", environment="dev"), "kms:DescribeKey", {})
            },
            "DenyLowerTiers": {"internal": (who("other", tier="internal"), "kms:DescribeKey", {})},
        },
    )


PROOFS = {
    "enclave": proof("nitro-enclaves", {"pcr0": IMAGE}, {"PCR0": IMAGE}),
    "enclave by digest": proof("nitro-enclaves", {"image_sha384": IMAGE}, {"ImageSha384": IMAGE}),
    "NitroTPM": proof(
        "nitro-tpm",
        {"pcr4": KERNEL, "pcr12": COMMAND},
        {"NitroTPMPCR4": KERNEL, "NitroTPMPCR12": COMMAND},
    ),
    "NitroTPM by secure boot": proof("nitro-tpm", {"pcr7": KERNEL}, {"NitroTPMPCR7": KERNEL}),
}


@pytest.fixture(params=PROOFS.values(), ids=list(PROOFS))
def sealed(request: pytest.FixtureRequest) -> Proof:
    found: Proof = request.param
    return found


def test_the_key_opens_for_whom_it_is_for(evaluator: Evaluator, sealed: Proof) -> None:
    world = sealed.documents().world
    decisions = evaluator.evaluate(sealed.requests(sealed.allowed.values(), world), world)
    assert [str(decision) for decision in decisions if not decision.allowed] == []


def test_it_opens_for_nobody_else_and_on_no_other_image(
    evaluator: Evaluator, sealed: Proof
) -> None:
    world = sealed.documents().world
    for sid, asks in sealed.denied.items():
        for decision in evaluator.evaluate(sealed.requests(asks.values(), world), world):
            assert not decision.allowed, str(decision)
            assert sid in decision.sids, str(decision)


def test_every_statement_about_attestation_is_needed(evaluator: Evaluator, sealed: Proof) -> None:
    found = sealed.documents()
    whole = sealed.allowed_in(evaluator, found.world)
    asks = [ask for some in sealed.denied.values() for ask in some.values()]
    requests = sealed.requests(asks, found.world)
    removed = set()
    for name, weaker in found.weakened():
        sid = name.rpartition("/")[2]
        removed.add(sid)
        if sid in ("OpenWhenAttested", "SealAsBuilder"):
            assert sealed.allowed_in(evaluator, weaker.world) != whole, sid
        decisions = evaluator.evaluate(requests, weaker.world) if sid in sealed.denied else []
        assert sid not in {by for decision in decisions for by in decision.sids}
    assert {"OpenWhenAttested", "SealAsBuilder", *sealed.denied} <= removed


def test_the_policy_is_sound(evaluator: Evaluator, sealed: Proof) -> None:
    assert [str(finding) for finding in evaluator.lint(sealed.documents().policies)] == []

"""Images are verified at admission, by whom is told, and nothing passes unmatched (INF-5)."""

import base64
import json
from typing import Any

import pytest

from bulkhead import ImageVerification
from bulkhead.cluster.charts import on_system_nodes
from bulkhead.preview.plan import Plan
from tests.foundation.samples import ACCOUNT, one, planned, refusal, scope, statements

REGISTRY = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com"
DIGEST = f"sha256:{64 * 'e'}"
KEY = "-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n"
CERTIFICATES = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
KMS_KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
GITHUB = "https://token.actions.githubusercontent.com"
WORKFLOW = "https://github.com/acme/images/.github/workflows/build.yml@refs/heads/main"
SIGNER = {"issuer": GITHUB, "subject": WORKFLOW}
SIGSTORE: dict[str, Any] = {
    "url": "https://fulcio.sigstore.dev",
    "organization": "sigstore.dev",
    "common_name": "sigstore",
    "certificates": CERTIFICATES,
    "certificate_log": {"url": "https://ctfe.sigstore.dev/2022", "public_key": KEY},
    "signature_log": {"url": "https://rekor.sigstore.dev", "public_key": KEY},
}
TRUSTED: dict[str, Any] = {
    "name": "internal",
    "repositories": [f"{REGISTRY}/dev/internal"],
    "public_keys": {"builder": KEY},
}


def arguments(**changes: Any) -> Any:
    return {
        "scope": scope(),
        "tier": "internal",
        "cluster_name": "dev-shared",
        "images": {
            "controller": f"{REGISTRY}/sigstore/policy-controller@{DIGEST}",
            "cleanup": f"{REGISTRY}/kubectl@{DIGEST}",
        },
        "trusted": [TRUSTED],
        "cluster_cidrs": ["10.20.1.0/28"],
        "endpoint_cidrs": ["10.20.2.0/26"],
        **changes,
    }


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned(lambda: ImageVerification("images", arguments()), assume_applied=True)


def values(plan: Plan) -> dict[str, Any]:
    release = one(plan, "kubernetes:helm.sh/v3:Release").inputs
    assert (release["version"], release["namespace"]) == ("0.10.6", "cosign-system")
    given: dict[str, Any] = release["values"]["webhook"]
    return given


def test_its_pods_run_on_the_systems_nodes(plan: Plan) -> None:
    given = one(plan, "kubernetes:helm.sh/v3:Release").inputs["values"]
    assert on_system_nodes() == {
        "nodeSelector": given["commonNodeSelector"],
        "tolerations": given["commonTolerations"],
    }


def test_an_image_that_no_policy_matches_is_refused_and_so_is_all_when_nobody_answers(
    plan: Plan,
) -> None:
    given = values(plan)
    assert given["configData"]["no-match-policy"] == "deny"
    assert given["configData"]["fail-on-empty-authorities"] == "true"
    assert given["failurePolicy"] == "Fail"
    assert given["replicaCount"] == 2
    assert given["podDisruptionBudget"] == {"enabled": True, "minAvailable": 1}
    assert given["image"]["version"] == DIGEST


def test_a_policy_enforces_the_signatures_of_the_told_keys(plan: Plan) -> None:
    found = one(plan, "kubernetes:policy.sigstore.dev/v1beta1:ClusterImagePolicy").inputs
    assert found["metadata"]["name"] == "bulkhead-internal"
    assert found["spec"] == {
        "mode": "enforce",
        "images": [{"glob": f"{REGISTRY}/dev/internal**"}],
        "authorities": [{"name": "builder", "key": {"data": KEY, "hashAlgorithm": "sha256"}}],
    }


def test_its_role_reads_the_environments_repositories_and_writes_none(plan: Plan) -> None:
    found = statements(one(plan, "aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    assert found["ReadSignatures"]["Resource"] == (
        f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/dev/*"
    )
    assert set(found) == {"ReadSignatures", "SignInToRegistries"}
    trust = json.loads(one(plan, "aws:iam/role:Role").inputs["assumeRolePolicy"])
    tags = trust["Statement"][0]["Condition"]["StringEquals"]
    assert tags["aws:RequestTag/kubernetes-namespace"] == "cosign-system"


def signed_by(sigstore: Any = None, **signers: Any) -> Plan:
    """The plan of a component that trusts these alone."""
    trusted = {key: TRUSTED[key] for key in ("name", "repositories")} | signers
    args = arguments(trusted=[trusted], sigstore=sigstore)
    return planned(lambda: ImageVerification("images", args), assume_applied=True)


def authorities(plan: Plan) -> list[dict[str, Any]]:
    token = "kubernetes:policy.sigstore.dev/v1beta1:ClusterImagePolicy"  # noqa: S105 - a type
    found: list[dict[str, Any]] = one(plan, token).inputs["spec"]["authorities"]
    return found


def test_a_kms_key_is_named_and_its_public_half_read_by_the_role_alone() -> None:
    plan = signed_by(kms_keys={"builder": KMS_KEY})
    key = {"kms": f"awskms:///{KMS_KEY}", "hashAlgorithm": "sha256"}
    assert authorities(plan) == [{"name": "builder", "key": key}]
    found = statements(one(plan, "aws:iam/rolePolicy:RolePolicy").inputs["policy"])
    assert found["ReadPublicKeys"] == {
        "Sid": "ReadPublicKeys",
        "Effect": "Allow",
        "Action": ["kms:DescribeKey", "kms:GetPublicKey"],
        "Resource": [KMS_KEY],
    }


def test_an_identity_is_verified_by_the_instance_s_own_keys_and_its_log() -> None:
    plan = signed_by(SIGSTORE, signers={"workflow": SIGNER})
    root = one(plan, "kubernetes:policy.sigstore.dev/v1alpha1:TrustRoot").inputs
    (authority,) = authorities(plan)
    assert authority == {
        "name": "workflow",
        "signatureFormat": "bundle",
        "keyless": {
            "url": "https://fulcio.sigstore.dev",
            "trustRootRef": root["metadata"]["name"],
            "identities": [SIGNER],
        },
        "ctlog": {"url": "https://rekor.sigstore.dev", "trustRootRef": root["metadata"]["name"]},
    }
    keys = root["spec"]["sigstoreKeys"]
    (authority_of,), (log,) = keys["certificateAuthorities"], keys["tLogs"]
    assert base64.b64decode(authority_of["certChain"]).decode() == CERTIFICATES
    assert base64.b64decode(log["publicKey"]).decode() == KEY
    assert "insecureIgnoreSCT" not in json.dumps(authority)
    assert keys["ctLogs"][0]["baseURL"] == "https://ctfe.sigstore.dev/2022"


def policies(plan: Plan) -> dict[str, Any]:
    token = "kubernetes:networking.k8s.io/v1:NetworkPolicy"  # noqa: S105 - a type
    return {r.inputs["metadata"]["name"]: r.inputs["spec"] for r in plan.of_type(token)}


def test_the_job_at_the_end_is_admitted_and_reaches_the_api_server(plan: Plan) -> None:
    release = one(plan, "kubernetes:helm.sh/v3:Release").inputs["values"]
    assert release["leasescleanup"]["image"]["version"] == f"pinned@{DIGEST}"
    context = release["leasescleanup"]["podSecurityContext"]
    assert (context["enabled"], context["runAsNonRoot"]) == (True, True)
    assert context["capabilities"] == {"drop": ["ALL"]}
    cleanup = policies(plan)["cleanup"]
    job = {"batch.kubernetes.io/job-name": "leases-cleanup"}
    assert cleanup["podSelector"] == {"matchLabels": job}
    reached = {peer["ipBlock"]["cidr"] for rule in cleanup["egress"] for peer in rule["to"]}
    assert reached == {"172.20.0.1/32", "10.20.1.0/28"}


def test_the_api_server_alone_calls_it(plan: Plan) -> None:
    specs = policies(plan)
    assert specs["default-deny"]["podSelector"] == {}
    (rule,) = specs["webhook"]["ingress"]
    assert rule["from"] == [{"ipBlock": {"cidr": "10.20.1.0/28"}}]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"trusted": []}, "images.trusted: nobody's images are trusted; allowed: one or more"),
        (
            {"trusted": [TRUSTED, TRUSTED]},
            "images.trusted[1].name: a name stands twice, got 'internal'",
        ),
        (
            {"trusted": [{**TRUSTED, "public_keys": {}}]},
            "images.trusted[0]: a policy that matches or verifies nothing; allowed: one "
            "repository or more, and one of public_keys, kms_keys, signers",
        ),
        (
            {"trusted": [{**TRUSTED, "kms_keys": {"builder": KMS_KEY}}]},
            "images.trusted[0].kms_keys: a word stands twice, got 'builder'",
        ),
        (
            {"trusted": [{**TRUSTED, "kms_keys": {"kms": "awskms:///alias/x"}}]},
            "images.trusted[0].kms_keys.kms: not a KMS key of the Region, got 'awskms:///alias/x'; "
            "allowed: arn:aws:kms:eu-central-1:<account>:key/<ID>, and no alias",
        ),
        (
            {"trusted": [{**TRUSTED, "kms_keys": {"kms": KMS_KEY.replace("central", "west")}}]},
            "images.trusted[0].kms_keys.kms: not a KMS key of the Region, got "
            f"'{KMS_KEY.replace('central', 'west')}'; allowed: "
            "arn:aws:kms:eu-central-1:<account>:key/<ID>, and no alias",
        ),
        (
            {"trusted": [{**TRUSTED, "signers": {"ci": SIGNER}}]},
            "images.trusted[0].signers: an identity that no Sigstore instance certifies, got 'ci'; "
            "allowed: identities with sigstore, or keys",
        ),
        (
            {"trusted": [{**TRUSTED, "signers": {"ci": {**SIGNER, "subject": f"{WORKFLOW}*"}}}]},
            f"images.trusted[0].signers.ci.subject: not one identity, got '{WORKFLOW}*'; allowed: "
            "https://github.com/<owner>/<repository>/.github/workflows/<file>@refs/"
            "<heads or tags>/<name>",
        ),
        (
            {
                "trusted": [
                    {
                        **TRUSTED,
                        "signers": {"ci": {"issuer": "https://login.example", "subject": "*@x"}},
                    }
                ]
            },
            "images.trusted[0].signers.ci.subject: not one identity, got '*@x'; allowed: the whole "
            "subject, without blanks or *",
        ),
        (
            {"trusted": [{**TRUSTED, "signers": {"ci": {**SIGNER, "issuer": "github"}}}]},
            "images.trusted[0].signers.ci.issuer: not an HTTPS URL, got 'github'; allowed: "
            "https://<host>[/<path>]",
        ),
        (
            {"sigstore": {**SIGSTORE, "certificates": KEY}},
            "images.sigstore.certificates: not a certificate in PEM, got "
            f"{KEY[:40]!r}; allowed: -----BEGIN CERTIFICATE-----",
        ),
        (
            {"sigstore": {**SIGSTORE, "organization": " "}},
            "images.sigstore.organization: an empty name; allowed: the root's own",
        ),
        (
            {"trusted": [{**TRUSTED, "public_keys": {"builder": "kms://alias/x"}}]},
            "images.trusted[0].public_keys.builder: not a public key in PEM, got 'kms://alias/x'; "
            "allowed: -----BEGIN PUBLIC KEY-----",
        ),
        (
            {"trusted": [{**TRUSTED, "repositories": [REGISTRY]}]},
            f"images.trusted[0].repositories: not a repository of images, got '{REGISTRY}'; "
            "allowed: <registry>/<path>, without tag, digest or / at its end",
        ),
    ],
)
def test_trust_in_nothing_or_nobody_is_refused(changes: Any, sentence: str) -> None:
    assert refusal(lambda: ImageVerification("images", arguments(**changes))) == sentence

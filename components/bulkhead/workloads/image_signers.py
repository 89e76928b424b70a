"""Who signs images, and how sigstore's policy-controller knows them (v1beta1, v0.13.1).

A key is told as PEM or as a KMS key, of which the controller fetches the public half when the
policy is made. Whoever has no key but an identity, such as a workflow of GitHub Actions, signs with
a certificate that a Sigstore instance gives it for some minutes; that instance's own keys are told
too, since the controller reaches none of its services.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any, NotRequired, TypedDict, cast

import pulumi

from bulkhead.domain import parsing
from bulkhead.domain.admission import check_registries
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.issuers import HTTPS_URL
from bulkhead.domain.scope import Scope
from bulkhead.foundation.arguments import checked
from bulkhead.foundation.documents import Statement

PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----"
CERTIFICATE = "-----BEGIN CERTIFICATE-----"

TRUST_ROOT = "bulkhead"
"""Name of the TrustRoot, the Sigstore instance that certifies identities."""

READING = ["kms:DescribeKey", "kms:GetPublicKey"]
"""What fetches the public half of a KMS key (sigstore, "pkg/signature/kms/aws", ``fetchCMK``);
signatures are verified with it in the controller."""

KMS_KEY = re.compile(
    r"arn:aws:kms:([a-z0-9-]+):\d{12}:key/(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})"
)
GITHUB = "https://token.actions.githubusercontent.com"
WORKFLOW = re.compile(
    r"https://github\.com/[\w.-]+/[\w.-]+/\.github/workflows/[\w.-]+\.ya?ml@refs/(heads|tags)/[\w./-]+"
)
"""The identity of a workflow: its file, at a branch or a tag (Fulcio, "OIDC usage")."""


class SignerArgs(TypedDict):
    """Who signs with an identity in place of a key."""

    issuer: str
    """Who vouches for it, an HTTPS URL; GitHub's is
    ``https://token.actions.githubusercontent.com``."""
    subject: str
    """The identity, whole; a workflow of GitHub's is
    ``https://github.com/<owner>/<repository>/.github/workflows/<file>@refs/heads/<branch>``."""


class TrustedImagesArgs(TypedDict):
    """Who signs the images of which repositories: one signature of one of them is enough."""

    name: str
    """DNS label, such as the tier's name."""
    repositories: list[str]
    """Repositories, with those below them."""
    public_keys: NotRequired[dict[str, pulumi.Input[str]]]
    """Public keys in PEM, by a word for each. Default: none."""
    kms_keys: NotRequired[dict[str, pulumi.Input[str]]]
    """ARNs of KMS keys that sign, by a word for each, in the cluster's Region, such as the
    partition's signing key. Default: none."""
    signers: NotRequired[dict[str, SignerArgs]]
    """Identities that sign, by a word for each; they need ``sigstore``. Default: none."""


class LogArgs(TypedDict):
    """A log of a Sigstore instance."""

    url: str
    """Its HTTPS URL."""
    public_key: pulumi.Input[str]
    """Its public key in PEM."""


class SigstoreArgs(TypedDict):
    """The Sigstore instance that certifies identities, as its ``trusted_root.json`` tells it."""

    url: str
    """URL of the certificate authority, Fulcio."""
    organization: str
    """``O`` of its root certificate."""
    common_name: str
    """``CN`` of its root certificate."""
    certificates: pulumi.Input[str]
    """Its certificates in PEM, the root last."""
    certificate_log: LogArgs
    """The log of its certificates."""
    signature_log: LogArgs
    """The log of signatures, Rekor, which proves that one was made while its certificate held."""


KINDS = ("public_keys", "kms_keys", "signers")


def check_trusted(
    trusted: list[TrustedImagesArgs], sigstore: SigstoreArgs | None, scope: Scope, *, where: str
) -> None:
    """Refuse trust in nobody, or in more than is named.

    Raises:
        RefusedError: nothing is trusted, a name or a word stands twice, a policy matches or
            verifies nothing, or a repository, a key or a signer is refused.
    """
    if not trusted:
        raise RefusedError("nobody's images are trusted", allowed="one or more", where=where)
    names: set[str] = set()
    for number, each in enumerate(trusted):
        place = f"{where}[{number}]"
        checked(each, TrustedImagesArgs, where=place)
        parsing.name(each["name"], where=f"{place}.name")
        if each["name"] in names:
            raise RefusedError("a name stands twice", given=each["name"], where=f"{place}.name")
        names.add(each["name"])
        if not each["repositories"] or not any(_told(each, kind) for kind in KINDS):
            raise RefusedError(
                "a policy that matches or verifies nothing",
                allowed=f"one repository or more, and one of {', '.join(KINDS)}",
                where=place,
            )
        check_registries(each["repositories"], where=f"{place}.repositories")
        _check_words(each, where=place)
        for word, key in _told(each, "public_keys").items():
            _check_pem(key, PUBLIC_KEY, "public key", where=f"{place}.public_keys.{word}")
        for word, key in _told(each, "kms_keys").items():
            _check_kms_key(key, scope, where=f"{place}.kms_keys.{word}")
        for word, signer in _told(each, "signers").items():
            _check_signer(signer, where=f"{place}.signers.{word}")
            if sigstore is None:
                raise RefusedError(
                    "an identity that no Sigstore instance certifies",
                    given=word,
                    allowed="identities with sigstore, or keys",
                    where=f"{place}.signers",
                )


def _told(trusted: TrustedImagesArgs, kind: str) -> Mapping[str, Any]:
    return cast(Mapping[str, Mapping[str, Any] | None], trusted).get(kind) or {}


def _check_words(trusted: TrustedImagesArgs, *, where: str) -> None:
    words: set[str] = set()
    for kind in KINDS:
        for word in _told(trusted, kind):
            parsing.name(word, where=f"{where}.{kind}")
            if word in words:
                raise RefusedError("a word stands twice", given=word, where=f"{where}.{kind}")
            words.add(word)


def _check_pem(text: pulumi.Input[str], begins: str, what: str, *, where: str) -> None:
    if isinstance(text, str) and not text.startswith(begins):
        raise RefusedError(f"not a {what} in PEM", given=text[:40], allowed=begins, where=where)


def _check_kms_key(arn: pulumi.Input[str], scope: Scope, *, where: str) -> None:
    if not isinstance(arn, str):
        return
    found = KMS_KEY.fullmatch(arn)
    if found is None or found[1] != scope.region:
        raise RefusedError(
            "not a KMS key of the Region",
            given=arn,
            allowed=f"arn:aws:kms:{scope.region}:<account>:key/<ID>, and no alias",
            where=where,
        )


def _check_signer(signer: SignerArgs, *, where: str) -> None:
    checked(signer, SignerArgs, where=where)
    _check_url(signer["issuer"], where=f"{where}.issuer")
    github = signer["issuer"] == GITHUB
    subject = signer["subject"]
    if not (WORKFLOW.fullmatch(subject) if github else re.fullmatch(r"[^\s*]+", subject)):
        raise RefusedError(
            "not one identity",
            given=subject,
            allowed="https://github.com/<owner>/<repository>/.github/workflows/<file>@refs/"
            "<heads or tags>/<name>"
            if github
            else "the whole subject, without blanks or *",
            where=f"{where}.subject",
        )


def _check_url(url: str, *, where: str) -> None:
    if not HTTPS_URL.fullmatch(url):
        raise RefusedError(
            "not an HTTPS URL", given=url, allowed="https://<host>[/<path>]", where=where
        )


def check_sigstore(sigstore: SigstoreArgs, *, where: str) -> SigstoreArgs:
    """Return the instance if identities can be verified by it.

    Raises:
        RefusedError: a URL is not HTTPS, a name is empty, or a certificate or a key is none.
    """
    checked(sigstore, SigstoreArgs, where=where)
    _check_url(sigstore["url"], where=f"{where}.url")
    named = {"organization": sigstore["organization"], "common_name": sigstore["common_name"]}
    for name, given in named.items():
        if not given.strip():
            raise RefusedError("an empty name", allowed="the root's own", where=f"{where}.{name}")
    _check_pem(sigstore["certificates"], CERTIFICATE, "certificate", where=f"{where}.certificates")
    logs = {
        "certificate_log": sigstore["certificate_log"],
        "signature_log": sigstore["signature_log"],
    }
    for name, log in logs.items():
        checked(log, LogArgs, where=f"{where}.{name}")
        _check_url(log["url"], where=f"{where}.{name}.url")
        _check_pem(log["public_key"], PUBLIC_KEY, "public key", where=f"{where}.{name}.public_key")
    return sigstore


def policy(trusted: TrustedImagesArgs, sigstore: SigstoreArgs | None) -> dict[str, Any]:
    """The spec of a ClusterImagePolicy."""
    return {
        "mode": "enforce",
        "images": [{"glob": f"{repository}**"} for repository in trusted["repositories"]],
        "authorities": list(_authorities(trusted, sigstore)),
    }


def _authorities(
    trusted: TrustedImagesArgs, sigstore: SigstoreArgs | None
) -> Iterator[dict[str, Any]]:
    for word, key in _told(trusted, "public_keys").items():
        yield {"name": word, "key": {"data": key, "hashAlgorithm": "sha256"}}
    for word, arn in _told(trusted, "kms_keys").items():
        kms = pulumi.Output.concat("awskms:///", arn)
        yield {"name": word, "key": {"kms": kms, "hashAlgorithm": "sha256"}}
    if sigstore is None:
        return
    fulcio = {"url": sigstore["url"], "trustRootRef": TRUST_ROOT}
    rekor = {"url": sigstore["signature_log"]["url"], "trustRootRef": TRUST_ROOT}
    for word, signer in _told(trusted, "signers").items():
        yield {
            "name": word,
            # What Cosign 3 writes; the older format would be looked up in the log.
            "signatureFormat": "bundle",
            "keyless": {**fulcio, "identities": [dict(signer)]},
            # Without it a signature is taken that no log has seen, of whatever day.
            "ctlog": rekor,
        }


def trust_root(sigstore: SigstoreArgs) -> dict[str, Any]:
    """The spec of the TrustRoot, whose keys are base64 of PEM."""
    return {
        "sigstoreKeys": {
            "certificateAuthorities": [
                {
                    "subject": {
                        "organization": sigstore["organization"],
                        "commonName": sigstore["common_name"],
                    },
                    "uri": sigstore["url"],
                    "certChain": _encoded(sigstore["certificates"]),
                }
            ],
            "ctLogs": [_log(sigstore["certificate_log"])],
            "tLogs": [_log(sigstore["signature_log"])],
        }
    }


def _log(log: LogArgs) -> dict[str, Any]:
    return {
        "baseURL": log["url"],
        "hashAlgorithm": "sha-256",
        "publicKey": _encoded(log["public_key"]),
    }


def _encoded(text: Any) -> pulumi.Output[str]:
    return pulumi.Output.from_input(text).apply(
        lambda known: base64.b64encode(known.encode()).decode()
    )


def key_statements(trusted: list[TrustedImagesArgs]) -> list[Statement]:
    """What the controller's role needs for the KMS keys: to fetch their public halves."""
    found = [arn for each in trusted for arn in _told(each, "kms_keys").values()]
    if not found:
        return []
    return [
        {
            "Sid": "ReadPublicKeys",
            "Effect": "Allow",
            "Action": READING,
            "Resource": found,
        }
    ]

"""How secrets reach pods: as files from an external store, and not through the program."""

import re

from bulkhead_policies.findings import Findings, each
from bulkhead_policies.pods import EVERY_POD, every_container
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.tokens import kinds
from bulkhead_policies.view import View

SECRETS = kinds("Secret", "core/v1") | kinds("SecretPatch", "core/v1")
CONFIG_MAPS = kinds("ConfigMap", "core/v1") | kinds("ConfigMapPatch", "core/v1")
PROVIDER_CLASSES = kinds("SecretProviderClass", "secrets-store.csi.x-k8s.io/v1")
EXTERNAL_VERSIONS = ("external-secrets.io/v1", "external-secrets.io/v1beta1")
EXTERNAL_SECRETS = kinds("ExternalSecret", *EXTERNAL_VERSIONS)
SECRET_STORES = kinds("SecretStore", *EXTERNAL_VERSIONS)
CLUSTER_STORES = kinds("ClusterSecretStore", *EXTERNAL_VERSIONS)

TOKEN_SECRET = "kubernetes.io/service-account-token"  # noqa: S105 (a type of Secret)

SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|CREDENTIALS?"
    r"|(?<!BOS[_.-])(?<!EOS[_.-])(?<!PAD[_.-])(?<!UNK[_.-])TOKEN"
    r"|(?:API|ACCESS|AUTH|PRIVATE|SECRET|SIGNING|ENCRYPTION|MASTER)[_.-]?KEY(?:_ID)?)$",
    re.IGNORECASE,
)
"""Names under which programs take secrets, such as HF_TOKEN, OPENAI_API_KEY and db-password; a
model's special tokens, such as EOS_TOKEN, are none."""

SECRET_VALUE = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bhf_[A-Za-z0-9]{30,}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bsk-[A-Za-z0-9_-]{32,}\b"
)
"""Values that are secrets by their form: private keys, and keys of AWS, Hugging Face, GitHub and
model vendors."""


@resource_rule(
    "bulkhead-pod-mount-secrets",
    types=EVERY_POD,
    severity=Severity.MEDIUM,
    requirements=("KEY-4",),
    frameworks=("CIS EKS 4.4.1",),
    title="Secrets reach containers as files",
    why="Environment variables are inherited by every child process, printed by crash handlers "
    "and kept until a restart, past the secret's rotation.",
    remediation="Mount the secret as a volume, best from an external store, and read the file.",
)
def secrets_mounted(resource: Resource) -> Findings:
    """Judge where the environment of every container comes from."""
    yield from each(every_container(resource), _no_secret_variables)


def _no_secret_variables(container: View) -> Findings:
    single = [variable.at("valueFrom", "secretKeyRef") for variable in container["env"].items()]
    whole = [source["secretRef"] for source in container["envFrom"].items()]
    for reference in (*single, *whole):
        if reference.is_set:
            yield reference.refuse("a secret in the environment", allowed="a mounted file")


@resource_rule(
    "bulkhead-pod-deny-literal-secrets",
    types=EVERY_POD,
    severity=Severity.CRITICAL,
    requirements=("KEY-4", "INF-4"),
    title="No secret is written into the environment of a container",
    why="Whoever may read the pod, the state or the repository has the secret.",
    remediation="Keep it in Secrets Manager and mount it as a file; revoke the one that was "
    "written here.",
)
def literal_secrets_denied(resource: Resource) -> Findings:
    """Judge the variables of every container by their names and values."""
    yield from each(
        [variable for found in every_container(resource) for variable in found["env"].items()],
        lambda variable: _no_secret(variable["name"].text() or "", variable["value"]),
    )


@resource_rule(
    "bulkhead-configmap-deny-secrets",
    types=CONFIG_MAPS,
    severity=Severity.HIGH,
    requirements=("KEY-4",),
    title="Config maps hold no secrets",
    why="Every role that reads a namespace reads its config maps, and nothing rotates what they "
    "hold.",
    remediation="Keep it in Secrets Manager and mount it as a file; revoke the one that was "
    "written here.",
)
def config_free_of_secrets(config: Resource) -> Findings:
    """Judge the entries by their names and values."""
    yield from each(
        config.props["data"].entries().items(), lambda entry: _no_secret(entry[0], entry[1])
    )


def _no_secret(name: str, value: View) -> Findings:
    """What is not known was not written here, nor is the name of another variable or a file."""
    text = "" if value.is_unknown or not value.is_set else value.word()
    hidden = View("[hidden]", urn=value.urn, path=value.path)
    is_elsewhere = not text or text.startswith(("$(", "/"))
    if SECRET_VALUE.search(text) or (SECRET_NAME.search(name) and not is_elsewhere):
        yield hidden.refuse(f"'{name[:40]}' looks like a secret", allowed="a mounted file")


@resource_rule(
    "bulkhead-secret-keep-outside",
    types=SECRETS,
    severity=Severity.MEDIUM,
    requirements=("KEY-4",),
    frameworks=("CIS EKS 4.4.2",),
    title="Values of secrets don't pass through the program",
    why="What the program knows stands in its state and in its author's shell, and is rotated by "
    "nobody.",
    remediation="Keep the value in Secrets Manager, and let an ExternalSecret or a "
    "SecretProviderClass bring it.",
)
def secrets_kept_outside(secret: Resource) -> Findings:
    """Judge whether the program gives a value, known or not."""
    for key in ("data", "stringData"):
        values = secret.props[key]
        if values.is_set and (values.is_unknown or values.entries()):
            yield values.refuse("a secret's value", allowed="none")


@resource_rule(
    "bulkhead-secret-deny-tokens",
    types=SECRETS,
    severity=Severity.HIGH,
    requirements=("KEY-4", "IAM-1"),
    title="No token of a service account lives for ever",
    why="A token in a Secret has no end, and who copies it once is in the cluster for good.",
    remediation="Remove the Secret; ask for a token with an end through the TokenRequest API.",
)
def lasting_tokens_denied(secret: Resource) -> Findings:
    """Judge the type of the secret."""
    if secret.props["type"].text() == TOKEN_SECRET:
        yield secret.props["type"].refuse("a token without an end", allowed="another type")


@resource_rule(
    "bulkhead-secretprovider-keep-files",
    types=PROVIDER_CLASSES,
    severity=Severity.MEDIUM,
    requirements=("KEY-4",),
    frameworks=("CIS EKS 4.4.1",),
    title="Secrets from an external store are not copied into Kubernetes secrets",
    why="The copy is readable by every role that reads the namespace's secrets, and outlives the "
    "pod.",
    remediation="Remove secretObjects and read the mounted file.",
)
def provider_keeps_files(provider: Resource) -> Findings:
    """Judge whether the class makes Kubernetes secrets."""
    copies = provider.props.at("spec", "secretObjects")
    if copies.items():
        yield copies.refuse("a copy as Kubernetes secret", allowed="none")


@resource_rule(
    "bulkhead-externalsecret-follow-rotation",
    types=EXTERNAL_SECRETS,
    severity=Severity.MEDIUM,
    requirements=("KEY-4",),
    title="External secrets are read again",
    why="A secret that was rotated because it leaked stays in use where nobody reads it anew.",
    remediation="Set refreshInterval to at most the time that a rotation may take, and no "
    "refreshPolicy CreatedOnce.",
)
def rotation_followed(secret: Resource) -> Findings:
    """Judge whether it is refreshed; by default it is, every hour."""
    interval, policy = (
        secret.props.at("spec", key) for key in ("refreshInterval", "refreshPolicy")
    )
    if interval.is_set and not re.search("[1-9]", interval.word()):
        yield interval.refuse("never read again", allowed="a duration such as 1h")
    if policy.text() == "CreatedOnce":
        yield policy.refuse("never read again", allowed="Periodic")


@resource_rule(
    "bulkhead-secretstore-deny-static-keys",
    types=SECRET_STORES | CLUSTER_STORES,
    severity=Severity.HIGH,
    requirements=("KEY-4", "IAM-1"),
    title="Secret stores authenticate without keys of their own",
    why="A key that opens the store of all other secrets is the one that must not lie around.",
    remediation="Use Pod Identity of the controller, or auth.jwt with a service account.",
)
def static_keys_denied(store: Resource) -> Findings:
    """Judge how the store signs in to AWS."""
    sign_in = store.props.at("spec", "provider", "aws", "auth")
    if sign_in.holds("secretRef"):
        yield sign_in["secretRef"].refuse("an access key", allowed="auth.jwt, or Pod Identity")


@resource_rule(
    "bulkhead-secretstore-bound-namespaces",
    types=CLUSTER_STORES,
    severity=Severity.HIGH,
    requirements=("ISO-10", "KEY-4"),
    title="A cluster's secret store says which namespaces may use it",
    why="Without conditions every tenant fetches every secret that the store can read.",
    remediation="Set conditions, or use a SecretStore in the namespace.",
)
def store_bounded(store: Resource) -> Findings:
    """Judge the conditions; an empty selector of namespaces selects all."""
    conditions = store.props.at("spec", "conditions")
    bounds = [
        condition[key]
        for condition in conditions.items()
        for key in ("namespaces", "namespaceRegexes", "namespaceSelector")
        if condition[key].is_set
    ]
    if not bounds:
        yield conditions.refuse("open to every namespace", allowed="a list of namespaces")
    yield from each(bounds, _says_which)


def _says_which(bound: View) -> Findings:
    if not (bound.items() if bound.is_list else bound.entries()):
        yield bound.refuse("selects every namespace", allowed="some namespaces")

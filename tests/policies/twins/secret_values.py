from tests.policies.parts import IN_TENANT, POD, workload
from tests.policies.scenes import UNKNOWN, Declared, Twins, secret

ENV = "spec/containers/0/env"
PRIVATE_KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIE"
CONFIG = Declared(
    "kubernetes:core/v1:ConfigMap",
    {"metadata": IN_TENANT, "data": {"MODEL": "summaries", "EOS_TOKEN": "</s>"}},
)
SECRET = Declared("kubernetes:core/v1:Secret", {"metadata": IN_TENANT, "type": "Opaque"})
PROVIDER_CLASS = workload(
    "secrets-store.csi.x-k8s.io/v1:SecretProviderClass",
    {"provider": "aws", "parameters": {"objects": "[]", "usePodIdentity": "true"}},
)
EXTERNAL_SECRET = workload(
    "external-secrets.io/v1:ExternalSecret",
    {"refreshInterval": "1h", "secretStoreRef": {"name": "tenant", "kind": "SecretStore"}},
)
STORE = workload(
    "external-secrets.io/v1:SecretStore",
    {"provider": {"aws": {"service": "SecretsManager", "region": "eu-central-1"}}},
)
CLUSTER_STORE = workload(
    "external-secrets.io/v1:ClusterSecretStore",
    {**STORE.properties["spec"], "conditions": [{"namespaces": ["doc-summary"]}]},
)
KEYS = {"accessKeyIDSecretRef": {"name": "aws", "key": "id"}}


def env(name: str, value: str) -> Declared:
    return POD.but(ENV, [{"name": name, "value": value}])


TWINS = {
    "bulkhead-pod-mount-secrets": Twins(
        good=(POD,),
        bad=(
            POD.but(
                ENV,
                [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "t"}}}],
            ),
        ),
        unknown=(POD.but(ENV, UNKNOWN),),
        more_good={
            "config map": (
                POD.but(
                    "spec/containers/0/envFrom", [{"configMapRef": {"name": "model-artifacts"}}]
                ),
            ),
        },
        more_bad={
            "whole": (POD.but("spec/containers/0/envFrom", [{"secretRef": {"name": "hub"}}]),)
        },
    ),
    "bulkhead-pod-deny-literal-secrets": Twins(
        good=(env("HF_HOME", "/cache"),),
        bad=(env("HF_TOKEN", "correct-horse"),),
        unknown=(POD.but(ENV, [{"name": UNKNOWN, "value": "x"}]),),
        settled=(env("HF_TOKEN", UNKNOWN),),
        more_good={
            "file": (env("DB_PASSWORD", "/secrets/db"),),
            "another variable": (env("DB_PASSWORD", "$(OTHER)"),),
            "a special token": (env("EOS_TOKEN", "</s>"),),
            "a count": (env("MAX_TOKENS", "4096"),),
            "empty": (env("HF_TOKEN", ""),),
        },
        more_bad={
            "marked secret": (POD.but(ENV, [{"name": "API_KEY", "value": secret("x" * 9)}]),),
            "by its form": (env("SETTINGS", f"id={'AKIA' + 'A' * 16}"),),
            "private key": (env("CERT", PRIVATE_KEY),),
        },
    ),
    "bulkhead-configmap-deny-secrets": Twins(
        good=(CONFIG,),
        bad=(CONFIG.but("data/db-password", "correct-horse"),),
        unknown=(CONFIG.but("data", UNKNOWN),),
        more_bad={"private key": (CONFIG.but("data/tls.pem", PRIVATE_KEY),)},
    ),
    "bulkhead-secret-keep-outside": Twins(
        good=(SECRET,),
        bad=(SECRET.but("stringData", {"token": secret("correct-horse")}),),
        unknown=None,
        settled=(SECRET.but("immutable", UNKNOWN).but("stringData", {}),),
        more_bad={
            "encoded": (SECRET.but("data", {"token": "eA=="}),),
            "not known": (SECRET.but("data", UNKNOWN),),
        },
    ),
    "bulkhead-secret-deny-tokens": Twins(
        good=(SECRET,),
        bad=(SECRET.but("type", "kubernetes.io/service-account-token"),),
        unknown=(SECRET.but("type", UNKNOWN),),
    ),
    "bulkhead-secretprovider-keep-files": Twins(
        good=(PROVIDER_CLASS,),
        bad=(PROVIDER_CLASS.but("spec/secretObjects", [{"secretName": "hub", "type": "Opaque"}]),),
        unknown=(PROVIDER_CLASS.but("spec/secretObjects", UNKNOWN),),
    ),
    "bulkhead-externalsecret-follow-rotation": Twins(
        good=(EXTERNAL_SECRET,),
        bad=(EXTERNAL_SECRET.but("spec/refreshInterval", "0"),),
        unknown=(EXTERNAL_SECRET.but("spec/refreshInterval", UNKNOWN),),
        more_good={"by default": (EXTERNAL_SECRET.without("spec/refreshInterval"),)},
        more_bad={
            "no time": (EXTERNAL_SECRET.but("spec/refreshInterval", "0h0m"),),
            "once": (EXTERNAL_SECRET.but("spec/refreshPolicy", "CreatedOnce"),),
        },
    ),
    "bulkhead-secretstore-deny-static-keys": Twins(
        good=(STORE,),
        bad=(STORE.but("spec/provider/aws/auth", {"secretRef": KEYS}),),
        unknown=(STORE.but("spec/provider/aws", UNKNOWN),),
        more_good={
            "service account": (
                STORE.but("spec/provider/aws/auth", {"jwt": {"serviceAccountRef": {"name": "s"}}}),
            ),
        },
        more_bad={"cluster": (CLUSTER_STORE.but("spec/provider/aws/auth", {"secretRef": KEYS}),)},
    ),
    "bulkhead-secretstore-bound-namespaces": Twins(
        good=(CLUSTER_STORE,),
        bad=(CLUSTER_STORE.without("spec/conditions"),),
        unknown=(CLUSTER_STORE.but("spec/conditions", UNKNOWN),),
        more_good={
            "labels": (
                CLUSTER_STORE.but(
                    "spec/conditions", [{"namespaceSelector": {"matchLabels": {"a": "b"}}}]
                ),
            ),
            "patterns": (CLUSTER_STORE.but("spec/conditions", [{"namespaceRegexes": ["t-.*"]}]),),
        },
        more_bad={
            "every label": (CLUSTER_STORE.but("spec/conditions", [{"namespaceSelector": {}}]),),
            "empty": (CLUSTER_STORE.but("spec/conditions", [{}]),),
        },
    ),
}

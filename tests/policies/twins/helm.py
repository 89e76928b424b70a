from tests.policies.scenes import UNKNOWN, Declared, Twins, secret

SCHEME = "service.beta.kubernetes.io/aws-load-balancer-scheme"
LEGACY = "service.beta.kubernetes.io/aws-load-balancer-internal"
RELEASE = Declared(
    "kubernetes:helm.sh/v3:Release",
    {
        "chart": "kueue",
        "version": "0.20.0",
        "namespace": "kueue-system",
        "repositoryOpts": {"repo": "https://charts.example"},
        "values": {
            "controllerManager": {"replicas": 2, "hostNetwork": False},
            "auth": {"existingSecret": "kueue-auth", "passwordSecretName": "p"},
            "metricsService": {"type": "ClusterIP"},
        },
    },
)
BARE = RELEASE.without("version").without("repositoryOpts")
PUBLISHED = RELEASE.but("values/metricsService/type", "LoadBalancer")


def annotated(key: str, value: str) -> Declared:
    return PUBLISHED.but("values/metricsService/annotations", {key: value})


TWINS = {
    "bulkhead-helm-pin-chart": Twins(
        good=(RELEASE,),
        bad=(RELEASE.without("version"),),
        unknown=(RELEASE.but("chart", UNKNOWN),),
        settled=(RELEASE.but("version", UNKNOWN),),
        more_good={
            "beside the program": (BARE.but("chart", "./charts/kueue"),),
            "OCI": (BARE.but("chart", "oci://registry.example/kueue").but("version", "1"),),
        },
        more_bad={
            "OCI": (BARE.but("chart", "oci://registry.example/kueue"),),
            "HTTPS": (BARE.but("chart", "https://registry.example/kueue.tgz"),),
            "clear text": (RELEASE.but("repositoryOpts/repo", "http://charts.example"),),
            "chart in clear text": (RELEASE.but("chart", "http://charts.example/kueue.tgz"),),
            "second generation": (
                RELEASE.as_type("kubernetes:helm.sh/v4:Chart").without("version"),
            ),
        },
    ),
    "bulkhead-helm-deny-host-access": Twins(
        good=(RELEASE,),
        bad=(RELEASE.but("values/controllerManager/hostNetwork", True),),
        unknown=(RELEASE.but("values/controllerManager/hostNetwork", UNKNOWN),),
        more_good={"no values": (RELEASE.without("values"),)},
        more_bad={
            name: (RELEASE.but("values/list", [{"securityContext": {name: True}}]),)
            for name in ("hostPID", "hostIPC", "privileged", "allowPrivilegeEscalation")
        },
    ),
    "bulkhead-helm-deny-literal-secrets": Twins(
        good=(RELEASE,),
        bad=(RELEASE.but("values/auth/adminPassword", "correct-horse"),),
        unknown=None,
        settled=(RELEASE.but("values/auth/adminPassword", UNKNOWN),),
        more_good={
            "empty": (RELEASE.but("values/auth/apiKey", ""),),
            "a number": (RELEASE.but("values/auth/maxToken", 4096),),
            "reference": (RELEASE.but("values/auth/tokenSecret", "kueue-auth"),),
        },
        more_bad={
            "marked secret": (RELEASE.but("values/auth/apiKey", secret("x" * 9)),),
            "by its form": (RELEASE.but("values/list", ["AKIA" + "A" * 16]),),
        },
    ),
    "bulkhead-helm-keep-internal": Twins(
        good=(RELEASE,),
        bad=(PUBLISHED,),
        unknown=(RELEASE.but("values/metricsService/type", UNKNOWN),),
        more_good={
            "internal": (annotated(SCHEME, "internal"),),
            "internal by the former annotation": (annotated(LEGACY, "true"),),
            "a name": (RELEASE.but("values/service", "kueue"),),
        },
        more_bad={
            "internet-facing": (annotated(SCHEME, "internet-facing"),),
            "node port": (RELEASE.but("values/metricsService/type", "NodePort"),),
            "deep": (RELEASE.but("values/a", [{"b": {"service": {"type": "LoadBalancer"}}}]),),
        },
    ),
}

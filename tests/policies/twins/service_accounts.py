from tests.policies.parts import DEPLOYMENT, POD, compartment
from tests.policies.scenes import UNKNOWN, Declared, Scene, Twins

AUTOMOUNT = "automountServiceAccountToken"
ACCOUNT = Declared(
    "kubernetes:core/v1:ServiceAccount",
    {"metadata": {"name": "server", "namespace": "doc-summary"}, AUTOMOUNT: False},
    name="account",
)
SILENT = POD.without(f"spec/{AUTOMOUNT}")
BINDING = Declared(
    "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding",
    {
        "metadata": {"name": "server", "namespace": "doc-summary"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "Role",
            "name": "leader-election",
        },
        "subjects": [{"kind": "ServiceAccount", "name": "server"}],
    },
    name="binding",
)
CLUSTER_BINDING = (
    BINDING.as_type("kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding")
    .without("metadata/namespace")
    .but("subjects/0/namespace", "doc-summary")
)


def within(*scene: Declared) -> Scene:
    """Objects whose namespace is known by dependency alone."""
    held = [r.but("metadata/namespace", UNKNOWN).depending(metadata="namespace") for r in scene]
    return (*compartment(), *held)


TWINS = {
    "bulkhead-pod-withhold-token": Twins(
        good=(POD,),
        bad=(SILENT,),
        unknown=(POD.but(f"spec/{AUTOMOUNT}", UNKNOWN),),
        settled=within(SILENT, ACCOUNT),
        more_good={
            "by the account": (SILENT, ACCOUNT),
            "with a role": (POD.but(f"spec/{AUTOMOUNT}", True), ACCOUNT, BINDING),
            "with a cluster's role": (SILENT, ACCOUNT, CLUSTER_BINDING),
        },
        more_bad={
            "mounted": (POD.but(f"spec/{AUTOMOUNT}", True), ACCOUNT),
            "account of another namespace": (
                SILENT,
                ACCOUNT.but("metadata/namespace", "elsewhere"),
            ),
            "another account": (SILENT, ACCOUNT.but("metadata/name", "client")),
            "role of another": (
                SILENT,
                BINDING.but("subjects/0/name", "client"),
            ),
            "role of a user": (SILENT, BINDING.but("subjects/0/kind", "User")),
            "role of another namespace": (
                SILENT,
                CLUSTER_BINDING.but("subjects/0/namespace", "elsewhere"),
            ),
            "deployment": (DEPLOYMENT.without(f"spec/template/spec/{AUTOMOUNT}"),),
        },
    ),
    "bulkhead-serviceaccount-withhold-token": Twins(
        good=(ACCOUNT,),
        bad=(ACCOUNT.without(AUTOMOUNT),),
        unknown=(ACCOUNT.but(AUTOMOUNT, UNKNOWN),),
        more_good={"with a role": (ACCOUNT.but(AUTOMOUNT, True), BINDING)},
        more_bad={
            "handed out": (ACCOUNT.but(AUTOMOUNT, True),),
            "without a name": (ACCOUNT.but(AUTOMOUNT, True).without("metadata/name"),),
        },
    ),
    "bulkhead-pod-name-account": Twins(
        good=(POD,),
        bad=(POD.without("spec/serviceAccountName"),),
        unknown=(POD.but("spec", UNKNOWN),),
        settled=(POD.but("spec/serviceAccountName", UNKNOWN),),
        more_good={
            "former spelling": (
                POD.without("spec/serviceAccountName").but("spec/serviceAccount", "server"),
            ),
        },
        more_bad={"default": (POD.but("spec/serviceAccountName", "default"),)},
    ),
}

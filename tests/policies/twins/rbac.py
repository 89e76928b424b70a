import datetime
from typing import Any

from bulkhead.domain.admission import GATEWAY_NAMESPACE
from tests.policies.parts import IN_TENANT, labels
from tests.policies.scenes import UNKNOWN, Declared, Twins

RBAC = "kubernetes:rbac.authorization.k8s.io"
GROUP = {"kind": "Group", "name": "doc-summary:admin", "apiGroup": "rbac.authorization.k8s.io"}


def rule(verbs: Any, resources: Any, group: str = "", **more: Any) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": resources, "verbs": verbs, **more}


ROLE = Declared(
    f"{RBAC}/v1:Role",
    {
        "metadata": IN_TENANT,
        "rules": [rule(["get", "list"], ["pods", "configmaps"]), rule(["create"], ["pods"])],
    },
)
CLUSTER_ROLE = ROLE.as_type(f"{RBAC}/v1:ClusterRole").but(
    "rules", [rule(["get", "list"], ["nodes"])]
)
PLATFORM = CLUSTER_ROLE.but("metadata/labels", labels(tenant="platform").kubernetes())
BINDING = Declared(
    f"{RBAC}/v1:RoleBinding",
    {
        "metadata": IN_TENANT,
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "admin"},
        "subjects": [GROUP, {"kind": "ServiceAccount", "name": "server"}],
    },
)
CLUSTER_BINDING = BINDING.as_type(f"{RBAC}/v1:ClusterRoleBinding")


def granting(*rules: dict[str, Any]) -> Declared:
    return ROLE.but("rules", [*ROLE.properties["rules"], *rules])


SENSITIVE = ROLE.but("metadata/labels", labels(tier="confidential").kubernetes())
DEBUG = "bulkhead.dev/debug"


def grant(*, starts: int = -1, hours: int = 8, reason: str = "Incident 4711: leaks") -> Any:
    """Annotations of a grant that began ``-starts`` hours ago."""
    begins = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=starts)
    ends = begins + datetime.timedelta(hours=hours)
    return {
        f"{DEBUG}-owner": "team-ml",
        f"{DEBUG}-reason": reason,
        f"{DEBUG}-starts": begins.strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{DEBUG}-expires": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{DEBUG}-ways": "command",
    }


def debugging(annotations: Any) -> Declared:
    told = labels(tier="internal").kubernetes()
    into_pods = granting(rule(["create"], ["pods/exec"])).but("metadata/labels", told)
    return into_pods.but("metadata/annotations", annotations)


def granting_everywhere(*rules: dict[str, Any]) -> Declared:
    return CLUSTER_ROLE.but("rules", list(rules))


TWINS = {
    "bulkhead-rbac-deny-cluster-admin": Twins(
        good=(BINDING,),
        bad=(CLUSTER_BINDING.but("roleRef/name", "cluster-admin"),),
        unknown=(BINDING.but("roleRef", UNKNOWN),),
        more_bad={
            "in a namespace": (BINDING.but("roleRef/name", "cluster-admin"),),
            "masters": (CLUSTER_BINDING.but("subjects/0/name", "system:masters"),),
        },
    ),
    "bulkhead-rbac-deny-everyone": Twins(
        good=(BINDING,),
        bad=(CLUSTER_BINDING.but("subjects/0/name", "system:authenticated"),),
        unknown=(BINDING.but("subjects/0/name", UNKNOWN),),
        more_bad={
            name: (BINDING.but("subjects/0/name", f"system:{name}"),)
            for name in ("anonymous", "unauthenticated", "serviceaccounts")
        },
    ),
    "bulkhead-rbac-deny-default-account": Twins(
        good=(BINDING,),
        bad=(BINDING.but("subjects/1/name", "default"),),
        unknown=(BINDING.but("subjects/1/name", UNKNOWN),),
        more_good={"a group of that name": (BINDING.but("subjects/0/name", "default"),)},
    ),
    "bulkhead-rbac-deny-wildcards": Twins(
        good=(ROLE,),
        bad=(granting(rule(["*"], ["pods"])),),
        unknown=(ROLE.but("rules/0/verbs", UNKNOWN),),
        more_good={"cluster": (CLUSTER_ROLE,)},
        more_bad={
            "resources": (granting(rule(["get"], ["*"])),),
            "groups": (granting(rule(["get"], ["pods"], group="*")),),
            "subresources": (granting(rule(["get"], ["*/scale"])),),
            "cluster": (granting_everywhere(rule(["*"], ["nodes"])),),
        },
    ),
    "bulkhead-rbac-deny-secret-reads": Twins(
        good=(granting(rule(["create", "delete"], ["secrets"])),),
        bad=(granting(rule(["get"], ["secrets"])),),
        unknown=(granting(rule(UNKNOWN, ["secrets"])),),
        more_good={
            "named": (granting(rule(["get"], ["secrets"], resourceNames=["tls"])),),
            "the gateway's controller": (
                granting(rule(["list"], ["secrets"])).but("metadata/namespace", GATEWAY_NAMESPACE),
            ),
        },
        more_bad={
            "everywhere, in the gateway's name": (
                granting_everywhere(rule(["list"], ["secrets"])).but(
                    "metadata/namespace", GATEWAY_NAMESPACE
                ),
            ),
            "list": (granting(rule(["list"], ["pods", "secrets"])),),
            "watch of named ones": (
                granting(rule(["get", "watch"], ["secrets"], resourceNames=["tls"])),
            ),
            "cluster": (granting_everywhere(rule(["watch"], ["secrets"])),),
        },
    ),
    "bulkhead-rbac-deny-pod-creation": Twins(
        good=(ROLE,),
        bad=(granting_everywhere(rule(["create"], ["pods"])),),
        unknown=(granting_everywhere(rule(["create"], UNKNOWN)),),
        more_good={"look": (granting_everywhere(rule(["get", "list"], ["pods"])),)},
        more_bad={
            kind: (granting_everywhere(rule(["create", "get"], [kind], group="x")),)
            for kind in (
                "cronjobs",
                "daemonsets",
                "deployments",
                "jobs",
                "replicasets",
                "replicationcontrollers",
                "statefulsets",
            )
        },
    ),
    "bulkhead-rbac-deny-escalation": Twins(
        good=(ROLE,),
        bad=(granting_everywhere(rule(["bind"], ["clusterroles"])),),
        unknown=(ROLE.but("rules/0/verbs", ["get", UNKNOWN]),),
        more_bad={
            "escalate": (granting(rule(["escalate"], ["roles"])),),
            "impersonate": (granting_everywhere(rule(["impersonate"], ["users"])),),
        },
    ),
    "bulkhead-rbac-deny-exec": Twins(
        good=(ROLE,),
        bad=(granting(rule(["create"], ["pods/exec"])),),
        unknown=(granting(rule(["create"], ["pods", UNKNOWN])),),
        more_good={"logs": (granting(rule(["get"], ["pods/log"])),)},
        more_bad={
            "attach": (granting(rule(["get"], ["pods/attach"])),),
            "debug": (granting(rule(["patch"], ["pods/ephemeralcontainers"])),),
            "ports": (granting(rule(["create"], ["pods/portforward"])),),
            "nodes": (granting_everywhere(rule(["get"], ["nodes/proxy"])),),
            "a grant that has expired": (debugging(grant(starts=-30)),),
            "a grant without a reason": (debugging(grant(reason="tbd")),),
            "a grant for longer than the tier's": (debugging(grant(hours=25)),),
            "a grant of a time that nobody can read": (
                debugging(grant() | {f"{DEBUG}-expires": "tomorrow"}),
            ),
        },
    ),
    "bulkhead-rbac-deny-log-reads": Twins(
        good=(granting(rule(["get"], ["pods/log"])),),
        bad=(SENSITIVE.but("rules", [rule(["get"], ["pods/log"])]),),
        unknown=(SENSITIVE.but("rules", [rule(["get"], ["pods", UNKNOWN])]),),
        more_good={"pods": (SENSITIVE,)},
    ),
    "bulkhead-rbac-deny-tokens": Twins(
        good=(ROLE,),
        bad=(granting(rule(["create"], ["serviceaccounts/token"])),),
        unknown=(granting(rule(["create"], UNKNOWN)),),
        more_bad={
            "certificates": (
                granting_everywhere(rule(["update"], ["certificatesigningrequests/approval"])),
            ),
        },
    ),
    "bulkhead-rbac-protect-guardrails": Twins(
        good=(granting(rule(["get", "list", "watch"], ["networkpolicies"])),),
        bad=(granting(rule(["delete"], ["networkpolicies"])),),
        unknown=(granting(rule(UNKNOWN, ["resourcequotas"])),),
        more_good={
            "platform": (PLATFORM.but("rules", [rule(["update"], ["resourcequotas"])]),),
        },
        more_bad={
            **{
                f"{kind} {verb}": (granting(rule([verb], [kind])),)
                for kind, verb in (
                    ("resourcequotas", "update"),
                    ("limitranges", "patch"),
                    ("networkpolicies", "create"),
                    ("networkpolicies", "deletecollection"),
                )
            },
            **{
                kind: (granting_everywhere(rule(["patch"], [kind])),)
                for kind in (
                    "mutatingadmissionpolicies",
                    "mutatingadmissionpolicybindings",
                    "mutatingwebhookconfigurations",
                    "validatingadmissionpolicies",
                    "validatingadmissionpolicybindings",
                    "validatingwebhookconfigurations",
                )
            },
        },
    ),
}

"""Debug access to a tenant's pods, for hours."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from bulkhead.domain import parsing
from bulkhead.domain.access import DEBUG, check_principal_arn, group
from bulkhead.domain.debugging import RESOURCES, Grant, Way, instant, now, read_ways, written
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.labels import Labels, Plane
from bulkhead.domain.scope import Scope
from bulkhead.domain.tenants import Tenant
from bulkhead.foundation import arns
from bulkhead.foundation.arguments import ScopeArgs, checked, read_scope
from bulkhead.foundation.component import Component
from bulkhead.foundation.documents import Document, condition, document
from bulkhead.foundation.identity import MadeRole, make_role, people_trust
from bulkhead.workloads.arguments import TenantArgs, read_tenant
from bulkhead.workloads.rbac import READ, Rule, known_as


class DebugAccessArgs(TypedDict):
    """What a ``DebugAccess`` takes."""

    scope: ScopeArgs
    """Environment, account and Region of the cluster."""
    tenant: TenantArgs
    """The tenant whose pods are looked into."""
    cluster_name: str
    """Name of the cluster."""
    people: list[str]
    """ARNs of the IAM roles or users that people sign in as, each of whom gets in."""
    owner: str
    """Team that answers for it."""
    reason: str
    """Why, as a sentence; an incident's number helps."""
    starts: str
    """When it begins, ``YYYY-MM-DDTHH:MM:SSZ`` in UTC."""
    hours: int
    """How long it lasts; 2 to the tier's ``debug_hours``."""
    ways: NotRequired[list[str] | None]
    """What it opens: ``debug-container``, a container of one's own beside the pod's, from the
    tenant's registries; ``command``, commands in the pod's own containers; ``logs``, where the tier
    lets anybody read them past the redaction. Default: ``debug-container``."""


class DebugAccess(Component):
    """Somebody gets into one tenant's running pods, for a reason and for hours (ISO-10, IAM-3).

    Pods are closed to everybody: no role of the tenant's people may run commands in them, and the
    admission rule ``bulkhead-pod-limit-debugging`` refuses even administrators. This makes an IAM
    role that the named people take on from ``starts`` to an hour before the end, since a session
    lasts an hour: IAM compares its own clock at each attempt, so that access ends on time whether
    or not anybody deploys. An access entry turns the role into two groups in the cluster: the
    tenant's of debug access, which admission asks for, and one of this grant's own, bound to a Role
    in the tenant's namespace that opens the chosen ways and nothing else.

    CloudTrail tells who took the role on, ``AuditAlarms`` wakes people, and the API server's audit
    log has each command with the session's name. Once it has expired, a preview refuses it until it
    is taken out of the program. What is typed inside a session is in no log.

    Needs a Kubernetes provider, the tenant's ``TenantNamespace`` and ``AdmissionPolicies``.

    Example:
        import datetime

        import pulumi
        import pulumi_kubernetes as k8s

        from bulkhead import DebugAccess

        cluster = k8s.Provider("cluster", kubeconfig="kubeconfig.yaml")
        soon = datetime.datetime.now(datetime.UTC)  # write the instant out in a program of yours
        DebugAccess(
            "incident-4711",
            {
                "scope": {
                    "environment": "dev",
                    "region": "eu-central-1",
                    "account_id": "111122223333",
                    "owner": "platform-team",
                    "cost_center": "cc-100",
                },
                "tenant": {
                    "name": "assist",
                    "tier": "internal",
                    "owner": "team-assist",
                    "cost_center": "cc-42",
                },
                "cluster_name": "dev-shared",
                "people": ["arn:aws:iam::111122223333:role/sso/on-call"],
                "owner": "team-assist",
                "reason": "Incident 4711: the server leaks memory under load.",
                "starts": soon.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "hours": 4,
            },
            pulumi.ResourceOptions(provider=cluster),
        )
    """

    role_arn: pulumi.Output[str]
    """ARN of the role to take on."""
    expires: pulumi.Output[str]
    """When the last session ends, in UTC."""

    def __init__(
        self, name: str, args: DebugAccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        """Grant the access.

        Raises:
            RefusedError: see ``read_access``.
        """
        scope, tenant, grant = read_access(name, args)
        super().__init__(name, opts)

        labels = tenant.labels(scope.environment, Plane.CONTROL, DEBUG)
        role = self._role(f"{DEBUG}-{tenant.name}-{name}", scope, args, grant, labels)
        own_group = f"{group(tenant.name, DEBUG)}:{name}"
        aws.eks.AccessEntry(
            name,
            cluster_name=args["cluster_name"],
            principal_arn=role.arn,
            kubernetes_groups=[group(tenant.name, DEBUG), own_group],
            type="STANDARD",
            tags=labels.tags(name),
            opts=self._child(),
        )
        metadata = {
            "name": f"{DEBUG}-{name}",
            "namespace": tenant.name,
            "labels": labels.kubernetes(),
            "annotations": grant.annotations(),
        }
        made = k8s.rbac.v1.Role(
            name, metadata=metadata, rules=rules(grant.ways), opts=self._child()
        )
        k8s.rbac.v1.RoleBinding(
            name,
            metadata=metadata,
            role_ref=known_as("Role", f"{DEBUG}-{name}"),
            subjects=[known_as("Group", own_group)],
            opts=self._child(depends_on=[made]),
        )
        self._export({"role_arn": role.arn, "expires": written(grant.expires)})

    def _role(
        self,
        name: str,
        scope: Scope,
        args: DebugAccessArgs,
        grant: Grant,
        labels: Labels,
    ) -> MadeRole:
        return make_role(
            name,
            scope=scope,
            labels=labels,
            trust=for_a_time(people_trust(args["people"], second_factor=False), grant),
            description=f"Debug access of {labels.tenant} until {written(grant.expires)}.",
            statements=[
                {
                    "Sid": "FindCluster",
                    "Effect": "Allow",
                    "Action": "eks:DescribeCluster",
                    "Resource": arns.eks_cluster(scope, args["cluster_name"]),
                }
            ],
            part=arns.PEOPLE,
            opts=self._child(),
        )


def read_access(name: str, args: DebugAccessArgs) -> tuple[Scope, Tenant, Grant]:
    """Where it is, whose pods it opens, and the grant.

    Raises:
        RefusedError: the name, the scope or the tenant is refused, nobody gets in, an ARN is none
            of a role or user, or the grant may not be used now: see ``Grant.check``.
    """
    parsing.name(name, where=name)
    args = checked(args, DebugAccessArgs, where=name)
    scope = read_scope(args["scope"], where=f"{name}.scope")
    tenant = read_tenant(args["tenant"], where=f"{name}.tenant").check(
        region=scope.region, where=f"{name}.tenant"
    )
    if not args["people"]:
        raise RefusedError(
            "debug access for nobody", allowed="at least one ARN", where=f"{name}.people"
        )
    for arn in args["people"]:
        check_principal_arn(arn, where=f"{name}.people")
    ways = args.get("ways")
    grant = Grant(
        owner=args["owner"],
        reason=args["reason"],
        starts=instant(args["starts"], where=f"{name}.starts"),
        hours=args["hours"],
        ways=read_ways([Way.DEBUG_CONTAINER] if ways is None else ways, where=f"{name}.ways"),
    )
    return scope, tenant, grant.check(tenant.tier, now=now(), where=name)


def for_a_time(trust: Document, grant: Grant) -> Document:
    """The trust, from the grant's start to its last entry, by IAM's own clock."""
    times = {
        "DateGreaterThanEquals": {"aws:CurrentTime": written(grant.starts)},
        "DateLessThan": {"aws:CurrentTime": written(grant.last_entry)},
    }
    return document(
        *(
            {**statement, "Condition": condition(statement["Condition"], times)}
            for statement in trust["Statement"]
        )
    )


def rules(ways: tuple[Way, ...]) -> list[Rule]:
    """The rules of a grant's role: it finds pods, and opens its ways."""
    opened = [pair for way in ways for pair in RESOURCES[way]]
    return [
        {"api_groups": [""], "resources": ["pods"], "verbs": READ},
        *(
            {"api_groups": [""], "resources": [resource], "verbs": list(verbs)}
            for resource, verbs in opened
        ),
    ]

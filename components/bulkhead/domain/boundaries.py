"""What stands between two tenants, boundary by boundary (ISO-2)."""

from enum import StrEnum

from bulkhead.domain.isolation import IsolationPattern


class Boundary(StrEnum):
    """Where one tenant ends and another begins."""

    NAMESPACE = "namespace"
    NODE = "node"
    IDENTITY = "identity"
    KEY = "key"
    NETWORK = "network"
    LOG = "log"


_INSIDE_ONE_CLUSTER = {
    Boundary.NAMESPACE: "a namespace each, with quota, restricted pods and roles of its own",
    Boundary.IDENTITY: "a role each, which reads the prefix of its own name and nothing else",
    Boundary.KEY: "the tier's keys, opened for a role's own prefix; other tiers have others",
    Boundary.NETWORK: "policies that deny all but the gateway, DNS and AWS's endpoints",
    Boundary.LOG: "the cluster's logs, which only the platform reads",
}

_OWN_CLUSTER = {
    Boundary.NAMESPACE: "a cluster each: no shared API server, controller or administrator role",
    Boundary.IDENTITY: "roles each, which trust their own cluster's pods alone",
    Boundary.KEY: "keys of the own cluster for its secrets, disks and logs",
    Boundary.NETWORK: "a VPC each, or subnets of one, and a private endpoint each",
    Boundary.LOG: "log groups each, under the own cluster's key",
}

SEPARATION: dict[IsolationPattern, dict[Boundary, str]] = {
    IsolationPattern.SHARED_CLUSTER: {
        **_INSIDE_ONE_CLUSTER,
        Boundary.NODE: "nothing but the container: nodes are shared",
    },
    IsolationPattern.DEDICATED_NODE_POOLS: {
        **_INSIDE_ONE_CLUSTER,
        Boundary.NODE: "nodes each, or the tier's, held by taint and at admission",
    },
    IsolationPattern.SINGLE_TENANT_CLUSTER: {
        **_OWN_CLUSTER,
        Boundary.NODE: "nodes each; physical servers may be shared, below AWS's hypervisor",
    },
    IsolationPattern.DEDICATED_HOSTS: {
        **_OWN_CLUSTER,
        Boundary.NODE: "physical servers each, in a host resource group of their own",
    },
    IsolationPattern.CONFIDENTIAL_COMPUTE: {
        **_INSIDE_ONE_CLUSTER,
        Boundary.NODE: "sealed nodes each, held by taint and at admission",
        Boundary.KEY: "a key each, which opens on the attested measurement alone",
    },
}
"""What separates two tenants under each pattern, for reports."""

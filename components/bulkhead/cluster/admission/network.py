"""Ways into the cluster."""

from bulkhead.cluster.admission.rule import AdmissionRule, Check, Match

KEEP_SERVICES_INTERNAL = AdmissionRule(
    name="bulkhead-service-keep-internal",
    title="Services are reached inside the cluster only",
    why="A load balancer, a node port or an outside address leads around the gateway, and with it "
    "around identity, quotas and logging; an external name leads the gateway elsewhere.",
    requirements=("POL-2", "INF-1", "INF-2", "ISO-3"),
    matches=(Match("", ("services",)),),
    checks=(
        Check(
            "object.spec.?type.orValue('ClusterIP') == 'ClusterIP'",
            "a service that is reached from outside; allowed: type ClusterIP",
            given="object.spec.type",
        ),
        Check(
            "object.spec.?externalIPs.orValue([]).size() == 0",
            "a service takes over an outside address; allowed: no externalIPs",
            given="object.spec.externalIPs[0]",
        ),
    ),
)

DENY_INGRESS = AdmissionRule(
    name="bulkhead-ingress-deny",
    title="Tenants open no way in past the platform's gateway",
    why="An ingress or a gateway of a tenant's own has neither identity nor quotas nor logging.",
    requirements=("POL-2", "INF-1", "INF-2"),
    matches=(
        Match("networking.k8s.io", ("ingresses",)),
        Match("gateway.networking.k8s.io", ("gateways",), versions=("*",)),
    ),
    checks=(Check("false", "a way in of the tenant's own; allowed: the platform's gateway"),),
)

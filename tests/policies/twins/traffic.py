from typing import Any

from tests.policies.parts import labels, workload
from tests.policies.scenes import UNKNOWN, Twins

POLICY = workload(
    "networking.k8s.io/v1:NetworkPolicy",
    {
        "podSelector": {"matchLabels": {"app": "server"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [
            {
                "from": [{"namespaceSelector": {"matchLabels": {"team": "summaries"}}}],
                "ports": [{"port": 8080}],
            }
        ],
        "egress": [
            {"to": [{"ipBlock": {"cidr": "10.20.0.0/16"}}, {"podSelector": {}}]},
            {"ports": [{"port": 53, "protocol": "UDP"}, {"port": "53", "protocol": "TCP"}]},
        ],
    },
)
PLATFORM = POLICY.but("metadata/labels", labels(tenant="platform").kubernetes())
EVERY_NAMESPACE: dict[str, Any] = {"namespaceSelector": {}}
INGRESS = workload(
    "networking.k8s.io/v1:Ingress",
    {
        "ingressClassName": "alb",
        "tls": [{"hosts": ["models.internal.example"], "secretName": "tls"}],
        "rules": [],
    },
)
CERTIFICATE = "alb.ingress.kubernetes.io/certificate-arn"
PORTS = "metadata/annotations/alb.ingress.kubernetes.io~1listen-ports"
BY_ALB = INGRESS.without("spec/tls").but("metadata/annotations", {CERTIFICATE: "arn:aws:acm:x"})
GATEWAY = workload(
    "gateway.networking.k8s.io/v1:Gateway",
    {
        "gatewayClassName": "envoy",
        "listeners": [
            {
                "name": "https",
                "port": 443,
                "protocol": "HTTPS",
                "tls": {"certificateRefs": [{"name": "tls"}]},
            }
        ],
    },
)


def out(*cidrs: str, **more: Any) -> Any:
    return POLICY.but("spec/egress", [{"to": [{"ipBlock": {"cidr": c, **more}} for c in cidrs]}])


def come(*peers: Any) -> Any:
    return POLICY.but("spec/ingress", [{"from": list(peers)}])


TWINS = {
    "bulkhead-networkpolicy-bound-egress": Twins(
        good=(POLICY,),
        bad=(out("0.0.0.0/0"),),
        unknown=(out(UNKNOWN),),
        more_good={
            "shared address space": (out("100.64.0.0/10"),),
            "Pod Identity": (out("169.254.170.23/32"),),
            "unique local": (out("fd00::/8"),),
            "platform": (PLATFORM.but("spec/egress", [{}]),),
        },
        more_bad={
            "no destination": (POLICY.but("spec/egress", [{}]),),
            "a port": (POLICY.but("spec/egress", [{"ports": [{"port": 443}]}]),),
            "DNS and more": (
                POLICY.but("spec/egress", [{"ports": [{"port": 53}, {"port": 443}]}]),
            ),
            "half of the internet": (out("128.0.0.0/1"),),
            "a public network": (out("10.0.0.0/8", "52.94.0.0/22"),),
            "version 6": (out("::/0"),),
        },
    ),
    "bulkhead-networkpolicy-bound-ingress": Twins(
        good=(POLICY,),
        bad=(come(EVERY_NAMESPACE),),
        unknown=(POLICY.but("spec/ingress", UNKNOWN),),
        more_good={
            "a network": (come({"ipBlock": {"cidr": "10.0.0.0/8"}}),),
            "an expression": (
                come(
                    {
                        "namespaceSelector": {
                            "matchExpressions": [{"key": "team", "operator": "Exists"}]
                        }
                    }
                ),
            ),
            "the same namespace": (come({"podSelector": {}}),),
            "platform": (PLATFORM.but("spec/ingress", [{"from": [EVERY_NAMESPACE]}]),),
        },
        more_bad={
            "no sender": (POLICY.but("spec/ingress", [{}]),),
            "internet": (come({"ipBlock": {"cidr": "0.0.0.0/0"}}),),
            "half of the internet": (come({"ipBlock": {"cidr": "0.0.0.0/1"}}),),
            "internet of version 6": (come({"ipBlock": {"cidr": "::/0"}}),),
        },
    ),
    "bulkhead-networkpolicy-hide-metadata": Twins(
        good=(out("169.254.0.0/16", **{"except": ["169.254.169.254/32"]}),),
        bad=(out("169.254.169.254/32"),),
        unknown=(out(UNKNOWN),),
        more_good={
            "platform's Pod Identity": (
                PLATFORM.but("spec/egress", [{"to": [{"podSelector": {}}]}]),
            ),
            "DNS": (out("169.254.20.10/32"),),
        },
        more_bad={
            "network": (out("169.254.0.0/16"),),
            "another exception": (out("169.254.0.0/16", **{"except": ["169.254.1.0/24"]}),),
        },
    ),
    "bulkhead-ingress-require-tls": Twins(
        good=(INGRESS,),
        bad=(INGRESS.without("spec/tls"),),
        unknown=(INGRESS.but("spec/tls", UNKNOWN),),
        more_good={
            "by the load balancer": (BY_ALB,),
            "redirect": (
                BY_ALB.but(PORTS, '[{"HTTP": 80}, {"HTTPS": 443}]').but(
                    "metadata/annotations/alb.ingress.kubernetes.io~1ssl-redirect", "443"
                ),
            ),
            "HTTPS": (BY_ALB.but(PORTS, '[{"HTTPS": 443}]'),),
        },
        more_bad={"a listener more": (BY_ALB.but(PORTS, '[{"HTTP": 80}, {"HTTPS": 443}]'),)},
    ),
    "bulkhead-gateway-require-tls": Twins(
        good=(GATEWAY,),
        bad=(GATEWAY.but("spec/listeners/0/protocol", "HTTP"),),
        unknown=(GATEWAY.but("spec/listeners/0/protocol", UNKNOWN),),
        more_good={"passed through": (GATEWAY.but("spec/listeners/0/protocol", "TLS"),)},
    ),
}

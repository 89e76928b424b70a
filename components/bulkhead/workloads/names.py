"""Names that tenants, the gateway and their network policies agree on."""

from bulkhead.domain.admission import GATEWAY_NAMESPACE as GATEWAY_NAMESPACE

INFERENCE_PORT = 8000
"""Port on which inference servers listen; vLLM's default."""

CONTROLLER_NAMESPACE = "envoy-gateway-system"
"""Namespace of the controllers that set the gateway up, and of the service that counts."""

COUNTERS_PORT = 6379
"""Port of the store of counters."""

SCALING_NAMESPACE = "keda-system"
"""Namespace of KEDA."""

BALANCING_NAMESPACE = "load-balancer-system"
"""Namespace of the AWS Load Balancer Controller."""

VERIFIER_NAMESPACE = "cosign-system"
"""Namespace of sigstore's policy-controller, which expects this name."""

VERIFIED_LABEL = "policy.sigstore.dev/include"
"""Label of the namespaces whose images policy-controller verifies."""

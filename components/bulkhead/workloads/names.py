"""Names that tenants, the gateway and their policies agree on."""

ROLE_LABEL = "bulkhead.dev/role"
"""Label of a pod that says what the platform does for it."""

INFERENCE_SERVER = "inference-server"
"""The role of pods that serve a model: the gateway reaches them, and they reach artifacts."""

INFERENCE_PORT = 8000
"""Port on which inference servers listen; vLLM's default."""

SERVICE_ACCOUNT = "inference-server"
"""Service account of inference servers: the only one with an identity in AWS."""

GATEWAY_NAMESPACE = "bulkhead-gateway"
"""Namespace of the gateway, which belongs to the platform."""

ARTIFACTS_CONFIG = "model-artifacts"
"""ConfigMap that tells a server where its tenant's artifacts are."""

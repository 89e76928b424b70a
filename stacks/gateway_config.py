"""The gateway of a cluster in the environment's file, typed."""

from pydantic import Field

from bulkhead.domain.inference import PROMPT_KIB, Limits, Window
from bulkhead.domain.issuers import Issuer
from stacks.config import Strict


class IssuerConfig(Strict):
    """Who vouches for the gateway's clients."""

    url: str
    """The iss of tokens, an HTTPS URL."""
    jwks_uri: str
    """Where its keys are, an HTTPS URL that the gateway reaches."""
    audiences: list[str] = Field(min_length=1)
    """The aud of which a token must have one: the gateway's own name, and nobody else's."""
    tenant_claim: str = Issuer.tenant_claim
    """Claim that names the tenant."""


class GatewayImagesConfig(Strict):
    """Images of the gateway by digest, mirrored to a private ECR registry."""

    gateway: str
    """envoyproxy/gateway of version 1.9.1."""
    proxy: str
    """envoyproxy/envoy, distroless, of version 1.39."""
    rate_limit: str
    """envoyproxy/ratelimit."""
    ai_controller: str
    """envoyproxy/ai-gateway-controller of version 1.1.0."""
    ai_processor: str
    """envoyproxy/ai-gateway-extproc of version 1.1.0."""


class CertificatesConfig(Strict):
    """Objects in the gateway's namespace that hold its certificates."""

    server: str
    """TLS Secret that clients see."""
    client: str
    """TLS Secret that servers see."""
    authority: str
    """ConfigMap whose ca.crt vouches for the servers."""


class GatewayNetworksConfig(Strict):
    """Networks that the gateway knows."""

    clients: list[str] = Field(min_length=1)
    """Private networks of the clients."""
    issuer: list[str] = Field(min_length=1)
    """Networks in which the issuer's keys are, by HTTPS: of an endpoint, or of the way out."""


class LimitsConfig(Strict):
    """The most of one model that one tenant may use."""

    requests: dict[Window, int] | None = None
    """Requests by window; 60 a minute if left out."""
    tokens: dict[Window, int] | None = None
    """Prompt and output tokens by window; 1,000,000 a day and 20,000,000 a month if left out."""
    parallel_requests: int = Limits.parallel_requests
    """Requests under way at once, over all proxies."""
    output_tokens: int = Limits.output_tokens
    """Tokens that a request may ask for, in all of its answers together."""
    timeout_seconds: int = Limits.timeout_seconds
    """How long an answer may take as a whole."""


class OtherServersConfig(Strict):
    """Servers of another release of a route's model."""

    server: str
    """Name of the Service in front of them."""
    version: str
    """Digest of the model that they run."""
    weight: int
    """Per cent of the requests that they get."""


class ModelConfig(Strict):
    """A tenant's way to one model."""

    tenant: str
    """Who may use it."""
    model: str
    """How clients name it in their requests."""
    server: str
    """Name of the Service in front of its servers, in the tenant's namespace."""
    version: str
    """Digest of the model that they run: sha256: and 64 hexadecimal digits."""
    limits: LimitsConfig = LimitsConfig()
    """The most that the tenant may use of it."""
    others: list[OtherServersConfig] = []
    """Servers of other releases, to try a new one or to go back."""


class GatewayConfig(Strict):
    """The gateway in front of the models of a cluster's tenants."""

    host: str
    """DNS name that clients use."""
    issuer: IssuerConfig
    """Who vouches for clients."""
    images: GatewayImagesConfig
    """Images of the controllers and of what they start."""
    certificates: CertificatesConfig | None = None
    """The gateway's certificates; gateway-server, gateway-client and cluster-authority if left
    out."""
    networks: GatewayNetworksConfig
    """Who may connect to the gateway, and where it may connect to."""
    models: list[ModelConfig] = []
    """The models that tenants use and that no endpoint of theirs serves, one entry for each tenant
    and model. The routes to endpoints follow from these."""
    prompt_kib: int = PROMPT_KIB
    """Size of a request's body in KiB."""
    proxies: int | None = None
    """Number of proxies; one for each zone of the environment if left out."""
    counters_node_type: str | None = None
    """Type of the two nodes that count; cache.t4g.small if left out."""
    certificate_manager: bool = False
    """Whether the cluster has cert-manager, which renews the webhook's certificate."""

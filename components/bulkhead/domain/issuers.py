"""Who vouches for the gateway's clients (INF-1, INF-3)."""

import re
from dataclasses import dataclass

from bulkhead.domain.errors import RefusedError


@dataclass(frozen=True)
class Issuer:
    """Who vouches for the gateway's clients.

    Attributes:
        url: the ``iss`` of tokens, an HTTPS URL.
        jwks_uri: where its keys are, an HTTPS URL.
        audiences: the ``aud`` of which a token must have one; the gateway's own name.
        tenant_claim: claim that names the tenant, a string; ``tenant`` by default.
    """

    url: str
    jwks_uri: str
    audiences: tuple[str, ...]
    tenant_claim: str = "tenant"

    def check(self, *, where: str) -> "Issuer":
        """Return the issuer if its tokens can be believed.

        Raises:
            RefusedError: a URL is not HTTPS, there is no audience, so that a token for another
                service would do, or the claim can't name a tenant.
        """
        for name in ("url", "jwks_uri"):
            if not HTTPS_URL.fullmatch(getattr(self, name)):
                raise RefusedError(
                    "not an HTTPS URL",
                    given=getattr(self, name),
                    allowed="https://<host>[:<port>][/<path>]",
                    where=f"{where}.{name}",
                )
        if not self.audiences or not all(self.audiences):
            raise RefusedError(
                "tokens need an audience",
                given=", ".join(self.audiences),
                allowed="at least one, the gateway's own",
                where=f"{where}.audiences",
            )
        if self.tenant_claim in REGISTERED_CLAIMS or not CLAIM.fullmatch(self.tenant_claim):
            raise RefusedError(
                "no claim that names a tenant",
                given=self.tenant_claim,
                allowed=f"letters, digits, '_', '-', dots between; none of "
                f"{', '.join(sorted(REGISTERED_CLAIMS))}",
                where=f"{where}.tenant_claim",
            )
        return self


HTTPS_URL = re.compile(r"https://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?(/[^\s?#]*)?")
CLAIM = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
REGISTERED_CLAIMS = frozenset({"aud", "exp", "iat", "iss", "jti", "nbf", "sub"})
"""Claims that mean something else (RFC 7519, section 4.1)."""

"""An issuer whose tokens prove nothing is refused (INF-1)."""

from dataclasses import replace
from typing import Any

import pytest

from bulkhead.domain.errors import RefusedError
from bulkhead.domain.issuers import Issuer

ISSUER = Issuer("https://login.example.com/", "https://login.example.com/keys", ("gateway",))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"url": "http://login.example.com/"}, "issuer.url"),
        ({"url": ""}, "issuer.url"),
        ({"jwks_uri": "https://"}, "issuer.jwks_uri"),
        ({"jwks_uri": "https://login.example.com/keys?x=y"}, "issuer.jwks_uri"),
        ({"audiences": ()}, "issuer.audiences"),
        ({"audiences": ("gateway", "")}, "issuer.audiences"),
        ({"tenant_claim": "sub"}, "issuer.tenant_claim"),
        ({"tenant_claim": "no claim"}, "issuer.tenant_claim"),
        ({"tenant_claim": ""}, "issuer.tenant_claim"),
    ],
)
def test_an_issuer_that_proves_nothing_is_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(RefusedError) as refused:
        replace(ISSUER, **changes).check(where="issuer")
    assert word in str(refused.value)
    assert ISSUER.check(where="issuer") is ISSUER

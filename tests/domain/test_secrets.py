import pytest

from bulkhead.domain import secrets
from bulkhead.domain.environments import Environment
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.secrets import SecretKind, check_rotation, secret_name
from bulkhead.domain.tiers import CATALOGUE, Tier
from bulkhead.foundation.handlers import rotation
from bulkhead.foundation.handlers.rotation import GENERATORS, KIND_TAG
from bulkhead.foundation.secrets import KIND_TAG as TAG_OF_COMPONENT


def test_the_function_generates_every_kind_and_knows_it_by_the_tag_that_secrets_carry() -> None:
    # The users of a cache come with the cache, and are no secrets that a caller asks for.
    assert set(GENERATORS) == {*SecretKind, secrets.CACHE_USER}
    assert KIND_TAG == TAG_OF_COMPONENT
    names = (rotation.CACHE_USER, rotation.CACHE_USER_NAME, rotation.CACHE_TAG)
    assert names == (secrets.CACHE_USER, secrets.CACHE_USER_NAME, secrets.CACHE_TAG)


def test_a_secret_is_named_by_its_partition_and_its_tenant() -> None:
    assert secret_name(Environment.DEV, Tier.INTERNAL, "acme", "token") == (
        "bulkhead/dev/internal/acme/token"
    )


@pytest.mark.parametrize("tier", Tier)
def test_a_secret_rotates_when_its_tier_asks_or_sooner(tier: Tier) -> None:
    longest = CATALOGUE[tier].secrets.rotation_days
    assert check_rotation(tier, None, where="s") == longest
    assert check_rotation(tier, longest, where="s") == longest
    assert check_rotation(tier, 1, where="s") == 1
    with pytest.raises(RefusedError, match=f"later than the tier's, got '{longest + 1}'"):
        check_rotation(tier, longest + 1, where="s")
    with pytest.raises(RefusedError, match="not a rotation, got '0'"):
        check_rotation(tier, 0, where="s")

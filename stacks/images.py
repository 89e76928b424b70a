"""The repositories of images that an environment's tenants run."""

from collections.abc import Iterator, Mapping
from typing import Any

from bulkhead.domain.admission import tier_registry
from bulkhead.domain.errors import RefusedError
from bulkhead.domain.images import read_image
from bulkhead.domain.tiers import Tier
from stacks.environment import Platform


def repositories(platform: Platform, tier: Tier) -> list[str]:
    """Names behind ``<environment>/<tier>/``: the tenants', and those of images that they run."""
    prefix = f"{tier_registry(platform.scope, tier)}/"
    run = {
        each.removeprefix(prefix)
        for cluster in platform.clusters.values()
        for what in (*(each.args for each in cluster.endpoints), cluster.sandboxes)
        for each in _repositories(what)
        if each.startswith(prefix)
    }
    own = platform.tenants_of(tier)
    return [*own, *sorted(run - set(own))]


def _repositories(described: Any) -> Iterator[str]:
    """The repository of every image that a description names, at whatever depth."""
    if isinstance(described, Mapping):
        for each in described.values():
            yield from _repositories(each)
    elif isinstance(described, list):
        for each in described:
            yield from _repositories(each)
    elif isinstance(described, str):
        try:
            yield read_image(described, where="").repository
        except RefusedError:
            return

"""A resource as the rules see it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TypeVar

from bulkhead.domain.environments import Environment
from bulkhead.domain.labels import LABEL_PREFIX, PLATFORM, TAG_PREFIX
from bulkhead.domain.tiers import CATALOGUE, Tier, TierRules
from bulkhead_policies.findings import StopError
from bulkhead_policies.settings import Settings
from bulkhead_policies.view import Mark, View

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class Options:
    """The resource options that policies are told.

    Attributes:
        protect: whether Pulumi refuses to delete the resource.
        parent: URN of the parent, empty for none.
    """

    protect: bool = False
    parent: str = ""


@dataclass(frozen=True)
class Resource:
    """A resource of any Pulumi program.

    Attributes:
        type: type token, for example ``aws:s3/bucket:Bucket``.
        name: logical name.
        urn: Pulumi's name of it.
        props: its inputs.
        options: its resource options.
        provider: inputs of the provider that will make it; missing when none is known.
        provider_urn: Pulumi's name of that provider.
        property_dependencies: URNs that each input depends on; only stack rules know them.
        settings: what the pack's configuration sets for the rule that looks.
    """

    type: str
    name: str
    urn: str
    props: View
    options: Options = Options()
    provider: View = field(default_factory=lambda: View(Mark.MISSING))
    provider_urn: str = ""
    property_dependencies: Mapping[str, list[str]] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)

    @cached_property
    def labels(self) -> Mapping[str, View]:
        """The bulkhead labels, by key without prefix.

        Read from Kubernetes labels or from AWS tags with the provider's default tags. Capitals in
        a key make no difference: one must not let a resource slip out of its tier's rules.
        """
        if self.type.startswith("kubernetes:"):
            return read_labels(self.props.at("metadata", "labels"))
        defaults = self.provider["defaultTags"].document()["tags"]
        return {**read_labels(defaults), **read_labels(self.props["tags"])}

    @property
    def stated_environment(self) -> Environment | None:
        """The environment that its label tells for sure, None where that can't be read."""
        with suppress(StopError):
            return self.environment
        return None

    def label(self, key: str) -> str | None:
        """The value of a bulkhead label in lower case, or None when it is missing or empty."""
        view = self.labels.get(key)
        return (view.text() or "").lower() or None if view else None

    @property
    def tier(self) -> Tier | None:
        """The sensitivity tier that it is labelled with, None without a valid one."""
        return _member(Tier, self.label("tier"))

    @property
    def environment(self) -> Environment | None:
        """The environment that it is labelled with, None without a valid one."""
        return _member(Environment, self.label("environment"))

    @property
    def tier_rules(self) -> TierRules:
        """What its tier demands.

        Of a resource without a valid tier the least is demanded: that it has none is a finding of
        its own (``bulkhead-labels-require-keys``, ``bulkhead-labels-check-values``).
        """
        return CATALOGUE[self.tier or Tier.PUBLIC]

    @property
    def of_tier(self) -> str:
        """Its tier, for messages: "of tier 'regulated'"."""
        return f"of tier '{self.tier}'" if self.tier else "without a tier"

    @property
    def belongs_to_platform(self) -> bool:
        """Whether it is labelled as shared by all tenants."""
        return self.label("tenant") == PLATFORM


def read_labels(tags: View) -> dict[str, View]:
    """The bulkhead labels among tags, by key without prefix and in lower case.

    Auto Scaling writes tags as a list of pairs.
    """
    if tags.is_list:
        entries = {str(tag["key"].text()): tag["value"] for tag in tags.items()}
    else:
        entries = tags.entries()
    return {
        key.lower().removeprefix(prefix): value
        for key, value in entries.items()
        for prefix in (TAG_PREFIX, LABEL_PREFIX)
        if key.lower().startswith(prefix)
    }


def _member(kind: type[E], value: str | None) -> E | None:
    return next((member for member in kind if member == value), None)

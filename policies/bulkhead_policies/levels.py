"""How much a finding weighs in the environment it is made in (POL-3)."""

import re
from collections.abc import Mapping

from pulumi_policy import EnforcementLevel

from bulkhead.domain.environments import Environment
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity
from bulkhead_policies.settings import Settings, texts, word, words_by_environment

WEIGHTS: Mapping[str, EnforcementLevel] = {
    "advisory": EnforcementLevel.ADVISORY,
    "mandatory": EnforcementLevel.MANDATORY,
}

LEVELS = words_by_environment(
    "levels",
    dict.fromkeys(Environment, "mandatory"),
    "The most that a finding weighs in each environment; one left out keeps its default.",
    allowed=tuple(WEIGHTS),
)

ENVIRONMENT = word(
    "environment",
    "",
    "The environment of this stack, where neither its name nor its resources' labels tell it.",
    allowed=tuple(Environment),
)

KEEP = texts(
    "keep",
    (Severity.CRITICAL.value,),
    "Severities of rules whose findings no environment makes lighter.",
    allowed=tuple(Severity),
)


def environment_of(resource: Resource, settings: Settings) -> Environment | None:
    """The strictest environment that the configuration, the stack's name and a label tell.

    The strictest, so that no resource of production gets off lightly by a label that says dev.
    """
    stack = resource.urn.removeprefix("urn:pulumi:").partition("::")[0]
    words = re.split(r"[^a-z]+", stack.lower())
    told = {settings[ENVIRONMENT], resource.stated_environment, *words}
    return next((e for e in reversed(Environment) if e in told), None)


def weighed(
    level: EnforcementLevel, severity: Severity, resource: Resource, settings: Settings
) -> EnforcementLevel:
    """``level``, or the lighter one of the resource's environment."""
    if level is not EnforcementLevel.MANDATORY or severity in settings[KEEP]:
        return level
    environment = environment_of(resource, settings)
    return level if environment is None else WEIGHTS[settings[LEVELS][environment]]

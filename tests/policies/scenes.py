"""Resources as a program declares them, and what the served rules say about them."""

import copy
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2
from pulumi_policy import EnforcementLevel
from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

from bulkhead_policies import analyzer
from bulkhead_policies.packs import REGULATED

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105

UNKNOWN = UNKNOWN_STRING_VALUE
MANDATORY = analyzer_pb2.MANDATORY
ADVISORY = analyzer_pb2.ADVISORY


@dataclass(frozen=True)
class Declared:
    """A resource as a program declares it.

    ``depends`` names, for a property, the resources whose outputs it is made of.
    """

    type: str
    properties: Mapping[str, Any]
    name: str = "it"
    depends: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    protect: bool = False
    provider: Mapping[str, Any] | None = None
    provider_urn: str = "urn:pulumi:dev::test::pulumi:providers:default::default"

    def but(self, path: str, value: Any) -> "Declared":
        """The same with one property set; ``path`` is a JSON pointer (``~1`` is a slash)."""

        def change(holder: Any, key: Any) -> None:
            holder[key] = value

        return self._changed(path, change)

    def without(self, path: str) -> "Declared":
        """The same with one property deleted."""

        def change(holder: Any, key: Any) -> None:
            del holder[key]

        return self._changed(path, change)

    def named(self, name: str) -> "Declared":
        return dataclasses.replace(self, name=name)

    def as_type(self, type: str) -> "Declared":  # noqa: A002
        return dataclasses.replace(self, type=type)

    def provided(self, **provider: Any) -> "Declared":
        """The same made by a provider with these inputs."""
        return dataclasses.replace(self, provider=provider)

    def depending(self, **depends: str) -> "Declared":
        return dataclasses.replace(self, depends={key: (name,) for key, name in depends.items()})

    def _changed(self, path: str, change: Callable[[Any, Any], None]) -> "Declared":
        properties = copy.deepcopy(dict(self.properties))
        *steps, last = [
            int(step) if step.isdigit() else step.replace("~1", "/") for step in path.split("/")
        ]
        holder: Any = properties
        for step in steps:
            holder = holder[step] if isinstance(step, int) else holder.setdefault(step, {})
        change(holder, last)
        return dataclasses.replace(self, properties=properties)

    @property
    def urn(self) -> str:
        return f"urn:pulumi:dev::test::{self.type}::{self.name}"


Scene = tuple[Declared, ...]


@dataclass(frozen=True)
class Twins:
    """What shows that a rule works.

    Attributes:
        good: passes every rule.
        bad: breaks this rule and no other than ``beside``.
        unknown: undecided for this rule, which is reported; None where no value decides.
        settled: the value is unknown, and what is known lets it pass.
        more_good, more_bad: other spellings, by what they show.
        beside: rules that whatever breaks this one breaks too.
    """

    good: Scene
    bad: Scene
    unknown: Scene | None = None
    settled: Scene | None = None
    more_good: Mapping[str, Scene] = field(default_factory=dict)
    more_bad: Mapping[str, Scene] = field(default_factory=dict)
    beside: frozenset[str] = frozenset()


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET_SIGNATURE, "value": value}


def opened(value: Any) -> Any:
    """``value`` without its marks of secrecy."""
    if isinstance(value, Mapping):
        if SIGNATURE in value:
            return opened(value["value"])
        return {key: opened(item) for key, item in value.items()}
    return [opened(item) for item in value] if isinstance(value, list) else value


def struct(properties: Mapping[str, Any]) -> Struct:
    message = Struct()
    message.update(properties)
    return message


def analyze_request(resource: Declared) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(**_common(resource), properties=struct(resource.properties))


def stack_request(scene: Scene) -> analyzer_pb2.AnalyzeStackRequest:
    """What the engine sends at a preview: outputs, most of which are not known."""
    by_name = {resource.name: resource for resource in scene}
    computed = dict.fromkeys(
        ("id", "arn", "bucket", "policy", "serverSideEncryptionConfiguration", "tagsAll"), UNKNOWN
    )
    return analyzer_pb2.AnalyzeStackRequest(
        resources=[
            analyzer_pb2.AnalyzerResource(
                **_common(resource),
                properties=struct({**computed, **resource.properties}),
                propertyDependencies={
                    key: analyzer_pb2.AnalyzerPropertyDependencies(
                        urns=[by_name[name].urn for name in names if name in by_name]
                    )
                    for key, names in resource.depends.items()
                },
            )
            for resource in scene
        ]
    )


def _common(resource: Declared) -> dict[str, Any]:
    provider = None
    if resource.provider is not None:
        provider = analyzer_pb2.AnalyzerProviderResource(
            urn=resource.provider_urn, properties=struct(resource.provider)
        )
    return {
        "type": resource.type,
        "name": resource.name,
        "urn": resource.urn,
        "provider": provider,
        "options": analyzer_pb2.AnalyzerResourceOptions(protect=resource.protect),
    }


def served() -> analyzer.Analyzer:
    """The analyzer as ``serve`` makes it, without a server around it."""
    return analyzer.Analyzer(
        REGULATED, "bulkhead", "0.0.1", analyzer.policies(REGULATED), EnforcementLevel.ADVISORY
    )


def found(
    scene: Scene, servicer: analyzer.Analyzer | None = None
) -> list[analyzer_pb2.AnalyzeDiagnostic]:
    """What the rules say about a scene, as the engine hears it."""
    servicer = servicer or served()
    said = [d for r in scene for d in servicer.Analyze(analyze_request(r), None).diagnostics]
    return said + list(servicer.AnalyzeStack(stack_request(scene), None).diagnostics)

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    PolicyPack,
    PolicyProviderResource,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

PROVIDER = "pulumi:providers:"
Resource = ResourceValidationArgs | PolicyResource


def tell_resource(args: ResourceValidationArgs, report: ReportViolation) -> None:
    if not made_by_the_engine(args):
        report(json.dumps(seen(args), sort_keys=True))


def tell_stack(args: StackValidationArgs, report: ReportViolation) -> None:
    for resource in args.resources:
        if made_by_the_engine(resource):
            continue
        relations = {
            "parent": resource.parent and resource.parent.urn,
            "dependencies": urns(resource.dependencies),
            "property_dependencies": {
                name: urns(found) for name, found in resource.property_dependencies.items() if found
            },
        }
        report(json.dumps({**seen(resource), **relations}, sort_keys=True), resource.urn)


def made_by_the_engine(resource: Resource) -> bool:
    is_default = resource.name.partition("_")[0] == "default"
    return is_default and resource.resource_type.startswith(PROVIDER)


def seen(resource: Resource) -> dict[str, Any]:
    provider = resource.provider
    return {
        "type": resource.resource_type,
        "name": resource.name,
        "props": settings(resource),
        "opts": plain(vars(resource.opts)),
        "provider": provider and {"type": provider.resource_type, "props": settings(provider)},
    }


def settings(resource: Resource | PolicyProviderResource) -> dict[str, Any]:
    props = plain(resource.props)
    if resource.resource_type.startswith(PROVIDER):
        props.pop("version", None)  # the engine's, to find the plugin
    return props


def plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: looked_up(node, key) for key in node}
    if isinstance(node, Sequence) and not isinstance(node, str):
        return [looked_up(node, index) for index in range(len(node))]
    if isinstance(node, str | bool | None):
        return node
    return float(node) if isinstance(node, int | float) else plain(vars(node))


def looked_up(node: Any, key: Any) -> Any:
    try:
        return plain(node[key])
    except UnknownValueError:
        return "unknown"


def urns(resources: list[PolicyResource]) -> list[str]:
    return sorted(resource.urn for resource in resources)


PolicyPack(
    name="witness",
    enforcement_level=EnforcementLevel.ADVISORY,
    policies=[
        ResourceValidationPolicy("witness-resource", "Seen of a resource.", tell_resource),
        StackValidationPolicy("witness-stack", "Seen of the stack.", tell_stack),
    ],
)

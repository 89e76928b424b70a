"""Where objects stand in a cluster, and which labels a selector selects."""

from collections import defaultdict
from collections.abc import Collection, Mapping

from bulkhead_policies.findings import StopError
from bulkhead_policies.resource import Resource
from bulkhead_policies.stack import Stack
from bulkhead_policies.tokens import NAMESPACES
from bulkhead_policies.view import View

Place = tuple[str, str]
"""A provider and a namespace: two clusters of one stack have namespaces of the same name."""

DEFAULT_NAMESPACE = "default"


def place(resource: Resource, stack: Stack) -> Place:
    """The namespace that an object stands in.

    Raises:
        StopError: only the deployment will tell, and no dependency does.
    """
    named = resource.props.at("metadata", "namespace")
    if named.is_unknown:
        found = stack.depends_on(resource, "metadata", NAMESPACES)
        if len(found) != 1:
            raise named.undecided()
        name = found[0].props.at("metadata", "name")
        return resource.provider_urn, found[0].urn if not _is_known(name) else str(name.text())
    default = resource.provider["namespace"]
    return resource.provider_urn, named.text() or default.text() or DEFAULT_NAMESPACE


def by_place(stack: Stack, types: Collection[str]) -> Mapping[Place, list[Resource]]:
    """The objects of some types by where they stand; one that can't be placed is left out."""
    found: dict[Place, list[Resource]] = defaultdict(list)
    for resource in stack.of_types(types):
        try:
            found[place(resource, stack)].append(resource)
        except StopError:
            continue
    return found


def selects(selector: View, labels: View) -> bool:
    """Whether a label selector selects what carries ``labels``; an empty one selects all.

    Raises:
        StopError: a value that decides is not known.
    """
    return all(
        labels[key].text() == wanted.text()
        for key, wanted in selector["matchLabels"].entries().items()
    ) and all(_holds(wanted, labels) for wanted in selector["matchExpressions"].items())


def _holds(expression: View, labels: View) -> bool:
    operator, label = expression["operator"].text(), labels[expression["key"].text() or ""]
    if operator == "Exists":
        return label.is_set
    if operator == "DoesNotExist":
        return not label.is_set
    within = label.is_set and label.text() in expression["values"].texts()
    return within if operator == "In" else not within


def _is_known(name: View) -> bool:
    return name.is_text and bool(name.text())

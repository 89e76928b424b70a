"""All resources of a stack, and which of them belong together."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from bulkhead_policies.findings import StopError
from bulkhead_policies.resource import Resource

T = TypeVar("T")


@dataclass(frozen=True)
class Relation:
    """A kind of resource that names another in one of its properties.

    Attributes:
        holders: types of the resources that name.
        reference: path of the property that names.
        targets: types of the resources that are named.
        name: path of the property that holds the name that ``reference`` repeats.
    """

    holders: frozenset[str]
    reference: tuple[str, ...]
    targets: frozenset[str]
    name: tuple[str, ...]


class Stack:
    """The resources of a stack, indexed once however many rules ask.

    Attributes:
        by_urn: every resource.
    """

    def __init__(self, resources: Iterable[Resource] = ()) -> None:
        """Index ``resources``."""
        self.by_urn = {resource.urn: resource for resource in resources}
        self._by_type: dict[str, list[Resource]] = defaultdict(list)
        for resource in self.by_urn.values():
            self._by_type[resource.type].append(resource)
        self._built: dict[Callable[[Stack], Any], Any] = {}
        self._named: dict[Relation, dict[str, list[Resource]]] = {}
        self._naming: dict[Relation, dict[str, list[tuple[Resource, bool]]]] = {}

    def once(self, build: Callable[["Stack"], T]) -> T:
        """What ``build`` makes of this stack, made once however many rules ask."""
        if build not in self._built:
            self._built[build] = build(self)
        return self._built[build]  # type: ignore[no-any-return]

    def of_types(self, types: Collection[str]) -> list[Resource]:
        """The resources of some types."""
        return [resource for token in sorted(types) for resource in self._by_type.get(token, ())]

    def naming(self, target: Resource, relation: Relation) -> list[Resource]:
        """The resources that name ``target``.

        Raises:
            StopError: a resource names ``target`` or another one, and which is not known yet.
        """
        self._index(relation)
        found = self._naming[relation].get(target.urn, [])
        certain = [holder for holder, sure in found if sure]
        if found and not certain:
            raise found[0][0].props.at(*relation.reference).undecided()
        return certain

    def depends_on(self, holder: Resource, key: str, types: Collection[str]) -> list[Resource]:
        """The resources of some types from whose outputs a property of ``holder`` is made."""
        urns = holder.property_dependencies.get(key, ())
        found = (self.by_urn.get(urn) for urn in urns)
        return [resource for resource in found if resource and resource.type in types]

    def named_by(self, holder: Resource, relation: Relation) -> list[Resource]:
        """The resources that ``holder`` may name: one, unless which is not known yet."""
        self._index(relation)
        return self._named[relation].get(holder.urn, [])

    def _index(self, relation: Relation) -> None:
        """Find out once who names whom."""
        if relation in self._named:
            return
        by_name: dict[str | None, list[Resource]] = defaultdict(list)
        for target in self.of_types(relation.targets):
            if name := _literal(target, relation.name):
                by_name[name].append(target)
        named = self._named[relation] = {}
        naming = self._naming[relation] = defaultdict(list)
        for holder in self.of_types(relation.holders):
            # A literal names its target. Else the program took the name from the target's
            # outputs, which the dependencies of the property show even while it is unknown.
            targets = _nearest(holder, by_name.get(_literal(holder, relation.reference), []))
            targets = targets or self.depends_on(holder, relation.reference[0], relation.targets)
            named[holder.urn] = targets
            for target in targets:
                naming[target.urn].append((holder, len(targets) == 1))


def _literal(resource: Resource, path: tuple[str, ...]) -> str | None:
    """The text at ``path``; a resource of an odd shape has none, and so names nothing."""
    with suppress(StopError):
        return resource.props.at(*path).text()
    return None


def _nearest(holder: Resource, named: list[Resource]) -> list[Resource]:
    """Of several resources with one name, those that the holder's provider makes.

    Two clusters of one stack have namespaces of the same name, under a provider each.
    """
    return [t for t in named if t.provider_urn == holder.provider_urn] or named

"""What a program sees of the resources that it registers, reads and refers to."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import resource_pb2

from bulkhead.preview.assume import assumed_outputs, planned_outputs
from bulkhead.preview.plan import UNKNOWN, Plan, Resource, Secret
from bulkhead.preview.types import PROVIDER_PREFIX, args_class, wire_names
from bulkhead.preview.wire import contains_unknown, revealed, struct_to_plain, to_struct
from bulkhead.preview.world import World


class Outcomes:
    """IDs and properties of resources, as far as a preview knows them.

    What only a deployment computes is unknown, or, with ``assume_applied``, has a deterministic
    value of the right shape.
    """

    def __init__(
        self,
        world: World,
        references: Mapping[str, Mapping[str, Any]],
        *,
        assume_applied: bool,
    ) -> None:
        """Assume resources in ``world``; ``references`` are outputs by ``project/stack``."""
        self.providers: dict[str, Struct] = {}
        """Inputs of the program's own providers, by URN."""
        self._world = world
        self._references = references
        self._assume_applied = assume_applied
        self._same: Counter[tuple[str, str]] = Counter()

    def of_registration(
        self, resource: Resource, request: resource_pb2.RegisterResourceRequest
    ) -> tuple[str, Struct]:
        """ID and properties of a resource that the program registers."""
        if not request.custom:
            # The engine tells a component's own properties at deployments only.
            is_known = self._assume_applied and not request.remote
            return "", request.object if is_known else Struct()
        if not self._assume_applied and self._is_unconfigured(request.provider):
            return request.importId, Struct()
        assumed, outputs = self._assumed(resource, request.provider, request.importId or None)
        identifier = assumed if self._assume_applied else request.importId
        secrets = request.additionalSecretOutputs
        if not self._assume_applied and not _is_named_by_provider(resource):
            told = (
                ()
                if resource.type.startswith(PROVIDER_PREFIX)
                else (*outputs, *_made(resource.type, secrets))
            )
            planned = planned_outputs(resource.type, resource.inputs)
            outputs = {**dict.fromkeys(told, UNKNOWN), **planned}
        return identifier, to_struct(_hidden(outputs, secrets))

    def of_read(self, resource: Resource, request: resource_pb2.ReadResourceRequest) -> Struct:
        """Properties of a resource that is there already."""
        _, outputs = self._assumed(resource, request.provider, request.id)
        return to_struct(_hidden(outputs, request.additionalSecretOutputs))

    def of_reference(self, name: str, plan: Plan) -> Struct:
        """Properties of a StackReference in ``plan``."""
        key = "/".join(name.split("/")[-2:]) if "/" in name else f"{plan.project}/{name}"
        outputs = self._references.get(key)
        if outputs is None:
            plan.note(
                f"stack '{name}' was not previewed in this run, so its outputs are unknown; "
                "--env previews the layers of an environment together"
            )
            return to_struct({"name": name, "outputs": UNKNOWN, "secretOutputNames": UNKNOWN})
        secret = [key for key, value in outputs.items() if isinstance(value, Secret)]
        return to_struct({"name": name, "outputs": outputs, "secretOutputNames": secret})

    def world_of(self, inputs: Mapping[str, Any], provider: str) -> World:
        """The account and Region that a resource or invoke is in."""
        explicit = self.providers.get(provider.rpartition("::")[0])
        configured = struct_to_plain(explicit) if explicit is not None else {}
        return self._world.narrowed(revealed(configured)).narrowed(
            {"region": revealed(inputs.get("region"))}
        )

    def _is_unconfigured(self, provider: str) -> bool:
        """Whether a provider's own inputs are unknown: the engine then doesn't ask it at all."""
        inputs = self.providers.get(provider.rpartition("::")[0])
        return inputs is not None and contains_unknown(struct_to_plain(inputs))

    def _assumed(
        self, resource: Resource, provider: str, known_id: str | None
    ) -> tuple[str, dict[str, Any]]:
        """Assumed values; those of a second resource of one name, elsewhere in the tree, differ."""
        self._same[resource.type, resource.name] += 1
        name = distinct_name(resource.name, self._same[resource.type, resource.name])
        world = self.world_of(resource.inputs, provider)
        return assumed_outputs(resource.type, name, resource.inputs, world, known_id)


def distinct_name(name: str, turn: int) -> str:
    """The name from which the values of the n-th resource of a type and name are made up."""
    return name if turn == 1 else f"{name}-{turn}"


def _is_named_by_provider(resource: Resource) -> bool:
    """Whether this is a Kubernetes object whose name the provider chooses, at previews too."""
    metadata = resource.inputs.get("metadata", {})
    return (
        resource.type.startswith("kubernetes:")
        and "kind" in resource.inputs
        and isinstance(metadata, Mapping)
        and not metadata.keys() & {"name", "generateName"}
    )


def _made(token: str, names: Iterable[str]) -> list[str]:
    """The names of what a provider makes: an argument that is not given stays away."""
    arguments = args_class(token)
    given = set(wire_names(arguments).values()) if arguments else set()
    return [name for name in names if name not in given]


def _hidden(outputs: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    """The outputs with those of ``keys`` made secret."""
    return {**outputs, **{key: Secret(revealed(outputs[key])) for key in keys if key in outputs}}

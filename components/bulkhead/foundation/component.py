"""What every component has in common."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi


class Component(pulumi.ComponentResource):
    """A component of this library: its type token, the options of its children, its outputs."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None) -> None:
        super().__init__(f"bulkhead:index:{type(self).__name__}", name, None, opts)
        self._after = _listed(opts.depends_on) if opts else []

    def _child(
        self, *, depends_on: Sequence[pulumi.Resource] = (), protect: bool | None = None
    ) -> pulumi.ResourceOptions:
        """Options for a child.

        Of the caller's options only ``depends_on`` is handed down: Pulumi itself hands down
        providers and protection, but a component's dependencies would otherwise not reach the order
        in which its children are made and destroyed.
        """
        return pulumi.ResourceOptions(
            parent=self, depends_on=[*self._after, *depends_on] or None, protect=protect
        )

    def _export(self, outputs: Mapping[str, Any]) -> None:
        """Set the outputs as attributes and register them."""
        for key, value in outputs.items():
            setattr(self, key, pulumi.Output.from_input(value))
        self.register_outputs(dict(outputs))


def _listed(depends_on: Any) -> list[Any]:
    if depends_on is None:
        return []
    return list(depends_on) if isinstance(depends_on, Sequence) else [depends_on]

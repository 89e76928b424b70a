"""The gateway's way to an endpoint that is made after it."""

from collections.abc import Mapping
from typing import Any

from bulkhead.foundation.arguments import checked
from bulkhead.workloads.endpoint_plan import read_endpoint
from bulkhead.workloads.inference_arguments import LimitsArgs, ModelRouteArgs
from bulkhead.workloads.inference_endpoint import InferenceEndpointArgs


def route_of(name: str, args: Mapping[str, Any], *, where: str | None = None) -> ModelRouteArgs:
    """What ``InferenceEndpoint.route()`` will be.

    ``name`` and ``args`` are those of the endpoint; its ``role_arn`` may be missing, since who
    makes the gateway often makes the role too. ``where`` is the path of the arguments in a
    configuration, by default the name.

    Raises:
        RefusedError: see ``InferenceEndpoint``.
    """
    where = where or name
    described: Any = {"role_arn": "", **args}
    given = checked(described, InferenceEndpointArgs, where=where)
    return read_endpoint(name, given, where=where).route(given.get("limits", LimitsArgs()))

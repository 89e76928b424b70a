"""Running a program's transforms in process, in the order in which the engine runs them."""

from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime import rpc
from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import alias_pb2, callback_pb2, resource_pb2

from bulkhead.preview.plan import UNKNOWN, Secret
from bulkhead.preview.wire import struct_to_plain, to_struct

_SCALARS = {
    "version": "version",
    "provider": "provider",
    "plugin_download_url": "pluginDownloadURL",
    "deleted_with": "deletedWith",
    "import": "importId",
}
_OPTIONAL = {"protect": "protect", "retain_on_delete": "retainOnDelete"}
_MESSAGES = {
    "custom_timeouts": "customTimeouts",
    "hooks": "hooks",
    "replacement_trigger": "replacement_trigger",
}
_LISTS = {
    "depends_on": "dependencies",
    "ignore_changes": "ignoreChanges",
    "replace_on_changes": "replaceOnChanges",
    "additional_secret_outputs": "additionalSecretOutputs",
    "replace_with": "replace_with",
    "hide_diff": "hideDiffs",
}


class Registry:
    """The transforms of a stack and of its resources."""

    def __init__(self) -> None:
        self.stack: list[callback_pb2.Callback] = []
        self.stack_invokes: list[callback_pb2.Callback] = []
        self._inherited: dict[str, list[callback_pb2.Callback]] = {}

    @property
    def any_invoke(self) -> bool:
        """Whether invokes are transformed at all."""
        return bool(self.stack_invokes)

    def inherit(self, urn: str, request: resource_pb2.RegisterResourceRequest) -> None:
        """Remember what applies to the children of ``urn``: its own, then its ancestors'."""
        self._inherited[urn] = [*request.transforms, *self._inherited.get(request.parent, [])]

    async def resource(
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceRequest:
        """Return the registration after its own transforms, its ancestors' and the stack's."""
        inherited = self._inherited.get(request.parent, [])
        for callback in [*request.transforms, *inherited, *self.stack]:
            asked = resource_pb2.TransformRequest(
                type=request.type,
                name=request.name,
                custom=request.custom,
                parent=request.parent,
                properties=_with_outputs(request.object),
                options=_read_options(request),
            )
            answer = await _call(callback, asked)
            if answer.HasField("properties"):
                request.object.CopyFrom(to_struct(struct_to_plain(answer.properties)))
            if answer.HasField("options"):
                _write_options(request, answer.options)
        return request

    async def invoke(
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeRequest:
        """Return the invoke after the stack's transforms."""
        for callback in self.stack_invokes:
            asked = resource_pb2.TransformInvokeRequest(
                token=request.tok,
                args=request.args,
                options=resource_pb2.TransformInvokeOptions(
                    provider=request.provider,
                    version=request.version,
                    plugin_download_url=request.pluginDownloadURL,
                ),
            )
            answer = await _call(callback, asked)
            if answer.HasField("args"):
                request.args.CopyFrom(answer.args)
            if answer.HasField("options"):
                request.provider = answer.options.provider
        return request


async def _call(callback: callback_pb2.Callback, asked: Any) -> Any:
    """Call the program's function without the network that a plugin would use."""
    function = next(
        servicer._callbacks[callback.token]
        for servicer in _CallbackServicer._servicers
        if callback.token in servicer._callbacks
    )
    return await function(asked.SerializeToString())


def _with_outputs(properties: Struct) -> Struct:
    """The properties as a transform gets them: outputs in place of unknowns and secrets."""
    plain = struct_to_plain(properties)
    return to_struct({key: _as_output(value) for key, value in plain.items()})


def _as_output(value: Any) -> Any:
    if isinstance(value, Secret):
        return _output(value.value, secret=True)
    if isinstance(value, Mapping):
        return {key: _as_output(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_output(item) for item in value]
    return _output(value) if value == UNKNOWN else value


def _output(value: Any, **more: bool) -> dict[str, Any]:
    known = {} if value == UNKNOWN else {"value": _as_output(value)}
    return {rpc._special_sig_key: rpc._special_output_value_sig, **known, **more}


def _read_options(
    request: resource_pb2.RegisterResourceRequest,
) -> resource_pb2.TransformResourceOptions:
    options = resource_pb2.TransformResourceOptions(
        aliases=[*request.aliases, *(alias_pb2.Alias(urn=urn) for urn in request.aliasURNs)],
        providers=request.providers,
    )
    for theirs, ours in _LISTS.items():
        getattr(options, theirs).extend(getattr(request, ours))
    for theirs, ours in _SCALARS.items():
        setattr(options, theirs, getattr(request, ours))
    for theirs, ours in _OPTIONAL.items():
        if request.HasField(ours):  # type: ignore[arg-type]
            setattr(options, theirs, getattr(request, ours))
    for theirs, ours in _MESSAGES.items():
        if request.HasField(ours):  # type: ignore[arg-type]
            getattr(options, theirs).CopyFrom(getattr(request, ours))
    if request.deleteBeforeReplaceDefined:
        options.delete_before_replace = request.deleteBeforeReplace
    return options


def _write_options(
    request: resource_pb2.RegisterResourceRequest,
    options: resource_pb2.TransformResourceOptions,
) -> None:
    """Set the registration's options, those that the transform left out too."""
    for theirs, ours in _LISTS.items():
        del getattr(request, ours)[:]
        getattr(request, ours).extend(getattr(options, theirs))
    for theirs, ours in _SCALARS.items():
        setattr(request, ours, getattr(options, theirs))
    for theirs, ours in {**_OPTIONAL, **_MESSAGES}.items():
        request.ClearField(ours)  # type: ignore[arg-type]
        if options.HasField(theirs):  # type: ignore[arg-type]
            if theirs in _MESSAGES:
                getattr(request, ours).CopyFrom(getattr(options, theirs))
            else:
                setattr(request, ours, getattr(options, theirs))
    del request.aliases[:]
    del request.aliasURNs[:]
    request.aliases.extend(options.aliases)
    request.providers.clear()
    request.providers.update(options.providers)
    request.deleteBeforeReplaceDefined = options.HasField("delete_before_replace")
    request.deleteBeforeReplace = options.delete_before_replace

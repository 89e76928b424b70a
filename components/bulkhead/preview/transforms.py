"""Running a program's transforms in process, in the order in which the engine runs them."""

from typing import Any

from pulumi.runtime._callbacks import _CallbackServicer
from pulumi.runtime.proto import alias_pb2, callback_pb2, resource_pb2

_SAME_NAME = {
    "protect": "protect",
    "version": "version",
    "provider": "provider",
    "plugin_download_url": "pluginDownloadURL",
    "retain_on_delete": "retainOnDelete",
    "deleted_with": "deletedWith",
    "import": "importId",
}
_OPTIONAL = ("protect", "retain_on_delete")
_LISTS = {
    "depends_on": "dependencies",
    "ignore_changes": "ignoreChanges",
    "replace_on_changes": "replaceOnChanges",
    "additional_secret_outputs": "additionalSecretOutputs",
    "replace_with": "replace_with",
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
                properties=request.object,
                options=_read_options(request),
            )
            answer = await _call(callback, asked)
            if answer.HasField("properties"):
                request.object.CopyFrom(answer.properties)
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
                    provider=request.provider, version=request.version
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


def _read_options(
    request: resource_pb2.RegisterResourceRequest,
) -> resource_pb2.TransformResourceOptions:
    options = resource_pb2.TransformResourceOptions(
        aliases=[*request.aliases, *(alias_pb2.Alias(urn=urn) for urn in request.aliasURNs)],
        providers=request.providers,
        custom_timeouts=request.customTimeouts if request.HasField("customTimeouts") else None,
    )
    for theirs, ours in _LISTS.items():
        getattr(options, theirs).extend(getattr(request, ours))
    for theirs, ours in _SAME_NAME.items():
        if value := getattr(request, ours):
            setattr(options, theirs, value)
    if request.deleteBeforeReplaceDefined:
        options.delete_before_replace = request.deleteBeforeReplace
    return options


def _write_options(
    request: resource_pb2.RegisterResourceRequest,
    options: resource_pb2.TransformResourceOptions,
) -> None:
    for theirs, ours in _LISTS.items():
        del getattr(request, ours)[:]
        getattr(request, ours).extend(getattr(options, theirs))
    for theirs, ours in _SAME_NAME.items():
        if theirs not in _OPTIONAL or options.HasField(theirs):  # type: ignore[arg-type]
            setattr(request, ours, getattr(options, theirs))
    del request.aliases[:]
    request.aliases.extend(options.aliases)
    request.providers.clear()
    request.providers.update(options.providers)
    if options.HasField("custom_timeouts"):
        request.customTimeouts.CopyFrom(options.custom_timeouts)
    if options.HasField("delete_before_replace"):
        request.deleteBeforeReplace = options.delete_before_replace
        request.deleteBeforeReplaceDefined = True

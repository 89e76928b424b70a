"""The resource monitor that a program talks to: records what it registers and answers it."""

from collections.abc import Mapping
from typing import Any, NoReturn

from google.protobuf import empty_pb2, json_format
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2, resource_pb2
from pulumi.runtime.sync_await import _sync_await

from bulkhead.domain.errors import RefusedError
from bulkhead.preview import transforms
from bulkhead.preview.answers import Answers
from bulkhead.preview.assume import World, assumed_outputs
from bulkhead.preview.packs import PolicyPack
from bulkhead.preview.plan import UNKNOWN, Plan, Resource, Secret
from bulkhead.preview.wire import revealed, struct_to_plain, to_struct

STACK_TYPE = "pulumi:pulumi:Stack"
REFERENCE_TYPE = "pulumi:pulumi:StackReference"
PROVIDER_PREFIX = "pulumi:providers:"

FEATURES = (
    resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
    resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
)


class Monitor:
    """Answers a program in process, as the engine would at a preview.

    Outputs that only a deployment computes are unknown, or, with ``assume_applied``, take a
    deterministic value of the right shape.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        answers: Answers,
        world: World,
        references: Mapping[str, Mapping[str, Any]],
        packs: list[PolicyPack],
        assume_applied: bool,
    ) -> None:
        """Record into ``plan``.

        ``references`` are the outputs of stacks by ``project/stack``; ``packs`` judge every
        resource as it is registered.
        """
        self._plan = plan
        self._answers = answers
        self._world = world
        self._references = references
        self._packs = packs
        self._assume_applied = assume_applied
        self._urns: set[str] = set()
        self._states: dict[str, Struct] = {}
        self._ids: dict[str, str] = {}
        self._provider_inputs: dict[str, Struct] = {}
        self._transforms = transforms.Registry()
        self.stack_resources: list[analyzer_pb2.AnalyzerResource] = []

    # -- what the program registers and reads ------------------------------------------------

    async def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Record a resource and answer with what is known of it."""
        request = await self._transforms.resource(request)
        urn = self._claim(request.parent, request.type, request.name)
        self._transforms.inherit(urn, request)
        for pack in self._packs:
            pack.remediate(self._analyze_request(urn, request), request.object)
        inputs = struct_to_plain(request.object)
        if request.type.startswith(PROVIDER_PREFIX):
            self._provider_inputs[urn] = request.object
        resource = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent or None,
            custom=request.custom,
            inputs=inputs,
            options=_options(request),
            dependencies=sorted(request.dependencies),
            property_dependencies={
                key: sorted(deps.urns) for key, deps in request.propertyDependencies.items()
            },
        )
        if request.remote:
            self._plan.notes.append(
                f"{urn}: a component of package '{request.type.split(':')[0]}' runs in its own "
                "plugin, so what it makes is not part of this preview"
            )
        identifier, state = self._state(resource, request)
        self._states[urn], self._ids[urn] = state, identifier
        if request.type != STACK_TYPE:
            self._plan.resources.append(resource)
        analyzed = self._analyze_request(urn, request)
        for pack in self._packs:
            pack.analyze(analyzed)
        self.stack_resources.append(
            analyzer_pb2.AnalyzerResource(
                type=request.type,
                properties=state,
                urn=urn,
                name=request.name,
                options=analyzed.options,
                provider=analyzed.provider if analyzed.HasField("provider") else None,
                parent=request.parent,
                dependencies=resource.dependencies,
                propertyDependencies={
                    key: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
                    for key, urns in resource.property_dependencies.items()
                    if urns
                },
            )
        )
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identifier, object=state)

    async def ReadResource(
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """Answer a ``get()`` or a StackReference."""
        urn = self._claim(request.parent, request.type, request.name)
        inputs = struct_to_plain(request.properties)
        self._plan.resources.append(
            Resource(
                urn=urn,
                type=request.type,
                name=request.name,
                parent=request.parent or None,
                custom=True,
                inputs=inputs,
                options={"id": request.id},
                dependencies=sorted(request.dependencies),
                read=True,
            )
        )
        if request.type == REFERENCE_TYPE:
            state = self._reference(request.id)
        else:
            world = self._world_of(inputs, request.provider)
            _, outputs = assumed_outputs(request.type, request.name, inputs, world)
            state = to_struct(outputs)
        self._states[urn], self._ids[urn] = state, request.id
        return resource_pb2.ReadResourceResponse(urn=urn, properties=state)

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        """Record the outputs of a component or of the stack."""
        self._states[request.urn] = request.outputs
        if request.urn.split("::")[2] == STACK_TYPE:
            self._plan.outputs = struct_to_plain(request.outputs)
        return empty_pb2.Empty()

    # -- what the program asks ---------------------------------------------------------------

    def Invoke(
        self, request: resource_pb2.ResourceInvokeRequest
    ) -> resource_pb2.ResourceInvokeResponse:
        """Answer a provider function."""
        if self._transforms.any_invoke:
            request = _sync_await(self._transforms.invoke(request))
        args = revealed(struct_to_plain(request.args))
        if request.tok == "pulumi:pulumi:getResource":
            urn = args["urn"]
            found = Struct(fields={})
            found.update({"urn": urn, "id": self._ids.get(urn, "")})
            found.fields["state"].struct_value.CopyFrom(self._states.get(urn, Struct()))
            return _invoke_response(found)
        region = self._world_of(args, request.provider).region
        answer = self._answers.answer(request.tok, args, region)
        if answer.how == "assumed":
            self._note(f"{request.tok} was answered with made-up values of the right shape")
        return _invoke_response(to_struct(answer.result))

    def Call(self, request: resource_pb2.ResourceCallRequest) -> NoReturn:
        """Answer a method of a resource, which only its plugin could."""
        raise RefusedError(
            "a method of a resource runs in the provider's plugin and can't be previewed offline",
            given=request.tok,
        )

    def ExistsResource(
        self, _request: resource_pb2.ExistsResourceRequest
    ) -> resource_pb2.ExistsResourceResponse:
        """Say that a resource that the program looks for is there, as a read assumes."""
        return resource_pb2.ExistsResourceResponse(exists=True)

    # -- the rest of the protocol ------------------------------------------------------------

    def RegisterStackTransform(self, request: Any) -> empty_pb2.Empty:
        """Run a transform on every later resource."""
        self._transforms.stack.append(request)
        return empty_pb2.Empty()

    def RegisterStackInvokeTransform(self, request: Any) -> empty_pb2.Empty:
        """Run a transform on every later invoke."""
        self._transforms.stack_invokes.append(request)
        return empty_pb2.Empty()

    def RegisterResourceHook(self, _request: Any) -> empty_pb2.Empty:
        """Hooks run at deployments only."""
        return empty_pb2.Empty()

    RegisterErrorHook = RegisterResourceHook
    SignalAndWaitForShutdown = RegisterResourceHook

    def RegisterPackage(
        self, request: resource_pb2.RegisterPackageRequest
    ) -> resource_pb2.RegisterPackageResponse:
        """Accept a parameterized package."""
        return resource_pb2.RegisterPackageResponse(ref=f"{request.name}@{request.version}")

    def GetDeploymentInfo(self, _request: Any) -> resource_pb2.DeploymentInfo:
        """Tell what this monitor can do."""
        return resource_pb2.DeploymentInfo(supportedFeatures=FEATURES)

    # -- inside ------------------------------------------------------------------------------

    def _claim(self, parent: str, token: str, name: str) -> str:
        qualified = token
        if parent and (parent_type := parent.split("::")[2]) != STACK_TYPE:
            qualified = f"{parent_type}${token}"
        urn = f"urn:pulumi:{self._plan.stack}::{self._plan.project}::{qualified}::{name}"
        if urn in self._urns:
            raise RefusedError(
                "two resources have the same URN; give each a name of its own", given=urn
            )
        self._urns.add(urn)
        return urn

    def _state(
        self, resource: Resource, request: resource_pb2.RegisterResourceRequest
    ) -> tuple[str, Struct]:
        """The ID and the properties that the program sees of a resource it registered."""
        state = Struct()
        state.CopyFrom(request.object)
        secrets = [key for key in request.additionalSecretOutputs if key not in state.fields]
        if not request.custom:
            return "", state
        if self._assume_applied:
            world = self._world_of(resource.inputs, request.provider)
            identifier, outputs = assumed_outputs(
                resource.type, resource.name, resource.inputs, world
            )
            hidden = {key: Secret(revealed(outputs[key])) for key in secrets if key in outputs}
            return request.importId or identifier, to_struct({**outputs, **hidden})
        state.MergeFrom(to_struct({key: Secret(UNKNOWN) for key in secrets}))
        return request.importId, state

    def _world_of(self, inputs: Mapping[str, Any], provider: str) -> World:
        """The account and Region that a resource or invoke is in."""
        explicit = self._provider_inputs.get(provider.rpartition("::")[0])
        from_provider = struct_to_plain(explicit).get("region") if explicit is not None else None
        for region in (inputs.get("region"), from_provider):
            if isinstance(region, str) and region not in ("", UNKNOWN):
                return self._world.in_region(region)
        return self._world

    def _reference(self, name: str) -> Struct:
        key = "/".join(name.split("/")[-2:]) if "/" in name else f"{self._plan.project}/{name}"
        outputs = self._references.get(key)
        if outputs is None:
            self._note(
                f"stack '{name}' was not previewed in this run, so its outputs are unknown; "
                "--env previews the layers of an environment together"
            )
            return to_struct({"name": name, "outputs": UNKNOWN, "secretOutputNames": UNKNOWN})
        secret = [key for key, value in outputs.items() if isinstance(value, Secret)]
        return to_struct({"name": name, "outputs": outputs, "secretOutputNames": secret})

    def _note(self, note: str) -> None:
        if note not in self._plan.notes:
            self._plan.notes.append(note)

    def _analyze_request(
        self, urn: str, request: resource_pb2.RegisterResourceRequest
    ) -> analyzer_pb2.AnalyzeRequest:
        options = analyzer_pb2.AnalyzerResourceOptions(
            protect=request.protect,
            ignoreChanges=request.ignoreChanges,
            deleteBeforeReplace=request.deleteBeforeReplace,
            deleteBeforeReplaceDefined=request.deleteBeforeReplaceDefined,
            additionalSecretOutputs=request.additionalSecretOutputs,
            aliases=request.aliasURNs,
            parent=request.parent,
        )
        provider_urn = request.provider.rpartition("::")[0]
        provider = None
        if request.custom and not request.type.startswith(PROVIDER_PREFIX):
            package = request.type.split(":")[0]
            properties = self._provider_inputs.get(provider_urn) or _default_provider(package)
            provider = analyzer_pb2.AnalyzerProviderResource(
                type=PROVIDER_PREFIX + package,
                properties=properties,
                urn=provider_urn,
                name=provider_urn.rpartition("::")[2] or "default",
            )
        return analyzer_pb2.AnalyzeRequest(
            type=request.type,
            properties=request.object,
            urn=urn,
            name=request.name,
            options=options,
            provider=provider,
        )


def _default_provider(package: str) -> Struct:
    """Inputs of the provider that the engine makes from the stack's configuration."""
    from pulumi.runtime.config import CONFIG

    prefix = f"{package}:"
    return to_struct(
        {k.removeprefix(prefix): v for k, v in CONFIG.get().items() if k.startswith(prefix)}
    )


def _invoke_response(result: Struct) -> resource_pb2.ResourceInvokeResponse:
    response = resource_pb2.ResourceInvokeResponse()
    getattr(response, "return").CopyFrom(result)
    return response


def _options(request: resource_pb2.RegisterResourceRequest) -> dict[str, Any]:
    """The options that a registration sets, under the names of ``ResourceOptions``."""
    delete_first = request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None
    timeouts = request.customTimeouts
    found = {
        "protect": request.protect if request.HasField("protect") else None,
        "provider": request.provider,
        "providers": dict(request.providers),
        "aliases": [json_format.MessageToDict(alias) for alias in request.aliases],
        "ignore_changes": list(request.ignoreChanges),
        "replace_on_changes": list(request.replaceOnChanges),
        "delete_before_replace": delete_first,
        "additional_secret_outputs": list(request.additionalSecretOutputs),
        "import": request.importId,
        "retain_on_delete": request.retainOnDelete if request.HasField("retainOnDelete") else None,
        "deleted_with": request.deletedWith,
        "replace_with": list(request.replace_with),
        "custom_timeouts": json_format.MessageToDict(timeouts),
        "version": request.version,
        "plugin_download_url": request.pluginDownloadURL,
    }
    return {key: value for key, value in found.items() if value not in (None, "", [], {})}

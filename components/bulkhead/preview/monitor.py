"""The resource monitor that a program talks to: records what it registers and answers it."""

import sys
from typing import Any

from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2, engine_pb2, provider_pb2, resource_pb2
from pulumi.runtime.sync_await import _sync_await

from bulkhead.domain.errors import RefusedError
from bulkhead.preview import transforms
from bulkhead.preview.answers import Answers
from bulkhead.preview.outcomes import Outcomes
from bulkhead.preview.packs import PolicyPack
from bulkhead.preview.plan import UNKNOWN, Plan, PlanError, Resource, Violation
from bulkhead.preview.registrations import analyze_request, options_of
from bulkhead.preview.types import PROVIDER_PREFIX
from bulkhead.preview.wire import revealed, struct_to_plain, to_struct

STACK_TYPE = "pulumi:pulumi:Stack"
REFERENCE_TYPE = "pulumi:pulumi:StackReference"

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


class Engine:
    """What the program logs: errors fail the preview, warnings become notes."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def Log(self, request: engine_pb2.LogRequest) -> None:
        """Record a message."""
        if request.severity == engine_pb2.ERROR:
            self.plan.errors.append(PlanError(request.urn, "", request.message))
        elif request.severity == engine_pb2.WARNING:
            self.plan.note(request.message)

    def RequirePulumiVersion(self, _request: Any) -> None:
        """Any version will do: no CLI takes part."""


class Monitor:
    """Answers a program in process, as the engine would at a preview."""

    def __init__(
        self, plan: Plan, *, answers: Answers, outcomes: Outcomes, packs: list[PolicyPack]
    ) -> None:
        """Record into ``plan``; ``packs`` judge every resource as it is registered."""
        self._plan = plan
        self._answers = answers
        self._outcomes = outcomes
        self._packs = packs
        self._urns: set[str] = set()
        self._states: dict[str, Struct] = {}
        self._ids: dict[str, str] = {}
        self._handed_down: dict[str, resource_pb2.RegisterResourceRequest] = {}
        self._transforms = transforms.Registry()
        self._analyzed: dict[str, analyzer_pb2.AnalyzerResource] = {}

    @property
    def stack_resources(self) -> list[analyzer_pb2.AnalyzerResource]:
        """What stack policies judge: every registered resource with its outputs."""
        return list(self._analyzed.values())

    # -- what the program registers and reads ------------------------------------------------

    async def RegisterResource(
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        """Record a resource and answer with what is known of it."""
        self._inherit(request)
        request = await self._transforms.resource(request)
        urn = self._claim(request.parent, request.type, request.name)
        self._transforms.inherit(urn, request)
        if request.HasField("protect") or request.HasField("retainOnDelete") or request.deletedWith:
            self._handed_down[urn] = request
        for pack in self._packs:
            self._remediate(pack, urn, request)
        inputs = struct_to_plain(request.object)
        if request.type.startswith(PROVIDER_PREFIX):
            self._outcomes.providers[urn] = request.object
        resource = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent or None,
            custom=request.custom,
            inputs=inputs,
            options=options_of(request),
            # One string for a resource that many others depend on.
            dependencies=sorted(map(sys.intern, request.dependencies)),
            property_dependencies={
                key: sorted(deps.urns) for key, deps in request.propertyDependencies.items()
            },
        )
        if request.remote:
            self._plan.note(
                f"{urn}: a component of package '{request.type.split(':')[0]}' runs in its own "
                "plugin, so what it makes is not part of this preview"
            )
        identifier, state = self._outcomes.of_registration(resource, request)
        self._states[urn], self._ids[urn] = state, identifier
        if request.type != STACK_TYPE:
            self._plan.resources.append(resource)
        if self._packs:
            self._analyze(resource, request, state)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=identifier, object=state)

    async def ReadResource(
        self, request: resource_pb2.ReadResourceRequest
    ) -> resource_pb2.ReadResourceResponse:
        """Answer a ``get()`` or a StackReference."""
        urn = self._claim(request.parent, request.type, request.name)
        resource = Resource(
            urn=urn,
            type=request.type,
            name=request.name,
            parent=request.parent or None,
            custom=True,
            inputs=struct_to_plain(request.properties),
            options={"id": request.id},
            dependencies=sorted(request.dependencies),
            read=True,
        )
        self._plan.resources.append(resource)
        if request.type == REFERENCE_TYPE:
            state = self._outcomes.of_reference(request.id, self._plan)
        elif request.id == UNKNOWN:
            return resource_pb2.ReadResourceResponse(urn=urn)
        else:
            state = self._outcomes.of_read(resource, request)
        self._states[urn], self._ids[urn] = state, request.id
        return resource_pb2.ReadResourceResponse(urn=urn, id=request.id, properties=state)

    def RegisterResourceOutputs(
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> empty_pb2.Empty:
        """Record the outputs of a component or of the stack."""
        self._states[request.urn] = request.outputs
        if request.urn in self._analyzed:
            self._analyzed[request.urn].properties.CopyFrom(request.outputs)
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
        world = self._outcomes.world_of(args, request.provider)
        answer = self._answers.answer(request.tok, args, world)
        if answer.how == "assumed":
            self._plan.note(f"{request.tok} was answered with made-up values of the right shape")
        return _invoke_response(to_struct(answer.result))

    def Call(self, request: resource_pb2.ResourceCallRequest) -> provider_pb2.CallResponse:
        """Answer a method of a resource, whose result only its plugin knows."""
        self._plan.note(f"{request.tok} runs in the provider's plugin, so its result is unknown")
        response = provider_pb2.CallResponse()
        getattr(response, "return").CopyFrom(to_struct({"result": UNKNOWN}))
        return response

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

    def _inherit(self, request: resource_pb2.RegisterResourceRequest) -> None:
        """Give a child the options that the engine hands down from its parent."""
        parent = self._handed_down.get(request.parent)
        if parent is None:
            return
        if parent.HasField("protect") and not request.HasField("protect"):
            request.protect = parent.protect
        if parent.HasField("retainOnDelete") and not request.HasField("retainOnDelete"):
            request.retainOnDelete = parent.retainOnDelete
        request.deletedWith = request.deletedWith or parent.deletedWith

    def _remediate(
        self, pack: PolicyPack, urn: str, request: resource_pb2.RegisterResourceRequest
    ) -> None:
        analyzed = analyze_request(urn, request, self._outcomes.providers)
        for policy, problem in pack.remediate(analyzed, request.object):
            if problem:
                self._plan.violations.append(Violation(pack.name, policy, "advisory", urn, problem))
            else:
                self._plan.note(
                    f"{urn}: policy '{policy}' of pack '{pack.name}' changed its inputs"
                )

    def _analyze(
        self, resource: Resource, request: resource_pb2.RegisterResourceRequest, state: Struct
    ) -> None:
        """Ask the resource policies about a resource, and keep it for the stack policies."""
        analyzed = analyze_request(resource.urn, request, self._outcomes.providers)
        for pack in self._packs:
            pack.analyze(analyzed)
        self._analyzed[resource.urn] = analyzer_pb2.AnalyzerResource(
            type=request.type,
            properties=state,
            urn=resource.urn,
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


def _invoke_response(result: Struct) -> resource_pb2.ResourceInvokeResponse:
    response = resource_pb2.ResourceInvokeResponse()
    getattr(response, "return").CopyFrom(result)
    return response

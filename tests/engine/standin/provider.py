"""Stand-ins for providers: they answer the engine from the inputs alone, with no account behind.

What they make up is what the offline preview assumes, so that both see the same platform. One
process holds them all, because each would otherwise load the SDKs at every start; it prints the
port where ``launcher.py`` asks for a provider of its own.
"""

# ruff: noqa: N802 (the methods' names are the protocol's)

import importlib.metadata
import socketserver
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from bulkhead.preview.answers import Answers
from bulkhead.preview.assume import assumed_outputs, planned_outputs
from bulkhead.preview.plan import UNKNOWN
from bulkhead.preview.wire import revealed, struct_to_plain, to_struct
from bulkhead.preview.world import World

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]


class StandIn(provider_pb2_grpc.ResourceProviderServicer):
    """Takes every input as it is and makes up the outputs, always the same ones."""

    def __init__(self, package: str) -> None:
        self.version = importlib.metadata.version(f"pulumi-{package}")
        self.world = World()

    def GetPluginInfo(self, request: Empty, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self.version)

    def Handshake(self, request: Any, context: Any) -> provider_pb2.ProviderHandshakeResponse:
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True)

    def CheckConfig(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        return difference(request)

    def Configure(self, request: Any, context: Any) -> provider_pb2.ConfigureResponse:
        self.world = self.world_of(struct_to_plain(request.args))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request: Any, context: Any) -> provider_pb2.CheckResponse:
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> provider_pb2.DiffResponse:
        return difference(request)

    def Create(self, request: Any, context: Any) -> provider_pb2.CreateResponse:
        identifier, outputs = self.made(request, request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_struct(planned(request, outputs)))
        return provider_pb2.CreateResponse(id=identifier, properties=to_struct(outputs))

    def Read(self, request: Any, context: Any) -> provider_pb2.ReadResponse:
        _, outputs = self.made(request, request.properties, request.id)
        return provider_pb2.ReadResponse(
            id=request.id, properties=to_struct(outputs), inputs=request.properties
        )

    def Update(self, request: Any, context: Any) -> provider_pb2.UpdateResponse:
        _, outputs = self.made(request, request.news, request.id)
        return provider_pb2.UpdateResponse(properties=to_struct(outputs))

    def Delete(self, request: Any, context: Any) -> Empty:
        return Empty()

    def Cancel(self, request: Empty, context: Any) -> Empty:
        return Empty()

    def Invoke(self, request: Any, context: Any) -> provider_pb2.InvokeResponse:
        args = revealed(struct_to_plain(request.args))
        world = self.world_of(args)
        answer = Answers(world).answer(request.tok, args, world)
        return provider_pb2.InvokeResponse(**{"return": to_struct(answer.result)})

    def made(
        self, request: Any, properties: Struct, known_id: str | None = None
    ) -> tuple[str, dict[str, Any]]:
        inputs = struct_to_plain(properties)
        world = self.world_of(inputs)
        return assumed_outputs(request.type, request.name, inputs, world, known_id)

    def world_of(self, inputs: dict[str, Any]) -> World:
        return self.world.narrowed(inputs)


def planned(request: Any, outputs: dict[str, Any]) -> dict[str, Any]:
    """What a provider tells of a resource before it exists."""
    inputs = struct_to_plain(request.properties)
    metadata = inputs.get("metadata", {})
    if (
        request.type.startswith("kubernetes:")
        and not request.type.endswith(":Release")  # has no metadata, and a status after its making
        and isinstance(metadata, dict)
        and not metadata.keys() & {"name", "generateName"}
    ):
        return outputs  # this provider chooses names at previews already
    return {**dict.fromkeys(outputs, UNKNOWN), **planned_outputs(request.type, inputs)}


def difference(request: Any) -> provider_pb2.DiffResponse:
    olds, news = struct_to_plain(request.old_inputs), struct_to_plain(request.news)
    changed = sorted(key for key in olds.keys() | news.keys() if olds.get(key) != news.get(key))
    kinds = provider_pb2.DiffResponse.DiffChanges
    return provider_pb2.DiffResponse(
        changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE, diffs=changed
    )


class Desk(socketserver.StreamRequestHandler):
    """Gives a launcher a provider that lives as long as the launcher does."""

    def handle(self) -> None:
        package = self.rfile.readline().decode().strip()
        server = grpc.server(ThreadPoolExecutor(max_workers=8), options=UNLIMITED)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(StandIn(package), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        self.wfile.write(f"{port}\n".encode())
        self.rfile.read()
        server.stop(None)


if __name__ == "__main__":
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Desk) as desk:
        desk.daemon_threads = True
        sys.stdout.write(f"{desk.server_address[1]}\n")
        sys.stdout.flush()
        desk.serve_forever()

"""Asks Envoy Gateway's extension to change a configuration: JSON on standard input and output.

It runs as a program of its own, since it needs messages of a newer Envoy, and with them another
protobuf, than the rest of the tests.
"""

import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator
from typing import Any

import envoy
import grpc
from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.config.route.v3 import route_pb2
from envoy.extensions.transport_sockets.tls.v3 import secret_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

PACKAGE = "envoygateway.extension"
CALL = f"/{PACKAGE}.EnvoyGatewayExtension/PostTranslateModify"
SECONDS = 30

PARTS = {
    "clusters": cluster_pb2.Cluster,
    "secrets": secret_pb2.Secret,
    "listeners": listener_pb2.Listener,
    "routes": route_pb2.RouteConfiguration,
}
"""What is sent and comes back, in the order of its numbers (Envoy Gateway, proto/extension)."""


def changed(given: dict[str, Any], port: int) -> dict[str, Any]:
    """The configuration as the extension on ``port`` of the loopback address changes it."""
    for module in _extensions():
        importlib.import_module(module)  # so that their messages are known by name
    asks, answers = _message("Request", first=2), _message("Response", first=1)
    asked = json_format.ParseDict(given, asks())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary(CALL, asks.SerializeToString, answers.FromString)
        answer = call(asked, timeout=SECONDS, wait_for_ready=True)
    found: dict[str, Any] = json_format.MessageToDict(answer)
    return found


def _extensions() -> Iterator[str]:
    """Modules of the messages that a configuration may hold."""
    for module in pkgutil.walk_packages(envoy.__path__, "envoy."):
        if module.name.endswith("_pb2"):
            yield module.name


def _message(word: str, *, first: int) -> Any:
    """The class of a message of the protocol."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"extension-{word}.proto",
        package=PACKAGE,
        syntax="proto3",
        dependency=[part.DESCRIPTOR.file.name for part in PARTS.values()],
    )
    message = file.message_type.add(name=f"PostTranslateModify{word}")
    for number, (name, part) in enumerate(PARTS.items(), start=first):
        message.field.add(
            name=name,
            number=number,
            label=descriptor_pb2.FieldDescriptorProto.LABEL_REPEATED,
            type=descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE,
            type_name=f".{part.DESCRIPTOR.full_name}",
        )
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{PACKAGE}.{message.name}"))


if __name__ == "__main__":
    json.dump(changed(json.load(sys.stdin), int(sys.argv[1])), sys.stdout)

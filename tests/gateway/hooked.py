"""What Envoy Gateway has Envoy AI Gateway change of what it translated, by its own protocol."""

import copy
import dataclasses
import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import envoy
import grpc
from envoy.config.cluster.v3 import cluster_pb2
from envoy.config.listener.v3 import listener_pb2
from envoy.config.route.v3 import route_pb2
from envoy.extensions.transport_sockets.tls.v3 import secret_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from tests.gateway.rendered import Manifest
from tests.gateway.translated import Translation

PACKAGE = "envoygateway.extension"
CALL = f"/{PACKAGE}.EnvoyGatewayExtension/PostTranslateModify"
SECONDS = 30

ANNOTATION = "gateway.envoyproxy.io/"

PARTS = {
    "clusters": cluster_pb2.Cluster,
    "secrets": secret_pb2.Secret,
    "listeners": listener_pb2.Listener,
    "routes": route_pb2.RouteConfiguration,
}
"""What is sent and comes back, in the order of its numbers (Envoy Gateway, proto/extension)."""


def hooked(translation: Translation, given: list[Manifest], port: int) -> Translation:
    """The translation of ``given`` as the extension on ``port`` of the loopback changes it."""
    for module in _extensions():
        importlib.import_module(module)  # so that their messages are known by name
    asks, answers = _message("Request", first=2), _message("Response", first=1)
    asked = json_format.ParseDict(
        {
            "clusters": translation.clusters,
            "listeners": translation.listeners,
            "routes": [_annotated(each, given) for each in translation.routes.values()],
        },
        asks(),
    )
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        call = channel.unary_unary(CALL, asks.SerializeToString, answers.FromString)
        answer = call(asked, timeout=SECONDS, wait_for_ready=True)
    changed: dict[str, Any] = json_format.MessageToDict(answer)
    return dataclasses.replace(
        translation,
        clusters=changed["clusters"],
        listeners=changed["listeners"],
        routes={each["name"]: each for each in changed["routes"]},
    )


def _annotated(routes: dict[str, Any], given: list[Manifest]) -> dict[str, Any]:
    """The routes with the annotations that Envoy Gateway hands on, and ``egctl`` does not read."""
    notes = {
        (each["kind"], each["metadata"]["name"]): {
            key.removeprefix(ANNOTATION): value
            for key, value in each["metadata"].get("annotations", {}).items()
            if key.startswith(ANNOTATION)
        }
        for each in given
    }
    found = copy.deepcopy(routes)
    for host in found["virtualHosts"]:
        for route in host["routes"]:
            for resource in route["metadata"]["filterMetadata"]["envoy-gateway"]["resources"]:
                resource["annotations"] = notes[resource["kind"], resource["name"]]
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

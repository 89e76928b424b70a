"""Stands in for Envoy AI Gateway's processor, whose program is in no registry.

It does what the gateway leans on: it reads the model's name from a request's body into the header
that routes match, refuses a body that is not one of OpenAI's chat completions, and tells Envoy the
tokens that an answer says it cost. Envoy calls it by the same protocol, at the same place.
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from envoy.service.ext_proc.v3 import external_processor_pb2 as messages
from envoy.service.ext_proc.v3 import external_processor_pb2_grpc as services

from bulkhead.workloads.gateway_edge import METADATA, MODEL_HEADER

STREAMS = 400
"""Requests that are processed at once: each holds a thread as long as it is under way."""

OVERWRITE = 2  # HeaderValueOption.OVERWRITE_IF_EXISTS_OR_ADD

FILTER = {
    "name": "envoy.filters.http.ext_proc/aigateway",
    "typedConfig": {
        "@type": "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor",
        "grpcService": {"envoyGrpc": {"clusterName": "processor"}},
        "metadataOptions": {"receivingNamespaces": {"untyped": [METADATA]}},
        "processingMode": {
            "requestHeaderMode": "SEND",
            "requestBodyMode": "BUFFERED",
            "requestTrailerMode": "SKIP",
            "responseHeaderMode": "SEND",
            "responseBodyMode": "BUFFERED",
            "responseTrailerMode": "SKIP",
        },
        "messageTimeout": "10s",
    },
}
"""The filter that Envoy AI Gateway hooks in, with the modes that it sets."""


BEHIND = tuple(
    f"envoy.filters.http.{kind}"
    for kind in ("ext_proc", "wasm", "lua", "rbac", "local_ratelimit", "ratelimit", "router")
)


def position(filters: list[str]) -> int:
    """Where Envoy AI Gateway hooks its filter in: before the first of these, behind the buffer."""
    first = next(at for at, name in enumerate(filters) if name.startswith(BEHIND))
    buffers = [
        at for at, name in enumerate(filters) if name.startswith("envoy.filters.http.buffer")
    ]
    return max([first, *(at + 1 for at in buffers)])


class Processor(services.ExternalProcessorServicer):
    """Processes requests and answers."""

    def Process(  # noqa: N802
        self, requests: Iterable[messages.ProcessingRequest], context: grpc.ServicerContext
    ) -> Iterator[messages.ProcessingResponse]:
        for request in requests:
            answer = messages.ProcessingResponse()
            match request.WhichOneof("request"):
                case "request_headers":
                    answer.request_headers.SetInParent()
                case "request_body":
                    _read_request(request.request_body.body, answer)
                case "response_headers":
                    answer.response_headers.SetInParent()
                case "response_body":
                    _read_answer(request.response_body.body, answer)
            yield answer


def _read_request(body: bytes, answer: messages.ProcessingResponse) -> None:
    model = _model(body)
    if model is None:
        answer.immediate_response.status.code = 400
        answer.immediate_response.body = b"malformed request"
        return
    common = answer.request_body.response
    common.clear_route_cache = True
    added = common.header_mutation.set_headers.add()
    added.header.key, added.header.raw_value = MODEL_HEADER, model.encode()
    added.append_action = OVERWRITE


def _model(body: bytes) -> str | None:
    try:
        found = json.loads(body)
    except ValueError:
        return None
    match found:
        case {"model": str(model), "messages": list()}:
            return model
    return None


def _read_answer(body: bytes, answer: messages.ProcessingResponse) -> None:
    answer.response_body.SetInParent()
    try:
        usage: Any = json.loads(body).get("usage")
    except (ValueError, AttributeError):
        return
    if usage:
        tokens = {
            "llm_input_token": usage["prompt_tokens"],
            "llm_output_token": usage["completion_tokens"],
            "llm_total_token": usage["total_tokens"],
        }
        answer.dynamic_metadata.update({METADATA: tokens})


def serve(port: int) -> grpc.Server:
    """A processor on a port of the loopback address."""
    server = grpc.server(ThreadPoolExecutor(STREAMS))
    services.add_ExternalProcessorServicer_to_server(Processor(), server)
    server.add_insecure_port(f"127.0.0.1:{port}")
    server.start()
    return server

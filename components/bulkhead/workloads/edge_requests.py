"""What a public client may send: its requests as JSON schemas, and what is written down of them.

The schemas are those of API Gateway's models (JSON Schema draft 4). They name every parameter that
passes, of OpenAI's API: ``logprobs`` is left out, since it is what a model is copied by, and so are
messages of the system's unless they are asked for, since system prompts stay inside (INF-4).
"""

from collections.abc import Sequence
from typing import Any

DRAFT = "http://json-schema.org/draft-04/schema#"

MOST_MESSAGES, MOST_INPUTS = 256, 128
"""Messages of a conversation, and texts that are embedded at once."""

ROLES, SYSTEM_ROLES = ("user", "assistant", "tool"), ("system", "developer")

STAGE = "v1"
"""The stage, and so the first part of every path: API Gateway hands it on in a private integration
(API Gateway Developer Guide, "Private integrations for REST APIs")."""

PATHS = {"chat": ("chat", "completions"), "embeddings": ("embeddings",)}
"""The operations, with what follows the stage in their paths."""


def schemas(
    models: Sequence[str], *, output_tokens: int, system_messages: bool
) -> dict[str, dict[str, Any]]:
    """The schema of each operation's request."""
    roles = [*ROLES, *(SYSTEM_ROLES if system_messages else ())]
    tokens = {"type": "integer", "minimum": 1, "maximum": output_tokens}
    return {
        "chat": _closed(
            {
                "model": {"enum": list(models)},
                "messages": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": MOST_MESSAGES,
                    "items": {
                        "type": "object",
                        "required": ["role"],
                        "properties": {"role": {"enum": roles}},
                    },
                },
                "max_tokens": tokens,
                "max_completion_tokens": tokens,
                "n": {"enum": [1]},
                "stream": {"type": "boolean"},
                "stream_options": {"type": "object"},
                "temperature": {"type": "number", "minimum": 0, "maximum": 2},
                "top_p": {"type": "number", "minimum": 0, "maximum": 1},
                "presence_penalty": {"type": "number", "minimum": -2, "maximum": 2},
                "frequency_penalty": {"type": "number", "minimum": -2, "maximum": 2},
                "stop": {"type": ["string", "array", "null"]},
                "seed": {"type": "integer"},
                "response_format": {"type": "object"},
                "tools": {"type": "array", "maxItems": 128},
                "tool_choice": {"type": ["string", "object"]},
                "user": {"type": "string", "maxLength": 128},
            },
            required=["model", "messages"],
        ),
        "embeddings": _closed(
            {
                "model": {"enum": list(models)},
                "input": {
                    "type": ["string", "array"],
                    "minLength": 1,
                    "minItems": 1,
                    "maxItems": MOST_INPUTS,
                },
                "encoding_format": {"enum": ["float", "base64"]},
                "dimensions": {"type": "integer", "minimum": 1},
                "user": {"type": "string", "maxLength": 128},
            },
            required=["model", "input"],
        ),
    }


def _closed(properties: dict[str, Any], *, required: list[str]) -> dict[str, Any]:
    return {
        "$schema": DRAFT,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def access_log() -> dict[str, str]:
    """What a request leaves in the edge's log (OBS-1): no body, no query, no key, no token.

    A key is told by its ID. ``refused_by`` says what stopped a request: the firewall, the policy,
    a missing key, the throttle, the quota, or the schema.
    """
    return {
        "time": "$context.requestTimeEpoch",
        "request_id": "$context.requestId",
        "client": "$context.identity.apiKeyId",
        "certificate": "$context.identity.clientCert.serialNumber",
        "address": "$context.identity.sourceIp",
        "agent": "$context.identity.userAgent",
        "method": "$context.httpMethod",
        "path": "$context.resourcePath",
        "code": "$context.status",
        "refused_by": "$context.error.responseType",
        "firewall": "$context.waf.status",
        "gateway_code": "$context.integration.status",
        "milliseconds": "$context.responseLatency",
        "gateway_milliseconds": "$context.integration.latency",
        "bytes_sent": "$context.responseLength",
    }

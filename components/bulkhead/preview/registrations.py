"""Reading a registration: the options that it sets, and what policies get to see of it."""

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.config import CONFIG
from pulumi.runtime.proto import analyzer_pb2, resource_pb2

from bulkhead.preview.types import PROVIDER_PREFIX
from bulkhead.preview.wire import to_plain, to_struct

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def analyze_request(
    urn: str,
    request: resource_pb2.RegisterResourceRequest,
    provider_inputs: Mapping[str, Struct],
) -> analyzer_pb2.AnalyzeRequest:
    """What policies are asked about a resource; ``provider_inputs`` are by the provider's URN."""
    options = analyzer_pb2.AnalyzerResourceOptions(
        protect=request.protect,
        ignoreChanges=request.ignoreChanges,
        deleteBeforeReplace=request.deleteBeforeReplace,
        deleteBeforeReplaceDefined=request.deleteBeforeReplaceDefined,
        additionalSecretOutputs=request.additionalSecretOutputs,
        aliases=request.aliasURNs,
        parent=request.parent,
        customTimeouts=_timeouts(request.customTimeouts),
    )
    provider_urn = request.provider.rpartition("::")[0]
    provider = None
    if request.custom and not request.type.startswith(PROVIDER_PREFIX):
        package = request.type.split(":")[0]
        provider = analyzer_pb2.AnalyzerProviderResource(
            type=PROVIDER_PREFIX + package,
            properties=provider_inputs.get(provider_urn) or _default_provider(package),
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


def _timeouts(
    timeouts: resource_pb2.RegisterResourceRequest.CustomTimeouts,
) -> analyzer_pb2.AnalyzerResourceOptions.CustomTimeouts:
    """Timeouts in seconds, as policies see them; 0 where none is set."""
    return analyzer_pb2.AnalyzerResourceOptions.CustomTimeouts(
        create=_seconds(timeouts.create),
        update=_seconds(timeouts.update),
        delete=_seconds(timeouts.delete),
    )


def _seconds(duration: str) -> float:
    """Seconds of a duration in Go's writing, such as ``1h30m``."""
    parts = re.findall(r"([\d.]+)(ms|h|m|s)", duration)
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _default_provider(package: str) -> Struct:
    """Inputs of the provider that the engine makes from the stack's configuration."""
    prefix = f"{package}:"
    return to_struct(
        {k.removeprefix(prefix): v for k, v in CONFIG.get().items() if k.startswith(prefix)}
    )


def options_of(request: resource_pb2.RegisterResourceRequest) -> dict[str, Any]:
    """The options that a registration sets, under the names of ``ResourceOptions``."""
    delete_first = request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None
    has_trigger = request.HasField("replacement_trigger")
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
        "replacement_trigger": to_plain(request.replacement_trigger) if has_trigger else None,
        "custom_timeouts": json_format.MessageToDict(request.customTimeouts),
        "hooks": json_format.MessageToDict(request.hooks, preserving_proto_field_name=True),
        "hide_diffs": list(request.hideDiffs),
        "env_var_mappings": dict(request.envVarMappings),
        "version": request.version,
        "plugin_download_url": request.pluginDownloadURL,
    }
    return {key: value for key, value in found.items() if value not in (None, "", [], {})}

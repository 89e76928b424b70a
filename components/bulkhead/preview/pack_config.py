"""Configuration of policy packs: levels and properties, as the CLI reconciles them."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import analyzer_pb2

from bulkhead.domain.errors import RefusedError
from bulkhead.preview.wire import struct_to_plain, to_struct

LEVELS: Mapping[int, str] = {
    analyzer_pb2.ADVISORY: "advisory",
    analyzer_pb2.MANDATORY: "mandatory",
    analyzer_pb2.DISABLED: "disabled",
    analyzer_pb2.REMEDIATE: "remediate",
}

PackConfig = Mapping[str, Any]
"""Per policy a level, or a mapping with ``enforcementLevel`` and the policy's properties; the key
``all`` sets the level of every policy that has none of its own."""


def read_pack_config(path: Path) -> PackConfig:
    """Read a policy pack's configuration, JSON as the CLI's ``--policy-pack-config`` takes it.

    Raises:
        RefusedError: the file is missing, no JSON, or no mapping.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RefusedError(f"not a policy configuration ({error})", where=str(path)) from None
    if not isinstance(document, dict):
        raise RefusedError("not a mapping", given=document, where=str(path))
    return document


def refuse_unknown_policies(config: PackConfig, policies: Iterable[str]) -> None:
    """Check that every policy that is configured is one of ``policies``, those of all packs.

    Raises:
        RefusedError: the configuration names another one.
    """
    known = {"all", *policies}
    for key in config:
        if key not in known:
            raise RefusedError("no such policy", given=key, where="policy configuration")


def reconcile(
    info: analyzer_pb2.AnalyzerInfo, config: PackConfig
) -> tuple[dict[str, str], dict[str, analyzer_pb2.PolicyConfig]]:
    """Every policy's level, and what the pack is configured with: its own, then the user's.

    Raises:
        RefusedError: the configuration names a level or property that a policy lacks.
    """
    levels: dict[str, str] = {}
    configured: dict[str, analyzer_pb2.PolicyConfig] = {}
    for policy in info.policies:
        chosen = _chosen(policy, config)
        initial = info.initialConfig.get(policy.name)
        own = initial.enforcementLevel if initial is not None else policy.enforcementLevel
        level = chosen.pop("enforcementLevel", config.get("all", LEVELS[own]))
        levels[policy.name] = level
        configured[policy.name] = analyzer_pb2.PolicyConfig(
            enforcementLevel=_number(level, policy.name),
            properties=to_struct(
                _defaults(policy)
                | (struct_to_plain(initial.properties) if initial is not None else {})
                | chosen
            ),
        )
    return levels, configured


def _chosen(policy: analyzer_pb2.PolicyInfo, config: PackConfig) -> dict[str, Any]:
    """What the user configured of one policy, in its long form."""
    chosen = config.get(policy.name, {})
    if isinstance(chosen, str):
        return {"enforcementLevel": chosen}
    if not isinstance(chosen, dict):
        raise RefusedError(
            "a policy is configured by a level or a mapping", given=chosen, where=policy.name
        )
    known = sorted(policy.configSchema.properties.fields)
    for key in chosen:
        if key != "enforcementLevel" and key not in known:
            raise RefusedError(
                "no such property of the policy",
                given=key,
                allowed=known or "none",
                where=policy.name,
            )
    return dict(chosen)


def _defaults(policy: analyzer_pb2.PolicyInfo) -> dict[str, Any]:
    schemas = {
        key: value.struct_value.fields
        for key, value in policy.configSchema.properties.fields.items()
    }
    return struct_to_plain(
        Struct(fields={key: s["default"] for key, s in schemas.items() if "default" in s})
    )


def _number(level: Any, policy: str) -> "analyzer_pb2.EnforcementLevel.ValueType":
    for number, word in LEVELS.items():
        if word == level:
            return number  # type: ignore[return-value]
    raise RefusedError(
        "unknown enforcement level", given=level, allowed=LEVELS.values(), where=policy
    )

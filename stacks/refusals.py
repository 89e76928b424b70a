"""Turning what pydantic found into one sentence with the path in the configuration."""

import types
import typing
from collections.abc import Sequence
from enum import Enum
from typing import Any

from pydantic import BaseModel, ValidationError

from bulkhead.domain.errors import RefusedError


def refusal(
    error: ValidationError, model: type[BaseModel], *, file: str, prefix: str = ""
) -> RefusedError:
    """The first thing that is wrong, as a sentence; keys of ``file`` begin with ``prefix``."""
    first = error.errors()[0]
    loc = first["loc"]
    path = _path(file, prefix, loc)
    match first["type"]:
        case "extra_forbidden":
            holder = _model_at(model, loc[:-1])
            return RefusedError(
                "unknown key",
                given=loc[-1] if loc[:-1] else f"{prefix}{loc[-1]}",
                allowed=sorted(holder.model_fields) if holder else None,
                where=_path(file, prefix, loc[:-1]),
            )
        case "missing":
            return RefusedError("a missing key", where=path)
        case "enum":
            kind = _type_at(model, loc)
            allowed = [member.value for member in kind] if _is_enum(kind) else None
            noun = str(loc[-1]).replace("_", " ")
            return RefusedError(
                f"unknown {noun}", given=first["input"], allowed=allowed, where=path
            )
    words = first["msg"].removeprefix("Input should be ").removeprefix("a valid ")
    return RefusedError("not a usable value", given=first["input"], allowed=words, where=path)


def _path(file: str, prefix: str, loc: Sequence[int | str]) -> str:
    steps = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in loc)
    return f"{file}: {prefix}{steps.removeprefix('.')}" if steps else file


def _type_at(model: type[BaseModel], loc: Sequence[int | str]) -> Any:
    found: Any = model
    for part in loc:
        if isinstance(part, int):
            found = _bare(found, list)
        elif isinstance(found, type) and issubclass(found, BaseModel):
            field = found.model_fields.get(part)
            found = _bare(field.annotation, None) if field else None
        else:
            found = _bare(found, dict)
    return found


def _bare(annotation: Any, container: type | None) -> Any:
    """The type without ``| None``, and out of the container when one is given."""
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        annotation = next(a for a in typing.get_args(annotation) if a is not types.NoneType)
    if container is not None:
        held = typing.get_args(annotation)
        return held[-1] if typing.get_origin(annotation) is container else None
    return annotation


def _model_at(model: type[BaseModel], loc: Sequence[int | str]) -> type[BaseModel] | None:
    found = _type_at(model, loc)
    return found if isinstance(found, type) and issubclass(found, BaseModel) else None


def _is_enum(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Enum)

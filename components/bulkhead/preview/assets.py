"""Finding assets and archives whose files are missing, which the engine refuses at a preview."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bulkhead.preview.plan import Secret
from bulkhead.preview.types import ARCHIVE, ASSET, SIGNATURE


def missing_files(data: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """The paths of properties that hold an asset without its file, each with a complaint.

    Files are looked for from the folder that the program runs in.
    """
    if isinstance(data, Secret):
        yield from missing_files(data.value, at)
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from missing_files(item, f"{at}[{index}]")
    elif isinstance(data, Mapping):
        if complaint := _complaint(data):
            yield at, complaint
        for key, item in data.items():
            inside = at if SIGNATURE in data else f"{at}.{key}" if at else str(key)
            yield from missing_files(item, inside)


def _complaint(data: Mapping[str, Any]) -> str | None:
    signature, path = data.get(SIGNATURE), data.get("path")
    if signature not in (ASSET, ARCHIVE) or not isinstance(path, str):
        return None
    if not Path(path).exists():
        return f"the file '{path}' does not exist"
    if signature == ASSET and Path(path).is_dir():
        return f"'{path}' is a folder, which needs an archive"
    return None

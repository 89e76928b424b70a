"""Finding assets and archives whose files are missing, which the engine refuses at a preview."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bulkhead.preview.plan import Secret
from bulkhead.preview.types import ASSET, SIGNATURE


def missing_files(data: Any, at: str = "") -> Iterator[tuple[str, str]]:
    """The paths of properties that hold an asset without its file, each with a complaint.

    Files are looked for from the folder that the program runs in.
    """
    if isinstance(data, Secret):
        yield from missing_files(data.value, at)
    elif isinstance(data, list):
        for index, item in enumerate(data):
            yield from missing_files(item, f"{at}[{index}]")
    elif isinstance(data, Mapping) and SIGNATURE in data:
        for complaint in _complaints(data):
            yield at, complaint
    elif isinstance(data, Mapping):
        for key, item in data.items():
            yield from missing_files(item, f"{at}.{key}" if at else str(key))


def _complaints(asset: Mapping[str, Any]) -> Iterator[str]:
    path = asset.get("path")
    if isinstance(path, str):
        if not Path(path).exists():
            yield f"the file '{path}' does not exist"
        elif asset[SIGNATURE] == ASSET and Path(path).is_dir():
            yield f"'{path}' is a folder, which needs an archive"
    for inside in (asset.get("assets") or {}).values():
        yield from _complaints(inside)

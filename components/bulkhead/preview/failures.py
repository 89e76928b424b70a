"""Saying in one sentence why a program could not be previewed."""

import re
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

import pulumi

from bulkhead.domain.errors import RefusedError

_ADDRESS = re.compile(r"(?<= object) at 0x[0-9a-f]+")
_PREVIEW = Path(__file__).parent


def explain(error: BaseException, root: Path) -> str:
    """What went wrong, and where in the program at ``root``."""
    if isinstance(error, RefusedError | pulumi.RunError | pulumi.ConfigMissingError):
        return _sentence(str(error))
    if isinstance(error, SystemExit):
        reason = f"({error.code})" if isinstance(error.code, str) else f"with code {error.code}"
        return f"the program ended itself {reason}"
    kind = type(error).__name__
    if isinstance(error, SyntaxError) and error.filename:
        return f"{kind}: {error.msg} ({_relative(error.filename, root)}:{error.lineno})"
    place = _place(error, root)
    words = _sentence(str(error))
    return f"{kind}: {words}{f' ({place})' if place else ''}" if words else f"{kind} ({place})"


def hang(waiting: list[str], patience: float) -> pulumi.RunError:
    """The error of a program that waits for an output that never resolves."""
    who = f"; still waiting: {', '.join(waiting)}" if waiting else ""
    return pulumi.RunError(
        f"the program waits for an output that never resolves; nothing happened for "
        f"{patience:g} s (--patience){who}"
    )


def never_awaited(warnings: Iterable[str]) -> Iterator[str]:
    """Notes on coroutines that the program made and forgot, with what they would have made."""
    for message in dict.fromkeys(warnings):
        if "was never awaited" in message:
            yield f"{message}: what it would have registered is not part of this preview"


def _sentence(text: str) -> str:
    return _ADDRESS.sub("", " ".join(text.split()))


def _place(error: BaseException, root: Path) -> str:
    """The innermost line of the program's own code that the error came through."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        file = Path(frame.filename)
        ours = file.is_relative_to(_PREVIEW) or "site-packages" in file.parts
        if file.is_relative_to(root) and not ours:
            return f"{_relative(frame.filename, root)}:{frame.lineno}"
    return ""


def _relative(file: str, root: Path) -> str:
    path = Path(file)
    return str(path.relative_to(root)) if path.is_relative_to(root) else path.name

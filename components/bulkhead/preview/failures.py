"""Saying in one sentence why a program could not be previewed."""

import traceback
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import pulumi

from bulkhead.domain.errors import RefusedError

_PREVIEW = Path(__file__).parent


def explain(error: BaseException, root: Path) -> str:
    """What went wrong, and where in the program at ``root``."""
    if isinstance(error, RefusedError | pulumi.RunError | pulumi.ConfigMissingError):
        return _sentence(str(error))
    if isinstance(error, SystemExit):
        return f"the program ended itself with exit code {error.code!r}"
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
        f"{patience:g} s{who}"
    )


def never_awaited(caught: Iterable[warnings.WarningMessage]) -> Iterator[str]:
    """Notes on coroutines that the program made and forgot, with what they would have made."""
    for warning in caught:
        message = str(warning.message)
        if issubclass(warning.category, RuntimeWarning) and "was never awaited" in message:
            yield f"{message}: what it would have registered is not part of this preview"


def _sentence(text: str) -> str:
    return " ".join(text.split())


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

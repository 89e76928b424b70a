"""The one error that bulkhead raises for input it refuses."""

from collections.abc import Iterable


class RefusedError(ValueError):
    """An input that bulkhead refuses, said in one sentence.

    ``what`` is the complaint, ``given`` the offending value, ``allowed`` what would have been
    accepted (a phrase, or values to list) and ``where`` the path of the value in its
    configuration or the name of the component.
    """

    def __init__(
        self,
        what: str,
        *,
        given: object = None,
        allowed: str | Iterable[object] | None = None,
        where: str | None = None,
    ) -> None:
        sentence = f"{where}: {what}" if where else what
        if given is not None:
            sentence += f", got {str(given)!r}"
        if allowed is not None:
            listed = allowed if isinstance(allowed, str) else ", ".join(str(a) for a in allowed)
            sentence += f"; allowed: {listed}"
        super().__init__(sentence)
        self.where = where

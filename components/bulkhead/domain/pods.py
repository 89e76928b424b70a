"""What pods may be: the runtimes between them and their node's kernel, and who looks into them."""

from dataclasses import dataclass
from enum import StrEnum


class Runtime(StrEnum):
    """A runtime class that pods name; ``DEFAULT`` stands for none: runc, on the node's kernel."""

    DEFAULT = ""
    GVISOR = "gvisor"
    KATA = "kata"
    ISOLATED_SANDBOX = "isolated-sandbox"
    CONFIDENTIAL_SANDBOX = "confidential-sandbox"


EVERY_RUNTIME = frozenset(Runtime)

HARDWARE_RUNTIMES = EVERY_RUNTIME - {Runtime.GVISOR}
"""Without those that separate by software alone. Kata and the sandboxes of Nitro are virtual
machines."""

SANDBOXES = EVERY_RUNTIME - {Runtime.DEFAULT}
"""Runtimes under code that nobody has read (ISO-11)."""


@dataclass(frozen=True)
class PodRules:
    """What a tier asks of its pods and of who looks into them (POL-2, ISO-10).

    Attributes:
        runtimes: runtime classes that they may name.
        open_logs: whether the tenant's people read pods' logs past the redaction.
        debug_hours: the longest that debug access lasts.
        scan_answers: whether answers of its models are scanned before a client sees them (INF-4).
    """

    runtimes: frozenset[Runtime]
    open_logs: bool
    debug_hours: int
    scan_answers: bool = False

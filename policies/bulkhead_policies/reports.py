"""Policies of a pack that have no rule of their own."""

from dataclasses import dataclass

from pulumi_policy import EnforcementLevel

from bulkhead_policies.findings import Kind
from bulkhead_policies.levels import ENVIRONMENT, KEEP, LEVELS
from bulkhead_policies.rule import Severity
from bulkhead_policies.settings import Option


@dataclass(frozen=True, eq=False)
class Report:
    """A policy without a rule of its own, which speaks about the findings of the rules.

    Attributes:
        id, title, severity, remediation, options: as for a rule.
        level: what its findings do where the configuration says nothing else.
    """

    id: str
    title: str
    severity: Severity
    remediation: str
    level: EnforcementLevel
    options: tuple[Option[object], ...] = ()


UNDECIDED = Report(
    id="bulkhead-preview-decide-unknowns",
    title="Every rule can decide at preview",
    severity=Severity.HIGH,
    remediation="Give a literal, or take the value from a resource of the same stack where a "
    "relation decides; else exempt the resource from the rule.",
    level=EnforcementLevel.MANDATORY,
)
EXEMPTED = Report(
    id="bulkhead-exemptions-report",
    title="Exemptions are seen until they end",
    severity=Severity.LOW,
    remediation="Mend the resource before the exemption ends.",
    level=EnforcementLevel.ADVISORY,
)
ENVIRONMENTS_WEIGH = Report(
    id="bulkhead-levels-by-environment",
    title="Findings weigh as much as their environment says",
    severity=Severity.LOW,
    remediation="Set the level of each environment in the pack's configuration.",
    level=EnforcementLevel.ADVISORY,
    options=(LEVELS, ENVIRONMENT, KEEP),
)
"""It finds nothing itself: its configuration is that of the whole pack."""

BY_KIND = {Kind.UNDECIDED: UNDECIDED, Kind.EXEMPTED: EXEMPTED}
REPORTS = (UNDECIDED, EXEMPTED, ENVIRONMENTS_WEIGH)

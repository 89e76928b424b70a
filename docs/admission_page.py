"""What the cluster refuses, written from the admission rules themselves."""

from collections.abc import Iterable
from pathlib import Path

from bulkhead.cluster.admission.catalogue import admission_rules
from bulkhead.cluster.admission.defaults import DEFAULTS
from bulkhead.cluster.admission.rule import AdmissionRule
from bulkhead.domain.pods import Runtime
from bulkhead.domain.tiers import CATALOGUE, Tier

PAGE = Path("docs/admission.md")

HEAD = """# Admission

What a preview judges is what is declared; the API server judges what is attempted, by whomever.
`AdmissionPolicies` makes a ValidatingAdmissionPolicy of each rule below: it has no controller that
can be away, and what can't be decided is refused. `tests/cluster_live` attempts what they forbid as
a tenant's user on a real API server, and again with that one rule gone. `make docs` writes this
page from the rules.

"""

BEYOND = (
    (
        "Is the image signed?",
        "CEL reads the object, and no registry",
        "`ImageVerification`: sigstore's policy-controller",
    ),
    (
        "Are the weights those that were approved?",
        "they are read when the server starts",
        "`InferenceEndpoint`: a container verifies them first, by OpenSSF model signing",
    ),
    ("How much does the tenant have in all?", "a policy sees one request", "ResourceQuota counts"),
    (
        "Has a grant ended, is a day past?",
        "CEL in policies has no clock",
        "`aws:CurrentTime` in the role of `DebugAccess`; CronJobs that hold queues; the preview",
    ),
    (
        "What does a pod do once it runs?",
        "admission ends where the pod begins",
        "network policies, runtime classes, roots that nobody writes, GuardDuty",
    ),
    (
        "Where does a pod land?",
        "the scheduler decides later",
        "taints, with the selectors that admission demands",
    ),
    ("What is read?", "admission sees no reads", "RBAC, and the audit log"),
    (
        "What does EFA carry?",
        "it bypasses the kernel's network",
        "security groups, and pools of one tenant",
    ),
    (
        "What do the cluster's administrators do?",
        "they may delete policies",
        "only the roles given as `administrators` are, and the audit log keeps what they did",
    ),
)
"""Questions that no admission policy answers, why, and what does."""


def pages() -> dict[Path, str]:
    """The page by its path below the repository's root."""
    parts = [HEAD, _rules(), _tiers(), _defaults(), _beyond()]
    return {PAGE: "".join(parts)}


def _rules() -> str:
    rules = admission_rules()
    rows = (
        f"| `{rule.name}` | {rule.title} | {', '.join(_judged(rule))} | "
        f"{', '.join(rule.requirements)} |"
        for rule in rules
    )
    told = "".join(
        f"\n### {rule.name}\n\n{rule.title}. {rule.why}{_frameworks(rule)}\n\nIt says:\n\n"
        + "".join(f"- {check.message}\n" for check in rule.checks)
        for rule in rules
    )
    head = "| rule | what holds | judges | serves |\n| --- | --- | --- | --- |\n"
    return head + "\n".join(rows) + "\n" + _levels() + told


def _levels() -> str:
    return (
        "\nRules bind the namespaces of tenants; those that hold everywhere are "
        + ", ".join(f"`{rule.name}`" for rule in admission_rules() if rule.everywhere)
        + ".\n"
    )


def _judged(rule: AdmissionRule) -> Iterable[str]:
    return sorted({kind for match in rule.matches for kind in match.resources})


def _frameworks(rule: AdmissionRule) -> str:
    return f" ({', '.join(rule.frameworks)})" if rule.frameworks else ""


def _tiers() -> str:
    head = (
        "\n## By tier\n\n| tier | runtime classes | people read logs | debug access at most | "
        "answers scanned |\n| --- | --- | --- | --- | --- |\n"
    )
    rows = (
        f"| {tier} | {_runtimes(CATALOGUE[tier].pods.runtimes)} | "
        f"{_word(CATALOGUE[tier].pods.open_logs)} | {CATALOGUE[tier].pods.debug_hours} hours | "
        f"{_word(CATALOGUE[tier].pods.scan_answers)} |\n"
        for tier in Tier
    )
    return head + "".join(rows)


def _runtimes(runtimes: Iterable[Runtime]) -> str:
    return ", ".join(runtime.value or "runc" for runtime in sorted(runtimes))


def _word(value: bool) -> str:
    return "yes" if value else "no"


def _defaults() -> str:
    rows = (f"| `{default.name}` | {default.title} |\n" for default in DEFAULTS)
    head = (
        "\n## Defaults\n\nMutatingAdmissionPolicies, from Kubernetes 1.36, fill in what a tenant "
        "left out; the rules above judge the result.\n\n| default | what it fills in |\n"
        "| --- | --- |\n"
    )
    return head + "".join(rows)


def _beyond() -> str:
    head = (
        "\n## What such a policy can't express, and what covers it\n\n"
        "| question | why no policy answers it | what does |\n| --- | --- | --- |\n"
    )
    return head + "".join(f"| {' | '.join(row)} |\n" for row in BEYOND)

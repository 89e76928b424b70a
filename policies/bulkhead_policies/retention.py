"""How long things are kept, and that nobody deletes them by mistake."""

from bulkhead.domain.environments import ENVIRONMENTS
from bulkhead_policies.findings import Findings
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule
from bulkhead_policies.tokens import BUCKETS, EKS_CLUSTER, KMS_KEYS, LOG_GROUP, VECTOR_BUCKET

PROTECTED = (
    BUCKETS
    | KMS_KEYS
    | {
        "aws:dynamodb/table:Table",
        "aws:efs/fileSystem:FileSystem",
        "aws:rds/cluster:Cluster",
        "aws:rds/instance:Instance",
        EKS_CLUSTER,
        VECTOR_BUCKET,
    }
)
"""What takes data with it when it goes."""


@resource_rule(
    "bulkhead-logs-retain-records",
    types=frozenset({LOG_GROUP}),
    severity=Severity.MEDIUM,
    requirements=("AUD-1", "DAT-4"),
    title="Log groups keep records as long as their tier asks, and not forever",
    why="An incident is found months later; what is kept forever can't be deleted on request.",
    remediation="Set retention_in_days to the tier's days or more.",
)
def logs_retained(group: Resource) -> Findings:
    """Judge the retention; CloudWatch keeps forever where it is 0 or not set."""
    retention = group.props["retentionInDays"]
    least = group.tier_rules.retention.log_days
    if (retention.number() or 0) < least:
        yield retention.refuse(
            f"not the retention of a log group {group.of_tier}", allowed=f"{least} days or more"
        )


@resource_rule(
    "bulkhead-data-protect-stores",
    types=PROTECTED,
    severity=Severity.MEDIUM,
    requirements=("STO-3", "KEY-2"),
    title="Keys, stores and clusters of staging and production are protected from deletion",
    why="One wrong line in a program deletes a key, and with it all that was encrypted.",
    remediation="Pass ResourceOptions(protect=True); unprotecting is then a step of its own.",
)
def stores_protected(store: Resource) -> Findings:
    """Judge the resource option ``protect`` where the environment asks for it."""
    environment = store.environment
    if environment and ENVIRONMENTS[environment].protect_data and not store.options.protect:
        yield store.props.refuse(
            f"not protected from deletion in {environment}", allowed="protect=True"
        )

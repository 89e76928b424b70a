"""How buckets are kept: TLS only, versioned, logged, and emptied when their time has come."""

from bulkhead_policies.documents import Caller, Statement, statements
from bulkhead_policies.findings import Findings, any_holds, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Stack
from bulkhead_policies.stores import (
    ACCESS_LOGGING,
    CONFIG_DELIVERY,
    POLICY_OF_BUCKET,
    apart,
    of_a_bucket,
)
from bulkhead_policies.tokens import BUCKETS
from bulkhead_policies.view import View

VERSIONING = of_a_bucket(*apart("Versioning"))
LIFECYCLE = of_a_bucket(*apart("LifecycleConfiguration"))
LOGGING = of_a_bucket(*apart("Logging"))
OBJECT_LOCK = of_a_bucket(*apart("ObjectLockConfiguration"))

EVERY_OBJECT_ACTION = ("s3:getobject", "s3:putobject", "s3:deleteobject", "s3:listbucket")

IN_PLAIN_TEXT = Caller(
    principals=("arn:aws:iam::111122223333:role/anyone",), fixed={"aws:securetransport": "false"}
)
"""Anybody who calls without TLS."""


@stack_rule(
    "bulkhead-s3-require-tls",
    types=BUCKETS,
    severity=Severity.HIGH,
    requirements=("STO-1",),
    frameworks=("FSBP S3.5",),
    title="Buckets refuse requests without TLS",
    why="S3 answers plain HTTP: a dataset read that way is read by everyone on the path.",
    remediation="Add a BucketPolicy that denies s3:* to everyone on the bucket and its objects "
    "where aws:SecureTransport is false.",
)
def tls_required(bucket: Resource, stack: Stack) -> Findings:
    """Evaluate the bucket's policies for a caller without TLS, on every object action."""
    policies = [policy.props["policy"] for policy in stack.naming(bucket, POLICY_OF_BUCKET)]
    if bucket.props["policy"].is_set:
        policies.append(bucket.props["policy"])
    if not any_holds(policies, _denies_plain_text):
        where = policies[0] if policies else bucket.props
        yield where.refuse("no statement denies access without TLS", allowed="TLS only")


def _denies_plain_text(policy: View) -> bool:
    denials = [s for s in statements(policy) if not s.allows]
    denials = [s for s in denials if s.concerns(IN_PLAIN_TEXT) and s.holds(IN_PLAIN_TEXT)]
    return all(any(_covers(s, action) for s in denials) for action in EVERY_OBJECT_ACTION)


def _covers(denial: Statement, action: str) -> bool:
    return any(
        denial.covers(action, resource)
        for resource in denial.resources
        if resource.endswith("*") or action == "s3:listbucket"
    )


@stack_rule(
    "bulkhead-s3-version-objects",
    types=BUCKETS,
    severity=Severity.MEDIUM,
    requirements=("STO-1", "MOD-1"),
    frameworks=("Security Hub S3.14",),
    title="Buckets keep earlier versions of their objects",
    why="A dataset or model that was overwritten, by mistake or by ransom, is gone; with it goes "
    "what was trained on which data.",
    remediation="Add a BucketVersioning with the status Enabled.",
)
def objects_versioned(bucket: Resource, stack: Stack) -> Findings:
    """Judge versioning inline or apart."""
    inline = bucket.props["versioning"]["enabled"]
    apart = [c.props["versioningConfiguration"] for c in stack.naming(bucket, VERSIONING)]
    found = inline.flag() or any_holds(apart, lambda config: config["status"].text() == "Enabled")
    if not found:
        yield bucket.props.refuse("objects are not versioned", allowed="versioning Enabled")


@stack_rule(
    "bulkhead-s3-expire-objects",
    types=BUCKETS,
    severity=Severity.MEDIUM,
    requirements=("STO-1", "DAT-4"),
    frameworks=("FSBP S3.13",),
    title="Buckets have a lifecycle",
    why="What nobody deletes stays: old versions and unfinished uploads are paid for, and found "
    "by whoever breaks in.",
    remediation="Add a BucketLifecycleConfiguration with at least one enabled rule.",
)
def objects_expire(bucket: Resource, stack: Stack) -> Findings:
    """Judge whether a rule of its lifecycle, inline or apart, is enabled."""
    inline = bucket.props["lifecycleRules"].items()
    apart = [r for c in stack.naming(bucket, LIFECYCLE) for r in c.props["rules"].items()]
    if not (
        any_holds(inline, lambda rule: rule["enabled"].flag())
        or any_holds(apart, lambda rule: rule["status"].text() == "Enabled")
    ):
        yield bucket.props.refuse("no rule of a lifecycle is enabled", allowed="one or more")


@stack_rule(
    "bulkhead-s3-log-access",
    types=BUCKETS,
    severity=Severity.MEDIUM,
    requirements=("STO-1", "AUD-1"),
    frameworks=("FSBP S3.9",),
    title="Buckets above tier internal log who reads them",
    why="Without access logs nobody can tell which objects a stolen credential took.",
    remediation="Add a BucketLogging to a bucket for logs.",
)
def access_logged(bucket: Resource, stack: Stack) -> Findings:
    """Judge logging inline or apart; a bucket that receives the logs of others writes none."""
    if not bucket.tier_rules.keys.customer_managed or stack.naming(bucket, ACCESS_LOGGING):
        return
    if not bucket.props["logging"].is_set and not stack.naming(bucket, LOGGING):
        yield bucket.props.refuse(
            f"no access logs of a bucket {bucket.of_tier}", allowed="a BucketLogging"
        )


@stack_rule(
    "bulkhead-s3-lock-records",
    types=BUCKETS,
    severity=Severity.HIGH,
    requirements=("STO-1", "AUD-1"),
    frameworks=("Security Hub S3.15",),
    title="Buckets of tiers that need it are locked against deletion",
    why="Evidence that can be deleted proves nothing, and an intruder deletes it first.",
    remediation="Set object_lock_enabled when the bucket is made, and add a "
    "BucketObjectLockConfiguration with a default retention.",
)
def records_locked(bucket: Resource, stack: Stack) -> Findings:
    """Judge Object Lock where the tier asks for it.

    Neither does S3 deliver access logs to a locked bucket, nor AWS Config its records (AWS Config
    API Reference, "DeliveryChannel").
    """
    if not bucket.tier_rules.retention.object_lock:
        return
    if stack.naming(bucket, ACCESS_LOGGING) or stack.naming(bucket, CONFIG_DELIVERY):
        return
    inline = bucket.props["objectLockConfiguration"]
    enabled = bucket.props["objectLockEnabled"]
    if not enabled.flag() and not inline.is_set:
        yield enabled.refuse(f"no Object Lock on a bucket {bucket.of_tier}", allowed="true")
        return
    rules = [c.props["rule"] for c in stack.naming(bucket, OBJECT_LOCK)] + [inline["rule"]]
    if not any_holds(rules, lambda rule: rule.at("defaultRetention", "mode").is_named):
        yield bucket.props.refuse("Object Lock without a default retention", allowed="a mode")


OWNERSHIP = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"


@resource_rule(
    "bulkhead-s3-disable-acls",
    types=apart("Acl") | BUCKETS | {OWNERSHIP},
    severity=Severity.MEDIUM,
    requirements=("STO-1",),
    frameworks=("FSBP S3.12",),
    title="No access control lists decide who reads a bucket",
    why="An access list is set with each upload, by whoever uploads, past the bucket's policy.",
    remediation="Remove the list, and set the object ownership BucketOwnerEnforced.",
)
def acls_disabled(resource: Resource) -> Findings:
    """Judge whatever turns lists on; S3 leaves them off on a new bucket."""
    props = resource.props
    if resource.type == OWNERSHIP:
        ownership = props["rule"]["objectOwnership"]
        if ownership.text() != "BucketOwnerEnforced":
            yield ownership.refuse("access lists are on", allowed="BucketOwnerEnforced")
        return
    named = [props[key] for key in ("acl", "grants", "accessControlPolicy")]
    yield from each([view for view in named if view.is_set], _no_list)


def _no_list(view: View) -> Findings:
    if view.is_unknown or view.is_list or not view.is_text or view.text() != "private":
        yield view.refuse("an access control list", allowed="none")

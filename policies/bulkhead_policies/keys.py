"""KMS keys: their rotation, their deletion, who may use them, and whose data they encrypt."""

import re

from bulkhead_policies.documents import STRANGER, Statement, gaps, insider, statements
from bulkhead_policies.findings import Findings, each
from bulkhead_policies.resource import Resource
from bulkhead_policies.rule import Changes, Severity, resource_rule, stack_rule
from bulkhead_policies.stack import Relation, Stack
from bulkhead_policies.stores import BUCKET_ENCRYPTION, KEY_PROPERTIES
from bulkhead_policies.tokens import BUCKETS, KMS_KEY, KMS_KEYS
from bulkhead_policies.view import View

KEY_ALIASES = frozenset({"aws:kms/alias:Alias"})

KEY_POLICY = Relation(
    holders=frozenset({"aws:kms/keyPolicy:KeyPolicy"}),
    reference=("keyId",),
    targets=KMS_KEYS,
    name=("id",),
)

ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?")
"""A principal that stands for an account, which leaves the choice to the account's IAM policies."""

DANGEROUS_ACTIONS = (
    "kms:decrypt",
    "kms:reencryptfrom",
    "kms:creategrant",
    "kms:putkeypolicy",
    "kms:schedulekeydeletion",
)
"""What reads data under a key, hands that power on, or destroys it. An administrator who may not
decrypt still gets there through a grant or a new policy."""

DEFAULT_ROTATION_DAYS = 365
"""KMS rotates once a year where rotation is on and no period is set."""


def _rotates(key: Resource) -> bool:
    """Whether KMS can rotate it: symmetric, for encryption, of its own make."""
    spec = key.props["customerMasterKeySpec"].text() or "SYMMETRIC_DEFAULT"
    usage = key.props["keyUsage"].text() or "ENCRYPT_DECRYPT"
    elsewhere = key.props["customKeyStoreId"].is_set
    return spec == "SYMMETRIC_DEFAULT" and usage == "ENCRYPT_DECRYPT" and not elsewhere


def _rotate(key: Resource) -> Changes:
    if not _rotates(key) or key.props["enableKeyRotation"].flag():
        return {}
    return {("enableKeyRotation",): True}


@resource_rule(
    "bulkhead-kms-rotate-keys",
    types=frozenset({KMS_KEY}),
    severity=Severity.MEDIUM,
    requirements=("KEY-2",),
    frameworks=("Security Hub KMS.4",),
    title="Symmetric keys rotate at least as often as their tier asks",
    why="Rotation bounds how much data one leaked generation of key material opens.",
    remediation="Set enable_key_rotation, and rotation_period_in_days to the tier's period.",
    remedy=_rotate,
)
def keys_rotate(key: Resource) -> Findings:
    """Judge rotation of a key that KMS can rotate."""
    if not _rotates(key):
        return
    if not key.props["enableKeyRotation"].flag():
        yield key.props["enableKeyRotation"].refuse("the key does not rotate", allowed="true")
        return
    period = key.props["rotationPeriodInDays"]
    longest = key.tier_rules.keys.rotation_days
    if (period.number() or DEFAULT_ROTATION_DAYS) > longest:
        yield period.refuse(
            f"rotates too seldom for a key {key.of_tier}", allowed=f"{longest} days or fewer"
        )


@resource_rule(
    "bulkhead-kms-delay-deletion",
    types=KMS_KEYS,
    severity=Severity.MEDIUM,
    requirements=("KEY-2",),
    title="Keys wait as long as their tier asks before they are deleted",
    why="Data under a deleted key is lost for good; the waiting period is the time to notice.",
    remediation="Leave deletion_window_in_days out, which means 30 days, or raise it.",
)
def key_deletion_waits(key: Resource) -> Findings:
    """Judge the waiting period; KMS waits for 30 days, the longest, when none is set."""
    window = key.props["deletionWindowInDays"]
    days = window.number()
    least = key.tier_rules.keys.deletion_window_days
    if days is not None and days < least:
        yield window.refuse(
            f"too short a waiting period for a key {key.of_tier}",
            allowed=f"{least} days or more",
        )


@stack_rule(
    "bulkhead-kms-restrict-use",
    types=KMS_KEYS,
    severity=Severity.CRITICAL,
    requirements=("KEY-1", "KEY-2"),
    frameworks=("FSBP KMS.5",),
    title="Only named principals can use, grant, re-policy or delete a key",
    why="A key policy that hands the decision to the account lets in every role whose IAM policy "
    "says kms:*, so that the partition by environment and tier holds nothing apart.",
    remediation="Name the roles that use and administer the key, or deny everyone who lacks the "
    "partition's principal tag.",
)
def key_use_restricted(key: Resource, stack: Stack) -> Findings:
    """Evaluate the key's policy for strangers and for any role of the accounts that it names."""
    policies = [holder.props["policy"] for holder in stack.naming(key, KEY_POLICY)]
    if key.props["policy"].is_set:
        policies.append(key.props["policy"])
    if not policies:
        yield key.props.refuse(
            "without a key policy, KMS lets the account's IAM policies decide who uses the key",
            allowed="a policy that names principals",
        )
    yield from each(policies, _policy_restricted)


def _policy_restricted(policy: View) -> Findings:
    document = statements(policy)
    for gap in gaps(document, STRANGER):
        yield gap.view.refuse("the key policy lets in anyone on the internet")
    for account in _accounts(document):
        for gap in gaps(document, insider(account), DANGEROUS_ACTIONS):
            yield gap.view.refuse(
                f"the key policy lets in every role of account {account} whose IAM policy allows it"
            )


def _accounts(document: list[Statement]) -> list[str]:
    """The accounts to which the document hands the decision."""
    names = [name for s in document if s.allows for name in s.principals]
    return sorted({found[1] for name in names if (found := ACCOUNT.fullmatch(name))})


@stack_rule(
    "bulkhead-kms-match-partition",
    types=frozenset(KEY_PROPERTIES),
    severity=Severity.HIGH,
    requirements=("KEY-1", "STO-2"),
    title="Resources are encrypted with a key of their own environment and tier",
    why="A key that serves two partitions opens both: whoever may decrypt in dev reads prod, and "
    "revoking one tenant's tier takes another's data down.",
    remediation="Use the key that carries the same environment and tier as the resource.",
)
def key_matches_partition(resource: Resource, stack: Stack) -> Findings:
    """Compare the labels of a resource and of the keys, made in the same stack, that it names."""
    for holder, prop in _key_properties(resource, stack):
        for key in _keys_behind(holder, prop, stack):
            for label, wanted, found in (
                ("environment", resource.environment, key.environment),
                ("tier", resource.tier, key.tier),
            ):
                if wanted and found and wanted != found:
                    yield holder.props[prop].refuse(
                        f"encrypts a resource of {label} '{wanted}' with key '{key.name}' "
                        f"of {label} '{found}'",
                        allowed=f"a key of {label} '{wanted}'",
                    )


def _key_properties(resource: Resource, stack: Stack) -> list[tuple[Resource, str]]:
    """Where the resource, or for a bucket a companion, names its keys."""
    own = [(resource, prop) for prop in KEY_PROPERTIES[resource.type]]
    if resource.type not in BUCKETS:
        return own
    companions = stack.naming(resource, BUCKET_ENCRYPTION)
    return own + [(holder, prop) for holder in companions for prop in ("rule", "rules")]


def _keys_behind(resource: Resource, prop: str, stack: Stack) -> list[Resource]:
    """The keys of this stack from which a property is made, also by way of an alias."""
    aliases = stack.depends_on(resource, prop, KEY_ALIASES)
    behind = [stack.depends_on(alias, "targetKeyId", KMS_KEYS) for alias in aliases]
    return [*stack.depends_on(resource, prop, KMS_KEYS), *(key for keys in behind for key in keys)]

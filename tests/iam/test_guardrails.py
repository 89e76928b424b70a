"""Guardrails hold against those who may change everything else (KEY-1, KEY-2, IAM-1).

Whoever asks holds every permission of IAM, and the key is opened to the whole account, as an
administrator would leave it who rewrote its policy: what still holds are the guardrails.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest

from bulkhead import AccountGuardrail, OrganizationGuardrails
from tests.foundation.samples import ADMIN, planned, refusal, scope
from tests.iam.cast import member, person, somebody
from tests.iam.documents import documents
from tests.iam.evaluation import Evaluator
from tests.iam.model import FULL_ACCESS, Policy, Principal, Request, World
from tests.iam.proofs import HERE
from tests.iam.writing import ACCOUNT, KEY, OTHER_ACCOUNT, ROOT, allow, policy

OTHER_KEY, STAGING_KEY = KEY.replace("1234abcd", "aaaa0000"), KEY.replace("1234abcd", "bbbb0000")
ROLE, USER = f"arn:aws:iam::{ACCOUNT}:role", f"arn:aws:iam::{ACCOUNT}:user"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/bulkhead/prod/prod-guardrail"
NODE, DEV_NODE = f"{ROLE}/bulkhead/prod/internal/prod-node", f"{ROLE}/bulkhead/dev/public/dev-node"
SCOPE = scope(environment="prod")
ARGS: Any = {
    "scope": SCOPE,
    "tier": "confidential",
    "administrators": [ADMIN],
    "other_keys": [OTHER_KEY],
}
OF_ORGANIZATION: Any = {
    "targets": [ACCOUNT, "ou-ab12-cdef3456"],
    "organization_id": "o-exampleorg12",
}

ADMINISTRATOR = somebody(ADMIN.partition(":role/")[2])
DEVELOPER = somebody("developer")
S3 = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}
TABLES = {"kms:ViaService": "dynamodb.eu-central-1.amazonaws.com"}
SECRETS = {"kms:ViaService": "secretsmanager.eu-central-1.amazonaws.com"}
VERSION = "kms:EncryptionContext:SecretVersionId"
MFA = {"aws:MultiFactorAuthPresent": "true"}
BYPASS = {"kms:BypassPolicyLockoutSafetyCheck": "true"}
APPROVAL = {"aws:TagKeys": ["bulkhead:removal-approved"]}
BOUNDED = {"iam:PermissionsBoundary": OWN}
FREE = {"kms:GrantIsForAWSResource": "false"}
FOR_SERVICE = {"kms:GrantIsForAWSResource": "true"}
HOME = {"aws:PrincipalOrgID": "o-exampleorg12"}


@dataclass(frozen=True)
class Ask:
    """A request."""

    who: Principal
    action: str
    resource: str = "*"
    context: Mapping[str, Any] | None = None


DENIED: dict[str, list[Ask]] = {
    "DenyKeyUse": [
        Ask(who, action, KEY, context)
        for who in (ADMINISTRATOR, DEVELOPER)
        for action in ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom")
        for context in ({}, S3)
    ]
    + [Ask(ADMINISTRATOR, "kms:Sign", KEY)],
    "DenySecretValues": [
        Ask(who, "kms:Decrypt", KEY, {**SECRETS, VERSION: "a1b2c3"})
        for who in (ADMINISTRATOR, DEVELOPER)
    ],
    "DenyGrants": [Ask(who, "kms:CreateGrant", KEY, FREE) for who in (ADMINISTRATOR, DEVELOPER)]
    + [Ask(ADMINISTRATOR, "kms:CreateGrant", KEY)],
    "DenyKeyPolicies": [Ask(DEVELOPER, "kms:PutKeyPolicy", KEY)],
    "DenyLockouts": [
        Ask(ADMINISTRATOR, "kms:PutKeyPolicy", KEY, BYPASS),
        Ask(DEVELOPER, "kms:CreateKey", "*", BYPASS),
    ],
    "DenyKeyRemoval": [
        Ask(who, action, KEY, MFA)
        for who in (ADMINISTRATOR, DEVELOPER)
        for action in ("kms:ScheduleKeyDeletion", "kms:DisableKey")
    ],
    "DenyRemovalApproval": [
        Ask(who, "kms:TagResource", KEY, APPROVAL) for who in (ADMINISTRATOR, DEVELOPER)
    ],
    "DenyRecasting": [
        Ask(DEVELOPER, f"iam:{action}", NODE)
        for action in (
            "AttachRolePolicy",
            "CreateRole",
            "PassRole",
            "PutRolePolicy",
            "TagRole",
            "UntagRole",
            "UpdateAssumeRolePolicy",
        )
    ],
    "DenyBecomingPlatform": [Ask(ADMINISTRATOR, "sts:AssumeRole", NODE)],
    "DenyDisguise": [
        Ask(who, "sts:TagSession", NODE, {"aws:TagKeys": ["bulkhead:environment", "team"]})
        for who in (ADMINISTRATOR, DEVELOPER)
    ],
    "DenySilencing": [
        Ask(
            DEVELOPER,
            "cloudtrail:StopLogging",
            f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/t",
        ),
        Ask(
            DEVELOPER,
            "guardduty:DeleteDetector",
            f"arn:aws:guardduty:eu-central-1:{ACCOUNT}:detector/d",
        ),
    ],
}
"""What both layouts deny, by the one statement that does."""

IN_ONE_ACCOUNT: dict[str, list[Ask]] = {
    "DenyOtherEnvironments": [
        Ask(ADMINISTRATOR, "s3:GetObject", "arn:aws:s3:::dev-internal-models-x/y"),
        Ask(ADMINISTRATOR, "iam:PutRolePolicy", DEV_NODE),
        Ask(DEVELOPER, "sts:AssumeRole", DEV_NODE),
    ],
    "DenyOtherLabels": [Ask(ADMINISTRATOR, "kms:PutKeyPolicy", STAGING_KEY)],
    "DenyIdentitiesWithoutBoundary": [
        Ask(who, f"iam:{action}", f"{ROLE}/escape", context)
        for who in (ADMINISTRATOR, DEVELOPER)
        for action in ("AttachRolePolicy", "CreateRole", "PutRolePermissionsBoundary")
        for context in ({}, {"iam:PermissionsBoundary": f"{OWN}-2"})
    ]
    + [Ask(ADMINISTRATOR, "iam:CreateUser", f"{USER}/escape")],
    "DenyBecomingOthers": [
        Ask(ADMINISTRATOR, "iam:CreateAccessKey", f"{USER}/emergency"),
        Ask(ADMINISTRATOR, "iam:DeleteRolePermissionsBoundary", ADMIN),
    ],
    "DenyRewritingThis": [Ask(ADMINISTRATOR, "iam:CreatePolicyVersion", OWN)],
}
IN_AN_ORGANIZATION: dict[str, list[Ask]] = {
    "DenyRootUser": [Ask(Principal(ROOT), "kms:DescribeKey", KEY)],
    "DenyLeaving": [Ask(ADMINISTRATOR, "organizations:LeaveOrganization")],
    "DenyStrangers": [
        Ask(somebody("thief", account=OTHER_ACCOUNT), "kms:DescribeKey", KEY),
        Ask(somebody("thief", account=OTHER_ACCOUNT), "sts:AssumeRole", NODE),
    ],
}

ALLOWED = {
    "administrators put key policies": Ask(ADMINISTRATOR, "kms:PutKeyPolicy", KEY),
    "make keys": Ask(DEVELOPER, "kms:CreateKey"),
    "let services set up tables": Ask(ADMINISTRATOR, "kms:GenerateDataKey", KEY, TABLES),
    "make secrets": Ask(
        ADMINISTRATOR,
        "kms:GenerateDataKey",
        KEY,
        {**SECRETS, VERSION: "RequestToValidateKeyAccess"},
    ),
    "let services hold grants": Ask(ADMINISTRATOR, "kms:CreateGrant", KEY, FOR_SERVICE),
    "label keys": Ask(ADMINISTRATOR, "kms:TagResource", KEY, {"aws:TagKeys": ["bulkhead:owner"]}),
    "make the platform's roles": Ask(ADMINISTRATOR, "iam:CreateRole", NODE),
    "lend them to services": Ask(ADMINISTRATOR, "iam:PassRole", NODE),
    "set the trail": Ask(
        ADMINISTRATOR,
        "cloudtrail:UpdateTrail",
        f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/t",
    ),
    "developers make bounded roles": Ask(DEVELOPER, "iam:CreateRole", f"{ROLE}/tool", BOUNDED),
    "use keys of their own": Ask(DEVELOPER, "kms:Decrypt", OTHER_KEY),
    "become people of the platform": Ask(DEVELOPER, "sts:AssumeRole", NODE),
    "name their sessions": Ask(DEVELOPER, "sts:TagSession", NODE, {"aws:TagKeys": ["team"]}),
}
"""What both leave to policies, trust and key policies."""

FOR_THE_PLATFORM = {
    "roles use keys": Ask(member("prod", "internal"), "kms:Decrypt", KEY, S3),
    "builders sign": Ask(member("prod", "internal", "prod-internal-builder"), "kms:Sign", KEY),
    "custodians remove": Ask(person("prod", "key-custodian"), "kms:DisableKey", KEY, MFA),
    "approvers approve": Ask(person("prod", "approver"), "kms:TagResource", KEY, APPROVAL),
    "EC2 decrypts disks": Ask(somebody("aws:ec2-infrastructure"), "kms:Decrypt", KEY),
    "services write": Ask(Principal("sns.amazonaws.com"), "kms:Decrypt", KEY),
}
"""What the organization's policies, which bind everyone, leave to the platform itself."""


def opened() -> World:
    """An account whose keys and roles trust everyone in it, and a stranger too."""
    trusted = [ROOT, f"arn:aws:iam::{OTHER_ACCOUNT}:root"]
    people = {"AWS": trusted}
    key = policy(
        allow("kms:*", principal=people),
        allow("kms:*", principal={"Service": "sns.amazonaws.com"}),
        name="opened",
    )
    trust = policy(
        allow(["sts:AssumeRole", "sts:TagSession"], principal=people, resource=None), name="trust"
    )
    return World(
        ACCOUNT,
        {**dict.fromkeys((KEY, OTHER_KEY, STAGING_KEY), key), NODE: trust, DEV_NODE: trust},
        {STAGING_KEY: {"aws:ResourceTag/bulkhead:environment": "staging"}},
    )


def account_guardrail(**changes: Any) -> None:
    AccountGuardrail("guardrail", {**ARGS, **changes})


def organization_guardrails(**changes: Any) -> None:
    OrganizationGuardrails("guardrails", {**ARGS, **OF_ORGANIZATION, **changes})


@dataclass(frozen=True)
class Layout:
    """One or two policies, and how they bind."""

    policies: tuple[tuple[str, Policy], ...]
    denied: Mapping[str, list[Ask]]
    allowed: Mapping[str, Ask]

    @classmethod
    def in_one_account(cls) -> "Layout":
        found = documents(planned(account_guardrail, assume_applied=True), assumed=HERE)
        return cls(tuple(found.policies), {**DENIED, **IN_ONE_ACCOUNT}, ALLOWED)

    @classmethod
    def in_an_organization(cls) -> "Layout":
        found = documents(planned(organization_guardrails, assume_applied=True), assumed=HERE)
        denied = {**DENIED, **IN_AN_ORGANIZATION}
        return cls(tuple(found.policies), denied, {**ALLOWED, **FOR_THE_PLATFORM})

    def weakened(self) -> Iterator[tuple[str, "Layout"]]:
        """Without one of the denials, for each of them."""
        for place, (kind, whole) in enumerate(self.policies):
            for removed in whole.document["Statement"]:
                if removed["Effect"] == "Deny":
                    rest = [each for each in whole.document["Statement"] if each is not removed]
                    weaker = Policy(whole.name, {**whole.document, "Statement": rest})
                    policies = list(self.policies)
                    policies[place] = (kind, weaker)
                    yield removed["Sid"], replace(self, policies=tuple(policies))

    def decide(self, evaluator: Evaluator, asks: list[Ask]) -> list[Any]:
        by_kind = dict(self.policies)
        boundary = by_kind.get("managed")
        world = opened()
        if "scp" in by_kind:
            services = {ACCOUNT: [[FULL_ACCESS], [FULL_ACCESS, by_kind["scp"]]]}
            world = replace(world, scps=services, rcps={ACCOUNT: [[by_kind["rcp"]]]})
        requests = []
        for ask in asks:
            who = replace(ask.who, boundary=boundary) if boundary else ask.who
            here = HOME if ask.who.account == ACCOUNT else {}
            requests.append(Request(who, ask.action, ask.resource, {**here, **(ask.context or {})}))
        return evaluator.evaluate(requests, world)


LAYOUTS = {"one account": Layout.in_one_account, "an organization": Layout.in_an_organization}


@pytest.fixture(scope="module", params=LAYOUTS.values(), ids=LAYOUTS)
def layout(request: pytest.FixtureRequest) -> Layout:
    made: Layout = request.param()
    return made


def test_each_guard_stops_what_it_is_for(evaluator: Evaluator, layout: Layout) -> None:
    for sid, asks in layout.denied.items():
        for decision in layout.decide(evaluator, asks):
            assert not decision.allowed, str(decision)
            assert decision.sids == {sid}, str(decision)


def test_what_the_platform_needs_gets_through(evaluator: Evaluator, layout: Layout) -> None:
    decisions = layout.decide(evaluator, list(layout.allowed.values()))
    assert [str(decision) for decision in decisions if not decision.allowed] == []


def test_every_guard_is_needed(evaluator: Evaluator, layout: Layout) -> None:
    removed = dict(layout.weakened())
    assert removed.keys() == layout.denied.keys()
    for sid, weaker in removed.items():
        for decision in weaker.decide(evaluator, layout.denied[sid]):
            assert decision.allowed, f"without {sid}: {decision}"


def test_the_policies_are_sound(evaluator: Evaluator, layout: Layout) -> None:
    assert [str(finding) for finding in evaluator.lint(layout.policies)] == []


def test_in_dev_administrators_remove_keys_by_themselves(evaluator: Evaluator) -> None:
    def program() -> None:
        account_guardrail(scope=scope())

    [(_, boundary)] = documents(planned(program, assume_applied=True), assumed=HERE).policies
    for who, allowed in ((ADMINISTRATOR, True), (DEVELOPER, False)):
        asked = Request(replace(who, boundary=boundary), "kms:ScheduleKeyDeletion", KEY)
        assert evaluator.evaluate([asked], opened())[0].allowed is allowed


def test_both_policies_are_attached_to_every_target() -> None:
    plan = planned(organization_guardrails)
    attached = [
        each.inputs["targetId"]
        for each in plan.of_type("aws:organizations/policyAttachment:PolicyAttachment")
    ]
    assert sorted(attached) == sorted(OF_ORGANIZATION["targets"] * 2)
    kinds = [each.inputs["type"] for each in plan.of_type("aws:organizations/policy:Policy")]
    assert sorted(kinds) == ["RESOURCE_CONTROL_POLICY", "SERVICE_CONTROL_POLICY"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"targets": []},
            "guardrails.targets: a target is needed; allowed: an account or its unit",
        ),
        (
            {"targets": ["prod"]},
            "guardrails.targets: not a target of an organization's policy, got 'prod'; allowed: "
            "an account's twelve digits, ou-<root>-<unit> or r-<root>",
        ),
        (
            {"organization_id": "example"},
            "guardrails.organization_id: not the ID of an organization, got 'example'; allowed: "
            "o- and 10 to 32 lower-case letters and digits",
        ),
        (
            {"other_keys": ["alias/state"]},
            "guardrails.other_keys: not the ARN of a KMS key, got 'alias/state'; allowed: "
            "arn:aws:kms:<region>:<account>:key/<id>",
        ),
    ],
)
def test_a_guardrail_that_would_bind_nobody_is_refused(
    changes: dict[str, Any], sentence: str
) -> None:
    assert refusal(lambda: organization_guardrails(**changes)) == sentence

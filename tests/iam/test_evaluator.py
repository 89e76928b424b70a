"""The evaluator comes to AWS' decisions: each case with the twin that must come out otherwise.

The cases are those of the IAM user guide (policy evaluation logic; elements; condition operators;
variables; permissions boundaries) and of the KMS developer guide (key policies; condition keys).
"""

from typing import Any

import pytest

from tests.iam.evaluation import Evaluator
from tests.iam.model import (
    ANONYMOUS,
    FULL_ACCESS,
    Endpoint,
    EvaluationError,
    Policy,
    Principal,
    Request,
    Verdict,
    World,
)
from tests.iam.writing import (
    ACCOUNT,
    BUCKET,
    DECRYPTER,
    DELEGATION,
    KEY,
    NOWHERE,
    OBJECT,
    OTHER_ACCOUNT,
    READER,
    ROOT,
    Decide,
    allow,
    decrypt,
    deny,
    policy,
    read,
    role,
    when,
    with_bucket,
    with_key,
    world,
)


def fenced_by(restriction: str, *statements: dict[str, Any]) -> Principal:
    """A role that a boundary or a session policy restricts."""
    traits: dict[str, Any] = {restriction: policy(*statements)}
    return role("fenced", **traits)


class TestWhoDecides:
    def test_nothing_is_allowed_that_no_statement_allows(self, decide: Decide) -> None:
        decision = decide(read(role("nobody")), NOWHERE)
        assert decision.verdict is Verdict.IMPLICITLY_DENIED
        assert decision.statements == ()
        assert decide(read(READER), NOWHERE).sids == {"Read"}

    def test_an_explicit_deny_wins_over_every_allow(self, decide: Decide) -> None:
        denied = role("denied", allow("s3:*"), deny("s3:Get*", sid="NoReads"))
        decision = decide(read(denied), with_bucket(allow(principal="*")))
        assert decision.verdict is Verdict.EXPLICITLY_DENIED
        assert str(decision.statements[0]) == "identity denied-policy/NoReads"
        assert decide(Request(denied, "s3:PutObject", OBJECT), NOWHERE).allowed

    def test_an_unknown_action_is_an_error(self, decide: Decide) -> None:
        with pytest.raises(EvaluationError, match="no such action"):
            decide(Request(READER, "s3:GetObjekt", OBJECT), NOWHERE)

    def test_an_unknown_condition_key_in_a_request_is_an_error(self, decide: Decide) -> None:
        with pytest.raises(EvaluationError, match="aws:SourceVpx"):
            decide(read(READER, aws__SourceVpx="vpc-1"), NOWHERE)

    def test_a_malformed_policy_is_an_error(self, decide: Decide) -> None:
        broken = role("broken", allow("s3:*", resource=None))
        with pytest.raises(EvaluationError, match="Resource"):
            decide(read(broken), NOWHERE)

    def test_a_pattern_is_no_resource_of_a_request(self, decide: Decide) -> None:
        with pytest.raises(EvaluationError, match="one resource"):
            decide(Request(READER, "s3:GetObject", f"{BUCKET}/*"), NOWHERE)

    def test_an_action_on_resources_needs_one(self, decide: Decide) -> None:
        with pytest.raises(EvaluationError, match="needs a resource"):
            decide(Request(DECRYPTER, "kms:Decrypt"), NOWHERE)
        assert decide(Request(DECRYPTER, "kms:CreateKey"), NOWHERE).allowed

    def test_a_key_without_a_known_policy_is_an_error(self, decide: Decide) -> None:
        with pytest.raises(EvaluationError, match="knows no policy"):
            decide(decrypt(DECRYPTER), NOWHERE)


class TestBoundaries:
    BOUNDED = role("bounded", allow("s3:*"), boundary=policy(allow("s3:GetObject", sid="Edge")))

    def test_a_boundary_intersects_with_identity_policies(self, decide: Decide) -> None:
        assert decide(read(self.BOUNDED), NOWHERE).allowed
        outside = decide(Request(self.BOUNDED, "s3:PutObject", OBJECT), NOWHERE)
        assert outside.verdict is Verdict.IMPLICITLY_DENIED
        assert outside.blocked == ("boundary",)

    def test_a_boundary_grants_nothing(self, decide: Decide) -> None:
        bare = role("bare", boundary=policy(allow()))
        assert not decide(read(bare), NOWHERE).allowed

    def test_a_boundary_limits_what_a_resource_grants_to_the_role(self, decide: Decide) -> None:
        fenced = role("fenced", boundary=policy(allow("s3:ListBucket")))
        assert not decide(read(fenced), with_bucket(allow(principal=fenced.arn))).allowed
        assert decide(read(role("fenced")), with_bucket(allow(principal=fenced.arn))).allowed

    @pytest.mark.parametrize("restriction", ["boundary", "session_policy"])
    def test_neither_boundary_nor_session_policy_limits_a_grant_to_the_session(
        self, decide: Decide, restriction: str
    ) -> None:
        fenced = fenced_by(restriction, allow("s3:ListBucket"))
        to_session = with_bucket(allow("s3:GetObject", principal=fenced.caller))
        assert decide(read(fenced), to_session).allowed
        assert not decide(read(fenced), with_bucket(allow(principal=fenced.arn))).allowed

    @pytest.mark.parametrize("restriction", ["boundary", "session_policy"])
    def test_neither_limits_a_wildcard_grant_that_a_condition_narrows_to_the_role(
        self, decide: Decide, restriction: str
    ) -> None:
        fenced = fenced_by(restriction, allow("s3:ListBucket"))
        condition = when("ArnEquals", "aws:PrincipalArn", fenced.arn)
        granted = with_bucket(allow("s3:GetObject", principal="*", condition=condition))
        assert decide(read(fenced), granted).allowed
        assert not decide(read(role("other")), granted).allowed

    @pytest.mark.parametrize("restriction", ["boundary", "session_policy"])
    def test_an_explicit_deny_in_either_holds_against_a_grant_to_the_session(
        self, decide: Decide, restriction: str
    ) -> None:
        fenced = fenced_by(restriction, allow(), deny("s3:GetObject"))
        to_session = with_bucket(allow("s3:*", principal=fenced.caller))
        assert decide(read(fenced), to_session).verdict is Verdict.EXPLICITLY_DENIED
        assert decide(Request(fenced, "s3:PutObject", OBJECT), to_session).allowed

    def test_a_session_policy_intersects_with_the_roles_policies(self, decide: Decide) -> None:
        narrowed = role("narrowed", allow("s3:*"), session_policy=policy(allow("s3:GetObject")))
        assert decide(read(narrowed), NOWHERE).allowed
        assert not decide(Request(narrowed, "s3:PutObject", OBJECT), NOWHERE).allowed

    def test_a_session_policy_grants_nothing(self, decide: Decide) -> None:
        bare = role("bare", session_policy=policy(allow()))
        assert not decide(read(bare), NOWHERE).allowed

    def test_role_boundary_and_session_policy_must_all_allow(self, decide: Decide) -> None:
        parts: dict[str, Any] = {
            "boundary": policy(allow("s3:Get*")),
            "session_policy": policy(allow("s3:*")),
        }
        assert decide(read(role("all", allow("s3:*"), **parts)), NOWHERE).allowed
        assert not decide(read(role("two", allow("s3:List*"), **parts)), NOWHERE).allowed


class TestResourcePolicies:
    def test_a_bucket_policy_alone_allows_within_the_account(self, decide: Decide) -> None:
        granted = with_bucket(allow("s3:GetObject", sid="Grant", principal=READER.arn))
        assert decide(read(role("reader")), granted).sids == {"Grant"}
        assert not decide(read(role("other")), granted).allowed

    def test_a_bucket_policy_that_names_the_account_grants_nobody(self, decide: Decide) -> None:
        granted = with_bucket(allow("s3:GetObject", principal=ROOT))
        assert not decide(read(role("nobody")), granted).allowed
        assert decide(read(READER), granted).allowed

    def test_a_deny_on_the_account_holds_for_its_roles(self, decide: Decide) -> None:
        closed = with_bucket(deny("s3:GetObject", principal=ROOT))
        assert decide(read(READER), closed).verdict is Verdict.EXPLICITLY_DENIED
        stranger = f"arn:aws:iam::{OTHER_ACCOUNT}:root"
        assert decide(read(READER), with_bucket(deny(principal=stranger))).allowed

    def test_a_path_in_a_roles_arn_makes_no_difference_to_its_session(self, decide: Decide) -> None:
        pathed = Principal(f"arn:aws:iam::{ACCOUNT}:role/bulkhead/prod/reader")
        assert pathed.caller.endswith(":assumed-role/reader/session")
        assert decide(read(pathed), with_bucket(allow(principal=pathed.arn))).allowed
        other = f"arn:aws:iam::{ACCOUNT}:role/bulkhead/prod/writer"
        assert not decide(read(pathed), with_bucket(allow(principal=other))).allowed

    def test_across_accounts_both_sides_must_allow(self, decide: Decide) -> None:
        grant = with_bucket(allow("s3:GetObject", principal="*"))
        guest = role("guest", allow("s3:GetObject"), account=OTHER_ACCOUNT)
        assert decide(read(guest), grant).allowed
        assert not decide(read(guest), NOWHERE).allowed
        assert not decide(read(role("guest", account=OTHER_ACCOUNT)), grant).allowed

    def test_nobody_signed_is_let_in_by_a_wildcard_only(self, decide: Decide) -> None:
        public = with_bucket(allow("s3:GetObject", principal="*"))
        assert decide(read(Principal(ANONYMOUS)), public).allowed
        assert not decide(read(Principal(ANONYMOUS)), with_bucket(allow(principal=ROOT))).allowed

    def test_a_service_needs_a_grant_of_its_own(self, decide: Decide) -> None:
        service = Principal("cloudtrail.amazonaws.com")
        condition = when("StringEquals", "aws:SourceAccount", ACCOUNT)
        granted = with_bucket(
            allow("s3:PutObject", principal={"Service": service.arn}, condition=condition)
        )
        request = Request(service, "s3:PutObject", OBJECT, {"aws:SourceAccount": ACCOUNT})
        assert decide(request, granted).allowed
        assert not decide(Request(service, "s3:PutObject", OBJECT), granted).allowed

    def test_the_root_user_may_do_what_no_policy_denies(self, decide: Decide) -> None:
        assert decide(read(Principal(ROOT)), NOWHERE).allowed
        assert not decide(read(Principal(ROOT)), with_bucket(deny(principal="*"))).allowed


class TestNotPrincipal:
    def test_it_spares_a_role_that_it_names_with_its_account(self, decide: Decide) -> None:
        spared = {"AWS": [ROOT, READER.arn]}
        closed = with_bucket(deny("s3:*", not_principal=spared))
        assert decide(read(READER), closed).allowed
        guest = role("guest", allow("s3:*"), account=OTHER_ACCOUNT)
        assert decide(read(guest), closed).verdict is Verdict.EXPLICITLY_DENIED

    def test_it_denies_a_role_with_a_boundary_in_any_case(self, decide: Decide) -> None:
        bounded = role("reader", allow("s3:*"), boundary=policy(allow()))
        closed = with_bucket(deny("s3:*", not_principal={"AWS": [ROOT, READER.arn]}))
        assert decide(read(bounded), closed).verdict is Verdict.EXPLICITLY_DENIED

    def test_a_role_named_without_its_account_is_not_decided(self, decide: Decide) -> None:
        with pytest.raises(EvaluationError, match="not documented"):
            decide(read(READER), with_bucket(deny("s3:*", not_principal=READER.arn)))


class TestKeys:
    def test_without_delegation_iam_policies_open_no_key(self, decide: Decide) -> None:
        named = with_key(allow("kms:Decrypt", principal=READER.arn))
        assert not decide(decrypt(DECRYPTER), named).allowed
        assert decide(decrypt(role("reader")), named).allowed

    def test_with_delegation_to_root_any_iam_policy_opens_the_key(self, decide: Decide) -> None:
        delegated = with_key(DELEGATION)
        dev = role("dev", allow("kms:*", sid="Keys"), tags={"environment": "dev"})
        assert decide(decrypt(dev), delegated).sids == {"Delegation", "Keys"}
        assert not decide(decrypt(role("dev")), delegated).allowed

    def test_the_accounts_number_delegates_as_its_root_does(self, decide: Decide) -> None:
        assert decide(decrypt(DECRYPTER), with_key(allow("kms:*", principal=ACCOUNT))).allowed
        stranger = with_key(allow("kms:*", principal=OTHER_ACCOUNT))
        assert not decide(decrypt(DECRYPTER), stranger).allowed

    @pytest.mark.parametrize("tag", ["environment", "bulkhead:environment"])
    def test_a_deny_on_the_environments_tag_holds_in_spite_of_delegation(
        self, decide: Decide, tag: str
    ) -> None:
        condition = when("StringNotEquals", f"aws:PrincipalTag/{tag}", "prod")
        guarded = with_key(
            DELEGATION, deny("kms:*", sid="Prod", principal="*", condition=condition)
        )
        keys = allow("kms:*")
        assert decide(decrypt(role("prod", keys, tags={tag: "prod"})), guarded).allowed
        others: list[dict[str, str]] = [{tag: "dev"}, {tag: "Prod"}, {}]
        for tags in others:
            decision = decide(decrypt(role("dev", keys, tags=tags)), guarded)
            assert decision.verdict is Verdict.EXPLICITLY_DENIED
            assert decision.sids == {"Prod"}

    def test_a_deny_that_spares_principals_by_their_arn_holds(self, decide: Decide) -> None:
        path = f"arn:aws:iam::{ACCOUNT}:role/bulkhead/prod/*"
        condition = when("ArnNotLike", "aws:PrincipalArn", path)
        guarded = with_key(DELEGATION, deny("kms:*", principal="*", condition=condition))
        keys = (policy(allow("kms:*")),)
        for name, allowed in (("bulkhead/prod/a", True), ("bulkhead/dev/a", False), ("a", False)):
            who = Principal(f"arn:aws:iam::{ACCOUNT}:role/{name}", identity_policies=keys)
            assert decide(decrypt(who), guarded).allowed is allowed

    def test_a_session_tag_stands_for_the_roles_tag(self, decide: Decide) -> None:
        condition = when("StringEquals", "aws:PrincipalTag/environment", "prod")
        granted = with_key(allow("kms:Decrypt", principal="*", condition=condition))
        tags = {"environment": "prod"}
        assert decide(decrypt(role("pod", session_tags=tags)), granted).allowed
        lowered = role("pod", tags=tags, session_tags={"environment": "dev"})
        assert not decide(decrypt(lowered), granted).allowed

    def test_a_boundary_limits_delegated_access(self, decide: Decide) -> None:
        bounded = role("bounded", allow("kms:*"), boundary=policy(allow("s3:*")))
        assert not decide(decrypt(bounded), with_key(DELEGATION)).allowed
        assert decide(decrypt(DECRYPTER), with_key(DELEGATION)).allowed

    def test_a_key_of_another_account_needs_both_sides(self, decide: Decide) -> None:
        guest = role("guest", allow("kms:Decrypt"), account=OTHER_ACCOUNT)
        theirs = allow("kms:Decrypt", principal=f"arn:aws:iam::{OTHER_ACCOUNT}:root")
        assert decide(decrypt(guest), with_key(theirs)).allowed
        assert not decide(decrypt(guest), with_key(DELEGATION)).allowed
        assert not decide(decrypt(role("guest", account=OTHER_ACCOUNT)), with_key(theirs)).allowed

    def test_a_key_may_be_bound_to_a_service(self, decide: Decide) -> None:
        service = "s3.eu-central-1.amazonaws.com"
        condition = {
            "StringEquals": {"kms:ViaService": service, "kms:CallerAccount": ACCOUNT},
        }
        bound = with_key(allow("kms:Decrypt", principal="*", condition=condition))
        assert decide(decrypt(READER, kms__ViaService=service), bound).allowed
        direct = decide(decrypt(READER), bound)
        assert not direct.allowed
        assert direct.missing == ("kms:ViaService",)
        other = decrypt(READER, kms__ViaService="ec2.eu-central-1.amazonaws.com")
        assert not decide(other, bound).allowed
        guest = role("guest", allow(), account=OTHER_ACCOUNT)
        assert not decide(decrypt(guest, kms__ViaService=service), bound).allowed

    def test_an_encryption_context_binds_what_may_be_decrypted(self, decide: Decide) -> None:
        key = "kms:EncryptionContext:aws:s3:arn"
        bound = with_key(
            allow("kms:Decrypt", principal="*", condition=when("ArnLike", key, f"{BUCKET}*"))
        )
        assert decide(Request(READER, "kms:Decrypt", KEY, {key: BUCKET}), bound).allowed
        elsewhere = {key: "arn:aws:s3:::dev-datasets"}
        assert not decide(Request(READER, "kms:Decrypt", KEY, elsewhere), bound).allowed
        assert decide(decrypt(READER), bound).missing == (key,)

    def test_an_encryption_context_may_be_denied(self, decide: Decide) -> None:
        key = "kms:EncryptionContext:tenant"
        condition = when("StringNotEquals", key, "${aws:PrincipalTag/tenant}")
        guarded = with_key(DELEGATION, deny("kms:*", principal="*", condition=condition))
        tenant = role("tenant", allow("kms:*"), tags={"tenant": "acme"})
        assert decide(Request(tenant, "kms:Decrypt", KEY, {key: "acme"}), guarded).allowed
        assert not decide(Request(tenant, "kms:Decrypt", KEY, {key: "other"}), guarded).allowed
        assert not decide(decrypt(tenant), guarded).allowed

    def test_an_action_without_encryption_context_sends_none(self, decide: Decide) -> None:
        key = "kms:EncryptionContext:tenant"
        bound = with_key(allow("kms:*", principal="*", condition=when("StringEquals", key, "acme")))
        assert decide(Request(READER, "kms:Encrypt", KEY, {key: "acme"}), bound).allowed
        assert not decide(Request(READER, "kms:PutKeyPolicy", KEY, {key: "acme"}), bound).allowed

    def test_a_grant_may_be_left_to_aws_services(self, decide: Decide) -> None:
        condition = when("Bool", "kms:GrantIsForAWSResource", "true")
        granted = with_key(allow("kms:CreateGrant", principal="*", condition=condition))
        for value, allowed in ((True, True), (False, False)):
            context = {"kms:GrantIsForAWSResource": value}
            request = Request(READER, "kms:CreateGrant", KEY, context)
            assert decide(request, granted).allowed is allowed
        assert not decide(Request(READER, "kms:CreateGrant", KEY), granted).allowed

    def test_an_attested_enclave_is_told_from_its_parent(self, decide: Decide) -> None:
        digest = "ab" * 48
        condition = when("StringEqualsIgnoreCase", "kms:RecipientAttestation:ImageSha384", digest)
        granted = with_key(allow("kms:Decrypt", principal="*", condition=condition))
        attested = decrypt(READER, kms__RecipientAttestation__ImageSha384=digest)
        assert decide(attested, granted).allowed
        assert not decide(decrypt(READER), granted).allowed

    def test_a_keys_alias_and_tags_can_decide(self, decide: Decide) -> None:
        by_alias = when("ForAnyValue:StringLike", "kms:ResourceAliases", "alias/bulkhead/dev/*")
        by_tag = when("StringEquals", "aws:ResourceTag/environment", "dev")
        for condition in (by_alias, by_tag):
            user = role("user", allow("kms:Decrypt", condition=condition))
            for environment, allowed in (("dev", True), ("prod", False)):
                brought = {
                    "kms:ResourceAliases": ["alias/x", f"alias/bulkhead/{environment}/data"],
                    "aws:ResourceTag/environment": environment,
                }
                there = with_key(DELEGATION, resource_context={KEY: brought})
                assert decide(decrypt(user), there).allowed is allowed

    def test_the_root_user_needs_the_key_policy_too(self, decide: Decide) -> None:
        assert decide(decrypt(Principal(ROOT)), with_key(DELEGATION)).allowed
        named = with_key(allow("kms:*", principal=READER.arn))
        assert not decide(decrypt(Principal(ROOT)), named).allowed


class TestTrust:
    ROLE = f"arn:aws:iam::{ACCOUNT}:role/operator"

    def trusting(self, *statements: dict[str, Any]) -> World:
        return world(resource_policies={self.ROLE: policy(*statements, name="trust")})

    def assume(self, principal: Principal, action: str = "AssumeRole") -> Request:
        return Request(principal, f"sts:{action}", self.ROLE)

    def test_an_iam_policy_alone_assumes_no_role(self, decide: Decide) -> None:
        eager = role("eager", allow("sts:AssumeRole"))
        nobody = self.trusting(allow("sts:AssumeRole", resource=None, principal=READER.arn))
        assert not decide(self.assume(eager), nobody).allowed
        assert decide(self.assume(READER), nobody).allowed

    def test_trust_in_the_account_leaves_it_to_iam_policies(self, decide: Decide) -> None:
        account = self.trusting(allow("sts:AssumeRole", resource=None, principal=ROOT))
        assert decide(self.assume(role("eager", allow("sts:AssumeRole"))), account).allowed
        assert not decide(self.assume(role("idle")), account).allowed

    def test_trust_across_accounts_needs_both_sides(self, decide: Decide) -> None:
        theirs = f"arn:aws:iam::{OTHER_ACCOUNT}:root"
        trusting = self.trusting(allow("sts:AssumeRole", resource=None, principal=theirs))
        guest = role("guest", allow("sts:AssumeRole"), account=OTHER_ACCOUNT)
        assert decide(self.assume(guest), trusting).allowed
        assert not decide(self.assume(role("guest", account=OTHER_ACCOUNT)), trusting).allowed

    def test_pods_assume_what_trusts_pod_identity(self, decide: Decide) -> None:
        pods = Principal("pods.eks.amazonaws.com")
        actions = ["sts:AssumeRole", "sts:TagSession"]
        trusting = self.trusting(allow(actions, resource=None, principal={"Service": pods.arn}))
        assert decide(self.assume(pods), trusting).allowed
        assert decide(self.assume(pods, "TagSession"), trusting).allowed
        assert not decide(self.assume(Principal("ec2.amazonaws.com")), trusting).allowed

    def test_ci_assumes_a_role_from_its_own_branch_only(self, decide: Decide) -> None:
        host = "token.actions.githubusercontent.com"
        provider = Principal(f"arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")
        condition = {
            "StringEquals": {
                f"{host}:aud": "sts.amazonaws.com",
                f"{host}:sub": "repo:acme/platform:ref:refs/heads/main",
            }
        }
        trusting = self.trusting(
            allow(
                "sts:AssumeRoleWithWebIdentity",
                resource=None,
                principal={"Federated": provider.arn},
                condition=condition,
            )
        )
        for branch, allowed in (("main", True), ("feature", False)):
            context = {
                f"{host}:aud": "sts.amazonaws.com",
                f"{host}:sub": f"repo:acme/platform:ref:refs/heads/{branch}",
            }
            action = "sts:AssumeRoleWithWebIdentity"
            request = Request(provider, action, self.ROLE, context)
            assert decide(request, trusting).allowed is allowed

    def test_a_trust_policy_is_no_policy_of_the_role_as_an_iam_resource(
        self, decide: Decide
    ) -> None:
        trusting = self.trusting(allow("sts:AssumeRole", resource=None, principal=READER.arn))
        admin = role("admin", allow("iam:PutRolePolicy"))
        request = Request(admin, "iam:PutRolePolicy", self.ROLE)
        assert decide(request, trusting).allowed
        assert not decide(Request(READER, "iam:PutRolePolicy", self.ROLE), trusting).allowed


class TestOrganization:
    def test_every_level_of_service_control_policies_must_allow(self, decide: Decide) -> None:
        only_s3 = policy(allow("s3:*"), name="only-s3")
        under = with_key(DELEGATION, scps={ACCOUNT: [[FULL_ACCESS], [only_s3]]})
        assert decide(read(READER), under).allowed
        stopped = decide(decrypt(DECRYPTER), under)
        assert stopped.verdict is Verdict.IMPLICITLY_DENIED
        assert stopped.blocked == ("scp",)

    def test_a_deny_at_any_level_wins(self, decide: Decide) -> None:
        guard = policy(deny("kms:ScheduleKeyDeletion", sid="Keep"), name="guard")
        under = with_key(DELEGATION, scps={ACCOUNT: [[FULL_ACCESS, guard], [FULL_ACCESS]]})
        assert decide(decrypt(DECRYPTER), under).allowed
        deletion = Request(DECRYPTER, "kms:ScheduleKeyDeletion", KEY)
        assert decide(deletion, under).sids == {"Keep"}

    def test_they_bind_the_callers_account_and_no_service(self, decide: Decide) -> None:
        grant = policy(allow("s3:*", principal="*"), name="bucket")
        nothing = {OTHER_ACCOUNT: [[policy(deny("s3:*"), name="guard")]]}
        under = world(resource_policies={BUCKET: grant}, scps=nothing)
        guest = role("guest", allow("s3:*"), account=OTHER_ACCOUNT)
        assert not decide(read(guest), under).allowed
        assert decide(read(READER), under).allowed
        assert decide(read(Principal("cloudtrail.amazonaws.com")), under).allowed

    def test_resource_control_policies_bind_the_owners_account(self, decide: Decide) -> None:
        condition = {
            "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-home"},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        }
        fence = policy(deny("s3:*", principal="*", condition=condition), name="fence")
        under = with_bucket(allow(principal="*"), rcps={ACCOUNT: [[fence]]})
        assert decide(read(READER, aws__PrincipalOrgID="o-home"), under).allowed
        assert decide(read(Principal("cloudtrail.amazonaws.com")), under).allowed
        foreign = decide(read(READER, aws__PrincipalOrgID="o-foreign"), under)
        assert foreign.verdict is Verdict.EXPLICITLY_DENIED

    def test_resource_control_policies_leave_other_services_alone(self, decide: Decide) -> None:
        fence = policy(deny(["iam:*", "s3:*"], principal="*"), name="fence")
        under = world(rcps={ACCOUNT: [[fence]]})
        admin = role("admin", allow())
        assert decide(Request(admin, "iam:GetRole", admin.arn), under).allowed
        assert not decide(read(admin), under).allowed


class TestEndpoints:
    ENDPOINT = "vpce-1"

    def through(self, *statements: dict[str, Any], service: str = "s3") -> World:
        endpoint = Endpoint(service, policy(*statements, name="endpoint"), vpc="vpc-1")
        return world(endpoints={self.ENDPOINT: endpoint})

    def test_an_endpoint_lets_through_what_its_policy_allows(self, decide: Decide) -> None:
        narrow = self.through(allow("s3:GetObject", principal="*", resource=f"{BUCKET}/*"))
        assert decide(read(READER, aws__SourceVpce=self.ENDPOINT), narrow).allowed
        other = Request(
            READER, "s3:GetObject", "arn:aws:s3:::loot/x", {"aws:SourceVpce": self.ENDPOINT}
        )
        assert decide(other, narrow).blocked == ("endpoint",)
        assert decide(Request(READER, "s3:GetObject", "arn:aws:s3:::loot/x"), narrow).allowed

    def test_an_endpoint_can_tell_the_callers_account(self, decide: Decide) -> None:
        condition = when("StringEquals", "aws:PrincipalAccount", ACCOUNT)
        own = self.through(allow(principal="*", condition=condition))
        assert decide(read(READER, aws__SourceVpce=self.ENDPOINT), own).allowed
        smuggler = role("smuggler", allow(), account=OTHER_ACCOUNT)
        theirs = Request(
            smuggler,
            "s3:PutObject",
            "arn:aws:s3:::loot/x",
            {"aws:SourceVpce": self.ENDPOINT},
            resource_account=OTHER_ACCOUNT,
        )
        assert not decide(theirs, own).allowed

    def test_an_endpoint_policy_that_names_principals_is_refused(self, decide: Decide) -> None:
        named = self.through(allow(principal=READER.arn))
        with pytest.raises(EvaluationError, match="Principal"):
            decide(read(READER, aws__SourceVpce=self.ENDPOINT), named)

    def test_an_endpoint_carries_its_own_service_only(self, decide: Decide) -> None:
        keys = self.through(allow(principal="*"), service="kms")
        with pytest.raises(EvaluationError, match="kms"):
            decide(read(READER, aws__SourceVpce=self.ENDPOINT), keys)

    def test_a_bucket_can_be_closed_to_other_endpoints(self, decide: Decide) -> None:
        condition = when("StringNotEquals", "aws:SourceVpce", self.ENDPOINT)
        closed = with_bucket(deny("s3:*", sid="Vpce", principal="*", condition=condition))
        assert decide(read(READER, aws__SourceVpce=self.ENDPOINT), closed).allowed
        for context in ({"aws__SourceVpce": "vpce-2"}, {}):
            assert decide(read(READER, **context), closed).sids == {"Vpce"}

    def test_a_bucket_can_be_closed_to_other_networks(self, decide: Decide) -> None:
        condition = when("StringNotEquals", "aws:SourceVpc", "vpc-1")
        endpoint = {self.ENDPOINT: Endpoint("s3", vpc="vpc-1")}
        closed = with_bucket(deny(principal="*", condition=condition), endpoints=endpoint)
        assert decide(read(READER, aws__SourceVpce=self.ENDPOINT), closed).allowed
        assert not decide(read(READER), closed).allowed


def test_thousands_of_requests_are_decided_in_order(evaluator: Evaluator) -> None:
    roles = [role(f"r{n}", allow("kms:*") if n % 3 else allow("s3:*")) for n in range(50)]
    actions = ["Decrypt", "Encrypt", "CreateGrant", "PutKeyPolicy"] * 5
    requests = [Request(who, f"kms:{action}", KEY) for who in roles for action in actions]
    decisions = evaluator.evaluate(requests, with_key(DELEGATION))
    assert [decision.request for decision in decisions] == requests
    assert [d.allowed for d in decisions] == [n % 3 != 0 for n in range(50) for _ in actions]


@pytest.mark.parametrize("kind", ["loadbalancer/net/a/1", "listener/net/a/1/2", "targetgroup/a/3"])
def test_all_of_elastic_load_balancing_can_be_tagged(decide: Decide, kind: str) -> None:
    arn = f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:{kind}"
    tagger = role("tagger", allow("elasticloadbalancing:AddTags", resource=arn))
    asked = Request(tagger, "elasticloadbalancing:AddTags", arn)
    assert decide(asked, NOWHERE).allowed
    assert not decide(Request(role("nobody"), asked.action, arn), NOWHERE).allowed


def test_a_decision_says_who_decided(decide: Decide) -> None:
    named = Policy("custom", policy(allow("s3:GetObject", sid="Read")).document)
    reader = Principal(READER.arn, identity_policies=(named,))
    shown = str(decide(read(reader), NOWHERE))
    assert shown == f"reader s3:GetObject {OBJECT}: Allowed by identity custom/Read"
    shown = str(decide(read(role("nobody")), NOWHERE))
    assert shown == f"nobody s3:GetObject {OBJECT}: ImplicitlyDenied by no statement that allows it"

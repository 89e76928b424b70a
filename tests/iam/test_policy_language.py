"""Conditions, variables and patterns mean what AWS' documentation says, each with its twin."""

from typing import Any

import pytest

from tests.iam.evaluation import Evaluator
from tests.iam.model import Request
from tests.iam.writing import (
    ACCOUNT,
    BUCKET,
    DELEGATION,
    KEY,
    NOWHERE,
    OBJECT,
    OTHER_ACCOUNT,
    READER,
    Decide,
    allow,
    decrypt,
    deny,
    policy,
    read,
    role,
    when,
    with_key,
    world,
)


@pytest.mark.parametrize(
    ("condition", "met", "unmet"),
    [
        (when("StringEquals", "aws:SourceVpc", ["a", "b"]), ["b"], ["c", None]),
        (when("StringNotEquals", "aws:SourceVpc", ["a", "b"]), ["c", None], ["a", "b"]),
        (when("StringEqualsIfExists", "aws:SourceVpc", "a"), ["a", None], ["b"]),
        (when("StringNotEqualsIfExists", "aws:SourceVpc", "a"), ["b", None], ["a"]),
        (when("StringLike", "aws:SourceVpc", "a?c*"), ["abc", "abcd"], ["ac", "ABC", None]),
        (when("StringNotLike", "aws:SourceVpc", "a*"), ["b", None], ["ab"]),
        (when("StringEqualsIgnoreCase", "aws:SourceVpc", "A"), ["a", "A"], ["b", None]),
        (when("StringEquals", "aws:SourceVpc", "a*"), ["a*"], ["ab"]),
        (when("StringEquals", "AWS:sourcevpc", "a"), ["a"], ["b"]),
        (when("Null", "aws:SourceVpc", "true"), [None], ["a"]),
        (when("Null", "aws:SourceVpc", "false"), ["a"], [None]),
        ({**when("StringEquals", "aws:SourceVpc", "a"), **when("Null", "aws:referer", "false")},
         [], ["a"]),
        (when("Bool", "aws:MultiFactorAuthPresent", "true"), [True], [False, None]),
        (when("BoolIfExists", "aws:MultiFactorAuthPresent", "true"), [True, None], [False]),
        (when("NumericLessThan", "aws:MultiFactorAuthAge", "900"), ["899"], ["900", None]),
        (when("DateGreaterThan", "aws:TokenIssueTime", "2026-01-01T00:00:00Z"),
         ["2026-01-02T00:00:00Z"], ["2025-12-31T00:00:00Z"]),
        (when("IpAddress", "aws:SourceIp", "10.0.0.0/8"), ["10.1.2.3"], ["11.0.0.1", None]),
        (when("NotIpAddress", "aws:SourceIp", "10.0.0.0/8"), ["11.0.0.1", None], ["10.1.2.3"]),
        (when("ArnLike", "aws:SourceArn", "arn:aws:s3:::a*"), ["arn:aws:s3:::ab"],
         ["arn:aws:s3:::b", "arn:aws:sns:::ab", None]),
        (when("ArnNotEquals", "aws:SourceArn", "arn:aws:s3:::a"), ["arn:aws:s3:::b", None],
         ["arn:aws:s3:::a"]),
        (when("ForAnyValue:StringEquals", "aws:TagKeys", ["a", "b"]), [["a", "z"]],
         [["z"], [], None]),
        (when("ForAllValues:StringEquals", "aws:TagKeys", ["a", "b"]), [["a"], [], None],
         [["a", "z"]]),
        (when("ForAnyValue:StringNotEquals", "aws:TagKeys", ["a"]), [["a", "z"]],
         [["a"], [], None]),
        (when("ForAllValues:StringNotEquals", "aws:TagKeys", ["a"]), [["z"], [], None],
         [["a", "z"]]),
        ({**when("ForAllValues:StringEquals", "aws:TagKeys", ["a"]),
          **when("Null", "aws:TagKeys", "false")}, [["a"]], [["z"], None]),
    ],
    ids=str,
)  # fmt: skip
def test_a_condition_applies_to_what_it_says(
    evaluator: Evaluator, condition: dict[str, Any], met: list[Any], unmet: list[Any]
) -> None:
    key = next(iter(next(iter(condition.values()))))
    there = with_key(DELEGATION)
    allowing = role("allowing", allow("kms:TagResource", condition=condition))
    denying = role("denying", allow(), deny("kms:TagResource", condition=condition))
    requests = [
        Request(principal, "kms:TagResource", KEY, {} if value is None else {key: value})
        for value in [*met, *unmet]
        for principal in (allowing, denying)
    ]
    decided = [decision.allowed for decision in evaluator.evaluate(requests, there)]
    assert decided == [True, False] * len(met) + [False, True] * len(unmet)


class TestVariables:
    def test_a_variable_in_a_resource_takes_the_principals_tag(self, decide: Decide) -> None:
        own = f"{BUCKET}/${{aws:PrincipalTag/tenant}}/*"
        tenant = role("tenant", allow("s3:GetObject", resource=own), tags={"tenant": "acme"})
        assert decide(Request(tenant, "s3:GetObject", f"{BUCKET}/acme/x"), NOWHERE).allowed
        assert not decide(Request(tenant, "s3:GetObject", f"{BUCKET}/other/x"), NOWHERE).allowed

    def test_a_resource_with_a_variable_that_has_no_value_is_none(self, decide: Decide) -> None:
        own = f"{BUCKET}/${{aws:PrincipalTag/tenant}}/*"
        untagged = role("untagged", allow("s3:GetObject", resource=own))
        for path in ("acme", "${aws:PrincipalTag/tenant}", ""):
            request = Request(untagged, "s3:GetObject", f"{BUCKET}/{path}/x")
            assert not decide(request, NOWHERE).allowed

    def test_a_tags_value_is_no_pattern(self, decide: Decide) -> None:
        own = f"{BUCKET}/${{aws:PrincipalTag/tenant}}/*"
        greedy = role("greedy", allow("s3:GetObject", resource=own), tags={"tenant": "*"})
        assert not decide(Request(greedy, "s3:GetObject", f"{BUCKET}/acme/x"), NOWHERE).allowed

    def test_a_variable_in_a_condition_compares_tags(self, decide: Decide) -> None:
        variable = "${aws:PrincipalTag/environment}"
        condition = when("StringEquals", "aws:ResourceTag/environment", variable)
        user = role("user", allow("kms:Decrypt", condition=condition), tags={"environment": "dev"})
        for environment, allowed in (("dev", True), ("prod", False)):
            brought = {"aws:ResourceTag/environment": environment}
            there = with_key(DELEGATION, resource_context={KEY: brought})
            assert decide(decrypt(user), there).allowed is allowed

    def test_what_has_no_value_equals_nothing(self, decide: Decide) -> None:
        variable = "${aws:PrincipalTag/environment}"
        brought = {KEY: {"aws:ResourceTag/environment": "prod"}}
        there = with_key(DELEGATION, resource_context=brought)
        same = when("StringEquals", "aws:ResourceTag/environment", variable)
        other = when("StringNotEquals", "aws:ResourceTag/environment", variable)
        assert not decide(decrypt(role("a", allow("kms:*", condition=same))), there).allowed
        guarded = (allow("kms:*"), deny("kms:*", condition=other))
        assert not decide(decrypt(role("b", *guarded)), there).allowed
        tagged = role("c", *guarded, tags={"environment": "prod"})
        assert decide(decrypt(tagged), there).allowed

    def test_a_variable_may_have_a_default(self, decide: Decide) -> None:
        own = f"{BUCKET}/${{aws:PrincipalTag/tenant, 'shared'}}/*"
        untagged = role("untagged", allow("s3:GetObject", resource=own))
        assert decide(Request(untagged, "s3:GetObject", f"{BUCKET}/shared/x"), NOWHERE).allowed
        assert not decide(Request(untagged, "s3:GetObject", f"{BUCKET}/acme/x"), NOWHERE).allowed

    def test_an_escaped_asterisk_is_an_asterisk(self, decide: Decide) -> None:
        literal = role("literal", allow("s3:GetObject", resource=f"{BUCKET}/${{?}}*"))
        assert decide(Request(literal, "s3:GetObject", f"{BUCKET}/?x"), NOWHERE).allowed
        assert not decide(Request(literal, "s3:GetObject", f"{BUCKET}/ax"), NOWHERE).allowed


class TestMatching:
    @pytest.mark.parametrize(
        ("pattern", "matches"),
        [
            ("kms:Decrypt", True),
            ("KMS:decrypt", True),
            ("kms:D?crypt", True),
            ("kms:*rypt", True),
            ("kms:Dec", False),
            ("s3:*", False),
            ("*", True),
        ],
    )
    def test_actions(self, decide: Decide, pattern: str, matches: bool) -> None:
        user = role("user", allow(pattern))
        assert decide(decrypt(user), with_key(DELEGATION)).allowed is matches

    @pytest.mark.parametrize(
        ("pattern", "matches"),
        [
            (OBJECT, True),
            (f"{BUCKET}/*", True),
            (f"{BUCKET}/part-?", True),
            (f"{BUCKET}*", True),
            ("arn:aws:s3:::*-datasets/*", True),
            (BUCKET, False),
            (f"{BUCKET}/PART-0", False),
            (f"{BUCKET}/part-", False),
        ],
    )
    def test_resources(self, decide: Decide, pattern: str, matches: bool) -> None:
        user = role("user", allow("s3:GetObject", resource=pattern))
        assert decide(read(user), NOWHERE).allowed is matches

    @pytest.mark.parametrize(
        ("pattern", "matches"),
        [
            (KEY, True),
            (f"arn:aws:kms:*:{ACCOUNT}:key/*", True),
            (f"arn:aws:kms:us-east-1:{ACCOUNT}:key/*", False),
            (f"arn:aws:kms:*:{OTHER_ACCOUNT}:key/*", False),
            ("arn:aws:kms:*:*:alias/*", False),
        ],
    )
    def test_keys(self, decide: Decide, pattern: str, matches: bool) -> None:
        user = role("user", allow("kms:Decrypt", resource=pattern))
        assert decide(decrypt(user), with_key(DELEGATION)).allowed is matches

    def test_not_action_is_all_the_rest(self, decide: Decide) -> None:
        user = role("user", allow(not_action=["kms:*", "iam:*"]))
        assert decide(read(user), NOWHERE).allowed
        assert not decide(decrypt(user), with_key(DELEGATION)).allowed

    def test_not_resource_is_all_the_rest(self, decide: Decide) -> None:
        user = role("user", allow(), deny("s3:*", not_resource=[BUCKET, f"{BUCKET}/*"]))
        assert decide(read(user), NOWHERE).allowed
        assert not decide(Request(user, "s3:GetObject", "arn:aws:s3:::loot/x"), NOWHERE).allowed

    def test_a_key_policys_asterisk_is_the_key_itself(self, decide: Decide) -> None:
        elsewhere = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/other"
        statement = allow("kms:Decrypt", principal=READER.arn, resource=elsewhere)
        assert not decide(decrypt(READER), with_key(statement)).allowed
        statement = allow("kms:Decrypt", principal=READER.arn)
        assert decide(decrypt(READER), with_key(statement)).allowed

    def test_the_most_special_policy_holds_for_an_object(self, decide: Decide) -> None:
        longer = f"{BUCKET}-archive"
        policies = {
            BUCKET: policy(deny("s3:*", principal="*"), name="closed"),
            longer: policy(allow("s3:*", principal="*"), name="open"),
        }
        there = world(resource_policies=policies)
        assert decide(Request(READER, "s3:GetObject", f"{longer}/x"), there).allowed
        assert not decide(read(READER), there).allowed

"""Policy documents are evaluated as IAM evaluates them, in favour of whoever asks."""

import json
from typing import Any

import pytest

from bulkhead_policies.documents import (
    STRANGER,
    Caller,
    Statement,
    gaps,
    insider,
    like,
    statements,
)
from bulkhead_policies.findings import Kind, StopError
from bulkhead_policies.view import Mark, View

ACCOUNT = "123456789012"


def read(*told: dict[str, Any]) -> list[Statement]:
    return statements(View({"policy": json.dumps({"Statement": list(told)})})["policy"])


def lets_in(caller: Caller, *told: dict[str, Any], actions: tuple[str, ...] = ()) -> bool:
    return bool(list(gaps(read(*told), caller, actions)))


def everyone(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"} | more


def denied(**more: Any) -> dict[str, Any]:
    return everyone(Effect="Deny", Action="s3:*") | more


@pytest.mark.parametrize(
    ("text", "pattern", "matches"),
    [
        ("s3:getobject", "s3:*", True),
        ("s3:getobject", "s3:get??ject", True),
        ("s3:getobject", "s3:put*", False),
        ("a", "[a]", False),
        ("[a]", "[a]", True),
        ("a\nb", "a*b", True),
        ("ab", "a", False),
    ],
)
def test_patterns_are_those_of_policy_documents(text: str, pattern: str, matches: bool) -> None:
    assert like(text, pattern) is matches


@pytest.mark.parametrize(
    "given",
    [
        '{"Statement": {"Effect": "Allow", "Action": "a:b"}}',
        {"Statement": [{"Effect": "Allow", "Action": ["a:b"]}]},
        {"Statement": {"Effect": "Allow", "Action": ["A:B"]}},
    ],
)
def test_text_and_object_one_statement_and_many_read_alike(given: object) -> None:
    [statement] = statements(View({"policy": given})["policy"])
    assert statement.allows
    assert statement.actions == ["a:b"]
    assert statement.resources == ["*"]


@pytest.mark.parametrize("given", [None, {}, "{}", {"Statement": []}])
def test_a_document_without_statements_lets_in_nobody(given: object) -> None:
    assert statements(View({"policy": given})["policy"]) == []


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (Mark.UNKNOWN, Kind.UNDECIDED),
        ({"Statement": Mark.UNKNOWN}, Kind.UNDECIDED),
        ({"Statement": [{"Effect": Mark.UNKNOWN}]}, Kind.UNDECIDED),
        ({"Statement": [{"Effect": "Allow", "Action": Mark.UNKNOWN}]}, Kind.UNDECIDED),
        ("no JSON", Kind.VIOLATION),
        ("[]", Kind.VIOLATION),
        ("[" * 100_000, Kind.VIOLATION),
        ({"Statement": "Allow"}, Kind.VIOLATION),
    ],
)
def test_a_document_that_can_not_be_read_is_found(given: object, kind: Kind) -> None:
    with pytest.raises(StopError) as stop:
        statements(View({"policy": given})["policy"])
    assert stop.value.finding.kind is kind


@pytest.mark.parametrize(
    "principal",
    ["*", {"AWS": "*"}, {"AWS": ["arn:aws:iam::1:root", "*"]}, {"Federated": "*"}],
)
def test_everyone_includes_strangers(principal: object) -> None:
    assert lets_in(STRANGER, everyone(Principal=principal))


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:role/*"},
        {"Service": "sns.amazonaws.com"},
        {},
    ],
)
def test_named_principals_are_no_strangers(principal: object) -> None:
    assert not lets_in(STRANGER, everyone(Principal=principal))


def test_all_but_some_includes_strangers_unless_strangers_are_the_exception() -> None:
    but_one = {"Effect": "Allow", "NotPrincipal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    assert lets_in(STRANGER, {**but_one, "Action": "*"})
    assert not lets_in(STRANGER, {**but_one, "NotPrincipal": "*", "Action": "*"})


@pytest.mark.parametrize(
    ("operator", "key", "values", "lets"),
    [
        ("StringEquals", "aws:PrincipalOrgID", "o-1", False),
        ("StringEquals", "AWS:principalorgid", ["o-1", "o-stranger"], True),
        ("StringEqualsIgnoreCase", "aws:PrincipalOrgID", "O-STRANGER", True),
        ("StringLike", "aws:PrincipalArn", "arn:aws:iam::*:role/*", True),
        ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/*", False),
        ("ArnEquals", "aws:SourceArn", "*", False),
        ("ArnEqualsIfExists", "aws:SourceArn", "arn:x", True),
        ("ForAllValues:StringEquals", "aws:SourceOrgPaths", "x", True),
        ("ForAnyValue:StringEquals", "aws:SourceOrgPaths", "x", False),
        ("StringNotEquals", "aws:PrincipalAccount", "999999999999", False),
        ("StringNotEquals", "aws:PrincipalAccount", ACCOUNT, True),
        ("StringNotLike", "aws:SourceAccount", "*", True),
        ("IpAddress", "aws:SourceIp", "10.0.0.0/8", False),
        ("IpAddress", "aws:SourceIp", "::/0", False),
        ("IpAddress", "aws:SourceIp", "no network", False),
        ("NotIpAddress", "aws:SourceIp", "10.0.0.0/8", True),
        ("Null", "aws:SourceArn", "true", True),
        ("Null", "aws:SourceArn", False, False),
        ("Null", "aws:PrincipalOrgID", ["false"], True),
        ("Null", "aws:PrincipalOrgID", True, False),
        ("Null", "aws:TokenIssueTime", "true", True),
        ("Bool", "aws:PrincipalIsAWSService", True, False),
        ("Bool", "aws:PrincipalIsAWSService", ["False"], True),
        ("Bool", "aws:SecureTransport", "true", True),
        ("StringEquals", "aws:PrincipalTag/team", "ml", True),
        ("NumericLessThan", "s3:max-keys", 10, True),
        ("DateLessThan", "aws:CurrentTime", "2020-01-01", True),
    ],
)
def test_a_stranger_meets_the_conditions_it_can_meet(
    operator: str, key: str, values: object, lets: bool
) -> None:
    assert lets_in(STRANGER, everyone(Condition={operator: {key: values}})) is lets


def test_all_conditions_must_hold() -> None:
    met, unmet = {"aws:Referer": "x"}, {"aws:PrincipalOrgID": "o-1"}
    assert not lets_in(STRANGER, everyone(Condition={"StringEquals": met | unmet}))
    both = {"StringEquals": met, "StringLike": unmet}
    assert not lets_in(STRANGER, everyone(Condition=both))


@pytest.mark.parametrize(
    "denial",
    [
        denied(),
        denied(Action="*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}),
        denied(NotAction="s3:PutObject") | {"Action": []},
        denied(NotPrincipal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}) | {"Principal": None},
        denied(Condition={"Null": {"aws:SourceArn": "true"}}),
    ],
)
def test_a_deny_that_surely_holds_takes_back_what_is_allowed(denial: dict[str, Any]) -> None:
    assert not lets_in(STRANGER, everyone(), denial)


@pytest.mark.parametrize(
    "denial",
    [
        denied(Action="s3:PutObject"),
        denied(Resource="arn:aws:s3:::other/*"),
        denied(NotResource="arn:aws:s3:::other/*") | {"Resource": None},
        denied(NotAction="s3:Get*") | {"Action": []},
        denied(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        denied(Condition={"Bool": {"aws:SecureTransport": "false"}}),
        denied(Condition={"StringEquals": {"aws:PrincipalOrgID": "o-1"}}),
        denied(Condition={"NumericGreaterThan": {"s3:max-keys": 10}}),
        denied(Action=[]),
    ],
)
def test_a_deny_that_a_stranger_gets_around_takes_back_nothing(denial: dict[str, Any]) -> None:
    assert lets_in(STRANGER, everyone(), denial)


def test_a_deny_must_cover_every_action_and_every_resource() -> None:
    wide = everyone(Action=["s3:GetObject", "s3:PutObject"], Resource=["arn:a", "arn:b"])
    assert lets_in(STRANGER, wide, denied(Action="s3:Get*"))
    assert lets_in(STRANGER, wide, denied(Resource="arn:a"))
    assert not lets_in(STRANGER, wide, denied(Resource="arn:a"), denied(Resource="arn:?"))
    assert not lets_in(STRANGER, wide, denied(Action="s3:Get*"), denied(Action="s3:Put*"))
    assert lets_in(STRANGER, everyone(Action="s3:*"), denied(NotAction="s3:PutObject", Action=[]))


def test_everything_but_some_actions_is_everything() -> None:
    most = everyone(NotAction="iam:*") | {"Action": []}
    assert lets_in(STRANGER, most, denied())
    assert lets_in(STRANGER, most, actions=("s3:getobject",))


@pytest.mark.parametrize(
    "principal", [f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/*", "*"]
)
def test_an_account_stands_for_its_insiders(principal: str) -> None:
    assert lets_in(insider(ACCOUNT), everyone(Principal={"AWS": principal}))


def test_an_insider_is_no_named_role_and_of_no_other_account() -> None:
    assert not lets_in(insider(ACCOUNT), everyone(Principal={"AWS": "arn:aws:iam::1:root"}))
    named = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/app"}
    assert not lets_in(insider(ACCOUNT), everyone(Principal=named))


@pytest.mark.parametrize(
    ("operator", "key", "values", "lets"),
    [
        ("StringEquals", "aws:PrincipalTag/tier", "regulated", False),
        ("StringEquals", "kms:CallerAccount", ACCOUNT, True),
        ("StringEquals", "kms:ViaService", "s3.eu-central-1.amazonaws.com", True),
        ("StringEquals", "aws:PrincipalOrgID", "o-1", True),
        ("ArnLike", "aws:PrincipalArn", f"arn:aws:iam::{ACCOUNT}:role/app-*", False),
        ("Bool", "aws:ViaAWSService", "true", False),
    ],
)
def test_an_insider_has_the_network_but_not_the_tags(
    operator: str, key: str, values: object, lets: bool
) -> None:
    told = everyone(Condition={operator: {key: values}})
    assert lets_in(insider(ACCOUNT), told) is lets


def test_only_what_is_asked_for_counts() -> None:
    told = everyone(Action=["kms:Describe*"])
    assert not lets_in(STRANGER, told, actions=("kms:decrypt",))
    assert lets_in(STRANGER, everyone(Action=["KMS:Decr*"]), actions=("kms:decrypt",))
    assert lets_in(
        STRANGER,
        everyone(Action="kms:*"),
        denied(Action="kms:Decrypt"),
        actions=("kms:decrypt", "kms:creategrant"),
    )
    assert not lets_in(
        STRANGER, everyone(Action="kms:*"), denied(Action="kms:De*"), actions=("kms:decrypt",)
    )

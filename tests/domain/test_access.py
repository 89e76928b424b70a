import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulkhead.domain.access import Access, People, access_groups, check_role_arn
from bulkhead.domain.errors import RefusedError

ANN, BOB, CY = (f"arn:aws:iam::111122223333:role/teams/{name}" for name in ("ann", "bob", "cy"))

near_arns = st.builds(
    "arn:aws:iam::{}:{}/{}".format,
    st.sampled_from(["111122223333", "11112222333", "", "*", "\u0661" * 12]),
    st.sampled_from(["role", "user", "assumed-role"]),
    st.text(alphabet="aZ9+=,.@_-/*? é\n", max_size=8),
)


@given(st.text() | near_arns)
def test_only_the_arn_of_one_role_is_taken(value: str) -> None:
    account, _, name = value.removeprefix("arn:aws:iam::").partition(":role/")
    usable = value.startswith("arn:aws:iam::111122223333:role/") and account == "111122223333"
    if usable and name and set(name) <= set("aZ9+=,.@_-/"):
        assert check_role_arn(value, where="x") == value
    else:
        with pytest.raises(RefusedError):
            check_role_arn(value, where="x")


@pytest.mark.parametrize("arn", ["*", f"{ANN}\n", "arn:aws:iam::111122223333:root", f"{ANN}*"])
def test_an_arn_that_is_not_of_a_role_is_refused_at_its_path(arn: str) -> None:
    with pytest.raises(RefusedError) as caught:
        People(developer=(ANN, arn)).check(where="tenants.acme.people")
    assert str(caught.value) == (
        f"tenants.acme.people.developer: not the ARN of an IAM role, got {arn!r}; "
        "allowed: arn:aws:iam::<account>:role/<path and name>"
    )


@pytest.mark.parametrize(
    "people", [People(admin=(ANN,), viewer=(ANN,)), People(viewer=(BOB, ANN, ANN))]
)
def test_a_role_has_one_access(people: People) -> None:
    with pytest.raises(RefusedError) as caught:
        people.check(where="p")
    assert str(caught.value) == f"p.viewer: a role stands twice, got '{ANN}'"


def test_people_may_be_nobody_and_each_access_is_a_field() -> None:
    assert People().check(where="x") == People()
    assert list(vars(People())) == list(Access)


def test_every_role_gets_the_group_of_its_tenant_and_access() -> None:
    people = {"acme": People(admin=(ANN,), viewer=(BOB,)), "blue": People(developer=(CY,))}
    assert access_groups(people, where="tenants") == {
        ANN: "acme:admin",
        BOB: "acme:viewer",
        CY: "blue:developer",
    }


def test_a_role_can_not_stand_for_two_tenants() -> None:
    with pytest.raises(RefusedError) as caught:
        access_groups({"acme": People(admin=(ANN,)), "blue": People(viewer=(ANN,))}, where="t")
    assert str(caught.value) == (
        f"t.blue.people.viewer: the role already stands for 'acme:admin', got '{ANN}'; "
        "allowed: a role of its own for each tenant and access"
    )


def test_an_administrator_of_the_platform_can_not_be_one_of_a_tenants_people() -> None:
    with pytest.raises(RefusedError) as caught:
        access_groups({"acme": People(viewer=(BOB, ANN))}, where="t", reserved=(ANN,))
    assert str(caught.value) == (
        "t.acme.people.viewer: an administrator of the platform can't be one of the tenant's "
        f"people, got '{ANN}'"
    )

import pytest

from bulkhead.domain.errors import RefusedError


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RefusedError("no tenant"), "no tenant"),
        (RefusedError("no tenant", where="tenants"), "tenants: no tenant"),
        (RefusedError("too few", given=0), "too few, got '0'"),
        (RefusedError("no name", given=""), "no name, got ''"),
        (RefusedError("no name", allowed="a word"), "no name; allowed: a word"),
        (
            RefusedError("no size", given="m", allowed=iter(["s", "l"]), where="a.b"),
            "a.b: no size, got 'm'; allowed: s, l",
        ),
    ],
)
def test_a_refusal_says_where_what_given_and_allowed(error: RefusedError, sentence: str) -> None:
    assert str(error) == sentence


def test_a_refusal_stays_on_one_line_whatever_was_given() -> None:
    assert str(RefusedError("no name", given="a\nb")) == r"no name, got 'a\nb'"


def test_a_refusal_can_be_handled_as_a_value_error_and_tells_its_path() -> None:
    with pytest.raises(ValueError, match=r"^a: no$") as caught:
        raise RefusedError("no", where="a")
    assert caught.value.where == "a"

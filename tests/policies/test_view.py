"""What rules make of values that are unknown at preview, and of odd shapes (POL-4)."""

import pytest

from bulkhead_policies.findings import Finding, Kind, StopError, any_holds, each
from bulkhead_policies.view import LONGEST_SHOWN, Mark, Secret, View

PROPS = View(
    {
        "name": "it",
        "size": 3,
        "ratio": "0.5",
        "on": True,
        "off": "False",
        "none": None,
        "unknown": Mark.UNKNOWN,
        "list": ["a", Mark.UNKNOWN],
        "nested": {"bulkhead:tier": "internal", "deep": {"x": [{"y": 1}]}},
        "secret": Secret({"word": "hunter2", "more": [Secret("x")]}),
        "text": '{"a": {"b": [1]}}',
        "infinite": "inf",
    },
    urn="urn:x",
)


def stopped(read: object) -> Finding:
    assert callable(read)
    with pytest.raises(StopError) as stop:
        read()
    return stop.value.finding


def test_known_values_are_read() -> None:
    assert PROPS["name"].text() == "it"
    assert PROPS["size"].number() == 3
    assert PROPS["ratio"].number() == 0.5
    assert PROPS["on"].flag() is True
    assert PROPS["off"].flag(default=True) is False
    assert [
        item.number() for item in PROPS.at("nested", "deep")["x"].items()[0].entries().values()
    ] == [1]
    assert PROPS["name"].texts() == ["it"]
    assert (PROPS["on"].word(), PROPS["size"].word(), PROPS["name"].word()) == ("true", "3", "it")


@pytest.mark.parametrize("key", ["none", "missing"])
def test_what_is_not_set_reads_as_nothing(key: str) -> None:
    view = PROPS[key]
    assert not view.is_set
    assert not view.is_named
    assert view.text() is None
    assert view.number() is None
    assert view.flag(default=True) is True
    assert view.items() == []
    assert view.entries() == {}
    assert not view["further"]["down"].is_set


def test_an_unknown_value_is_set_and_can_not_be_read() -> None:
    view = PROPS["unknown"]
    assert view.is_set
    assert view.is_named
    assert view.is_unknown
    for read in (
        view.text,
        view.flag,
        view.number,
        view.items,
        view.entries,
        view.texts,
        view.word,
    ):
        assert stopped(read) == Finding(
            Kind.UNDECIDED,
            "urn:x",
            "unknown",
            "unknown decides and is not known before the deployment",
        )


def test_all_of_an_unknown_mapping_is_unknown_and_named_by_what_is_unknown() -> None:
    inner = PROPS.at("unknown", "a", "b")
    assert inner.is_unknown
    assert stopped(inner.text).path == "unknown"


@pytest.mark.parametrize(
    ("key", "read", "expected"),
    [
        ("size", "text", "a string"),
        ("size", "items", "a list"),
        ("size", "entries", "a mapping"),
        ("name", "entries", "a mapping"),
        ("name", "items", "a list"),
        ("name", "flag", "true or false"),
        ("name", "number", "a number"),
        ("on", "number", "a number"),
        ("infinite", "number", "a number"),
        ("list", "number", "a number"),
        ("nested", "flag", "true or false"),
        ("nested", "word", "a string, a number, true or false"),
        ("name", "document", "a JSON document"),
    ],
)
def test_an_odd_shape_is_a_violation_with_its_path(key: str, read: str, expected: str) -> None:
    found = stopped(getattr(PROPS[key], read))
    assert (found.kind, found.urn, found.path) == (Kind.VIOLATION, "urn:x", key)
    assert found.message.startswith(f"{key}: can't be judged in this shape")
    assert found.message.endswith(f"allowed: {expected}")


def test_a_property_of_what_is_no_mapping_is_an_odd_shape() -> None:
    assert stopped(lambda: PROPS["name"]["x"]).path == "name"


def test_paths_are_property_paths() -> None:
    deep = PROPS.at("nested", "deep", "x").items()[0]["y"]
    assert deep.path == "nested.deep.x[0].y"
    assert PROPS.at("nested", "bulkhead:tier").path == 'nested["bulkhead:tier"]'
    assert PROPS["a b"].path == '["a b"]'


def test_json_text_is_read_as_what_it_says() -> None:
    assert PROPS["text"].document().at("a", "b").items()[0].path == "text.a.b[0]"
    assert PROPS["nested"].document().at("deep").is_set


def test_a_refusal_says_what_was_found_and_what_is_allowed() -> None:
    found = PROPS["size"].refuse("too small", allowed=["4", "5"])
    assert found == Finding(
        Kind.VIOLATION, "urn:x", "size", "size: too small, got '3'; allowed: 4, 5"
    )
    assert PROPS["on"].refuse("on").message == "on: on, got 'true'"
    assert PROPS["missing"].refuse("left out").message == "missing: left out"
    assert PROPS["nested"].refuse("wrong").message == "nested: wrong"
    assert PROPS["list"].refuse("wrong").message == """list: wrong, got '["a", "[unknown]"]'"""
    assert View({}).refuse("nothing").message == "nothing"


def test_a_long_value_is_cut() -> None:
    message = View({"long": "x" * 500})["long"].refuse("wrong").message
    assert len(message) < LONGEST_SHOWN + 30
    assert message.endswith("x…'")


@pytest.mark.parametrize("path", [("secret", "word"), ("secret", "more")])
def test_secrets_are_read_and_never_shown(path: tuple[str, ...]) -> None:
    view = PROPS.at(*path)
    assert view.texts() in (["hunter2"], ["x"])
    assert view.refuse("wrong").message.endswith("wrong, got '[secret]'")
    document = View({"policy": Secret('{"a": "hunter2"}')})["policy"].document()
    assert document["a"].refuse("wrong").message == "policy.a: wrong, got '[secret]'"


def test_one_subject_that_can_not_be_read_hides_no_other() -> None:
    views = [PROPS["unknown"], PROPS["size"], PROPS["name"]]
    found = list(each(views, lambda view: [view.refuse("text")] if view.text() else []))
    assert [f.kind for f in found] == [Kind.UNDECIDED, Kind.VIOLATION, Kind.VIOLATION]
    assert [f.path for f in found] == ["unknown", "size", "name"]


def test_one_subject_that_holds_outweighs_others_that_can_not_be_read() -> None:
    unknown, on, off = PROPS["unknown"], PROPS["on"], PROPS["off"]
    assert any_holds([unknown, on], View.flag)
    assert not any_holds([off], View.flag)
    assert not any_holds([], View.flag)
    assert stopped(lambda: any_holds([off, unknown], View.flag)).kind is Kind.UNDECIDED

"""What people enter, and what a run gets of it."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import Param
from airflow.sdk.definitions.param import ParamsDict
from pendulum import FixedTimezone

from airflow_talent.slackbot.fields import Problem, read_fields, read_moment
from airflow_talent.slackbot.forms import (
    Answers,
    block_of,
    make_form,
    read_page,
    read_refusal,
)
from airflow_talent.tests.slackbot.forms.slack_side import (
    enter,
    field_of,
    form_of,
    leave,
    only_answer,
    submit,
)

FILES = [{"id": "F0NEW", "name": "cv.pdf"}, {"id": "F0OTHER", "name": "letter.pdf"}]
AGREED: dict[str, Any] = {"type": "boolean", "const": True}
PEOPLE: dict[str, Any] = {
    "type": "array",
    "items": {"type": "object", "required": ["name"], "properties": {"age": {"type": "integer"}}},
}


@pytest.mark.parametrize(
    ("entered", "schema", "problem"),
    [
        (None, {"type": "string"}, "Is missing, expected a text"),
        ("ab", {"type": "string", "minLength": 3}, "Must be at least 3 characters"),
        ("ab", {"type": "string", "maxLength": 1}, "Must be at most 1 character"),
        ("A1", {"type": "string", "pattern": "^[a-z]+$"}, "Must be a text that matches ^[a-z]+$"),
        ("nobody", {"type": "string", "format": "email"}, "Must be an e-mail address"),
        ("soon", {"type": "string", "format": "duration"}, "Must be a duration like P1D or PT2H"),
        ("many", {"type": "integer"}, "Must be a whole number"),
        ("1.5", {"type": "integer"}, "Must be a whole number"),
        ("٣", {"type": "integer"}, "Must be a whole number"),
        ("0", {"type": "integer", "minimum": 1}, "Must be 1 or more"),
        ("0", {"type": "number", "exclusiveMinimum": 0}, "Must be more than 0"),
        ("nan", {"type": "number"}, "Must be a number"),
        ("1e999", {"type": "number"}, "Must be a number"),
        ("1\nx", {"type": "array", "items": {"type": "integer"}}, "Item 2 must be a whole number"),
        ("a\na", {"type": "array", "uniqueItems": True}, "Must be a list without anything twice"),
        (None, {"type": "array", "minItems": 1}, "Is missing, expected one item a line"),
        ("{", {"type": "object"}, 'Must be JSON like {"a": 1}'),
        ("[" * 3000, {"type": "object"}, 'Must be JSON like {"a": 1}'),
        ("[]", {"type": "object"}, 'Must be JSON like {"a": 1}'),
        ("[NaN]", PEOPLE, 'Must be a JSON list like [{"a": 1}, {"a": 2}]'),
        ('[{"name": "A", "age": "x"}]', PEOPLE, "Item 1 `age` must be a whole number"),
        ("[{}]", PEOPLE, "Item 1 must be an object with name"),
        ([], AGREED, "Is missing, expected yes or no"),
        (None, {"enum": ["a", "b"]}, "Is missing, expected one of a, b"),
        (
            {"value": '"c"'},
            {"enum": ["a"]},
            "Is a choice that is not offered any more, choose again",
        ),
        ([], {"type": "string", "format": "slack-file"}, "Is missing, expected a file"),
    ],
)
def test_what_does_not_fit_is_said_in_words(
    entered: Any, schema: dict[str, Any], problem: str
) -> None:
    assert enter(entered, **schema) == problem


@pytest.mark.parametrize(
    ("default", "schema"),
    [
        ("x", {"type": "string"}),
        (1, {"type": "integer"}),
        ("2026-01-31", {"type": "string", "format": "date"}),
        ({"a": 1}, {"type": "object"}),
    ],
)
def test_an_emptied_default_does_not_come_back_by_itself(
    default: Any, schema: dict[str, Any]
) -> None:
    assert str(enter(None, default, **schema)).startswith("Is missing, expected ")


@pytest.mark.parametrize(
    ("entered", "default", "schema"),
    [
        (None, "x", {"type": ["null", "string"]}),
        (None, 1, {"type": ["null", "integer"]}),
        (None, ["a"], {"type": ["array", "null"]}),
        (None, {"a": 1}, {"type": ["object", "null"]}),
        (None, "2026-01-31", {"type": ["null", "string"], "format": "date"}),
        ([], ["a"], {"type": ["null", "array"], "items": {"enum": ["a", "b"]}}),
        (None, "x", {}),
    ],
)
def test_an_emptied_input_means_nothing_where_nothing_is_allowed(
    entered: Any, default: Any, schema: dict[str, Any]
) -> None:
    assert enter(entered, default, **schema) is None


@pytest.mark.parametrize(
    ("default", "value", "schema"),
    [
        ("", ..., {"type": "string"}),
        (None, "", {"type": ["null", "string"]}),
        (None, [], {"type": ["null", "array"]}),
        ([], ..., {"type": "array"}),
        (False, ..., {"type": "boolean"}),
        (True, ..., {"type": "boolean"}),
        (None, False, {"type": ["null", "boolean"]}),
        (None, None, {"type": ["null", "boolean"]}),
        ("2026-01-31T09:30:00Z", ..., {"type": "string", "format": "date-time"}),
        ("2026-01-31T09:30:07Z", ..., {"type": "string", "format": "date-time"}),
        (None, "F0CV", {"type": "string", "format": "slack-file"}),
        (None, ["F0CV", "F0B"], {"type": "array", "items": {"format": "slack-file"}}),
    ],
)
def test_what_is_left_alone_stays_as_it_is(
    default: Any, value: Any, schema: dict[str, Any]
) -> None:
    expected = default if value is ... else value

    assert leave(default, value=value, **schema) == expected


@pytest.mark.parametrize(
    ("entered", "default", "schema", "value"),
    [
        ('"Bob" ', None, {"type": "string"}, '"Bob" '),
        ("5", None, {"type": "string"}, "5"),
        ("5", None, {}, "5"),
        ("45", None, {"type": ["integer", "string"]}, 45),
        ("nightly", None, {"type": ["integer", "string"]}, "nightly"),
        ('{"a": 1}', None, {"type": ["string", "object"]}, {"a": 1}),
        ("3", None, {"type": "number"}, 3),
        ("3.0", None, {"type": "integer"}, 3),
        ("a\n\n b ", None, {"type": "array"}, ["a", "b"]),
        ('["a\\nb"]', None, {"type": "array"}, ["a\nb"]),
        ("1\n2", None, {"type": "array", "items": {"type": "integer"}}, [1, 2]),
        (None, ["a"], {"type": "array"}, []),
        ([], True, {"type": "boolean"}, False),
        ({"value": "2"}, None, {"enum": [1, 2, "2"]}, 2),
        ({"value": '"2"'}, None, {"enum": [1, 2, "2"]}, "2"),
        ({"value": "null"}, 1, {"enum": [1, None]}, None),
        ("09:30", None, {"type": "string", "format": "time"}, "09:30:00"),
        (1769848200, None, {"type": "string", "format": "date-time"}, "2026-01-31T09:30:00+01:00"),
        (FILES, None, {"type": "array", "items": {"format": "slack-file"}}, ["F0NEW", "F0OTHER"]),
        (FILES[:1], "F0OLD", {"type": "string", "format": "slack-file"}, "F0NEW"),
    ],
)
def test_values_get_the_type_that_the_dag_wants(
    entered: Any, default: Any, schema: dict[str, Any], value: Any
) -> None:
    answer = enter(entered, default, **schema)

    assert answer == value
    assert type(answer) is type(value)


def test_a_moment_typed_as_text_is_in_the_time_zone_of_the_dag() -> None:
    moment = {"type": "string", "format": "date-time"}

    answer = enter("2026-07-31 09:30", "2026-01-31T09:30:07Z", **moment)

    assert answer == "2026-07-31T09:30:00+02:00"


@pytest.mark.parametrize(
    ("offset", "moment"),
    [
        (3600, "2026-01-31T09:30:00+01:00"),
        (-12600, "2026-01-31T05:00:00-03:30"),
        (0, "2026-01-31T08:30:00+00:00"),
    ],
)
def test_moments_are_in_the_offset_of_a_dag_that_has_no_place(offset: int, moment: str) -> None:
    page = form_of(type="string", format="date-time").pages[0]
    state, _ = submit(page, {"it": 1769848200})
    zone = str(FixedTimezone(offset))

    assert only_answer(read_page(page, state, timezone=zone)) == moment
    assert read_moment(moment[:16], zone) == moment


@pytest.mark.parametrize("zone", ["../etc", "FixedTimezone(90000)", f"FixedTimezone({'9' * 30})"])
def test_a_time_zone_that_does_not_exist_counts_as_utc(zone: str) -> None:
    page = form_of(type="string", format="date-time").pages[0]
    state, _ = submit(page, {"it": 1769848200})

    assert only_answer(read_page(page, state, timezone=zone)) == "2026-01-31T08:30:00+00:00"


def test_a_choice_means_the_same_after_the_dag_has_changed() -> None:
    drawn = form_of(enum=["a", "b"]).pages[0]
    page = form_of(enum=["b", "c", "a"]).pages[0]
    state, _ = submit(page, {"it": {"value": '"b"'}}, drawn=drawn)

    assert read_page(page, state) == Answers({"it": "b"})


def test_a_field_that_was_not_on_the_view_is_left_out() -> None:
    old, new = field_of(name="old", type="string"), field_of(name="new", type="string")
    drawn = make_form([old]).pages[0]
    state, _ = submit(drawn, {"old": "x"})

    assert read_page(make_form([new, old]).pages[0], state) == Answers({"old": "x"})


def test_the_checks_of_a_page_are_all_made_at_once() -> None:
    fields = [
        field_of(name="email", type="string", format="email"),
        field_of(name="count", type="integer", maximum=3),
        field_of(name="note", type=["null", "string"]),
    ]
    page = make_form(fields).pages[0]
    state, mistakes = submit(page, {"email": "nobody", "count": "4"})

    answers = read_page(page, state)

    assert answers.values == {"note": None}
    assert answers.problems == {
        block_of(page, "email"): "Must be an e-mail address",
        block_of(page, "count"): "Must be 3 or less",
    }
    assert answers.problems.keys() == mistakes.keys()


def test_airflows_own_refusal_is_put_back_onto_its_field() -> None:
    params = {
        "a": Param(1, type="integer"),
        "a: b": Param(2, type="integer", maximum=3),
    }
    described = {name: {"schema": param.schema} for name, param in params.items()}
    fields = read_fields(described)
    taken = ParamsDict(params)
    with pytest.raises(ValueError, match="a: b") as refusal:
        taken["a: b"] = 9

    problem = read_refusal(str(refusal.value), fields)

    assert problem == Problem("a: b", "9 is greater than the maximum of 3")
    assert read_refusal("DAG is not active", fields) is None


def test_a_field_on_no_page_has_no_block() -> None:
    assert block_of(form_of(type="string").pages[0], "other") is None

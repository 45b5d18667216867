"""Values checked against a DAG's params before anything is started."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.slackbot.command import Start, parse_command
from airflow_talent.slackbot.workflows import (
    ValuesRefused,
    check_values,
    find_nearest,
    read_fields,
)

PARAMS: dict[str, Any] = {
    "email": {
        "value": None,
        "schema": {"type": "string", "format": "email"},
        "description": "whom to ask",
    },
    "count": {"value": 1, "schema": {"type": "integer", "minimum": 1, "maximum": 5}},
    "score": {"value": None, "schema": {"type": ["null", "number"]}},
    "day": {"value": None, "schema": {"type": ["null", "string"], "format": "date"}},
    "at": {"value": None, "schema": {"type": ["null", "string"], "format": "date-time"}},
    "urgent": {"value": False, "schema": {"type": "boolean"}},
    "level": {"value": "low", "schema": {"type": "string", "enum": ["low", "High"]}},
    "tags": {"value": [], "schema": {"type": "array", "items": {"type": "string"}}},
    "marks": {"value": [], "schema": {"type": "array", "items": {"type": "integer"}}},
    "filter": {"value": {}, "schema": {"type": "object"}},
    "code": {"value": "ab", "schema": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 4}},
    "guess": {"value": 3, "schema": {}},
    "plain": {"value": "x", "schema": {}},
    "either": {"value": None, "schema": {"enum": ["low", 2, None]}},
}


def check(text: str, **params: Any) -> dict[str, Any]:
    command = parse_command(f"w {text}")
    assert isinstance(command, Start)
    return check_values(
        "w", read_fields(params or PARAMS), command.values, timezone="Europe/Berlin"
    )


def check_beside_email(text: str) -> dict[str, Any]:
    return check(f"email=a@b.c {text}")


def refusal_of(text: str) -> ValuesRefused:
    with pytest.raises(ValuesRefused) as refusal:
        check(text)
    return refusal.value


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("count=3", "count", 3),
        ("score=1.5", "score", 1.5),
        ("score=2", "score", 2),
        ("score=1e3", "score", 1000.0),
        ("score=", "score", None),
        ("day=2026-01-31", "day", "2026-01-31"),
        ("at=2026-01-31T09:30", "at", "2026-01-31T09:30:00+01:00"),
        ("at='2026-07-31 09:30'", "at", "2026-07-31T09:30:00+02:00"),
        ("at=2026-01-31T09:30:00Z", "at", "2026-01-31T09:30:00Z"),
        ("urgent=Yes", "urgent", True),
        ("urgent=off", "urgent", False),
        ("level=HIGH", "level", "High"),
        ("tags=a,'b, c'", "tags", ["a", "b, c"]),
        ("tags=1,2", "tags", ["1", "2"]),
        ("tags=a tags=b", "tags", ["a", "b"]),
        ("tags=", "tags", []),
        ('tags=["a", "b"]', "tags", ["a", "b"]),
        ("marks=1,2", "marks", [1, 2]),
        ('filter={"a": {"b": 1}}', "filter", {"a": {"b": 1}}),
        ("guess=4", "guess", 4),
        ("plain=5", "plain", "5"),
        ("plain=true", "plain", "true"),
        ("either=2", "either", 2),
        ("either=LOW", "either", "low"),
    ],
)
def test_values_get_the_type_that_the_dag_wants(text: str, name: str, value: Any) -> None:
    given_value = check_beside_email(text)[name]

    assert given_value == value
    assert type(given_value) is type(value)


def test_defaults_are_left_to_airflow() -> None:
    assert check("email=a@b.c") == {"email": "a@b.c"}


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("email=nobody", "email", "must be an e-mail address"),
        ("count=many", "count", "must be a whole number"),
        ("count=1_0", "count", "must be a whole number"),
        ("count=٣", "count", "must be a whole number"),
        ("count=0", "count", "must be 1 or more"),
        ("count=9", "count", "must be 5 or less"),
        ("count=1 count=2", "count", "is given more than once"),
        ("score=nan", "score", "must be a number"),
        ("score=1e999", "score", "must be a number"),
        ("marks=[1,NaN]", "marks", "must be a list like a,b"),
        ("day=31.01.2026", "day", "must be a date like 2026-01-31"),
        ("day=20260131", "day", "must be a date like 2026-01-31"),
        ("day=2026-02-30", "day", "must be a date like 2026-01-31"),
        ("at=tomorrow", "at", "must be a date and time like 2026-01-31T09:30"),
        ("urgent=maybe", "urgent", "must be yes or no"),
        ("level=mid", "level", "must be one of low, High"),
        ("marks=1,x", "marks", "item 2 must be a whole number"),
        ("filter=x", "filter", 'must be JSON like {"a": 1}'),
        ("code=A1", "code", "must be a text that matches ^[a-z]+$"),
        ("code=abcde", "code", "must be at most 4 characters"),
        ("cuont=1", "cuont", "is unknown, did you mean `count`?"),
        ("slack=x", "slack", "is a reserved name"),
    ],
)
def test_a_misfit_names_its_field_and_what_was_expected(
    text: str, field: str, expected: str
) -> None:
    if not text.startswith("email"):
        text = f"email=a@b.c {text}"

    problems = refusal_of(text).problems

    assert [(problem.field, problem.text) for problem in problems] == [(field, expected)]


def test_a_missing_value_is_named_with_its_description() -> None:
    refusal = refusal_of("")

    assert refusal.problems[0].text == "is missing, expected an e-mail address: whom to ask"
    assert refusal.example == "/talent w email=name@example.com"


def test_all_mistakes_are_named_at_once() -> None:
    refusal = refusal_of("count=0 nonsense=1 level=mid tags=a,b")

    assert {problem.field for problem in refusal.problems} == {
        "email",
        "count",
        "nonsense",
        "level",
    }


def test_the_example_can_be_copied_and_keeps_what_was_right() -> None:
    refusal = refusal_of("count=0 tags=a,'b c'")

    assert check(refusal.example.removeprefix("/talent w")) == {
        "email": "name@example.com",
        "count": 1,
        "tags": ["a", "b c"],
    }


def test_a_workflow_without_params_says_that_it_takes_no_values() -> None:
    with pytest.raises(ValuesRefused) as refusal:
        check_values("w", (), [("a", "1")])

    assert refusal.value.problems[0].text == "is unknown: this workflow takes no values"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("refrence_check", "reference_check"), ("REFERENCE", "reference_check"), ("zzz", None)],
)
def test_the_nearest_name_is_found(typed: str, meant: str | None) -> None:
    assert find_nearest(typed, ["reference_check", "onboarding"]) == meant


@given(st.text(max_size=30), st.sampled_from(sorted(PARAMS)))
def test_any_text_for_any_field_is_taken_or_refused(text: str, name: str) -> None:
    typed = [("email", "a@b.c")] if name != "email" else []
    named = set()
    try:
        named |= set(check_values("w", read_fields(PARAMS), [*typed, (name, text)]))
    except ValuesRefused as refusal:
        named |= {problem.field for problem in refusal.problems}
    assert name in named

"""Nothing is lost or let through, whatever a DAG asks for and a person enters."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from airflow.sdk import Param
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_talent.slackbot.fields import Field, is_same
from airflow_talent.slackbot.forms import draw_page, make_form, read_page
from airflow_talent.tests.slackbot.forms.slack_side import show, submit

texts = st.text(max_size=40)
words = st.text("abcdefghij", min_size=1, max_size=8)
whole = st.integers(-(10**30), 10**30)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-1000, 1000)
scalars = st.none() | st.booleans() | whole | numbers | texts
anything = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4)
)
offsets = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
minutes = st.integers(1, 9_999_999_999 // 60).map(
    lambda minute: datetime.fromtimestamp(minute * 60, UTC)
)
moments = (st.datetimes(timezones=offsets) | minutes).map(datetime.isoformat)
times = st.times().map(lambda time: time.strftime("%H:%M:%S")) | st.times().map(
    lambda time: time.strftime("%H:%M:00")
)
file_ids = st.from_regex(r"F[A-Z0-9]{8,10}", fullmatch=True)

STRINGS: dict[str, st.SearchStrategy[Any]] = {
    "date": st.dates().map(str),
    "date-time": moments,
    "time": times,
    "duration": st.sampled_from(["P1D", "PT2H", "P3Y6M4DT12H30M5S"]),
    "email": st.emails() | st.sampled_from(["a@b", '"a b"@c.d']),
    "uri": st.sampled_from(["https://example.com/a?b=c", "s3://bucket/key", "x"]),
    "uuid": st.uuids().map(str),
    "multiline": texts,
    "unheard-of": texts,
    "slack-file": file_ids,
}

Case = tuple[dict[str, Any], st.SearchStrategy[Any]]


@st.composite
def strings(draw: st.DrawFn) -> Case:
    if draw(st.booleans()):
        name = draw(st.sampled_from(sorted(STRINGS)))
        return {"type": "string", "format": name}, STRINGS[name]
    least = draw(st.integers(0, 5))
    most = least + draw(st.integers(0, 4000))
    kept = draw(st.sampled_from([(), ("minLength",), ("maxLength",), ("minLength", "maxLength")]))
    bounds = {"minLength": least, "maxLength": most}
    values = st.text(min_size=least, max_size=min(most, 50))
    values |= st.just("x" * min(most, 3500)) if most >= least else st.nothing()
    return {"type": "string"} | {key: bounds[key] for key in kept}, values


@st.composite
def quantities(draw: st.DrawFn) -> Case:
    kind = draw(st.sampled_from(["integer", "number"]))
    of_kind = whole if kind == "integer" else numbers
    low, high = sorted([draw(of_kind), draw(of_kind)])
    kept = draw(st.sampled_from([(), ("minimum",), ("maximum",), ("minimum", "maximum")]))
    bounds = {"minimum": low, "maximum": high}
    values = of_kind.filter(lambda number: low <= number <= high) | st.sampled_from([low, high])
    return {"type": kind} | {key: bounds[key] for key in kept}, values


@st.composite
def enums(draw: st.DrawFn) -> Case:
    several = st.lists(scalars, min_size=1, max_size=12) | st.lists(
        words | st.integers(0, 9), min_size=101, max_size=130
    )
    choices = draw(several)
    labels = {str(choice): draw(texts) for choice in choices[:3]}
    return {"enum": choices, "values_display": labels}, st.sampled_from(choices)


@st.composite
def arrays(draw: st.DrawFn) -> Case:
    schema, items = draw(strings() | quantities() | enums() | objects() | st.just(({}, texts)))
    values = st.lists(items, max_size=12)
    more = {"examples": draw(st.lists(texts, max_size=15))} if draw(st.booleans()) else {}
    return {"type": "array", "items": schema} | more, values


def objects() -> st.SearchStrategy[Case]:
    return st.just(({"type": "object"}, st.dictionaries(texts, anything, max_size=3)))


def booleans() -> st.SearchStrategy[Case]:
    return st.just(({"type": "boolean"}, st.booleans()))


def mixtures() -> st.SearchStrategy[Case]:
    return st.sampled_from(
        [
            ({"type": ["integer", "string"]}, whole | texts),
            ({"type": ["string", "object"]}, texts | st.dictionaries(texts, scalars, max_size=2)),
            ({"type": ["boolean", "string"]}, st.booleans() | texts),
            ({"type": ["array", "string"]}, st.lists(texts, max_size=3) | texts),
            ({}, anything),
        ]
    )


@st.composite
def nullable(draw: st.DrawFn) -> Case:
    schema, values = draw(strings() | quantities() | arrays() | objects() | booleans())
    return schema | {"type": ["null", schema["type"]]}, values | st.none()


cases = (
    strings() | quantities() | enums() | arrays() | objects() | booleans() | mixtures() | nullable()
)


@st.composite
def filled(draw: st.DrawFn) -> tuple[Field, Any]:
    """A field as Airflow describes it, and a value that it takes."""
    schema, values = draw(cases)
    more = {"title": draw(texts), "section": draw(texts)} if draw(st.booleans()) else {}
    default = draw(st.none() | values)
    described = Field(draw(texts), schema | more, default, draw(st.none() | texts))
    given_default = default if described.fits(default) else None
    value = draw(values.filter(described.fits))
    return Field(described.name, described.schema, given_default, described.description), value


@given(filled())
def test_what_was_filled_in_comes_back_when_nobody_touches_it(case: tuple[Field, Any]) -> None:
    field, value = case
    form = make_form([field], {field.name: value})
    page = form.pages[0]
    state, mistakes = submit(page)

    answers = read_page(page, state)

    if field.name != "slack":
        assert mistakes == {}
        assert is_same((form.kept | answers.values)[field.name], value)
        assert answers.problems == {}


@given(filled())
def test_a_form_made_anew_without_values_reads_the_same(case: tuple[Field, Any]) -> None:
    field, value = case
    drawn = make_form([field], {field.name: value}).pages[0]
    page = make_form([field]).pages[0]
    state, _ = submit(page, drawn=drawn)

    read = read_page(page, state).values

    for answer in read.values():
        is_moment = field.schema.get("format") == "date-time" and isinstance(value, str)
        if is_moment:
            assert datetime.fromisoformat(answer) == datetime.fromisoformat(value)
        else:
            assert is_same(answer, value)


@given(filled(), st.text(max_size=3000) | st.sampled_from(["", "null", "[", "[" * 3000, "1e999"]))
def test_whatever_is_entered_fits_or_is_a_problem(case: tuple[Field, Any], text: str) -> None:
    field, value = case
    page = make_form([field], {field.name: value}).pages[0]
    for block in draw_page(page):
        if block["type"] == "input" and block["element"]["type"].endswith("_input"):
            kind = block["element"]["type"]
            answer = {"type": kind, "value": text or None}
            state = {block["block_id"]: {block["element"]["action_id"]: answer}}
            answers = read_page(page, state)

            assert answers.values.keys() | answers.problems.keys() in (
                {field.name},
                {block["block_id"]},
                set() if kind != "file_input" else {field.name},
            )
            for given_value in answers.values.values():
                json.dumps(given_value, allow_nan=False)
                assert field.fits(given_value)


@given(cases.map(lambda case: case[0]), anything)
def test_a_value_fits_when_airflow_takes_it(schema: dict[str, Any], value: Any) -> None:
    try:
        Param(**schema).resolve(value)
    except ValueError:
        is_taken = False
    else:
        is_taken = True

    assert Field("it", schema).fits(value) == is_taken


@settings(max_examples=25)
@given(st.lists(filled(), max_size=120))
def test_any_number_of_fields_fits_into_modals(filled_fields: list[tuple[Field, Any]]) -> None:
    named = [
        Field(f"{number}{field.name}", field.schema, field.default, field.description)
        for number, (field, _) in enumerate(filled_fields)
    ]
    form = make_form(named)

    asked = [question.field.name for page in form.pages for question in page.questions]

    assert sorted([*asked, *(one.field.name for one in form.hidden)]) == sorted(
        field.name for field in named
    )
    for page in form.pages:
        assert len(json.dumps(show(page))) < 240_000

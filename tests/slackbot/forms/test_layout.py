"""Which fields a form asks for, and where they stand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.slackbot.forms import Form, make_form, takes_file
from airflow_talent.tests.slackbot.forms.slack_side import field_of, form_of, show


def names_of(form: Form) -> list[list[str]]:
    return [[question.field.name for question in page.questions] for page in form.pages]


@pytest.mark.parametrize(
    ("default", "schema", "why"),
    [
        ("x", {"type": "string", "const": "x"}, "has only one value"),
        ("x", {"type": "strng"}, "has a schema that cannot be read: 'strng' is not valid"),
        ("x", {"type": "string", "pattern": "("}, "has a schema that cannot be read: "),
        (None, {"$ref": "https://example.com/schema"}, "has a schema that cannot be read: "),
        (None, {"type": "null"}, "can hold nothing"),
        ("x", {"type": "string", "format": "password"}, "is a secret"),
        (None, {"type": "string", "minLength": 3001}, "must have more characters than the 3000"),
        ("x" * 3001, {"type": "string"}, "has a value that no input in Slack can show"),
        (None, {"type": "integer", "enum": ["a"]}, "has choices of which none fits"),
    ],
)
def test_what_no_form_can_ask_for_is_hidden_with_the_reason(
    default: Any, schema: dict[str, Any], why: str
) -> None:
    form = form_of(default, **schema)

    [hidden] = form.hidden
    assert hidden.why.startswith(why)
    assert names_of(form) == [[]]


@pytest.mark.parametrize(
    ("default", "schema", "is_obstacle"),
    [
        ("x" * 3001, {"type": "string"}, False),
        (None, {"type": "string", "const": "x"}, False),
        (None, {"type": ["null", "string"], "format": "password"}, False),
        (None, {"type": "string", "format": "password"}, True),
        (None, {"type": "strng"}, True),
    ],
)
def test_a_hidden_field_that_must_have_a_value_makes_the_form_useless(
    default: Any, schema: dict[str, Any], *, is_obstacle: bool
) -> None:
    assert bool(form_of(default, **schema).obstacles) is is_obstacle


def test_the_name_of_the_bots_own_key_is_asked_of_nobody() -> None:
    form = make_form([field_of(name="slack", type="string"), field_of(name="a", type="string")])

    assert names_of(form) == [["a"]]
    assert form.kept == {}
    assert form.obstacles


def test_a_value_that_no_input_can_show_is_kept() -> None:
    form = form_of("short", value="x" * 5000, type="string")

    assert form.kept == {"it": "x" * 5000}
    assert not form.obstacles


def test_a_value_that_only_one_thing_can_be_is_sent() -> None:
    assert form_of(type="string", const="x").kept == {"it": "x"}


def test_a_form_for_nothing_has_one_empty_page() -> None:
    assert names_of(make_form([])) == [[]]


def test_fields_stand_by_section_as_in_airflows_own_form() -> None:
    sections = {"a": "One", "b": None, "c": "Two", "d": "One"}
    fields = [field_of(name=name, section=section) for name, section in sections.items()]
    form = make_form(fields)

    blocks = show(form.pages[0])

    assert names_of(form) == [["b", "a", "d", "c"]]
    assert [block["type"] for block in blocks] == [
        "input",
        "header",
        "input",
        "input",
        "header",
        "input",
    ]


def test_fields_that_do_not_fit_into_one_modal_go_over_pages() -> None:
    form = make_form([field_of(name=f"f{number}", type="string") for number in range(200)])

    assert [len(page.questions) for page in form.pages] == [90, 90, 20]
    assert [(page.number, page.count) for page in form.pages] == [(1, 3), (2, 3), (3, 3)]


def test_a_section_stays_together_when_it_can() -> None:
    first = [field_of(name=f"a{number}", section="A") for number in range(60)]
    second = [field_of(name=f"b{number}", section="B") for number in range(60)]

    assert [len(page.questions) for page in make_form([*first, *second]).pages] == [60, 60]


def test_pages_are_the_same_whatever_is_filled_in() -> None:
    fields = [field_of(name=f"f{number}", type="string") for number in range(100)]
    long_values = {f"f{number}": "x" * 3001 for number in range(50)}

    assert names_of(make_form(fields, long_values))[1] == names_of(make_form(fields))[1]


def test_long_texts_and_menus_are_shared_out_so_that_slack_takes_the_view() -> None:
    menus = [field_of(name=f"m{n}", enum=[f"{k:03}" * 20 for k in range(250)]) for n in range(12)]
    texts = [field_of("x" * 2900, name=f"t{n}", format="multiline") for n in range(80)]

    pages = make_form([*menus, *texts]).pages

    assert len(pages) > 2
    assert all(len(str(show(page))) < 240_000 for page in pages)


@given(st.lists(st.text(), unique=True, max_size=20))
def test_blocks_have_names_of_their_own_that_slack_takes(names: list[str]) -> None:
    form = make_form([field_of(name=name, type="string") for name in names])

    show(form.pages[0])


def test_a_block_keeps_its_name_when_other_fields_come_and_go() -> None:
    odd, other = field_of(name="söme name", type="string"), field_of(name="x")

    alone, beside = make_form([odd]).pages[0], make_form([other, odd]).pages[0]

    assert alone.questions[0].block_id == beside.questions[1].block_id


def test_fields_that_take_a_file_are_known() -> None:
    assert takes_file(field_of(type=["null", "string"], format="slack-file"))
    assert takes_file(field_of(type="array", items={"type": "string", "format": "slack-file"}))
    assert not takes_file(field_of(type="string"))

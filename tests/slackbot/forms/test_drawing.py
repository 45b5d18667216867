"""How fields look."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_talent.slackbot.fields import Problem
from airflow_talent.slackbot.forms import make_form
from airflow_talent.tests.slackbot.forms.slack_side import draw, field_of, form_of, show, submit


def texts_of(options: list[dict[str, Any]]) -> list[str]:
    return [option["text"]["text"] for option in options]


@pytest.mark.parametrize(
    ("schema", "default", "kind"),
    [
        ({"type": "string"}, None, "plain_text_input"),
        ({"type": "string", "format": "email"}, None, "email_text_input"),
        ({"type": "string", "format": "email"}, "root@localhost", "plain_text_input"),
        ({"type": "string", "format": "uri"}, "https://example.com", "url_text_input"),
        ({"type": "string", "format": "uri"}, "s3://bucket/key", "plain_text_input"),
        ({"type": "string", "format": "date"}, None, "datepicker"),
        ({"type": "string", "format": "time"}, "09:30:00", "timepicker"),
        ({"type": "string", "format": "time"}, "09:30:07", "plain_text_input"),
        ({"type": ["null", "string"], "format": "date-time"}, None, "datetimepicker"),
        ({"type": "string", "format": "date-time"}, "1970-01-01T00:00:00Z", "plain_text_input"),
        ({"type": "string", "format": "slack-file"}, None, "file_input"),
        ({"type": "integer"}, 1, "number_input"),
        ({"type": "integer"}, 10**40, "plain_text_input"),
        ({"type": "boolean"}, False, "checkboxes"),
        ({"type": "boolean"}, None, "radio_buttons"),
        ({"type": ["null", "boolean"]}, True, "radio_buttons"),
        ({}, True, "checkboxes"),
        ({"type": "boolean", "const": True}, None, "checkboxes"),
        ({"type": "string", "enum": ["a", "b"]}, "a", "radio_buttons"),
        ({"type": "integer", "enum": [*range(11)]}, 1, "static_select"),
        ({"type": "array"}, [], "plain_text_input"),
        ({"type": "array", "items": {"enum": ["a", "b"]}}, [], "checkboxes"),
        ({"type": "array", "examples": [*"abcdefghijk"]}, ["a"], "multi_static_select"),
        ({"type": "array", "examples": ["a", "b"]}, ["c"], "plain_text_input"),
        ({"type": "object"}, {}, "plain_text_input"),
        ({"type": ["string", "object"]}, "x", "plain_text_input"),
    ],
)
def test_each_kind_of_value_has_its_input(schema: dict[str, Any], default: Any, kind: str) -> None:
    assert draw(default, **schema)["element"]["type"] == kind


@pytest.mark.parametrize(
    ("schema", "default", "is_optional"),
    [
        ({"type": "string"}, None, False),
        ({"type": "string"}, "x", False),
        ({"type": "string"}, "", True),
        ({"type": ["null", "string"]}, "x", True),
        ({"type": "array"}, ["a"], True),
        ({"type": "array", "minItems": 1}, ["a"], False),
        ({"type": "boolean"}, False, True),
        ({"type": "boolean", "const": True}, None, False),
    ],
)
def test_an_input_may_be_left_empty_where_that_has_a_meaning(
    schema: dict[str, Any], default: Any, *, is_optional: bool
) -> None:
    assert draw(default, **schema)["optional"] is is_optional


def test_the_bounds_that_slack_checks_are_given_to_it() -> None:
    number = draw(type="integer", minimum=0.5, exclusiveMaximum=7)["element"]
    text = draw(type="string", minLength=2, maxLength=5)["element"]

    assert (number["min_value"], number["max_value"]) == ("1", "6")
    assert (text["min_length"], text["max_length"]) == (2, 5)


def test_bounds_that_contradict_each_other_are_not_given_to_slack() -> None:
    assert "min_value" not in draw(type="integer", minimum=5, maximum=1)["element"]
    assert "min_length" not in draw(type="string", minLength=5, maxLength=1)["element"]


def test_slack_gets_whole_numbers_where_json_schema_takes_others_for_them() -> None:
    text = draw(type="string", minLength=2.0, maxLength=5.0)["element"]
    menu = draw(type="array", maxItems=3.0, items={"enum": [*range(20)]})["element"]
    file = draw(type="array", maxItems=3.0, items={"format": "slack-file"})["element"]

    bounds = [text["min_length"], text["max_length"], menu["max_selected_items"], file["max_files"]]
    assert [repr(bound) for bound in bounds] == ["2", "5", "3", "3"]


def test_choices_are_shown_by_their_words() -> None:
    element = draw(2, enum=[1, 2, None, ""], values_display={"1": "<One>", "None": "Nothing"})[
        "element"
    ]

    assert texts_of(element["options"]) == ["<One>", "2", "Nothing", "(empty)"]
    assert element["initial_option"]["text"]["text"] == "2"


def test_a_choice_written_in_another_way_is_the_same() -> None:
    assert draw(1.0, enum=[1, 2])["element"]["initial_option"]["value"] == "1"


def test_a_long_choice_goes_on_below_its_label() -> None:
    [option] = draw(enum=["x" * 74 + "yz" + "w" * 300])["element"]["options"]

    assert option["text"]["text"] == "x" * 74 + "…"
    assert option["description"]["text"].startswith("…yzw")


def test_more_choices_than_a_menu_holds_are_grouped() -> None:
    groups = draw(enum=[f"country {number:03}" for number in range(250)])["element"][
        "option_groups"
    ]

    assert [len(group["options"]) for group in groups] == [100, 100, 50]
    assert groups[1]["label"]["text"] == "country 100 … country 199"


def test_more_choices_than_a_view_holds_are_typed() -> None:
    page = form_of(enum=[f"city {number}" for number in range(2_500)]).pages[0]

    assert show(page)[0]["element"]["type"] == "plain_text_input"


def test_only_so_many_may_be_chosen_as_the_list_may_hold() -> None:
    element = draw(type="array", maxItems=3, items={"enum": [*range(20)]})["element"]

    assert element["max_selected_items"] == 3


def test_a_file_input_takes_the_kinds_of_files_that_the_dag_names() -> None:
    one = draw(type="string", format="slack-file", filetypes=[".PDF", "docx"])["element"]
    many = draw(type="array", maxItems=3, items={"format": "slack-file"})["element"]

    assert (one["filetypes"], one["max_files"]) == (["docx", "pdf"], 1)
    assert ("filetypes" in many, many["max_files"]) == (False, 3)


def test_values_that_do_not_fit_are_left_out() -> None:
    assert draw(3, value="many", type="integer")["element"]["initial_value"] == "3"
    assert "initial_value" not in draw(value=7, type="string")["element"]


def test_a_page_can_be_drawn_again_with_other_values() -> None:
    page = form_of("a", type="string").pages[0]

    [fitting] = show(page, values={"it": "b"})
    [wrong] = show(page, values={"it": 7})
    [endless] = show(page, values={"it": "x" * 3001})

    assert fitting["element"]["initial_value"] == "b"
    assert wrong["element"]["initial_value"] == "a"
    assert endless["element"]["initial_value"] == "a"


def test_problems_stand_on_top_and_format_nothing() -> None:
    page = make_form([field_of(name="email", title="Their *e-mail*", type="string")]).pages[0]
    problems = [Problem("email", "<!channel> is no address"), Problem("gone", "is unknown")]

    told = show(page, problems=problems)[0]["text"]["text"]

    assert "• *Their *e-mail**: &lt;!channel&gt; is no address" in told
    assert "• *gone*: is unknown" in told


def test_any_number_of_problems_leaves_room_for_the_form() -> None:
    page = make_form([field_of(name=f"f{number}", type="string") for number in range(90)]).pages[0]

    blocks = show(page, problems=[Problem("x", "y" * 400)] * 200)

    assert len(blocks) == 92


@pytest.mark.parametrize(
    ("more", "label", "hint"),
    [
        ({"name": "first_name"}, "First name", None),
        ({"name": "", "title": " "}, "Value", None),
        (
            {"title": "Who\n is it?", "description": "As in *passport*"},
            "Who is it?",
            "As in *passport*",
        ),
        (
            {"description": "How many", "type": "integer", "maximum": 3},
            "It",
            "How many. 3 or less.",
        ),
        ({"type": "array"}, "It", "One a line."),
        ({"type": "object"}, "It", "As JSON."),
        (
            {"description_md": "## See\n**bold**, [docs](https://x.y/z_a), `a_b`\n\n* <b>one</b>"},
            "It",
            "See\nbold, docs (https://x.y/z_a), a_b\n\n• one",
        ),
    ],
)
def test_a_field_says_what_it_is_in_plain_words(
    more: dict[str, Any], label: str, hint: str | None
) -> None:
    [block] = show(make_form([field_of(**more)]).pages[0])

    assert block["label"]["text"] == label
    assert block.get("hint", {}).get("text") == hint


def test_examples_stand_in_the_empty_input() -> None:
    text = draw(type="string", examples=["Alpha", "Bravo"])["element"]
    address = draw(type="string", format="email")["element"]

    assert text["placeholder"]["text"] == "e.g. Alpha, Bravo"
    assert address["placeholder"]["text"] == "name@example.com"


def test_nothing_that_a_dag_says_is_too_long_for_slack() -> None:
    endless = "long " * 2000
    field = field_of(
        name="n" * 3000,
        description=endless,
        title=endless,
        section=endless,
        examples=[endless],
        type="string",
    )

    show(make_form([field]).pages[0])


def test_slack_refuses_by_itself_what_it_can_check() -> None:
    page = form_of(type="integer", minimum=1).pages[0]

    assert submit(page, {"it": "0"})[1]
    assert submit(page, {"it": None})[1]
    assert not submit(page, {"it": "1"})[1]

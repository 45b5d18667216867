"""Inputs: what each kind takes, how the app is told, and what Slack itself does not let through."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.models.blocks import InputBlock
from slack_sdk.models.views import ViewState

from airflow_talent.emulator.slack.client import SlackActRefused, SlackPeople
from airflow_talent.emulator.slack.forms import ENTRIES
from airflow_talent.emulator.slack.limits import IN_INPUT
from airflow_talent.tests.emulator.slack.views import (
    TEXT,
    Heard,
    Json,
    Open,
    field,
    option,
    section,
)

OPTIONS = [option(name) for name in ("one", "two", "three")]
RICH = {
    "type": "rich_text",
    "elements": [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "hello"}]},
    ],
}
NUMBER = {"type": "number_input", "is_decimal_allowed": False, "min_value": "1", "max_value": "9"}
DECIMAL = {"type": "number_input", "is_decimal_allowed": True, "min_value": "0.5"}

ENTERED: dict[str, tuple[Json, Any, Json]] = {
    "plain_text_input": (TEXT, "Ada", {"value": "Ada"}),
    "number_input": (NUMBER, "7", {"value": "7"}),
    "email_text_input": ({}, "ada@x.test", {"value": "ada@x.test"}),
    "url_text_input": ({}, "https://x.test/a", {"value": "https://x.test/a"}),
    "rich_text_input": ({}, "hello", {"rich_text_value": RICH}),
    "static_select": ({"options": OPTIONS}, "two", {"selected_option": OPTIONS[1]}),
    "multi_static_select": (
        {"option_groups": [{"label": {"type": "plain_text", "text": "x"}, "options": OPTIONS}]},
        ["one", "three"],
        {"selected_options": [OPTIONS[0], OPTIONS[2]]},
    ),
    "radio_buttons": ({"options": OPTIONS}, "two", {"selected_option": OPTIONS[1]}),
    "checkboxes": ({"options": OPTIONS}, ["two"], {"selected_options": [OPTIONS[1]]}),
    "users_select": ({}, "U0LEAD", {"selected_user": "U0LEAD"}),
    "multi_users_select": ({}, ["U0LEAD", "U0GUEST"], {"selected_users": ["U0LEAD", "U0GUEST"]}),
    "conversations_select": ({}, "C0HIRING", {"selected_conversation": "C0HIRING"}),
    "multi_conversations_select": (
        {},
        ["C0HIRING", "D0RECRUIT"],
        {"selected_conversations": ["C0HIRING", "D0RECRUIT"]},
    ),
    "channels_select": ({}, "C0GENERAL", {"selected_channel": "C0GENERAL"}),
    "multi_channels_select": ({}, ["C0RANDOM"], {"selected_channels": ["C0RANDOM"]}),
    "datepicker": ({}, "2030-02-28", {"selected_date": "2030-02-28"}),
    "timepicker": ({}, "09:30", {"selected_time": "09:30"}),
    "datetimepicker": ({}, 1893456000, {"selected_date_time": 1893456000}),
}
ELSEWHERE = {"file_input", "external_select", "multi_external_select"}
"""Those that need more than a value; see the tests of files and of suggestions."""


def test_every_input_is_tried() -> None:
    assert set(ENTERED) | ELSEWHERE == IN_INPUT == set(ENTRIES)


@pytest.mark.parametrize("kind", ENTERED)
async def test_an_entry_arrives_as_its_kind_carries_it(
    people: SlackPeople, heard: Heard, open_modal: Open, kind: str
) -> None:
    element, entered, carried = ENTERED[kind]
    act = await people.submit(await open_modal(field({**element, "type": kind})), {"b": entered})
    assert act["view"]["id"] is None, act
    assert heard.value() == {"type": kind, **carried}


@pytest.mark.parametrize("kind", ENTERED)
async def test_nothing_entered_is_refused_by_slack_unless_it_may_be(
    people: SlackPeople, heard: Heard, open_modal: Open, kind: str
) -> None:
    element = {**ENTERED[kind][0], "type": kind}
    refused = await people.submit(await open_modal(field(element)))
    assert (refused["error"], refused["deliveries"]) == ("invalid_input", [])
    assert refused["view"]["errors"] == {"b": "Please complete this required field."}
    assert heard.bodies == []

    await people.submit(await open_modal(field(element, optional=True)))
    key = ENTRIES[kind].key
    assert heard.value() == {"type": kind, key: [] if key.endswith("s") else None}


@pytest.mark.parametrize(
    ("element", "entered", "told"),
    [
        ({**TEXT, "min_length": 3}, "ab", "at least 3 characters"),
        ({**TEXT, "max_length": 3}, "abcd", "no more than 3 characters"),
        (TEXT, "x" * 3001, "no more than 3000 characters"),
        (NUMBER, "seven", "a number"),
        (NUMBER, "NaN", "a number"),
        (NUMBER, "1.5", "a whole number"),
        (NUMBER, "0", "1 or more"),
        (NUMBER, "10", "9 or less"),
        (DECIMAL, "0.4", "0.5 or more"),
        ({"type": "email_text_input"}, "ada at x", "e-mail address"),
        ({"type": "url_text_input"}, "x.test", "valid URL"),
        ({"type": "url_text_input"}, "javascript:alert(1)", "valid URL"),
        ({"type": "url_text_input"}, "http://[", "valid URL"),
    ],
)
async def test_slack_looks_at_what_is_typed_before_the_app_does(
    people: SlackPeople, heard: Heard, open_modal: Open, element: Json, entered: str, told: str
) -> None:
    view_id = await open_modal(field(element))
    act = await people.submit(view_id, {"b": entered})

    assert (act["error"], heard.bodies) == ("invalid_input", [])
    assert told in act["view"]["errors"]["b"]
    seen = await people.modal()
    assert seen is not None
    assert seen["errors"] == act["view"]["errors"]


async def test_a_mistake_is_forgotten_once_it_is_mended(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    view_id = await open_modal(field(NUMBER, "one"), field(TEXT, "two"))
    await people.submit(view_id, {"one": "x", "two": "kept"})
    await people.submit(view_id, {"one": "7"})
    assert (heard.value("one")["value"], heard.value("two")["value"]) == ("7", "kept")


@pytest.mark.parametrize(
    ("element", "entered", "code"),
    [
        ({"type": "static_select", "options": OPTIONS}, "four", "option_not_found"),
        ({"type": "users_select"}, "U0NOBODY", "user_not_found"),
        ({"type": "conversations_select"}, "C0NOWHERE", "channel_not_found"),
        ({"type": "channels_select"}, "C0HIRING", "channel_not_found"),
        ({"type": "datepicker"}, "2030-02-30", "invalid_value"),
        ({"type": "timepicker"}, "25:00", "invalid_value"),
        ({"type": "datetimepicker"}, "tomorrow", "invalid_value"),
        ({"type": "file_input"}, ["F0NONE"], "file_not_found"),
        (
            {"type": "multi_static_select", "options": OPTIONS, "max_selected_items": 1},
            ["one", "two"],
            "too_many_options",
        ),
    ],
)
async def test_what_nobody_could_choose_is_a_mistake_of_the_test(
    people: SlackPeople, open_modal: Open, element: Json, entered: Any, code: str
) -> None:
    view_id = await open_modal(field(element))
    with pytest.raises(SlackActRefused, match=code):
        await people.submit(view_id, {"b": entered})


async def test_a_field_that_is_not_there_cannot_be_filled(
    people: SlackPeople, open_modal: Open
) -> None:
    view_id = await open_modal(field(TEXT), section("hello"))
    with pytest.raises(SlackActRefused, match="field_not_found"):
        await people.submit(view_id, {"elsewhere": "x"})
    seen = await people.modal()
    assert seen is not None
    assert seen["state"]["values"]["b"]["a"]["value"] is None


async def test_a_first_value_can_be_taken_away(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    element = {"type": "static_select", "options": OPTIONS, "initial_option": OPTIONS[0]}
    first = field(element, "kept", optional=True)
    await people.submit(
        await open_modal(first, field(element, "gone", optional=True)), {"gone": None}
    )
    assert heard.value("kept")["selected_option"] == OPTIONS[0]
    assert heard.value("gone")["selected_option"] is None


async def test_elements_beside_inputs_keep_their_state_too(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    menu = {"type": "static_select", "action_id": "a", "options": OPTIONS}
    view_id = await open_modal(
        {"type": "actions", "block_id": "acts", "elements": [menu]}, field(TEXT)
    )
    await people.choose(view_id, "a", "two", block_id="acts")
    await people.submit(view_id, {"b": "Ada"})

    assert heard.bodies[0]["actions"][0]["selected_option"] == OPTIONS[1]
    assert heard.value("acts")["selected_option"] == OPTIONS[1]


async def test_a_chosen_conversation_can_be_answered_in(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    menu = {"type": "conversations_select", "response_url_enabled": True}
    await people.submit(await open_modal(field(menu)), {"b": "C0HIRING"})
    (answer,) = heard.bodies[0]["response_urls"]
    assert (answer["block_id"], answer["channel_id"]) == ("b", "C0HIRING")


async def test_the_sdk_reads_the_state(people: SlackPeople, heard: Heard, open_modal: Open) -> None:
    element = {"type": "static_select", "options": OPTIONS}
    sdk_block = InputBlock(**field(element)).to_dict()
    await people.submit(await open_modal(sdk_block), {"b": "two"})
    state = ViewState(**heard.bodies[0]["view"]["state"])
    assert state.values["b"]["a"].selected_option == OPTIONS[1]

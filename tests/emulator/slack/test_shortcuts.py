"""Shortcuts of the app and of messages, and menus whose options the app gives."""

from __future__ import annotations

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.client import SlackActRefused, SlackPeople
from airflow_talent.tests.emulator.slack.views import (
    Heard,
    Json,
    Open,
    field,
    modal,
    option,
)

MENU: Json = {"type": "external_select", "min_query_length": 1}


async def test_a_global_shortcut_knows_of_no_conversation(
    people: SlackPeople, client: AsyncWebClient, heard: Heard
) -> None:
    act = await people.shortcut("start")
    await client.views_open(trigger_id=act["trigger_id"], view=modal())

    (body,) = heard.bodies
    assert (body["type"], body["callback_id"]) == ("shortcut", "start")
    assert "channel" not in body
    assert "response_url" not in body
    assert await people.modal() is not None


async def test_a_message_shortcut_brings_the_message_with_its_files(
    people: SlackPeople, heard: Heard
) -> None:
    shared = await people.upload("cv.pdf", b"%PDF", "C0RANDOM", text="A CV")
    await people.shortcut("start", shared["ts"], channel="C0RANDOM")

    (body,) = heard.bodies
    assert (body["type"], body["channel"]["id"]) == ("message_action", "C0RANDOM")
    assert body["message"]["ts"] == body["message_ts"] == shared["ts"]
    assert [file["id"] for file in body["message"]["files"]] == [shared["file"]]
    assert body["response_url"]


async def test_a_whisper_has_no_shortcuts(people: SlackPeople, client: AsyncWebClient) -> None:
    whispered = await client.chat_postEphemeral(channel="C0HIRING", user="U0RECRUIT", text="x")
    with pytest.raises(SlackActRefused, match="message_not_found"):
        await people.shortcut("start", whispered["message_ts"])


async def test_an_external_menu_asks_the_app_for_its_options(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    view_id = await open_modal(field(MENU))
    heard.answer = {"options": [option("ada"), option("adam")]}
    offered = await people.options("a", "ad", view_id=view_id)
    await people.submit(view_id, {"b": "adam"})

    asked, submitted = heard.bodies
    assert (asked["type"], asked["value"], asked["view"]["id"]) == (
        "block_suggestion",
        "ad",
        view_id,
    )
    assert [one["value"] for one in offered] == ["ada", "adam"]
    assert submitted["view"]["state"]["values"]["b"]["a"]["selected_option"] == option("adam")


async def test_what_the_app_did_not_offer_cannot_be_chosen(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    view_id = await open_modal(field(MENU))
    heard.answer = {"options": []}
    assert await people.options("a", "zz", view_id=view_id) == []
    with pytest.raises(SlackActRefused, match="option_not_found"):
        await people.submit(view_id, {"b": "ada"})


async def test_too_few_characters_ask_for_nothing(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    view_id = await open_modal(field({"type": "external_select"}))
    assert await people.options("a", "ad", view_id=view_id) == []
    assert heard.bodies == []


async def test_options_come_in_groups_too(
    people: SlackPeople, heard: Heard, open_modal: Open
) -> None:
    label = {"type": "plain_text", "text": "People"}
    heard.answer = {"option_groups": [{"label": label, "options": [option("ada")]}]}
    view_id = await open_modal(field({**MENU, "type": "multi_external_select"}))
    await people.options("a", "a", view_id=view_id)
    await people.submit(view_id, {"b": ["ada"]})
    assert heard.value()["selected_options"] == [option("ada")]


@pytest.mark.parametrize(
    "answer",
    [{}, {"options": [option(str(number)) for number in range(101)]}, {"options": [{}]}],
    ids=["nothing", "too many", "no text"],
)
async def test_options_slack_would_not_take_are_none(
    people: SlackPeople, heard: Heard, open_modal: Open, answer: Json
) -> None:
    heard.answer = answer
    view_id = await open_modal(field(MENU))
    assert await people.options("a", "a", view_id=view_id) == []


async def test_a_menu_in_a_message_asks_with_the_message(
    people: SlackPeople, client: AsyncWebClient, heard: Heard
) -> None:
    heard.answer = {"options": [option("ada")]}
    blocks: list[Json] = [{"type": "actions", "elements": [{**MENU, "action_id": "a"}]}]
    posted = await client.chat_postMessage(channel="C0HIRING", text="x", blocks=blocks)
    await people.options("a", "a", message_ts=posted["ts"])
    await people.press(posted["ts"], "a", value="ada")

    asked, chosen = heard.bodies
    assert asked["container"]["message_ts"] == posted["ts"]
    assert chosen["actions"][0]["selected_option"] == option("ada")


async def test_without_interactivity_nothing_reaches_the_app(
    people: SlackPeople, talent_emulator: Emulator, app: AsyncApp
) -> None:
    talent_emulator.settings(slack={"interactivity": False})
    with pytest.raises(SlackActRefused, match="interactivity_disabled"):
        await people.shortcut("start")

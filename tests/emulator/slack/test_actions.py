"""Buttons, menus and the `response_url` that comes with each act."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.context.respond.async_respond import AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.client import SlackActRefused, SlackPeople

Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]
Ack = Callable[..., Awaitable[None]]
Json = dict[str, Any]

PLAIN = {"type": "plain_text", "text": "x"}
OPTIONS = [{"text": PLAIN, "value": value} for value in ("one", "two", "three")]
ELEMENTS: list[Json] = [
    {"type": "button", "action_id": "go", "text": PLAIN, "value": "7", "style": "primary"},
    {"type": "static_select", "action_id": "pick", "options": OPTIONS},
    {"type": "checkboxes", "action_id": "tick", "options": OPTIONS},
    {"type": "datepicker", "action_id": "day"},
    {"type": "users_select", "action_id": "who"},
]


@pytest.fixture
def heard(app: AsyncApp) -> list[Json]:
    """What the app hears of every act on a message."""
    bodies: list[Json] = []

    @app.action("go")
    @app.action("pick")
    @app.action("tick")
    @app.action("day")
    @app.action("who")
    async def hear(ack: Ack, body: Json) -> None:
        bodies.append(body)
        await ack()

    return bodies


@pytest.fixture
async def posted(client: AsyncWebClient) -> str:
    """The timestamp of a message with one element of each kind."""
    answer = await client.chat_postMessage(
        channel="C0HIRING",
        text="Choose",
        blocks=[{"type": "actions", "block_id": "b", "elements": ELEMENTS}],
    )
    return str(answer["ts"])


async def test_a_button_tells_who_pressed_what_where(
    people: SlackPeople, app: AsyncApp, connect: Connect, heard: list[Json], posted: str
) -> None:
    await connect(app)

    act = await people.press(posted, "go")

    assert (act["ack"], act["error"]) == ({}, None)
    (body,) = heard
    assert body["user"]["id"] == "U0RECRUIT"
    assert body["channel"]["id"] == "C0HIRING"
    assert body["message"]["ts"] == body["container"]["message_ts"] == posted
    (action,) = body["actions"]
    assert (action["action_id"], action["block_id"], action["value"]) == ("go", "b", "7")


async def test_a_choice_stays_chosen_for_the_one_who_made_it(
    people: SlackPeople, app: AsyncApp, connect: Connect, heard: list[Json], posted: str
) -> None:
    await connect(app)
    await people.press(posted, "pick", value="two")
    await people.press(posted, "go")
    await people.press(posted, "go", user="U0LEAD")
    chosen = [body["state"]["values"]["b"]["pick"]["selected_option"] for body in heard]
    assert chosen == [OPTIONS[1], OPTIONS[1], None]


@pytest.mark.parametrize(
    ("action_id", "value", "key", "carried"),
    [
        ("pick", "two", "selected_option", OPTIONS[1]),
        ("tick", ["one", "three"], "selected_options", [OPTIONS[0], OPTIONS[2]]),
        ("day", "2030-01-31", "selected_date", "2030-01-31"),
        ("who", "U0LEAD", "selected_user", "U0LEAD"),
    ],
)
async def test_a_choice_is_carried_as_its_kind_carries_it(
    people: SlackPeople,
    app: AsyncApp,
    connect: Connect,
    heard: list[Json],
    posted: str,
    action_id: str,
    value: Any,
    key: str,
    carried: Any,
) -> None:
    await connect(app)
    await people.press(posted, action_id, value=value)
    assert heard[0]["actions"][0][key] == carried


async def test_what_cannot_be_pressed_is_refused(
    people: SlackPeople, client: AsyncWebClient, posted: str
) -> None:
    whispered = await client.chat_postEphemeral(
        channel="C0HIRING",
        user="U0LEAD",
        text="x",
        blocks=[{"type": "actions", "elements": ELEMENTS[:1]}],
    )
    refusals = {
        "action_not_found": people.press(posted, "nothing"),
        "message_not_found": people.press(whispered["message_ts"], "go"),
        "channel_not_found": people.press(posted, "go", user="U0GUEST"),
        "option_not_found": people.press(posted, "pick", value="four"),
    }
    for code, act in refusals.items():
        with pytest.raises(SlackActRefused, match=code):
            await act


async def test_a_button_only_one_person_sees_carries_no_message(
    people: SlackPeople, app: AsyncApp, connect: Connect, client: AsyncWebClient, heard: list[Json]
) -> None:
    await connect(app)
    whispered = await client.chat_postEphemeral(
        channel="C0HIRING",
        user="U0RECRUIT",
        text="x",
        blocks=[{"type": "section", "text": PLAIN, "accessory": ELEMENTS[0]}],
    )

    await people.press(whispered["message_ts"], "go")

    assert "message" not in heard[0]
    assert heard[0]["container"]["is_ephemeral"] is True


async def test_a_button_without_a_listener_is_reported(
    people: SlackPeople, app: AsyncApp, connect: Connect, posted: str, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"ack_timeout": 0.2})
    await connect(app)

    act = await people.press(posted, "go")

    assert act["error"] == "operation_timeout"
    assert (await people.messages())[-1]["ephemeral_to"] == "U0RECRUIT"


@pytest.mark.parametrize(
    ("response", "left"),
    [
        ({"text": "Approved", "replace_original": True}, [("Approved", None)]),
        ({"delete_original": True}, []),
        ({"text": "Noted"}, [("Choose", None), ("Noted", "U0RECRUIT")]),
    ],
)
async def test_a_response_may_replace_or_delete_the_message_it_answers(
    people: SlackPeople,
    app: AsyncApp,
    connect: Connect,
    posted: str,
    response: Json,
    left: list[tuple[str, str | None]],
) -> None:
    @app.action("go")
    async def answer(ack: Ack, respond: AsyncRespond) -> None:
        await respond(**response)
        await ack()

    await connect(app)
    await people.press(posted, "go")

    assert [(one["text"], one["ephemeral_to"]) for one in await people.messages()] == left


@pytest.mark.parametrize(
    ("response", "left"),
    [
        ({"text": "Approved", "replace_original": True}, ["Approved"]),
        ({"delete_original": True}, []),
        ({"text": "Noted", "replace_original": False}, ["Choose", "Noted"]),
    ],
)
async def test_a_response_may_replace_or_delete_a_whisper_too(
    people: SlackPeople,
    app: AsyncApp,
    connect: Connect,
    client: AsyncWebClient,
    response: Json,
    left: list[str],
) -> None:
    @app.action("go")
    async def answer(ack: Ack, respond: AsyncRespond) -> None:
        await respond(**response)
        await ack()

    await connect(app)
    blocks = [{"type": "actions", "elements": ELEMENTS[:1]}]
    whispered = await client.chat_postEphemeral(
        channel="C0HIRING", user="U0RECRUIT", text="Choose", blocks=blocks
    )
    await people.press(whispered["message_ts"], "go")

    seen = [(one["text"], one["ephemeral_to"]) for one in await people.messages()]
    assert seen == [(text, "U0RECRUIT") for text in left]


async def test_what_was_entered_in_a_message_comes_with_its_button(
    people: SlackPeople,
    app: AsyncApp,
    connect: Connect,
    client: AsyncWebClient,
    heard: list[Json],
) -> None:
    await connect(app)
    element = {"type": "plain_text_input", "action_id": "why"}
    blocks: list[Json] = [
        {"type": "input", "block_id": "reason", "label": PLAIN, "element": element},
        {"type": "actions", "elements": ELEMENTS[:1]},
    ]
    posted = await client.chat_postMessage(channel="C0HIRING", text="x", blocks=blocks)
    await people.press(posted["ts"], "go", values={"reason": "Because"})
    await people.press(posted["ts"], "go", user="U0LEAD")

    states = [body["state"]["values"]["reason"]["why"]["value"] for body in heard]
    assert states == ["Because", None]


async def test_a_response_is_a_whisper_unless_it_says_otherwise(
    people: SlackPeople, app: AsyncApp, connect: Connect
) -> None:
    @app.command("/talent")
    async def answer(ack: Ack, respond: AsyncRespond) -> None:
        await respond("psst")
        await respond("hear, hear", response_type="in_channel")
        await ack()

    await connect(app)
    await people.command(channel="C0RANDOM")

    said = [(one["text"], one["ephemeral_to"]) for one in await people.messages("C0RANDOM")]
    assert said == [("psst", "U0RECRUIT"), ("hear, hear", None)]


@pytest.fixture
async def response_url(people: SlackPeople, app: AsyncApp, connect: Connect) -> str:
    urls: list[str] = []

    @app.command("/talent")
    async def answer(ack: Ack, command: Json) -> None:
        urls.append(command["response_url"])
        await ack()

    await connect(app)
    await people.command()
    return urls[0]


async def test_a_response_url_takes_five_posts(people: SlackPeople, response_url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answers = [await http.post(response_url, json={"text": "x"}) for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert answers[-1].json()["error"] == "used_url"
    assert len(await people.messages()) == 5


async def test_a_response_url_ends_after_half_an_hour(
    response_url: str, talent_emulator: Emulator
) -> None:
    talent_emulator.advance(30 * 60 + 1)
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(response_url, json={"text": "x"})
    assert (answer.status_code, answer.json()["error"]) == (404, "expired_url")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"not json", "invalid_payload"),
        (b'{"blocks": [{"type": "nonsense"}]}', "invalid_blocks"),
        (b"{}", "no_text"),
    ],
)
async def test_a_response_that_says_nothing_is_refused(
    response_url: str, body: bytes, error: str
) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(response_url, content=body)
    assert (answer.status_code, answer.json()["error"]) == (400, error)

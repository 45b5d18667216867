"""A Bolt app in Socket Mode hears what people do, and people see what it answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack import APP_TOKEN
from airflow_talent.emulator.slack.client import SlackActRefused, SlackPeople

Connect = Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]
Ack = Callable[..., Awaitable[None]]


def answer_commands(app: AsyncApp, **answer: Any) -> list[dict[str, Any]]:
    """Have the app answer `/talent`; returns the list of commands it hears."""
    heard: list[dict[str, Any]] = []

    @app.command("/talent")
    async def hear(ack: Ack, command: dict[str, Any]) -> None:
        heard.append(command)
        await ack(**answer)

    return heard


async def test_the_answer_to_a_command_is_seen_by_its_person_only(
    people: SlackPeople, app: AsyncApp, connect: Connect
) -> None:
    heard = answer_commands(app, text="On it")
    await connect(app)

    act = await people.command(text="list")

    assert (act["ack"], act["error"]) == ({"text": "On it"}, None)
    assert (heard[0]["text"], heard[0]["channel_name"]) == ("list", "privategroup")
    assert heard[0]["trigger_id"] == act["trigger_id"]
    (message,) = await people.messages()
    assert (message["text"], message["ephemeral_to"]) == ("On it", "U0RECRUIT")


async def test_an_answer_in_the_channel_shows_the_command_too(
    people: SlackPeople, app: AsyncApp, connect: Connect
) -> None:
    answer_commands(app, text="Here you are", response_type="in_channel")
    await connect(app)

    await people.command(text="list")

    said = [(one["user"], one["text"]) for one in await people.messages()]
    assert said == [("U0RECRUIT", "/talent list"), ("U0BOT", "Here you are")]


async def test_a_command_works_where_the_app_is_no_member(
    people: SlackPeople, app: AsyncApp, connect: Connect
) -> None:
    heard = answer_commands(app)
    await connect(app)

    act = await people.command(channel="C0RANDOM")

    assert act["error"] is None
    assert heard[0]["channel_id"] == "C0RANDOM"


async def test_nobody_can_type_a_command_where_they_see_nothing(people: SlackPeople) -> None:
    with pytest.raises(SlackActRefused, match="channel_not_found"):
        await people.command(user="U0GUEST", channel="C0HIRING")


async def test_an_app_that_answers_too_late_is_reported_as_slack_reports_it(
    people: SlackPeople, app: AsyncApp, connect: Connect, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"ack_timeout": 0.1})
    may_go_on = asyncio.Event()

    @app.command("/talent")
    async def dawdle(ack: Ack) -> None:
        await may_go_on.wait()
        await ack("late")

    await connect(app)
    act = await people.command()
    may_go_on.set()

    assert (act["ack"], act["error"]) == (None, "operation_timeout")
    (message,) = await people.messages()
    assert message["text"] == '/talent failed with the error "operation_timeout"'
    assert message["ephemeral_to"] == "U0RECRUIT"


async def test_without_a_connection_nothing_is_waited_for(people: SlackPeople) -> None:
    act = await people.command()
    assert (act["ack"], act["error"]) == (None, "no_connection")


async def test_a_command_delivered_twice_has_one_trigger(
    people: SlackPeople, app: AsyncApp, connect: Connect
) -> None:
    heard = answer_commands(app, text="")
    await connect(app)

    act = await people.command(deliveries=2, trigger_id="1.2.same")

    assert len(act["deliveries"]) == 2
    assert [command["trigger_id"] for command in heard] == ["1.2.same", "1.2.same"]
    assert len({command["response_url"] for command in heard}) == 1


async def test_every_command_is_doubled_when_the_settings_say_so(
    people: SlackPeople, app: AsyncApp, connect: Connect, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"deliveries": 3})
    heard = answer_commands(app)
    await connect(app)

    await people.command()

    assert len(heard) == 3


async def test_a_command_comes_once_more_when_that_is_wanted(
    people: SlackPeople, app: AsyncApp, connect: Connect
) -> None:
    heard = answer_commands(app)
    handler = await connect(app)
    retries: list[tuple[int, str]] = []

    async def note_retry(message: WSMessage) -> None:
        envelope = message.json()
        if "retry_attempt" in envelope:
            retries.append((envelope["retry_attempt"], envelope["retry_reason"]))

    handler.client.on_message_listeners.append(note_retry)
    await people.command(redeliveries=1)

    assert len({command["trigger_id"] for command in heard}) == 1
    assert (len(heard), retries) == (2, [(1, "timeout")])


async def test_each_of_several_connections_gets_its_share(
    people: SlackPeople, client: AsyncWebClient, connect: Connect
) -> None:
    apps = [AsyncApp(client=client), AsyncApp(client=client)]
    heard = [answer_commands(app) for app in apps]
    for app in apps:
        await connect(app)

    for _ in range(4):
        await people.command()

    assert [len(commands) for commands in heard] == [2, 2]


@pytest.mark.parametrize("reason", ["refresh_requested", "close"])
async def test_an_app_that_was_sent_away_comes_back(
    people: SlackPeople, app: AsyncApp, connect: Connect, reason: str
) -> None:
    heard = answer_commands(app)
    handler = await connect(app)
    is_back = asyncio.Event()

    async def notice_hello(message: WSMessage) -> None:
        if message.json()["type"] == "hello":
            is_back.set()

    handler.client.on_message_listeners.append(notice_hello)
    assert await people.disconnect(reason) == 1
    await asyncio.wait_for(is_back.wait(), 10)
    act = await people.command()

    assert act["error"] is None
    assert len(heard) == 1


async def test_a_connection_outlives_a_reset(
    people: SlackPeople, app: AsyncApp, connect: Connect, talent_emulator: Emulator
) -> None:
    answer_commands(app)
    await connect(app)

    talent_emulator.reset()

    assert (await people.command())["error"] is None


async def test_a_link_is_opened_with_the_app_token_only(client: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError, match="not_allowed_token_type"):
        await client.apps_connections_open(app_token="xoxb-emulator")
    assert (await client.apps_connections_open(app_token=APP_TOKEN))["url"].startswith("ws://")


async def test_an_app_hears_the_messages_it_is_subscribed_to(
    people: SlackPeople, app: AsyncApp, connect: Connect
) -> None:
    heard = []

    @app.event("app_mention")
    async def hear(event: dict[str, Any]) -> None:
        heard.append(event)

    await connect(app)
    told = await people.say("<@U0BOT> good morning")
    untold = await people.say("good morning, all")

    assert [event["event"] for event in told["events"]] == ["app_mention"]
    assert untold["events"] == []
    assert [event["text"] for event in heard] == ["<@U0BOT> good morning"]


async def test_an_event_nobody_took_is_sent_again(
    people: SlackPeople, client: AsyncWebClient, connect: Connect, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"ack_timeout": 0.1, "event_retries": 2})
    app = AsyncApp(client=client, process_before_response=True)
    calls: list[str] = []
    heard_thrice = asyncio.Event()

    @app.event("app_mention")
    async def fail(body: dict[str, Any]) -> None:
        calls.append(body["event_id"])
        if len(calls) == 3:
            heard_thrice.set()
        raise RuntimeError("not today")

    await connect(app)
    await people.say("<@U0BOT> hello")
    await asyncio.wait_for(heard_thrice.wait(), 5)

    assert len(set(calls)) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"user": "U0RECRUIT", "channel": "C0HIRING", "deliveries": 0},
        {"user": "U0RECRUIT", "channel": "C0HIRING", "command": "talent"},
        {"user": "U0RECRUIT", "channel": "C0HIRING", "txet": "list"},
    ],
)
async def test_a_command_that_makes_no_sense_is_refused(
    talent_emulator: Emulator, body: dict[str, Any]
) -> None:
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(f"{talent_emulator.url}/_emulator/slack/commands", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_a_command_can_be_typed_in_the_direct_message(
    people: SlackPeople, app: AsyncApp, connect: Connect
) -> None:
    heard = answer_commands(app)
    await connect(app)

    await people.command(channel="D0RECRUIT")

    assert (heard[0]["channel_id"], heard[0]["channel_name"]) == ("D0RECRUIT", "directmessage")


async def test_a_command_typed_where_the_app_cannot_be_is_answered_by_its_response_url(
    people: SlackPeople, app: AsyncApp, connect: Connect, client: AsyncWebClient
) -> None:
    heard = answer_commands(app)
    await connect(app)
    await people.channel_is("D0COLLEAGUES", kind="im", members=["U0RECRUIT", "U0LEAD"])

    await people.command(channel="D0COLLEAGUES")
    async with httpx.AsyncClient(trust_env=False) as http:
        answer = await http.post(heard[0]["response_url"], json={"text": "psst"})

    assert (heard[0]["channel_name"], answer.status_code) == ("directmessage", 200)
    assert [one["text"] for one in await people.messages("D0COLLEAGUES")] == ["psst"]
    with pytest.raises(SlackApiError, match="channel_not_found"):
        await client.chat_postMessage(channel="D0COLLEAGUES", text="hello")

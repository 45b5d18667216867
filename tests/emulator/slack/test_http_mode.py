"""A Bolt app behind a request URL gets signed requests instead of a WebSocket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.models.blocks import ActionsBlock, ButtonElement
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.tests.emulator.slack.views import Open

Ack = Callable[..., Awaitable[None]]


@asynccontextmanager
async def served(app: AsyncApp) -> AsyncIterator[str]:
    """The address of an app that listens on a free port while the block lasts."""
    handler = AsyncSlackRequestHandler(app)

    async def take(request: Request) -> Response:
        return await handler.handle(request)

    async with serving_at(take) as url:
        yield url


@asynccontextmanager
async def serving_at(take: Callable[[Request], Awaitable[Response]]) -> AsyncIterator[str]:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    routes = [Route("/slack/events", take, methods=["POST"])]
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes), log_config=None))
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/slack/events"
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
async def request_url(app: AsyncApp, talent_emulator: Emulator) -> AsyncIterator[None]:
    async with served(app) as url:
        talent_emulator.settings(slack={"request_url": url})
        yield


@pytest.mark.usefixtures("request_url")
async def test_a_command_comes_signed_and_its_answer_is_shown(
    people: SlackPeople, app: AsyncApp
) -> None:
    @app.command("/talent")
    async def answer(ack: Ack, command: dict[str, Any]) -> None:
        await ack(f"You said {command['text']}")

    act = await people.command(text="list é & more")

    assert act["ack"] == {"text": "You said list é & more"}


@pytest.mark.usefixtures("request_url")
async def test_a_button_comes_as_a_payload(
    people: SlackPeople, app: AsyncApp, client: AsyncWebClient
) -> None:
    pressed = []

    @app.action("go")
    async def press(ack: Ack, body: dict[str, Any]) -> None:
        pressed.append(body["actions"][0]["value"])
        await ack()

    button = ButtonElement(action_id="go", value="7", text="Go")
    posted = await client.chat_postMessage(
        channel="C0HIRING", text="Go?", blocks=[ActionsBlock(elements=[button])]
    )
    act = await people.press(posted["ts"], "go")

    assert (act["ack"], act["error"]) == ({}, None)
    assert pressed == ["7"]


@pytest.mark.usefixtures("request_url")
async def test_an_event_comes_as_json(people: SlackPeople, app: AsyncApp) -> None:
    heard = []

    @app.event("app_mention")
    async def hear(event: dict[str, Any]) -> None:
        heard.append(event["user"])

    await people.say("<@U0BOT> hello")

    assert heard == ["U0RECRUIT"]


@pytest.mark.usefixtures("request_url")
async def test_a_modal_is_submitted_and_answered_in_the_response(
    people: SlackPeople, app: AsyncApp, open_modal: Open
) -> None:
    @app.command("/talent")
    async def hear(ack: Ack) -> None:
        await ack()

    @app.view("form")
    async def refuse(ack: Ack, view: dict[str, Any]) -> None:
        (block_id,) = view["state"]["values"]
        await ack(response_action="errors", errors={block_id: "Not today"})

    act = await people.submit(await open_modal(), {"b": "Ada"})

    assert (act["error"], act["view"]["errors"]) == (None, {"b": "Not today"})


async def test_an_app_with_another_signing_secret_refuses(
    people: SlackPeople, client: AsyncWebClient, talent_emulator: Emulator
) -> None:
    async with served(AsyncApp(client=client, signing_secret="another")) as url:
        talent_emulator.settings(slack={"request_url": url})
        act = await people.command()

    assert act["error"] == "dispatch_failed"


async def test_an_app_that_is_down_is_reported(
    people: SlackPeople, talent_emulator: Emulator
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        talent_emulator.settings(slack={"request_url": f"http://127.0.0.1:{port}/"})
        act = await people.command()

    assert (act["ack"], act["error"]) == (None, "dispatch_failed")
    (message,) = await people.messages()
    assert "dispatch_failed" in message["text"]


@pytest.mark.usefixtures("request_url")
async def test_an_app_that_dawdles_is_reported(
    people: SlackPeople, app: AsyncApp, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"ack_timeout": 0.1})
    may_go_on = asyncio.Event()

    @app.command("/talent")
    async def dawdle(ack: Ack) -> None:
        await may_go_on.wait()
        await ack()

    act = await people.command()
    may_go_on.set()

    assert act["error"] == "operation_timeout"


class Endpoint:
    """An address that keeps what is posted to it and answers with one status after another."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers)
        self.got: list[Request] = []
        self.is_done = asyncio.Event()

    async def take(self, request: Request) -> Response:
        await request.body()
        self.got.append(request)
        answer = self.answers.pop(0)
        if not self.answers:
            self.is_done.set()
        return answer

    def retries(self) -> list[tuple[str | None, str | None]]:
        names = ("x-slack-retry-num", "x-slack-retry-reason")
        return [(one.headers.get(names[0]), one.headers.get(names[1])) for one in self.got]


@asynccontextmanager
async def listening(endpoint: Endpoint, emulator: Emulator) -> AsyncIterator[None]:
    async with serving_at(endpoint.take) as url:
        emulator.settings(slack={"request_url": url})
        yield


async def test_an_event_that_failed_comes_again_and_says_why(
    people: SlackPeople, talent_emulator: Emulator
) -> None:
    endpoint = Endpoint(Response(status_code=500), Response(status_code=503), Response())
    async with listening(endpoint, talent_emulator):
        await people.say("<@U0BOT> hello")
        await asyncio.wait_for(endpoint.is_done.wait(), 5)

    assert endpoint.retries() == [(None, None), ("1", "http_error"), ("2", "http_error")]
    assert len({(await one.json())["event_id"] for one in endpoint.got}) == 1


async def test_an_app_can_say_that_once_is_enough(
    people: SlackPeople, talent_emulator: Emulator
) -> None:
    refusal = Response(status_code=500, headers={"X-Slack-No-Retry": "1"})
    endpoint = Endpoint(refusal, Response())
    async with listening(endpoint, talent_emulator):
        told = await people.say("<@U0BOT> hello")
        # The next thing said is the next thing heard.
        await people.command()

    assert told["events"][0]["error"] == "dispatch_failed"
    assert endpoint.retries() == [(None, None), (None, None)]
    assert endpoint.got[1].headers["content-type"] == "application/x-www-form-urlencoded"


async def test_a_command_comes_again_when_that_is_wanted(
    people: SlackPeople, talent_emulator: Emulator
) -> None:
    endpoint = Endpoint(Response(), Response(), Response())
    async with listening(endpoint, talent_emulator):
        act = await people.command(redeliveries=2)

    assert [retry[0] for retry in endpoint.retries()] == [None, "1", "2"]
    triggers = {(await one.form())["trigger_id"] for one in endpoint.got}
    assert triggers == {act["trigger_id"]}


async def test_an_event_can_come_twice_at_once(
    people: SlackPeople, talent_emulator: Emulator
) -> None:
    endpoint = Endpoint(Response(), Response())
    talent_emulator.settings(slack={"event_deliveries": 2})
    async with listening(endpoint, talent_emulator):
        await people.home()

    assert len({(await one.json())["event_id"] for one in endpoint.got}) == 1
    assert len(endpoint.got) == 2

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

Ack = Callable[..., Awaitable[None]]


@asynccontextmanager
async def served(app: AsyncApp) -> AsyncIterator[str]:
    """The address of an app that listens on a free port while the block lasts."""
    handler = AsyncSlackRequestHandler(app)

    async def take(request: Request) -> Response:
        return await handler.handle(request)

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

"""A real Bolt app on the emulated Slack, and the people who use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack import APP_TOKEN, BOT_TOKEN
from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.tests.emulator.slack.views import Ack, Heard, Json, Open, modal


@pytest.fixture(autouse=True)
def _without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def client(talent_emulator: Emulator) -> AsyncWebClient:
    return AsyncWebClient(token=BOT_TOKEN, base_url=f"{talent_emulator.url}/slack/api/")


@pytest.fixture
async def people(talent_emulator: Emulator) -> AsyncIterator[SlackPeople]:
    async with SlackPeople(talent_emulator.url) as people:
        yield people


@pytest.fixture
def app(client: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=client, signing_secret="emulator-signing-secret")


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]]:
    """Connects an app by Socket Mode and disconnects it when the test is over."""
    async with AsyncExitStack() as stack:

        async def connect(app: AsyncApp) -> AsyncSocketModeHandler:
            handler = AsyncSocketModeHandler(app, APP_TOKEN)
            is_welcome = asyncio.Event()

            async def notice_hello(_message: WSMessage) -> None:
                is_welcome.set()

            handler.client.on_message_listeners.append(notice_hello)
            stack.push_async_callback(handler.close_async)
            await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt left it bare
            await asyncio.wait_for(is_welcome.wait(), 10)
            return handler

        yield connect


@pytest.fixture
def open_modal(people: SlackPeople, client: AsyncWebClient) -> Open:
    """Opens a modal for the recruiter; answers its id."""

    async def open_modal(*blocks: Json, **more: Any) -> str:
        act = await people.command()
        opened = await client.views_open(trigger_id=act["trigger_id"], view=modal(*blocks, **more))
        return str(opened["view"]["id"])

    return open_modal


@pytest.fixture
async def heard(
    app: AsyncApp, connect: Callable[[AsyncApp], Awaitable[AsyncSocketModeHandler]]
) -> Heard:
    """A connected app that keeps what it hears of views, actions, shortcuts and the home."""
    heard = Heard()

    @app.view("form")
    @app.view_closed("form")
    async def take_view(ack: Ack, body: Json) -> None:
        heard.bodies.append(body)
        await ack(**heard.answer)

    @app.action("go")
    @app.action("a")
    @app.shortcut("start")
    @app.event("app_home_opened")
    @app.event("file_shared")
    async def take(ack: Ack, body: Json) -> None:
        heard.bodies.append(body)
        await ack()

    @app.options("a")
    async def suggest(ack: Ack, body: Json) -> None:
        heard.bodies.append(body)
        await ack(**heard.answer)

    @app.command("/talent")
    async def take_command(ack: Ack) -> None:
        await ack()

    await connect(app)
    return heard

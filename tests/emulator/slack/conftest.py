"""A real Bolt app on the emulated Slack, and the people who use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from aiohttp import WSMessage
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack import APP_TOKEN, BOT_TOKEN
from airflow_talent.emulator.slack.client import SlackPeople


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

"""A real Bolt app on the emulated Slack, and the people who use it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack import APP_TOKEN, BOT_TOKEN

PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")

RECRUITER, LEAD, GUEST, BOT_USER = "U0RECRUIT", "U0LEAD", "U0GUEST", "U0BOT"
GENERAL, HIRING, RANDOM = "C0GENERAL", "C0HIRING", "C0RANDOM"


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXY_VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def client(talent_emulator: Emulator) -> AsyncWebClient:
    return AsyncWebClient(token=BOT_TOKEN, base_url=f"{talent_emulator.url}/slack/api/")


class Control:
    """The control surface of the emulated Slack, as a test uses it."""

    def __init__(self, http: httpx.AsyncClient, emulator: Emulator) -> None:
        self.http = http
        self.emulator = emulator
        self.url = emulator.url

    async def post(self, act: str, **body: Any) -> dict[str, Any]:
        answer = await self.http.post(f"/_emulator/slack/{act}", json=body)
        return answer.json() | {"status": answer.status_code}

    async def command(self, text: str = "", **more: Any) -> dict[str, Any]:
        body = {"user": RECRUITER, "channel": HIRING, "text": text, **more}
        return await self.post("commands", **body)

    async def press(self, message_ts: str, action_id: str, **more: Any) -> dict[str, Any]:
        body = {"user": RECRUITER, "channel": HIRING, "message_ts": message_ts, **more}
        return await self.post("actions", action_id=action_id, **body)

    async def messages(self, channel: str = HIRING) -> list[dict[str, Any]]:
        answer = await self.http.get(f"/_emulator/slack/conversations/{channel}")
        return list(answer.json()["messages"])

    def settings(self, **settings: Any) -> None:
        self.emulator.settings(slack=settings)


@pytest.fixture
async def slack(talent_emulator: Emulator) -> AsyncIterator[Control]:
    async with httpx.AsyncClient(base_url=talent_emulator.url, timeout=30, trust_env=False) as http:
        yield Control(http, talent_emulator)


@pytest.fixture
def app(client: AsyncWebClient) -> AsyncApp:
    return AsyncApp(client=client)


Connect = Callable[[AsyncApp], Any]


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[AsyncApp], Any]]:
    """Connects an app by Socket Mode and takes the connection away at the end of the test."""
    async with AsyncExitStack() as stack:

        async def connect(app: AsyncApp) -> AsyncSocketModeHandler:
            return await stack.enter_async_context(_connected(app))

        yield connect


@asynccontextmanager
async def _connected(app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
    handler = AsyncSocketModeHandler(app, APP_TOKEN)
    await handler.connect_async()
    try:
        yield handler
    finally:
        await handler.close_async()

"""A bot that workspaces install in a browser, between the emulated Slack and a small Airflow."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from airflow_talent.benchmarks.slack_traffic.servers import WORKFLOW
from airflow_talent.benchmarks.slack_traffic.servers import app as answering_servers
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack import CLIENT_ID, CLIENT_SECRET, SIGNING_SECRET
from airflow_talent.slackbot import workspaces
from airflow_talent.slackbot.main import run_bot
from airflow_talent.slackbot.settings import read_settings

from ..conftest import eventually, free_port, shown_text

FIRST, SECOND, THIRD = "T0EMULATOR", "T0SECOND", "T0THIRD"


@pytest.fixture(scope="session")
def airflow_url() -> Iterator[str]:
    """Something shaped like Airflow, where each run succeeds at once."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(answering_servers, log_config=None, access_log=False, lifespan="off")
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspaces, "INTERVAL", 0.3)


@pytest.fixture
def installations(tmp_path: Path) -> str:
    return f"sqlite+aiosqlite:///{tmp_path}/installations.db"


@pytest.fixture
def environment(talent_emulator: Emulator, airflow_url: str, installations: str) -> dict[str, str]:
    port = free_port()
    bot = f"http://127.0.0.1:{port}"
    talent_emulator.settings(
        slack={
            "request_url": f"{bot}/slack/events",
            "redirect_urls": [f"{bot}/slack/oauth_redirect"],
            "events": ["app_home_opened", "app_uninstalled", "tokens_revoked"],
        }
    )
    return {
        "slack_client_id": CLIENT_ID,
        "slack_client_secret": CLIENT_SECRET,
        "slack_signing_secret": SIGNING_SECRET,
        "slack_api_url": f"{talent_emulator.url}/slack/api/",
        "talent_slack_installations": installations,
        "talent_slack_teams": f"{FIRST},{SECOND}",
        "talent_airflow_url": airflow_url,
        "talent_airflow_token": "token",
        "talent_bot_port": str(port),
    }


@dataclass(frozen=True, slots=True)
class World:
    """The bot's public address as a browser sees it, and what people do in each workspace."""

    http: httpx.AsyncClient
    bot: str
    emulator: Emulator

    async def install(self, team: str, *, state: str | None = None) -> httpx.Response:
        """A person's whole way through the installation; the last page.

        :param state: Another one than Slack was given.
        """
        began = await self.http.get(f"{self.bot}/slack/install?team={team}")
        cookie = began.headers["set-cookie"].partition(";")[0]
        agreed = await self.http.get(began.headers["location"])
        back = httpx.URL(agreed.headers["location"])
        if state:
            back = back.copy_set_param("state", state)
            cookie = f"slack-app-oauth-state={state}"
        return await self.http.get(back, headers={"cookie": cookie})

    async def start(self, team: str, text: str = f"{WORKFLOW} name=Bo") -> dict[str, Any]:
        """The recruiter of a workspace starts a run; what Slack got for an answer."""
        place = "" if team == FIRST else f"teams/{team}/"
        user = "U0RECRUIT" if team == FIRST else f"U0{team.removeprefix('T0')}RECRUIT"
        answer = await self.http.post(
            f"{self.emulator.url}/_emulator/slack/{place}commands",
            json={"user": user, "channel": channel_of(team), "text": text},
        )
        return dict(answer.json())

    async def root(self, team: str, *, count: int = 1) -> str:
        """What the message of the latest run in a workspace says, once there are so many."""

        async def look() -> list[dict[str, Any]]:
            place = "" if team == FIRST else f"teams/{team}/"
            path = f"/_emulator/slack/{place}conversations/{channel_of(team)}"
            messages = (await self.http.get(f"{self.emulator.url}{path}")).json()["messages"]
            roots = [one for one in messages if not one["ephemeral_to"]]
            return roots if len(roots) >= count else []

        return shown_text((await eventually(look, within=20))[-1])

    async def uninstall(self, team: str) -> dict[str, Any]:
        answer = await self.http.post(
            f"{self.emulator.url}/_emulator/slack/teams/{team}/uninstall", json={}
        )
        return dict(answer.json())

    def asked(self, method: str) -> int:
        """How often a method of the Web API was called."""
        return sum(one["path"].endswith(method) for one in self.emulator.requests("slack"))


def channel_of(team: str) -> str:
    return "C0HIRING" if team == FIRST else f"C0{team.removeprefix('T0')}HIRING"


@asynccontextmanager
async def running_world(environment: dict[str, str], emulator: Emulator) -> AsyncIterator[World]:
    is_ready = asyncio.Event()
    bot = asyncio.create_task(run_bot(read_settings(**environment), is_ready=is_ready))
    ready = asyncio.create_task(is_ready.wait())
    await asyncio.wait({bot, ready}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if bot.done():
            bot.result()
        async with httpx.AsyncClient(trust_env=False, timeout=30) as http:
            port = environment["talent_bot_port"]
            yield World(http, f"http://127.0.0.1:{port}", emulator)
    finally:
        ready.cancel()
        bot.cancel()
        with suppress(asyncio.CancelledError):
            await bot


@pytest.fixture
async def world(environment: dict[str, str], talent_emulator: Emulator) -> AsyncIterator[World]:
    async with running_world(environment, talent_emulator) as world:
        yield world

"""A bot between an emulated Slack and the real Airflow of this test run."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.slackbot.main import run_bot
from airflow_talent.slackbot.settings import Settings, read_settings

DAGS = Path(__file__).parent / "dags"
PATIENCE = 60.0

T = TypeVar("T")


async def eventually(look: Callable[[], Awaitable[T]], *, within: float = PATIENCE) -> T:
    """The first true thing that `look` sees."""
    deadline = time.monotonic() + within
    while not (seen := await look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{look.__qualname__} saw only {seen!r} within {within:.0f} s")
        await asyncio.sleep(0.1)
    return seen


def shown_text(message: dict[str, Any]) -> str:
    """Everything a person reads in a message."""
    found: list[str] = []

    def collect(part: Any) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("text"), str):
                found.append(part["text"])
            for value in part.values():
                collect(value)
        elif isinstance(part, list):
            for value in part:
                collect(value)

    collect(message.get("blocks"))
    return "\n".join(found)


def markup_of(message: dict[str, Any]) -> str:
    """Everything in a message that Slack reads as markup."""
    found: list[str] = [message["text"]]

    def collect(part: Any) -> None:
        if isinstance(part, dict):
            if part.get("type") == "mrkdwn":
                found.append(part["text"])
            for value in part.values():
                collect(value)
        elif isinstance(part, list):
            for value in part:
                collect(value)

    collect(message.get("blocks"))
    return "\n".join(found)


@dataclass(frozen=True, slots=True)
class Slack:
    """The emulated Slack as people use it."""

    http: httpx.AsyncClient

    async def type(
        self, text: str, *, user: str = "U0RECRUIT", channel: str = "C0HIRING", **more: Any
    ) -> dict[str, Any]:
        """Type `/talent …`; the answer holds what the app acknowledged with."""
        body = {"user": user, "channel": channel, "text": text, **more}
        answer = await self.http.post("/_emulator/slack/commands", json=body)
        answer.raise_for_status()
        typed: dict[str, Any] = answer.json()
        return typed

    async def messages(self, channel: str) -> list[dict[str, Any]]:
        answer = await self.http.get(f"/_emulator/slack/conversations/{channel}")
        if answer.status_code == 404:
            return []
        found: list[dict[str, Any]] = answer.json()["messages"]
        return found

    async def roots(self, channel: str, dag_id: str) -> list[dict[str, Any]]:
        """The root messages of a DAG's runs in a conversation."""
        return [
            message
            for message in await self.messages(channel)
            if (payload := (message.get("metadata") or {}).get("event_payload"))
            and payload["dag_id"] == dag_id
            and payload["step"].startswith("root")
        ]

    async def root(self, channel: str, dag_id: str, *, saying: str = "") -> dict[str, Any]:
        """The first root message of a DAG's runs, once it says something."""

        async def look() -> dict[str, Any] | None:
            roots = await self.roots(channel, dag_id)
            return next((root for root in roots if saying in shown_text(root)), None)

        found = await eventually(look)
        assert found
        return found

    async def replies(self, channel: str, dag_id: str, *, count: int = 1) -> list[dict[str, Any]]:
        """What was posted below the root message, once there is as much."""

        async def look() -> list[dict[str, Any]]:
            roots = await self.roots(channel, dag_id)
            replies = [
                reply for root in roots for reply in root["replies"] if not reply["ephemeral_to"]
            ]
            return replies if len(replies) >= count else []

        return await eventually(look)

    async def told(self, channel: str, *, user: str = "U0RECRUIT", about: str = "") -> str:
        """What only this person was told, once there is something about a matter."""

        async def look() -> str:
            return next(
                (
                    shown_text(message)
                    for message in await self.messages(channel)
                    if message["ephemeral_to"] == user and about in shown_text(message)
                ),
                "",
            )

        return await eventually(look, within=15)

    async def posts(self, channel: str, *, about: str = "") -> list[str]:
        """What everyone in a conversation reads, threads included."""
        return [
            shown_text(message)
            for root in await self.messages(channel)
            if not root["ephemeral_to"]
            for message in (root, *root["replies"])
            if about in shown_text(message)
        ]


@pytest.fixture
async def slack(talent_emulator: Emulator) -> AsyncIterator[Slack]:
    async with httpx.AsyncClient(base_url=talent_emulator.url, timeout=30) as http:
        yield Slack(http)


@pytest.fixture
async def people(talent_emulator: Emulator) -> AsyncIterator[SlackPeople]:
    """The recruiter in #hiring, with modals and the App Home."""
    async with SlackPeople(talent_emulator.url) as acting:
        yield acting


async def modal(
    people: SlackPeople, *, saying: str = "", titled: str = "", within: float = 15
) -> dict[str, Any]:
    """The view in front of the person, once it says something.

    :param titled: Of a form, since what opens while it is loading may have the same title.
    """

    async def look() -> dict[str, Any] | None:
        view = await people.modal()
        if view is None or (titled and not view.get("submit")):
            return None
        if titled not in view["title"]["text"]:
            return None
        return view if saying in shown_text(view) else None

    found = await eventually(look, within=within)
    assert found
    return found


@pytest.fixture(scope="session")
def workflows(airflow: LocalAirflow) -> LocalAirflow:
    """The Airflow of this test run with the workflows of `dags/`."""
    airflow.add_dags(DAGS)
    # The last one of each file brings the others.
    for dag_id in ("switched_off", "fail_until", "report_wrongly"):
        airflow.wait_for_dag(dag_id)
    return airflow


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The folder below which results may name files."""
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(talent_emulator: Emulator, workflows: LocalAirflow, files: Path) -> dict[str, str]:
    return {
        **{
            name: value
            for name, value in talent_emulator.environment().items()
            if name.startswith(("SLACK_", "TALENT_"))
        },
        **workflows.bot_environment,
        "TALENT_FILE_ROOTS": str(files),
    }


def settings_from(environment: dict[str, str]) -> Settings:
    return read_settings(**{name.lower(): value for name, value in environment.items()})


@asynccontextmanager
async def running_bot(environment: dict[str, str]) -> AsyncIterator[None]:
    """A bot in this process."""
    is_ready = asyncio.Event()
    bot = asyncio.create_task(run_bot(settings_from(environment), is_ready=is_ready))
    ready = asyncio.create_task(is_ready.wait())
    await asyncio.wait({bot, ready}, return_when=asyncio.FIRST_COMPLETED)
    try:
        if bot.done():
            bot.result()
        yield
    finally:
        ready.cancel()
        bot.cancel()
        with suppress(asyncio.CancelledError):
            await bot


@pytest.fixture
async def bot(environment: dict[str, str]) -> AsyncIterator[None]:
    async with running_bot(environment):
        yield


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class BotProcess:
    """A bot in a process of its own, which can be killed."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "airflow_talent.slackbot.main"],
                env={**os.environ, **environment},
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    async def ready(self) -> None:
        async def look() -> re.Match[str] | None:
            assert self._process.poll() is None, self.said()
            return re.search("the bot is ready", self.said())

        await eventually(look)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def stop(self) -> int:
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout=30)

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None


@contextmanager
def bot_process(environment: dict[str, str], log: Path) -> Iterator[BotProcess]:
    process = BotProcess(environment, log)
    try:
        yield process
    finally:
        if process.is_running:
            process.kill()

"""Starts and stops the bot: what hears Slack, the poller, the look for lost runs."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import re
import secrets
import signal
import sys
from collections.abc import Iterator

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from . import metrics
from .accounts import Accounts
from .airflow_api import AirflowApi
from .identity import derive_key
from .links import Links
from .serve import listening
from .settings import Settings, SettingsError, read_settings
from .slack_calls import Token, connect
from .users_file import UsersFile, UsersFileError
from .workspace import House, Workspace
from .workspaces import Workspaces

log = logging.getLogger(__name__)

ADDRESS = re.compile(r"\b((?:https?|wss?)://)(?:[^\s/?#'\"@]*@)?([^\s/?#'\"<>]+)[^\s'\"<>)]*")
"""An address: what may be read of it, and the rest, which often lets in whoever has it."""

SLACK_TIMEOUT = aiohttp.ClientTimeout(total=30)
SLACK_CONNECTIONS = 20


def main() -> int:
    """Run the bot as the environment says, until SIGINT or SIGTERM; the exit code."""
    write_log()
    # What is loaded now stays. Looking all of it through for garbage again and again would hold up
    # acknowledgements for longer than anything else here.
    gc.collect()
    gc.freeze()
    try:
        asyncio.run(run_bot(read_settings()))
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person at the terminal
        return 2
    return 0


def write_log() -> None:
    """Have all logs written to the standard error, without what must not be read there.

    Of addresses only the host is written: the rest may be a run's and a person's id, or the key to
    a conversation, as in Slack's response URLs and those of Socket Mode.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_WithoutPaths("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    # They log each request.
    for name in ("httpx", "slack_sdk"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _WithoutPaths(logging.Formatter):
    """Cuts what addresses say besides the host, in tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        return ADDRESS.sub(r"\1\2", super().format(record))


async def run_bot(settings: Settings, *, is_ready: asyncio.Event | None = None) -> None:
    """Run the bot until SIGINT, SIGTERM, or until this coroutine is cancelled.

    At the end commands that were acknowledged are still carried out, then the runs are left to
    the next process.

    :param is_ready: Set as soon as commands are taken.
    :raises SettingsError: Slack refuses a token, the address to serve is taken, or the users file
        is wrong.
    """
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                timeout=SLACK_TIMEOUT, connector=aiohttp.TCPConnector(limit=SLACK_CONNECTIONS)
            )
        )
        airflow = AirflowApi.connect(settings)
        stack.push_async_callback(airflow.close)
        house = House(
            settings,
            session,
            airflow,
            Accounts(airflow, _read_users(settings)),
            Links(settings.talent_airflow_url),
            derive_key(settings.own_secret),
            me=secrets.token_hex(4),
        )
        door: Workspace | Workspaces
        bolt: AsyncApp | Workspaces
        if settings.uses_oauth:
            door = bolt = Workspaces(house)
            await door.open()
            teams = frozenset(settings.talent_slack_teams)
        else:
            bot, own_team = await _check_tokens(house)
            teams = frozenset(settings.talent_slack_teams or [own_team])
            door = Workspace(house, bot, teams)
            bolt = door.bolt()
        metrics.count_followed(lambda: door.followed)

        stop = stack.enter_context(_stopping_on_signals())
        running = asyncio.create_task(door.run())
        try:
            async with listening(settings, bolt, airflow):
                log.info("the bot is ready as %s for %s", house.me, ", ".join(sorted(teams)))
                if is_ready:
                    is_ready.set()
                await _first_of(asyncio.create_task(stop.wait()), running)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await door.finish()


def _read_users(settings: Settings) -> UsersFile | None:
    path = settings.talent_airflow_users_file
    try:
        return UsersFile(path) if path else None
    except UsersFileError as error:
        raise SettingsError(str(error)) from None


async def _check_tokens(house: House) -> tuple[Token, str]:
    """The bot token and its workspace; Bolt would try a wrong token for ever."""
    settings = house.settings
    assert settings.slack_bot_token  # noqa: S101 - the settings have seen to it
    bot = Token(settings.slack_bot_token.get_secret_value())
    client = connect(settings, house.session, bot)
    name = "SLACK_BOT_TOKEN"
    try:
        own_team = str((await client.auth_test())["team_id"])
        if settings.slack_app_token:
            name = "SLACK_APP_TOKEN"
            app_token = settings.slack_app_token.get_secret_value()
            await client.apps_connections_open(app_token=app_token)
    except SlackApiError as error:
        code = error.response.get("error") if hasattr(error.response, "get") else "no answer"
        raise SettingsError(f"{name} is refused by Slack: {code}.") from None
    except (aiohttp.ClientError, TimeoutError):
        raise SettingsError("SLACK_API_URL does not answer.") from None
    return bot, own_team


async def _first_of(*tasks: asyncio.Task[object] | asyncio.Task[None]) -> None:
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        # A loop never ends by itself, so this raises what ended it.
        task.result()


@contextlib.contextmanager
def _stopping_on_signals() -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set while the block lasts."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    # Outside the main thread, as in tests and notebooks, whoever started the bot cancels it.
    with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
        for number in numbers:
            loop.add_signal_handler(number, stop.set)
    try:
        yield stop
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


if __name__ == "__main__":
    sys.exit(main())

"""Starts and stops the bot: what hears Slack, the poller, the look for lost runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import sys

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError

from ..services.airflow_api import AirflowApi
from ..services.running import first_of, keep_what_is_loaded, stopping_on_signals, write_log
from ..services.settings import SettingsError
from . import metrics
from .accounts import Accounts
from .identity import derive_key
from .links import Links
from .serve import listening
from .settings import Settings, read_settings
from .slack_calls import Token, connect
from .users_file import UsersFile, UsersFileError
from .workspace import House, Workspace
from .workspaces import Workspaces

log = logging.getLogger(__name__)

SLACK_TIMEOUT = aiohttp.ClientTimeout(total=30)
SLACK_CONNECTIONS = 20


def main() -> int:
    """Run the bot as the environment says, until SIGINT or SIGTERM; the exit code."""
    write_log()
    keep_what_is_loaded()
    try:
        asyncio.run(run_bot(read_settings()))
    except SettingsError as error:
        print(error, file=sys.stderr)  # noqa: T201 - for the person at the terminal
        return 2
    return 0


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
        airflow = AirflowApi.connect(settings, metrics.airflow_request)
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

        stop = stack.enter_context(stopping_on_signals())
        running = asyncio.create_task(door.run())
        try:
            async with listening(settings, bolt, airflow):
                log.info("the bot is ready as %s for %s", house.me, ", ".join(sorted(teams)))
                if is_ready:
                    is_ready.set()
                # The door never ends by itself, so this raises what ended it.
                await first_of(asyncio.create_task(stop.wait()), running)
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


if __name__ == "__main__":
    sys.exit(main())

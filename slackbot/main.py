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
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from . import metrics
from .accounts import Accounts
from .airflow_api import AirflowApi
from .answers import Answers
from .app import App, listen
from .approvals import Approvals
from .background import Background
from .budget import Budget
from .desk import Desk
from .directory import SlackDirectory
from .files import FileRoots
from .follow import Follower
from .identity import derive_key
from .links import Links
from .recovery import Recovery
from .reports import Reporter
from .results import Results
from .runs import Runs
from .serve import FINISH_WITHIN, listening
from .settings import Settings, SettingsError, read_settings
from .slack_api import SlackApi
from .slack_calls import connect, connect_impatiently
from .users_file import UsersFile, UsersFileError

log = logging.getLogger(__name__)

UPDATES_PER_MINUTE = 50
"""`chat.update` is a Tier 3 method: https://docs.slack.dev/apis/web-api/rate-limits."""

LET_GO_WITHIN = 5.0
"""Seconds at the end for noting that runs are free."""

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
    me = secrets.token_hex(4)
    background, asked = Background(), Background()
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(
            aiohttp.ClientSession(
                timeout=SLACK_TIMEOUT, connector=aiohttp.TCPConnector(limit=SLACK_CONNECTIONS)
            )
        )
        airflow = AirflowApi.connect(settings)
        stack.push_async_callback(airflow.close)
        accounts = Accounts(airflow, _read_users(settings))
        client = connect(settings, session)
        own_team = await _check_tokens(settings, client)
        teams = frozenset(settings.talent_slack_teams or [own_team])
        directory = SlackDirectory(client, connect_impatiently(settings, session))
        slack = SlackApi(client, directory)
        links = Links(settings.talent_airflow_url)
        budget = Budget(UPDATES_PER_MINUTE)
        results = Results(airflow, slack, FileRoots(settings.talent_file_roots), links)
        reporter = Reporter(airflow, slack, results, links, budget, me=me)
        follower = Follower(airflow, reporter, budget, background)
        metrics.count_followed(lambda: len(follower.watches))
        key = derive_key(settings.own_secret)
        recovery = Recovery(airflow, slack, reporter, follower, teams, key)
        runs = Runs(accounts, follower, key, me)
        desk = Desk(airflow, accounts, directory, slack, runs, follower, reporter, teams, key)
        approvals = Approvals(
            airflow,
            slack,
            accounts,
            follower,
            links,
            budget,
            key=key,
            own_account=settings.talent_airflow_username,
        )
        follower.after_each_look(approvals.look_soon)
        answers = Answers(airflow, accounts, directory, slack, approvals, teams)
        bolt = App(listen(desk, answers, slack, asked), teams).bolt(settings, client)

        stop = stack.enter_context(_stopping_on_signals())
        loops = [
            asyncio.create_task(follower.run()),
            asyncio.create_task(recovery.run()),
            asyncio.create_task(approvals.run()),
        ]
        try:
            async with listening(settings, bolt, airflow):
                log.info("the bot is ready as %s for %s", me, ", ".join(sorted(teams)))
                if is_ready:
                    is_ready.set()
                await _first_of(asyncio.create_task(stop.wait()), *loops)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)
            await asked.finish(within=FINISH_WITHIN)
            await background.finish(within=LET_GO_WITHIN)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(follower.let_go(), LET_GO_WITHIN)


def _read_users(settings: Settings) -> UsersFile | None:
    path = settings.talent_airflow_users_file
    try:
        return UsersFile(path) if path else None
    except UsersFileError as error:
        raise SettingsError(str(error)) from None


async def _check_tokens(settings: Settings, client: AsyncWebClient) -> str:
    """The workspace that the bot token belongs to; Bolt would try a wrong token for ever."""
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
    return own_team


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

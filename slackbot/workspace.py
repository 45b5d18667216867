"""Everything that the bot is for the people who are served with one bot token."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import aiohttp
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult

from ..services.airflow_api import AirflowApi
from ..services.serving import FINISH_WITHIN
from .access import Home
from .accounts import Accounts
from .answers import Answers
from .app import App, Listener, listen
from .approvals import Approvals
from .background import Background
from .budget import Budget
from .desk import Desk
from .directory import SlackDirectory
from .files import FileRoots
from .follow import Follower
from .links import Links
from .recovery import Recovery
from .reports import Reporter
from .results import Results
from .runs import Runs
from .settings import Settings
from .slack_api import SlackApi
from .slack_calls import Token, connect, connect_impatiently

UPDATES_PER_MINUTE = 50
"""`chat.update` is a Tier 3 method: https://docs.slack.dev/apis/web-api/rate-limits."""

LET_GO_WITHIN = 5.0
"""Seconds at the end for noting that runs are free."""


@dataclass(frozen=True, slots=True)
class House:
    """What all workspaces share.

    :param key: Of the signatures in `conf["slack"]`.
    :param me: Name of this process in notes.
    """

    settings: Settings
    session: aiohttp.ClientSession
    airflow: AirflowApi
    accounts: Accounts
    links: Links
    key: bytes
    me: str


class Workspace:
    """What hears people, follows their runs and answers their questions.

    :param bot: The token, which may be replaced meanwhile.
    :param teams: The workspaces that are served with it.
    :param home: The only one of several whose runs are reported with it; None for all runs.
    """

    def __init__(
        self, house: House, bot: Token, teams: frozenset[str], *, home: Home | None = None
    ) -> None:
        settings, airflow, key = house.settings, house.airflow, house.key
        self._settings = settings
        self._teams = teams
        self._background, self._asked = Background(), Background()
        self._client = connect(settings, house.session, bot)
        directory = SlackDirectory(self._client, connect_impatiently(settings, house.session, bot))
        slack = SlackApi(self._client, directory)
        budget = Budget(UPDATES_PER_MINUTE)
        results = Results(airflow, slack, FileRoots(settings.talent_file_roots), house.links)
        reporter = Reporter(airflow, slack, results, house.links, budget, me=house.me)
        self._follower = Follower(airflow, reporter, budget, self._background)
        self._recovery = Recovery(airflow, slack, reporter, self._follower, teams, key, home)
        runs = Runs(house.accounts, self._follower, key, house.me, home)
        desk = Desk(
            airflow,
            house.accounts,
            directory,
            slack,
            runs,
            self._follower,
            reporter,
            teams,
            key,
            home,
        )
        self._approvals = Approvals(
            airflow,
            slack,
            house.accounts,
            self._follower,
            house.links,
            budget,
            key=key,
            own_account=settings.talent_airflow_username,
            home=home,
        )
        self._follower.after_each_look(self._approvals.look_soon)
        answers = Answers(airflow, house.accounts, directory, slack, self._approvals, teams)
        self._listeners = listen(desk, answers, slack, self._asked)

    @property
    def followed(self) -> int:
        """How many runs are looked after here."""
        return len(self._follower.watches)

    def bolt(
        self,
        authorize: Callable[..., Awaitable[AuthorizeResult]] | None = None,
        more: Iterable[Listener] = (),
    ) -> AsyncApp:
        """What answers Slack's requests.

        :param authorize: Says whose token it is; without it Bolt asks Slack once.
        """
        app = App([*self._listeners, *more], self._teams)
        return app.bolt(self._settings, self._client, authorize)

    async def run(self) -> None:
        """Look after runs and questions until cancelled, or until one of the loops fails."""
        loops = [
            asyncio.create_task(self._follower.run()),
            asyncio.create_task(self._recovery.run()),
            asyncio.create_task(self._approvals.run()),
        ]
        try:
            await asyncio.gather(*loops)
        finally:
            for loop in loops:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    async def finish(self) -> None:
        """Carry out what was acknowledged, then leave the runs to the next process."""
        await self._asked.finish(within=FINISH_WITHIN)
        await self._background.finish(within=LET_GO_WITHIN)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._follower.let_go(), LET_GO_WITHIN)

    async def drop(self) -> None:
        """Leave everything as it is: nothing can be said in the workspace any more."""
        await self._asked.finish(within=0)
        await self._background.finish(within=0)

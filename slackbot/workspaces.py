"""Several workspaces, each with the token of its own installation and all that depends on it.

Each has its own :class:`~.workspace.Workspace`: people, groups, conversations, the budget of
edits and the runs of one are nothing to another. Which there are stands in `installations` alone
and is looked at every :data:`INTERVAL` seconds, so all processes serve what one of them installed,
take over a token that one of them replaced, and stop what was uninstalled even when the event got
lost. One request to Slack for each workspace finds a token that Slack has taken back.
"""

from __future__ import annotations

import asyncio
import logging
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse
from slack_sdk.oauth.installation_store import Bot
from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import Route

from ..services.settings import SettingsError
from .access import Home
from .app import App
from .installations import Installations, StoreSilent
from .installing import Installer
from .settings import Settings
from .slack_calls import SlackError, Token, call, connect_impatiently
from .workspace import House, Workspace

log = logging.getLogger(__name__)

INTERVAL = 30.0

SOON = 2.0
"""Seconds between two looks for the sake of requests that nobody has verified yet."""

TAKEN_BACK = frozenset({"account_inactive", "invalid_auth", "token_expired", "token_revoked"})
"""Slack's words for a token that will never work again."""


@dataclass(slots=True)
class Served:
    """A workspace that is served at this moment."""

    workspace: Workspace
    bolt: AsyncApp
    token: Token
    running: asyncio.Task[None]


class Workspaces:
    """Those of `TALENT_SLACK_TEAMS` that have installed the app."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._teams = house.settings.talent_slack_teams
        self._client = connect_impatiently(house.settings, house.session, Token(""))
        self._installations = Installations(house.settings, self._client)
        self._installer = Installer(
            house.settings, self._installations, self._client, self._look_at
        )
        self._removal = Removal(self)
        self._front = App([self._removal], frozenset(self._teams)).bolt(
            house.settings, self._client, _authorize(Token(""), None)
        )
        self._served: dict[str, Served] = {}
        self._refused: dict[str, str] = {}
        self._one_at_a_time = asyncio.Lock()
        self._looked_at = float("-inf")

    @property
    def followed(self) -> int:
        return sum(served.workspace.followed for served in self._served.values())

    def routes(self) -> list[Route]:
        """Where people install the app."""
        return list(self._installer.routes())

    async def open(self) -> None:
        """Begin to serve whoever has installed the app.

        :raises SettingsError: installations cannot be kept.
        """
        try:
            await self._installations.open()
            await self.look()
        except BaseException:
            await self._installations.store.close()
            raise

    async def run(self) -> None:
        """Serve until cancelled, or until something fails that never should."""
        while True:
            running = [served.running for served in self._served.values()]
            pause = asyncio.create_task(asyncio.sleep(INTERVAL))
            try:
                await asyncio.wait([pause, *running], return_when=asyncio.FIRST_COMPLETED)
            finally:
                pause.cancel()
            for task in running:
                if task.done() and not task.cancelled():
                    task.result()
            await self.look()

    async def look(self) -> None:
        """Serve whoever is installed now, with the token of now, and nobody else."""
        for team in self._teams:
            await self._look_at(team)
        try:
            await self._installations.store.tidy()
        except Exception as error:
            log.info("installations that were not finished are kept: %s", type(error).__name__)

    async def finish(self) -> None:
        """As `Workspace.finish`, for all of them."""
        open_now = list(self._served.values())
        for served in open_now:
            served.running.cancel()
        await asyncio.gather(*(served.running for served in open_now), return_exceptions=True)
        await asyncio.gather(*(served.workspace.finish() for served in open_now))
        await self._installations.store.close()

    async def async_dispatch(self, request: AsyncBoltRequest) -> BoltResponse:
        """Answer a request with what belongs to its workspace; the signature is checked there."""
        team = request.context.team_id or ""
        if team in self._teams and team not in self._served:
            await self._look_soon(team)
        served = self._served.get(team)
        answer: BoltResponse = await (served.bolt if served else self._front).async_dispatch(
            request
        )
        return answer

    async def remove(self, team: str) -> None:
        """Forget a workspace that has uninstalled the app."""
        log.info("uninstalled in %s", team)
        try:
            await self._installations.remove(team)
        except StoreSilent as error:
            log.warning("the tokens of %s, which are worth nothing now, stay: %s", team, error)
        async with self._one_at_a_time:
            await self._close(team)

    async def _look_soon(self, team: str) -> None:
        if time.monotonic() > self._looked_at + SOON:
            self._looked_at = time.monotonic()
            await self._look_at(team)

    async def _look_at(self, team: str) -> None:
        async with self._one_at_a_time:
            try:
                bot = await self._installations.find(team)
            except StoreSilent as error:
                log.warning("cannot look for the installation of %s: %s", team, error)
                return
            if bot is None or await self._is_taken_back(team, bot):
                await self._close(team)
            elif served := self._served.get(team):
                served.token.value = str(bot.bot_token)
            else:
                self._open(team, bot)

    async def _is_taken_back(self, team: str, bot: Bot) -> bool:
        token = str(bot.bot_token)
        if self._refused.get(team) == token:
            return True
        try:
            await call(self._client.auth_test(token=token))
        except SlackError as error:
            if error.code not in TAKEN_BACK:
                return False
            self._refused[team] = token
            log.warning("%s is no longer served, Slack says %s: install again", team, error.code)
            return True
        return False

    def _open(self, team: str, bot: Bot) -> None:
        token = Token(str(bot.bot_token))
        home = Home(team, is_first=team == self._teams[0])
        workspace = Workspace(self._house, token, frozenset([team]), home=home)
        bolt = workspace.bolt(_authorize(token, bot), [self._removal])
        self._served[team] = Served(workspace, bolt, token, asyncio.create_task(workspace.run()))
        log.info("%s is served", team)

    async def _close(self, team: str) -> None:
        if served := self._served.pop(team, None):
            served.running.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(served.running, return_exceptions=True)
            await served.workspace.drop()
            log.info("%s is no longer served", team)


async def find_tokens(settings: Settings) -> dict[str, str | None]:
    """The token of each workspace that may install the app, None where it has not; nothing is
    replaced.

    :raises SettingsError: they are not kept where the settings say.
    """
    installations = Installations(settings, AsyncWebClient())
    try:
        await installations.open()
        return {team: await installations.token(team) for team in settings.talent_slack_teams}
    except StoreSilent as error:
        raise SettingsError(f"TALENT_SLACK_INSTALLATIONS does not answer: {error}.") from None
    finally:
        await installations.store.close()


@dataclass(frozen=True, slots=True)
class Removal:
    """Hears that the app was uninstalled, or its token taken back."""

    workspaces: Workspaces

    def register(self, bolt: AsyncApp) -> None:
        bolt.event("app_uninstalled")(self.forget)
        bolt.event("tokens_revoked")(self.forget_if_bot)

    async def forget(self, context: AsyncBoltContext) -> None:
        if context.team_id:
            await self.workspaces.remove(context.team_id)

    async def forget_if_bot(self, context: AsyncBoltContext, event: dict[str, Any]) -> None:
        """Tokens of people are revoked too, and the bot has none."""
        if (event.get("tokens") or {}).get("bot"):
            await self.forget(context)


def _authorize(token: Token, bot: Bot | None) -> Any:
    async def authorize(enterprise_id: str | None, team_id: str | None) -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_id=bot.bot_id if bot else None,
            bot_user_id=bot.bot_user_id if bot else None,
            bot_token=token.value,
        )

    return authorize

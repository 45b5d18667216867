"""The App Home: what waits for a person, and what they started lately."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from slack_bolt.async_app import AsyncAck, AsyncApp

from .. import messages, views
from ..access import Person
from ..background import Background
from ..blocks import Block
from ..buttons import REFRESH
from ..desk import Desk
from ..explain import EXPLAINED, explain
from ..identity import short_name
from ..slack_api import SlackApi, SlackError
from .asking import Body, who_acts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Home:
    """:param questions: Draws what waits for a person."""

    desk: Desk
    slack: SlackApi
    background: Background
    questions: Callable[[Person], Awaitable[Sequence[Block]]]

    def register(self, bolt: AsyncApp) -> None:
        bolt.event("app_home_opened")(self.take_opened)
        bolt.action(REFRESH)(self.take_refresh)

    async def take_opened(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        event = body["event"]
        if event.get("tab") == "home":
            self.background.start(self._draw(str(body["team_id"]), str(event["user"])))

    async def take_refresh(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        person = who_acts(body)
        self.background.start(self._draw(person.team, person.user))

    async def _draw(self, team: str, user: str) -> None:
        try:
            person = Person(team, user, await self.slack.open_dm(user))
            await self.slack.publish_home(user, await self._view(person))
        except SlackError as error:
            log.warning("cannot draw somebody's home: %s", error)

    async def _view(self, person: Person) -> views.View:
        try:
            runs, questions = await asyncio.gather(
                self.desk.own_runs(person), self.questions(person)
            )
        except EXPLAINED as error:
            return views.home_view(explain(error).blocks, explain(error).blocks)
        listed = messages.run_list(
            [self.desk.show(run) for run in runs], [short_name(run.dag_run_id) for run in runs]
        )
        return views.home_view(listed.blocks, questions)

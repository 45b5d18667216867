"""The buttons of runs and results: cancel, retry, again, and what a result proposes."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp

from ...services.airflow_api import DagDetails, RunKey
from .. import messages
from ..access import Person
from ..background import Background
from ..blocks import Message
from ..buttons import ACTION, AGAIN, CANCEL, LINK, RETRY, read_action, read_run
from ..desk import Desk, KnownRun
from ..slack_api import SlackApi
from .asking import Body, answering, telling, who_acts
from .forms import Forms

Steer = Callable[[Person, RunKey], Awaitable[KnownRun]]


@dataclass(frozen=True, slots=True)
class RunButtons:
    """What is pressed below a run's messages."""

    desk: Desk
    slack: SlackApi
    forms: Forms
    background: Background

    def register(self, bolt: AsyncApp) -> None:
        bolt.action(CANCEL)(self.take_cancel)
        bolt.action(RETRY)(self.take_retry)
        bolt.action(AGAIN)(self.take_again)
        bolt.action(re.compile(rf"^{re.escape(ACTION)}:\d+$"))(self.take_action)
        bolt.action(LINK)(self.take_link)

    async def take_link(self, ack: AsyncAck) -> None:
        await ack()

    async def take_cancel(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        self.background.start(self._steer(body, self.desk.cancel, messages.cancelled))

    async def take_retry(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        self.background.start(self._steer(body, self.desk.retry, messages.retried))

    async def take_again(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        self.background.start(self._open(body, self._find_input(body)))

    async def take_action(self, ack: AsyncAck, body: Body) -> None:
        await ack()
        self.background.start(self._open(body, self._find_action(body)))

    async def _steer(self, body: Body, steer: Steer, say: Callable[[str], Message]) -> None:
        tell = telling(self.slack, body)
        async with answering(tell):
            known = await steer(who_acts(body), read_run(body["actions"][0]["value"]))
            await tell(say(known.run.dag_display_name))

    async def _open(
        self, body: Body, find: Coroutine[Any, Any, tuple[DagDetails, Mapping[str, Any]]]
    ) -> None:
        await self.forms.open_form(body, who_acts(body), find)

    async def _find_input(self, body: Body) -> tuple[DagDetails, Mapping[str, Any]]:
        return await self.desk.input_of(who_acts(body), read_run(body["actions"][0]["value"]))

    async def _find_action(self, body: Body) -> tuple[DagDetails, Mapping[str, Any]]:
        person = who_acts(body)
        action = await self.desk.proposal(person, read_action(body["actions"][0]["value"]))
        return await self.desk.workflow(person, action.workflow), action.params

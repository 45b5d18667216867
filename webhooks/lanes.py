"""One after the other, the oldest first, until each is done."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ..services.airflow_api import AirflowError, AirflowRefusedLogin, AirflowUnreachable
from . import metrics
from .quiet import QuietLog
from .waiting import Waiting

quiet = QuietLog(logging.getLogger(__name__))

SHORTEST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds after which Airflow is asked again; the second is twice the first, and so on."""

TRIES_IN_A_ROW = 3
"""Answers that an event may spoil before the others get their turn."""


@dataclass(slots=True)
class Pause:
    """Grows with every failure in a row."""

    _seconds: float = 0.0

    async def take(self) -> None:
        """Wait for longer than the last time, up to the longest, and not all at once."""
        self._seconds = min(max(SHORTEST_PAUSE, self._seconds * 2), LONGEST_PAUSE)
        metrics.retried()
        await asyncio.sleep(self._seconds * random.uniform(0.75, 1.25))  # noqa: S311 - no secret

    def end(self) -> None:
        """Something went well."""
        self._seconds = 0.0


@dataclass(slots=True)
class _Entry:
    waiting: Waiting
    when_done: Callable[[], None]
    tries: int = 0


@dataclass(slots=True)
class Lane:
    """The way of events to one goal, which does not wait for the lanes of others.

    :param name: For the log.
    :param deliver: Returns once the event needs no more; an :class:`AirflowError` of it means
        later.
    """

    name: str
    deliver: Callable[[Waiting], Awaitable[None]]
    _entries: deque[_Entry] = field(default_factory=deque)
    _is_needed: asyncio.Event = field(default_factory=asyncio.Event)
    _pause: Pause = field(default_factory=Pause)

    def add(self, waiting: Waiting, when_done: Callable[[], None]) -> None:
        """:param when_done: Called once the event needs no more here."""
        self._entries.append(_Entry(waiting, when_done))
        self._is_needed.set()

    async def run(self) -> None:
        """Deliver for ever."""
        while True:
            await self._is_needed.wait()
            while self._entries:
                await self._deliver_first()
            self._is_needed.clear()

    async def _deliver_first(self) -> None:
        entry = self._entries[0]
        try:
            await self.deliver(entry.waiting)
        except AirflowError as error:
            quiet.warn(self.name, "%s waits: %s", self.name, error)
            await self._try_later(entry, takes_turns=not _is_away(error))
            return
        except Exception as error:  # One that nobody thought of must not end all lanes.
            quiet.warn(self.name, "%s waits: %s", self.name, type(error).__name__)
            await self._try_later(entry, takes_turns=True)
            return
        self._pause.end()
        # Nothing but this takes away or turns; what is added is added at the end.
        self._entries.popleft()
        entry.when_done()

    async def _try_later(self, entry: _Entry, *, takes_turns: bool) -> None:
        """:param takes_turns: It may be over this very event that Airflow is at a loss, and that
        must not hold up the others.
        """
        entry.tries += takes_turns
        if takes_turns and entry.tries % TRIES_IN_A_ROW == 0:
            self._entries.rotate(-1)
        await self._pause.take()


def _is_away(error: AirflowError) -> bool:
    """It is so for every event, and the oldest stays the first."""
    if isinstance(error, AirflowUnreachable):
        return not error.may_have_happened
    return isinstance(error, AirflowRefusedLogin)

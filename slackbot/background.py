"""Work that goes on after a request was acknowledged, and is not lost sight of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from . import metrics

log = logging.getLogger(__name__)

AT_ONCE = 2
LETS_GO_AFTER = 0.1
"""Seconds for which a turn is one's own, so that 20 a second begin however slow Airflow is."""
IN_TIME = 0.02


class Turn:
    """What one task has, and lets go of when it has waited for a moment.

    Only while this process is idle enough to notice in time: otherwise it is not that task which
    waits for somebody else, and one more at work would only add to what there is to do.
    """

    def __init__(self, turns: asyncio.Semaphore) -> None:
        self._turns = turns
        self._loop = asyncio.get_running_loop()
        self._late: asyncio.TimerHandle | None = self._look_later()

    def end(self) -> None:
        if self._late:
            self._late.cancel()
            self._late = None
            self._turns.release()

    def _look_later(self) -> asyncio.TimerHandle:
        return self._loop.call_later(LETS_GO_AFTER, self._let_go)

    def _let_go(self) -> None:
        if self._late and self._loop.time() < self._late.when() + IN_TIME:
            self.end()
        else:
            self._late = self._look_later()


class Background:
    """Tasks that are kept, logged when they fail, and waited for at the end.

    Bolt and asyncio hold no reference to a task that nobody awaits, so it could vanish.

    Only a few have their turn at the same time, so that a flood of commands leaves time for
    acknowledging more of them. Who has not finished after a moment waits for somebody else, which
    takes no time of this process: then the next one has its turn too.

    :param at_once: How many have their turn.
    """

    def __init__(self, *, at_once: int = AT_ONCE) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(at_once)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._do(work))
        self._tasks.add(task)
        task.add_done_callback(self._end)

    async def _do(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await self._turns.acquire()
            turn = Turn(self._turns)
            try:
                await work
            finally:
                turn.end()
        finally:
            # Without effect, except for one that is ended before its turn.
            work.close()

    async def finish(self, *, within: float) -> None:
        """Wait for everything that was started, and cancel what takes longer.

        :param within: Seconds.
        """
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=within)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            # Its text may hold what a person typed.
            metrics.failure(type(error).__name__)
            log.error("work in the background failed: %s", type(error).__name__)

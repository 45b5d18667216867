"""Work that goes on after a request was acknowledged, and is not lost sight of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import nullcontext
from typing import Any

from . import metrics

log = logging.getLogger(__name__)


class Background:
    """Tasks that are kept, logged when they fail, and waited for at the end.

    Bolt and asyncio hold no reference to a task that nobody awaits, so it could vanish.

    :param at_once: How many may go on at the same time; the others wait for their turn, so that a
        flood of commands leaves time for acknowledging more of them. None means any number.
    """

    def __init__(self, *, at_once: int | None = None) -> None:
        self._tasks: set[asyncio.Task[None]] = set()
        self._turns = asyncio.Semaphore(at_once) if at_once else nullcontext()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._take_turn(work))
        self._tasks.add(task)
        task.add_done_callback(self._end)

    async def _take_turn(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            async with self._turns:
                await work
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

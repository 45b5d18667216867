"""Work that goes on after a request was acknowledged, and is not lost sight of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

log = logging.getLogger(__name__)


class Background:
    """Tasks that are kept, logged when they fail, and waited for at the end.

    Bolt and asyncio hold no reference to a task that nobody awaits, so it could vanish.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

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
            log.error("work in the background failed: %s", type(error).__name__)

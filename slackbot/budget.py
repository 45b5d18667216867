"""How often something may be done a minute, and who goes first when not all can."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable


class Budget:
    """Hands out turns: half of them whenever they are wanted, the others evenly over the minute.

    Part of what may be taken at once is kept for urgent turns, so that these seldom wait.

    :param per_minute: Turns in any minute, never exceeded.
    :param clock: Seconds that only grow.
    """

    def __init__(self, per_minute: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = per_minute / 2
        self._kept_for_urgent = per_minute / 6
        self._interval = 60 / (per_minute - self._at_once)
        self._clock = clock
        self._left = self._at_once
        self._counted_at = clock()
        self._order = itertools.count()
        self._waiting: list[tuple[bool, int, asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None

    async def take(self, *, is_urgent: bool = False) -> None:
        """Wait for a turn."""
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (not is_urgent, next(self._order), turn))
        self._serve()
        await turn

    def _serve(self) -> None:
        now = self._clock()
        gained = (now - self._counted_at) / self._interval
        self._left = min(self._at_once, self._left + gained)
        self._counted_at = now
        while self._waiting and self._left >= self._needed():
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                self._left -= 1
        self._set_timer()

    def _needed(self) -> float:
        """What must be left for the next in line."""
        can_wait = self._waiting[0][0]
        return 1 + self._kept_for_urgent if can_wait else 1

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            pause = (self._needed() - self._left) * self._interval
            self._timer = asyncio.get_running_loop().call_later(pause + 0.001, self._serve)

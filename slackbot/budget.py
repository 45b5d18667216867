"""How often something may be done a minute, and who goes first when not all can."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable


class Budget:
    """Hands out turns: a few at once, then evenly over the minute, urgent ones first.

    :param per_minute: Turns in any minute, never exceeded.
    :param burst: How many of them may be taken at once.
    :param clock: Seconds that only grow.
    """

    def __init__(
        self, per_minute: int, *, burst: int = 5, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._interval = 60 / (per_minute - burst)
        self._burst = burst
        self._clock = clock
        self._left = float(burst)
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
        self._left = min(float(self._burst), self._left + gained)
        self._counted_at = now
        while self._waiting and self._left >= 1:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                self._left -= 1
        self._set_timer()

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        if self._waiting:
            pause = (1 - self._left) * self._interval
            self._timer = asyncio.get_running_loop().call_later(pause + 0.001, self._serve)

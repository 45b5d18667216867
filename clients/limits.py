"""How fast a connection may ask."""

from __future__ import annotations

import threading
import time


class Pace:
    """Spreads requests evenly: the ``n``-th may go ``n / rate`` seconds after the first.

    Safe for threads; holds its lock only to count, never while somebody waits.

    :param rate: requests per second, None for no limit.
    """

    def __init__(self, rate: float | None) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def reserve(self) -> float:
        """Take the next place in the queue and return the seconds to wait for it."""
        if not self._gap:
            return 0.0
        with self._lock:
            now = time.monotonic()
            at = max(self._next, now)
            self._next = at + self._gap
            return at - now

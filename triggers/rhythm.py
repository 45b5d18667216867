"""When to look next."""

from __future__ import annotations

import random

QUIET_AFTER = 12
"""Looks without a change before the interval begins to grow."""

GROWTH = 1.25
LONGEST = 4.0
"""The interval grows to this many times itself: 15 minutes become an hour."""

JITTER = 0.1
"""Share of the interval by which a look may come earlier or later."""


class Rhythm:
    """The pause between two looks: jittered, and longer while nothing changes.

    :param interval: seconds.
    """

    def __init__(self, interval: float) -> None:
        self._interval = interval
        self._quiet = 0
        self._factor = 1.0

    def pause(self, *, is_changed: bool) -> float:
        """Seconds until the next look."""
        self._quiet = 0 if is_changed else self._quiet + 1
        if self._quiet <= QUIET_AFTER:
            self._factor = 1.0
        else:
            self._factor = min(LONGEST, self._factor * GROWTH)
        return self._interval * self._factor * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311

"""Log lines about what strangers may do as often as they like."""

from __future__ import annotations

import logging
import time
from collections.abc import Hashable
from dataclasses import dataclass, field

ONCE_IN = 60.0
"""Seconds in which one kind of thing is written once; metrics count each."""

KINDS = 1000
"""Kinds that are remembered."""


@dataclass(slots=True)
class QuietLog:
    """Writes one line for many of a kind.

    :param once_in: Seconds.
    """

    log: logging.Logger
    once_in: float = ONCE_IN
    _written: dict[Hashable, tuple[float, int]] = field(default_factory=dict)

    def warn(self, kind: Hashable, text: str, *arguments: object) -> None:
        """Write the line, unless one of its kind was written a short while ago.

        :param kind: What such lines have in common.
        """
        now = time.monotonic()
        written_at, left_out = self._written.get(kind, (float("-inf"), 0))
        if now < written_at + self.once_in:
            self._written[kind] = (written_at, left_out + 1)
            return
        if len(self._written) >= KINDS:
            self._written.clear()
        self._written[kind] = (now, 0)
        more = f" ({left_out} more like it since the last line)" if left_out else ""
        self.log.warning(f"{text}%s", *arguments, more)  # noqa: G004 - the text is a constant

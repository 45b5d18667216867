"""How fast a connection may ask."""

from __future__ import annotations

import fcntl
import os
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .host import account_file

TRIES = 20
"""How often a turn that another process is just taking is tried for, a few microseconds each."""

LONGEST_QUEUE = 1_000
"""Requests; a queue that is longer comes from a clock that was set back."""

MOMENT = struct.Struct("<d")


class Pace:
    """Spreads requests evenly: the ``n``-th may go ``n / rate`` seconds after the first.

    All processes of this user on this host that use one account take turns, each as
    soon as it asks, so that several triggerers and workers share fairly what the
    account may do. Where that cannot be had, each process keeps the pace alone.

    Safe for threads and event loops: its locks are held to count, never while
    somebody waits.

    :param rate: requests per second, None for no limit.
    :param turns: the file in which the processes take turns, None for this object alone.
    """

    def __init__(self, rate: float | None, turns: Path | None = None) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._next = 0.0
        self._turns = turns
        self._lock = threading.Lock()

    def reserve(self) -> float:
        """Take the next place in the queue and return the seconds to wait for it."""
        if not self._gap:
            return 0.0
        with self._lock, self._turn() as shared:
            now = time.time()
            at = max(self._next if shared is None else shared[0], now)
            if not at - now <= LONGEST_QUEUE * self._gap:  # also of what is no number
                at = now
            self._next = at + self._gap
            if shared is not None:
                shared[0] = self._next
            return at - now

    @contextmanager
    def _turn(self) -> Iterator[list[float] | None]:
        """When the next request of all processes may go, to be changed; None if it is not known."""
        file = self._claim()
        if file is None:
            yield None
            return
        try:
            said = os.pread(file, MOMENT.size, 0)
            shared = [MOMENT.unpack(said)[0] if len(said) == MOMENT.size else 0.0]
            yield shared
            os.pwrite(file, MOMENT.pack(shared[0]), 0)
        finally:
            os.close(file)

    def _claim(self) -> int | None:
        """The file, locked; never waits for a process that was stopped while it held it."""
        if self._turns is None:
            return None
        try:
            file = os.open(self._turns, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return None
        for _ in range(TRIES):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.sched_yield()
            else:
                return file
        os.close(file)
        return None


def pace_of(vendor: str, base_url: str, login: str, password: str, rate: float | None) -> Pace:
    """The pace of one account on this host."""
    try:
        turns = account_file("pace", vendor, base_url, login, password) if rate else None
    except OSError:
        turns = None
    return Pace(rate, turns)

"""What a watcher has announced, kept in the store of its asset across restarts."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from airflow.sdk.execution_time.context import AssetStateStoreAccessor

T = TypeVar("T")

log = logging.getLogger(__name__)

BEGUN = "watching_since_all_before_is_known"
"""Key that stands in the store once everything that was there at the start is."""

PER_ENTRY = 4_000
"""Digests in one entry of the store, whose values may have 64 KB."""

SIZE = 8
"""Bytes of a digest."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before the store is tried again."""


class Announced:
    """Digests of what was announced; a set that is saved in entries, of which only the last grows.

    Nothing leaves it: a record that the index forgets for a while is not news when it is
    back. A hundred thousand take about a megabyte of the store, which is read once.
    """

    def __init__(self, store: AssetStateStoreAccessor) -> None:
        self._store = store
        self._known: set[bytes] = set()
        self._full_entries = 0
        self._last_entry: list[bytes] = []
        self.has_begun = False
        """Whether what was there at the start is known."""

    def __contains__(self, digest: object) -> bool:
        return digest in self._known

    async def load(self) -> None:
        """Read what was saved."""
        self.has_begun = bool(await _patiently(lambda: self._store.aget(BEGUN)))
        while text := await self._read(self._full_entries):
            self._last_entry = _split(base64.b64decode(text))
            self._known.update(self._last_entry)
            if len(self._last_entry) < PER_ENTRY:
                return
            self._full_entries, self._last_entry = self._full_entries + 1, []

    def add(self, digests: Iterable[bytes]) -> None:
        """Take note of announcements; :meth:`save` keeps them."""
        fresh = [digest for digest in digests if digest not in self._known]
        self._known.update(fresh)
        self._last_entry += fresh

    async def save(self) -> None:
        """Keep what was added."""
        while self._last_entry:
            entry, rest = self._last_entry[:PER_ENTRY], self._last_entry[PER_ENTRY:]
            await self._write(self._full_entries, base64.b64encode(b"".join(entry)).decode())
            if len(entry) < PER_ENTRY:
                return
            self._full_entries, self._last_entry = self._full_entries + 1, rest

    async def begin(self) -> None:
        """Take note that everything is known that was there at the start."""
        await self.save()
        await _patiently(lambda: self._store.aset(BEGUN, "yes"))
        self.has_begun = True

    async def _read(self, number: int) -> str:
        return str(await _patiently(lambda: self._store.aget(_key(number))) or "")

    async def _write(self, number: int, text: str) -> None:
        await _patiently(lambda: self._store.aset(_key(number), text))


def _key(number: int) -> str:
    return f"announced_{number:04}"


def _split(joined: bytes) -> list[bytes]:
    return [joined[start : start + SIZE] for start in range(0, len(joined), SIZE)]


async def _patiently(act: Callable[[], Awaitable[T]]) -> Any:
    """Do ``act`` until it works: a watcher that ended would not be started again."""
    pause = FIRST_PAUSE
    while True:
        try:
            return await act()
        except Exception as error:
            log.warning("The store of an asset cannot be used now (%s)", type(error).__name__)
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE, 2 * pause)

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

BUCKETS = 64
"""Entries of the store, so that one more announcement rewrites little: a value may have 64 KB."""

SIZE = 8
"""Bytes of a digest."""

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds before the store is tried again."""


class Announced:
    """Digests of what was announced; a set that is saved a bucket at a time.

    Nothing leaves it: a record that the index forgets for a while is not news when it is
    back. A hundred thousand take about a megabyte of the store.
    """

    def __init__(self, store: AssetStateStoreAccessor) -> None:
        self._store = store
        self._buckets: list[set[bytes]] = [set() for _ in range(BUCKETS)]
        self._unsaved: set[int] = set()
        self.has_begun = False
        """Whether what was there at the start is known."""

    def __contains__(self, digest: object) -> bool:
        return isinstance(digest, bytes) and digest in self._buckets[_bucket_of(digest)]

    async def load(self) -> None:
        """Read what was saved."""
        self.has_begun = bool(await _patiently(lambda: self._store.aget(BEGUN)))
        for number in range(BUCKETS):
            text = await self._read(number)
            self._buckets[number] = set(_split(base64.b64decode(text))) if text else set()

    def add(self, digests: Iterable[bytes]) -> None:
        """Take note of announcements; :meth:`save` keeps them."""
        for digest in digests:
            number = _bucket_of(digest)
            self._buckets[number].add(digest)
            self._unsaved.add(number)

    async def save(self) -> None:
        """Keep what was added."""
        while self._unsaved:
            number = self._unsaved.pop()
            await self._write(number, base64.b64encode(b"".join(self._buckets[number])).decode())

    async def begin(self) -> None:
        """Take note that everything is known that was there at the start."""
        await self.save()
        await _patiently(lambda: self._store.aset(BEGUN, "yes"))
        self.has_begun = True

    async def _read(self, number: int) -> str:
        return str(await _patiently(lambda: self._store.aget(_key(number))) or "")

    async def _write(self, number: int, text: str) -> None:
        await _patiently(lambda: self._store.aset(_key(number), text))


def _bucket_of(digest: bytes) -> int:
    return digest[0] % BUCKETS


def _key(number: int) -> str:
    return f"announced_{number:02}"


def _split(joined: bytes) -> Iterable[bytes]:
    return (joined[start : start + SIZE] for start in range(0, len(joined), SIZE))


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

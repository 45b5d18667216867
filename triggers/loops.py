"""The loops in which a triggerer looks, each for all who wait for the same kind of thing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Hashable, Iterable, Iterator, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..clients.errors import VendorError
from .rhythm import Rhythm

if TYPE_CHECKING:
    from ..clients.waits import Resource, See, Sightings
    from .connections import SharedConnection

log = logging.getLogger(__name__)

SETTLE = 2.0
"""Seconds that a loop lets newcomers gather before it looks for them out of turn."""

IN_TURN = 10.0
"""Seconds that a newcomer waits for the next look rather than bring it forward."""


@dataclass(frozen=True, slots=True)
class Look:
    """What one look brought.

    :param sightings: what was seen of each id.
    :param error: what hid everything, None when something was seen.
    :param is_sweep: whether every record of the index was shown to all readers.
    """

    sightings: Sightings
    error: Exception | None = None
    is_sweep: bool = False

    @property
    def is_strange(self) -> bool:
        """Whether it failed in a way that is not the vendor's."""
        return self.error is not None and not isinstance(self.error, VendorError)

    def of(self, keys: Iterable[str]) -> Sightings:
        """What was seen of ``keys``, without those that were not looked for."""
        if isinstance(self.error, VendorError):
            return dict.fromkeys(keys, self.error)
        return {key: self.sightings[key] for key in keys if key in self.sightings}


class Watch:
    """Who waits for what in one loop, and what was seen last."""

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()
        self._readers: list[See] = []
        self._newcomer = asyncio.Event()
        self._known: dict[str, Any] = {}

    @property
    def keys(self) -> Collection[str]:
        """The ids that somebody waits for."""
        return tuple(self._waiting)

    def known(self, keys: Collection[str]) -> Sightings:
        """The newest states of ``keys``, so that late joiners need not ask for them."""
        return {key: self._known[key] for key in keys if key in self._known}

    def remember(self, look: Look) -> bool:
        """Keep the states that were seen; whether one that is waited for is another than before.

        Errors are no states: what they hide is as it was known, and no reason to hurry.
        """
        states = {
            k: seen for k, seen in look.sightings.items() if not isinstance(seen, VendorError)
        }
        awaited = states.keys() & self._waiting.keys()
        is_changed = any(states[key] != self._known.get(key) for key in awaited)
        self._known = {**self.known(self.keys), **states}
        return is_changed

    def forget(self) -> None:
        """Forget what was seen, since nobody looks any more."""
        self._known = {}

    @property
    def has_readers(self) -> bool:
        """Whether somebody wants to be shown every record."""
        return bool(self._readers)

    @property
    def is_left(self) -> bool:
        """Whether nobody is here."""
        return not self._waiting and not self._readers

    @contextmanager
    def joined(self, keys: Set[str]) -> Iterator[None]:
        """Wait for ``keys`` while the context lasts."""
        if keys - self.known(keys).keys() - self._waiting.keys():
            self._newcomer.set()
        self._waiting.update(keys)
        try:
            yield
        finally:
            self._waiting.subtract(keys)
            for key in keys:
                if not self._waiting[key]:
                    del self._waiting[key]

    @contextmanager
    def reading(self, see: See) -> Iterator[None]:
        """Be shown every record, look by look, while the context lasts."""
        self._readers.append(see)
        self._newcomer.set()
        try:
            yield
        finally:
            self._readers.remove(see)

    def show(self, records: Iterable[Any]) -> None:
        """Show records to all readers."""
        shown = tuple(records)
        for see in tuple(self._readers):
            see(shown)

    async def pause(self, seconds: float) -> None:
        """Sleep, but not long once somebody new has joined."""
        end = time.monotonic() + seconds
        try:
            async with asyncio.timeout(None if self.is_left else seconds):
                await self._newcomer.wait()
            left = max(0.0, end - time.monotonic())
            await asyncio.sleep(left if left <= IN_TURN else SETTLE)
        except TimeoutError:
            pass

    def call_up(self) -> Collection[str]:
        """The ids to look for now; whoever joins from here on is a newcomer again."""
        self._newcomer.clear()
        return self.keys


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, Watch]] = WeakKeyDictionary()
"""By event loop, to which a watch is bound: ``dag.test()`` makes a new one for each trigger."""


def watch_of(key: Hashable) -> Watch:
    """The watch of the loop that is called ``key``; whoever gets it joins it at once."""
    return _watches.setdefault(asyncio.get_running_loop(), {}).setdefault(key, Watch())


async def look_for_all(
    key: Hashable, connection: SharedConnection, resource: Resource, interval: float
) -> AsyncGenerator[Look, None]:
    """Look for whoever has joined, for ever; errors are part of what was seen.

    :param key: of the loop, as for :func:`watch_of`.
    :param interval: seconds between two looks, before jitter and growth.
    """
    watch, rhythm, way = watch_of(key), Rhythm(interval), ""
    await watch.pause(0)
    try:
        while True:
            look = await _look(watch, connection, resource)
            is_changed = watch.remember(look)
            if look.error is None:
                way = _tell(way, watch, resource)
            yield look
            await watch.pause(rhythm.pause(is_changed=is_changed))
    finally:
        watch.forget()
        if watch.is_left:
            _watches[asyncio.get_running_loop()].pop(key, None)


async def _look(watch: Watch, connection: SharedConnection, resource: Resource) -> Look:
    """Look once; an exception here would fail every waiting task, so it becomes data."""
    keys, is_sweep = watch.call_up(), watch.has_readers
    try:
        if is_sweep:
            seen = await connection.follow(resource.sweep(keys, watch.show))
        else:
            seen = await connection.follow(resource.look(keys)) if keys else {}
    except Exception as error:
        return Look({}, error)
    return Look(seen, is_sweep=is_sweep)


def _tell(told: str, watch: Watch, resource: Resource) -> str:
    """Say once for how many is looked in which way, again only when the way is another one.

    :param told: the kind of way that was told last.
    :returns: the kind of way that is told now.
    """
    way = resource.way
    kind = "".join(letter for letter in way if not letter.isdigit())
    if way and kind != told:
        name = type(resource).__name__
        log.info("Looking for %d %s by %s", len(watch.keys), name, way)
    return kind or told

"""The events that were taken and are not done, on disk.

SQLite does what matters here: an event is on disk before anybody is told that it was taken, and a
process that is killed in the middle loses nothing. Deliveries that wait at the same time are
written with one transaction, since what costs is waiting for the disk.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ..provider.contracts import VendorEvent
from ..services.settings import SettingsError
from .events import Told
from .quiet import QuietLog

quiet = QuietLog(logging.getLogger(__name__))

FILE = "events.sqlite"

REMEMBERED = 600.0
"""Seconds for which an event is known after it was taken, so that another delivery of it is a
repeat. Later it is Airflow that knows its runs."""

DONE_WITHIN = 0.2
"""Seconds in which it is written that an event is done: with the next ones that come, or alone. Who
delivers waits for the disk, so nothing else should keep it busy."""

WRITABLE_FOR = 2.0
"""Seconds for which the disk is not tried again, however many ask whether it takes anything."""

LOCKED_FOR = 5.0
"""Seconds in which another process may end that has the folder."""

MAKE_TABLE = """
create table if not exists events (
    position integer primary key,
    identity text not null unique,
    run_id text not null,
    event text not null,
    taken_at real not null,
    is_done integer not null default 0
)
"""
FIND_OLD = "create index if not exists old on events (taken_at) where is_done"

# One statement for many events: between two, the thread of the disk would have to get hold of the
# interpreter again, which takes it milliseconds while deliveries are read.
MARK_DONE = "update events set is_done = 1 where position in (select value from json_each(?))"
FORGET_OLD = "delete from events where is_done and taken_at < ?"
FIND_KNOWN = """
select json_group_array(identity) from events where identity in (select value from json_each(?))
"""
ADD = """
insert into events (position, identity, run_id, event, taken_at)
select json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
       json_extract(value, '$[3]'), ?
from json_each(?)
"""

T = TypeVar("T")


class QueueFull(Exception):
    """As many events wait as may."""


class QueueUnwritable(Exception):
    """The disk does not take it; the text says why, without contents."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event that is not done.

    :param run_id: Of the runs that it starts.
    """

    position: int
    run_id: str
    event: VendorEvent


@dataclass(slots=True)
class _Arrival:
    told: Sequence[Told]
    answer: asyncio.Future[int]


class WaitingEvents:
    """:param folder: Where the events are; of this process alone.
    :param limit: How many may wait.
    """

    def __init__(self, folder: Path, *, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="events")
        self._arrivals: list[_Arrival] = []
        self._done: list[int] = []
        self._taken_at: dict[int, float] = {}
        self._fresh: asyncio.Queue[Waiting] = asyncio.Queue()
        self._something_to_write = asyncio.Event()
        self._soon: asyncio.TimerHandle | None = None
        self._is_ending = False
        self._checked_until = float("-inf")

    async def open(self) -> None:
        """:raises SettingsError: the folder cannot be used, or another receiver uses it."""
        try:
            found = await self._in_thread(self._open)
        except BaseException:
            self._thread.shutdown()
            raise
        for waiting, taken_at in found:
            self._taken_at[waiting.position] = taken_at
            self._fresh.put_nowait(waiting)

    async def run(self) -> None:
        """Write what comes, until :meth:`end`; to be run once, after :meth:`open`."""
        while not self._is_ending:
            await self._something_to_write.wait()
            self._something_to_write.clear()
            await self._write()

    def end(self) -> None:
        """Write what is known by now and no more."""
        self._is_ending = True
        self._something_to_write.set()

    async def close(self) -> None:
        """Let go of the folder; what waits comes again with the next process."""
        await self._in_thread(lambda: self._database.close())
        self._thread.shutdown()

    async def put(self, told: Sequence[Told]) -> int:
        """Keep the events of a delivery: all of them, or none.

        :returns: How many were not known yet. All are on disk.
        :raises QueueFull: too many wait.
        :raises QueueUnwritable: they may be on disk or not.
        """
        if len(self._arrivals) >= self._limit:
            raise QueueFull("The queue is full.")
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._arrivals.append(_Arrival(told, answer))
        self._something_to_write.set()
        return await answer

    async def next(self) -> Waiting:
        """The oldest event that nobody has got from here yet."""
        return await self._fresh.get()

    def finish(self, waiting: Waiting) -> None:
        """An event is done. If this process ends before that is written, it comes again."""
        self._done.append(waiting.position)
        self._write_soon()

    async def check(self) -> str | None:
        """Why nothing can be taken, as a sentence; None when it can."""
        if len(self._taken_at) >= self._limit:
            return "The queue is full."
        if time.monotonic() > self._checked_until:
            try:
                await self._in_thread(self._try_writing)
            except sqlite3.Error:
                return "The queue cannot be written."
            self._checked_until = time.monotonic() + WRITABLE_FOR
        return None

    def __len__(self) -> int:
        return len(self._taken_at)

    def age(self) -> float:
        """Seconds since the oldest of them was taken, 0 when none waits."""
        oldest = next(iter(self._taken_at.values()), None)
        return 0.0 if oldest is None else max(0.0, time.time() - oldest)

    def _write_soon(self) -> None:
        if self._soon is None:
            loop = asyncio.get_running_loop()
            self._soon = loop.call_later(DONE_WITHIN, self._something_to_write.set)

    async def _write(self) -> None:
        if self._soon:
            self._soon.cancel()
            self._soon = None
        arrivals, self._arrivals = self._arrivals, []
        done, self._done = self._done, []
        room = self._limit - (len(self._taken_at) - len(done))
        now = time.time()
        try:
            outcomes = await self._in_thread(lambda: self._store(arrivals, done, now, room))
        except sqlite3.Error as error:
            self._done = done + self._done
            self._write_soon()
            reason = getattr(error, "sqlite_errorname", type(error).__name__)
            quiet.warn("unwritable", "the queue cannot be written: %s", reason)
            for arrival in arrivals:
                _answer(arrival, QueueUnwritable("The queue cannot be written."))
            return
        for position in done:
            self._taken_at.pop(position, None)
        for arrival, fresh in zip(arrivals, outcomes, strict=True):
            if fresh is None:
                _answer(arrival, QueueFull("The queue is full."))
                continue
            for waiting in fresh:
                self._taken_at[waiting.position] = now
                self._fresh.put_nowait(waiting)
            _answer(arrival, len(fresh))

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    # What follows runs in the thread, which alone knows the database.

    _database: sqlite3.Connection
    _last: int
    """Position of the latest event."""

    def _open(self) -> list[tuple[Waiting, float]]:
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._database = sqlite3.connect(
                self._folder / FILE, timeout=LOCKED_FOR, isolation_level=None
            )
            self._execute("pragma locking_mode = exclusive")
            self._execute("pragma journal_mode = wal")
            # Also after a power failure: the default, but one that distributions may change.
            self._execute("pragma synchronous = full")
            self._execute("begin immediate")
            self._execute(MAKE_TABLE)
            self._execute(FIND_OLD)
            self._execute("commit")
            rows = self._execute(
                "select position, run_id, event, taken_at from events"
                " where not is_done order by position"
            ).fetchall()
            ((self._last,),) = self._execute(
                "select coalesce(max(position), 0) from events"
            ).fetchall()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise SettingsError(
                    "TALENT_WEBHOOK_FOLDER is in use by another receiver: give each its own."
                ) from None
            raise SettingsError(
                "TALENT_WEBHOOK_FOLDER names a folder that cannot be written."
            ) from None
        except OSError:
            raise SettingsError(
                "TALENT_WEBHOOK_FOLDER names a folder that cannot be written."
            ) from None
        except sqlite3.DatabaseError:
            raise SettingsError(
                f"TALENT_WEBHOOK_FOLDER holds a file {FILE} that is damaged or not the receiver's:"
                " move it away."
            ) from None
        return [
            (Waiting(position, run_id, VendorEvent.from_json(json.loads(event))), taken_at)
            for position, run_id, event, taken_at in rows
        ]

    def _store(
        self, arrivals: Sequence[_Arrival], done: Sequence[int], now: float, room: int
    ) -> list[list[Waiting] | None]:
        self._execute("begin immediate")
        try:
            self._execute(MARK_DONE, json.dumps(done))
            self._execute(FORGET_OLD, now - REMEMBERED)
            outcomes, rows = self._sort(arrivals, now, room)
            if rows:
                self._execute(ADD, now, json.dumps(rows))
            self._execute("commit")
        except BaseException:
            self._database.rollback()
            raise
        self._last += len(rows)
        return outcomes

    def _sort(
        self, arrivals: Sequence[_Arrival], now: float, room: int
    ) -> tuple[list[list[Waiting] | None], list[tuple[int, str, str, str]]]:
        """What is new of each delivery, None for those that find no room; and the rows to add."""
        identities = [one.identity for arrival in arrivals for one in arrival.told]
        ((found,),) = self._execute(FIND_KNOWN, json.dumps(identities)).fetchall()
        known: set[str] = set(json.loads(found))
        outcomes: list[list[Waiting] | None] = []
        rows: list[tuple[int, str, str, str]] = []
        for arrival in arrivals:
            # The same event may stand twice in one delivery.
            new = {one.identity: one for one in arrival.told if one.identity not in known}
            if len(rows) + len(new) > room:
                outcomes.append(None)
                continue
            known |= new.keys()
            fresh = []
            for identity, one in new.items():
                position, run_id = self._last + len(rows) + 1, one.run_id(now)
                rows.append((position, identity, run_id, json.dumps(one.event.as_json())))
                fresh.append(Waiting(position, run_id, one.event))
            outcomes.append(fresh)
        return outcomes, rows

    def _try_writing(self) -> None:
        self._execute("pragma user_version = 1")

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._database.execute(statement, values)


def _answer(arrival: _Arrival, outcome: int | Exception) -> None:
    """Who asked may have stopped waiting."""
    if arrival.answer.done():
        return
    if isinstance(outcome, Exception):
        arrival.answer.set_exception(outcome)
    else:
        arrival.answer.set_result(outcome)

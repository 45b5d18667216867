"""A wait in the triggerer, shared by all tasks that wait on the same thing.

All triggers with the same vendor, connection, resource and interval are fed by
one loop with one client. The loop knows who waits, because each joins it; it
sends round what it saw of every id, and each trigger judges its own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Collection, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.triggers.base import BaseEventTrigger, TaskSuccessEvent, TriggerEvent

from ..clients.errors import VendorError
from ..clients.waits import Done, Hopeless, Resource, Wait, Waiting, Watcher
from ..hooks.base import ConnectionInvalid
from .endings import Ending
from .rhythm import Rhythm

if TYPE_CHECKING:
    from ..hooks.base import VendorHook

log = logging.getLogger(__name__)

REREAD_CONNECTION_AFTER = 60.0
"""Seconds after which an edited connection is noticed."""

SETTLE = 2.0
"""Seconds that a loop lets newcomers gather before it looks for them out of turn."""

IN_TURN = 10.0
"""Seconds that a newcomer waits for the next look rather than bring it forward."""


class Watch:
    """Who waits for what on one shared loop."""

    def __init__(self) -> None:
        self._waiting: Counter[str] = Counter()
        self._newcomer = asyncio.Event()

    @property
    def keys(self) -> Collection[str]:
        """The ids that somebody waits for."""
        return tuple(self._waiting)

    @contextmanager
    def joined(self, key: str) -> Iterator[None]:
        """Wait for ``key`` while the context lasts."""
        if key not in self._waiting:
            self._newcomer.set()
        self._waiting[key] += 1
        try:
            yield
        finally:
            self._waiting[key] -= 1
            if not self._waiting[key]:
                del self._waiting[key]

    async def pause(self, seconds: float) -> None:
        """Sleep, but not long once somebody new has joined."""
        end = time.monotonic() + seconds
        try:
            async with asyncio.timeout(seconds if self._waiting else None):
                await self._newcomer.wait()
            left = max(0.0, end - time.monotonic())
            await asyncio.sleep(left if left <= IN_TURN else SETTLE)
        except TimeoutError:
            pass
        self._newcomer.clear()


@dataclass(frozen=True, slots=True)
class Look:
    """What one look brought: a sighting for each id, or the error that concerns all."""

    sightings: dict[str, Any]
    error: Exception | None = None

    def of(self, key: str) -> Any:
        """What was seen of ``key``, None when it was not looked for."""
        return self.error or self.sightings.get(key)

    def shows_more_than(self, last: Look) -> bool:
        """Whether a state differs; no two errors are equal, and none is a reason to hurry."""
        return self._states() != last._states()

    def _states(self) -> dict[str, Any]:
        return {k: seen for k, seen in self.sightings.items() if not isinstance(seen, VendorError)}


class Onlooker:
    """Looks over one connection, which it reads again from time to time."""

    def __init__(self, hook: VendorHook[Any], resource: Resource) -> None:
        self._hook = hook
        self._resource = resource
        self._read_at = time.monotonic()

    async def look(self, keys: Collection[str]) -> Look:
        """Look once; an exception here would fail every waiting task, so it becomes data."""
        try:
            if time.monotonic() - self._read_at > REREAD_CONNECTION_AFTER:
                self._read_at = time.monotonic()
                await self._refresh()
            return Look(dict(await self._hook.afollow(self._resource.look(keys))) if keys else {})
        except Exception as error:
            return Look({}, error)

    async def close(self) -> None:
        """Close the connections."""
        await self._hook.aclose()

    async def _refresh(self) -> None:
        """Take over an edited connection; where it cannot be read now, the one that is known."""
        try:
            await self._hook.arefresh()
        except ConnectionInvalid:
            raise
        except Exception as error:
            # Also "not found", which Airflow says when a secrets backend fails.
            log.warning(
                "Connection %s cannot be read again now (%s); going on with what it said",
                self._hook.conn_id,
                type(error).__name__,
            )


class WaitTrigger(BaseEventTrigger):
    """Fires once, when what a task waits for has happened, cannot happen, or took too long.

    A success ends the task from here, without a worker, when ``ends_here`` is
    set; every other ending resumes the task on a worker, which raises the error.

    :param conn_id: the Airflow connection.
    :param interval: seconds between two looks, before jitter and growth.
    :param timeout: seconds from the start of the trigger, None for no limit.
    :param give_up_after: as ``timeout``, from a template; the earlier one counts.
    :param deadline: instant as ISO 8601, known when a worker deferred the task.
    :param ends_here: the task has nothing that only a worker can do.
    :param arguments: those of the wait.
    """

    hook_type: ClassVar[type[VendorHook[Any]]]
    wait_type: ClassVar[type[Wait]]

    def __init__(
        self,
        *,
        conn_id: str,
        interval: float,
        timeout: float | None = None,
        give_up_after: float | str | None = None,
        deadline: str | None = None,
        ends_here: bool = False,
        **arguments: Any,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's is not typed
        self.conn_id = conn_id
        self.interval = interval
        self.timeout = timeout
        self.give_up_after = give_up_after
        self.deadline = deadline
        self.ends_here = ends_here
        self._names = tuple(arguments)
        for name, value in arguments.items():
            setattr(self, name, value)

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "conn_id": self.conn_id,
            "interval": self.interval,
            "timeout": self.timeout,
            "give_up_after": self.give_up_after,
            "deadline": self.deadline,
            "ends_here": self.ends_here,
            **self._arguments(),
        }

    def shared_stream_key(self) -> Hashable:
        resource = self.wait_type.resource
        return (self.hook_type.vendor, self.conn_id, resource.__qualname__, self.interval)

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[Look]:
        """Look for whoever has joined, for ever; errors are part of what was seen."""
        trigger = cls(**kwargs)
        watch = _watch(trigger.shared_stream_key())
        onlooker = Onlooker(cls.hook_type(trigger.conn_id), cls.wait_type.resource())
        rhythm = Rhythm(trigger.interval)
        last = Look({})
        await watch.pause(0)
        try:
            while True:
                look = await onlooker.look(watch.keys)
                yield look
                await watch.pause(rhythm.pause(is_changed=look.shows_more_than(last)))
                last = look
        finally:
            await onlooker.close()

    async def filter_shared_stream(
        self, stream: AsyncIterator[Look]
    ) -> AsyncIterator[TriggerEvent]:
        ending = await self._follow(stream)
        if ending.is_success and self.ends_here and await self._push_result(ending.result):
            yield TaskSuccessEvent()
        else:
            yield TriggerEvent(ending.as_event())

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Wait alone; used where there is no triggerer to share a loop in."""
        stream = self.open_shared_stream(self.serialize()[1])
        ending = await self._follow(stream)
        yield TriggerEvent(ending.as_event())

    async def _follow(self, stream: AsyncIterator[Look]) -> Ending:
        try:
            wait = self.wait_type.parse(self._arguments())
            seconds = self._seconds_left()
        except (TypeError, ValueError) as error:
            return Ending.invalid(str(error))
        self.log.info("Waiting for %s %s, about every %g s", wait.name, wait.key, self.interval)
        try:
            with _watch(self.shared_stream_key()).joined(wait.key):
                async with asyncio.timeout(seconds):
                    return await self._judge_until_over(Watcher(wait), stream)
        except TimeoutError:
            return Ending.timeout(f"{wait.name} {wait.key} was waited for in vain")
        except VendorError as error:
            return Ending.vendor_error(error)

    async def _judge_until_over(self, watcher: Watcher, stream: AsyncIterator[Look]) -> Ending:
        async for look in stream:
            sighting = look.of(watcher.wait.key)
            if sighting is None:
                continue
            if isinstance(sighting, Exception) and not isinstance(sighting, VendorError):
                return Ending.invalid(_explain(sighting))
            match watcher.judge(sighting):
                case Done(result):
                    return Ending.success(result)
                case Hopeless(reason):
                    return Ending.hopeless(reason)
                case Waiting() if isinstance(sighting, VendorError):
                    self.log.warning("Look %d failed, going on: %s", watcher.faults, sighting)
        return Ending.invalid("the shared loop ended")

    def _arguments(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._names}

    def _seconds_left(self) -> float | None:
        limits = [self.timeout] if self.timeout is not None else []
        if self.give_up_after not in (None, "", "None"):
            limits.append(float(self.give_up_after))
        if self.deadline is not None:
            left = datetime.fromisoformat(self.deadline) - datetime.now(UTC)
            limits = [max(0.0, left.total_seconds())]
        return min(limits, default=None)

    async def _push_result(self, result: dict[str, Any]) -> bool:
        """Whether the result could be stored from here; otherwise a worker stores it."""
        from airflow.sdk.execution_time.xcom import XCom

        ti = self.task_instance
        if ti is None:
            return False
        try:
            # TaskSuccessEvent(xcoms=…) of Airflow 3.3 encodes values twice; this does not.
            await XCom.aset(
                "return_value",
                result,
                dag_id=ti.dag_id,
                task_id=ti.task_id,
                run_id=ti.run_id,
                map_index=-1 if ti.map_index is None else ti.map_index,
            )
        except Exception as error:  # whatever it is, a worker can do it
            self.log.warning("The result goes by way of a worker (%s)", type(error).__name__)
            return False
        return True


def _explain(error: Exception) -> str:
    """What an error that is not the vendor's says, as far as its text is known to be harmless."""
    if isinstance(error, (ConnectionInvalid, AirflowNotFoundException)):
        return str(error)
    return f"{type(error).__name__} while looking"


_watches: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Hashable, Watch]] = WeakKeyDictionary()
"""By event loop, to which a watch is bound: ``dag.test()`` makes a new one for each trigger."""


def _watch(key: Hashable) -> Watch:
    return _watches.setdefault(asyncio.get_running_loop(), {}).setdefault(key, Watch())

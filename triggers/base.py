"""A wait in the triggerer, shared by all tasks that wait on the same thing.

All triggers with the same vendor, connection, resource and interval are fed by
one loop with one client. The loop knows who waits, because each joins it; it
sends round what it saw of every id, and each trigger judges its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import aclosing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.triggers.base import BaseEventTrigger, TaskSuccessEvent, TriggerEvent

from ..clients.errors import VendorError
from ..clients.waits import Done, Hopeless, Progress, Resource, Verdict, Wait, Waiting, is_fault
from ..hooks.base import ConnectionInvalid
from .connections import shared_connection
from .endings import Ending
from .loops import Look, look_for_all, watch_of

if TYPE_CHECKING:
    from ..hooks.base import VendorHook

STRANGE_FAULTS = 10
"""Looks in a row that may fail in a way that is not the vendor's before a wait is given up."""

STORED_AT_ONCE = 4
"""Results on their way to Airflow, which takes one after the other: whatever else the triggerer
says, also that a task is done, waits behind those that were sent before."""

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()
"""Whose turn it is to store a result, by event loop."""


class LoopTrigger(BaseEventTrigger):
    """A trigger that is fed by the loop of a connection, a resource and an interval.

    :param conn_id: the Airflow connection.
    :param interval: seconds between two looks, before jitter and growth.
    """

    hook_type: ClassVar[type[VendorHook[Any]]]

    def __init__(self, *, conn_id: str, interval: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's is not typed
        self.conn_id = conn_id
        self.interval = interval

    @classmethod
    def resource_type(cls) -> type[Resource]:
        """What is looked at."""
        raise NotImplementedError

    def shared_stream_key(self) -> Hashable:
        resource = self.resource_type()
        return (self.hook_type.vendor, self.conn_id, resource.__qualname__, self.interval)

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[Look]:
        """Look for whoever has joined, for ever; errors are part of what was seen."""
        trigger = cls(**kwargs)
        key, resource = trigger.shared_stream_key(), cls.resource_type()()
        async with (
            shared_connection(cls.hook_type, trigger.conn_id) as connection,
            aclosing(look_for_all(key, connection, resource, trigger.interval)) as looks,
        ):
            async for look in looks:
                yield look

    def _tell_of_fault(self, times: int, fault: Exception | None) -> None:
        """Log the 1st, 2nd, 4th, 8th … fault, so that a long outage leaves a short log."""
        if fault is not None and times and not times & (times - 1):
            text = fault if isinstance(fault, VendorError) else type(fault).__name__
            self.log.warning("Look %d that failed, going on: %s", times, text)


class WaitTrigger(LoopTrigger):
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
        super().__init__(conn_id=conn_id, interval=interval)
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

    @classmethod
    def resource_type(cls) -> type[Resource]:
        return cls.wait_type.resource

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
            async with asyncio.timeout(seconds):
                return await self._judge_until_over(wait, stream)
        except TimeoutError:
            return Ending.timeout(f"{wait.name} {wait.key} was waited for in vain")
        except VendorError as error:
            return Ending.vendor_error(error)

    async def _judge_until_over(self, wait: Wait, stream: AsyncIterator[Look]) -> Ending:
        watch, progress, strange = watch_of(self.shared_stream_key()), Progress(wait), 0
        with watch.joined(frozenset(progress.keys)):
            ending = _ending_of(progress.see(watch.known(progress.keys)))
            while ending is None:
                look = await anext(stream, None)
                if look is None:
                    return Ending.invalid("the shared loop ended")
                strange = strange + 1 if look.is_strange else 0
                if isinstance(look.error, FINAL) or strange >= STRANGE_FAULTS:
                    return Ending.invalid(_explain(look.error))
                seen = look.of(progress.keys)
                ending = _ending_of(progress.see(seen))
                self._tell_of_fault(strange, look.error)
                self._tell_of_fault(progress.faults, next(filter(is_fault, seen.values()), None))
        return ending

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
        turns = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(STORED_AT_ONCE))
        try:
            async with turns:
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


FINAL = (ConnectionInvalid, AirflowNotFoundException)
"""What is wrong with a connection when it is read first, and stays so."""


def _explain(error: Exception | None) -> str:
    """What an error that is not the vendor's says, as far as its text is known to be harmless."""
    if isinstance(error, FINAL):
        return str(error)
    return f"{type(error).__name__} while looking, {STRANGE_FAULTS} times in a row"


def _ending_of(verdict: Verdict) -> Ending | None:
    """How a verdict ends a wait, None while it does not."""
    match verdict:
        case Done(result):
            return Ending.success(result)
        case Hopeless(reason):
            return Ending.hopeless(reason)
        case Waiting():
            return None

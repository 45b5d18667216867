"""What a triggerer does with triggers, in the event loop of a test."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from itertools import count
from typing import Any

from airflow.triggers.shared_stream import SharedStreamManager

from airflow_talent.triggers.base import LoopTrigger


class Triggerer:
    """Feeds triggers by shared streams, and keeps the events of each."""

    def __init__(self) -> None:
        self._streams = SharedStreamManager()
        self._tasks: list[asyncio.Task[None]] = []
        self._numbers = count(1)

    def start(self, trigger: LoopTrigger) -> Events:
        """Run a trigger beside the others until :meth:`stop`, or its own end."""
        events = Events()
        events.task = asyncio.create_task(self._run(next(self._numbers), trigger, events))
        self._tasks.append(events.task)
        return events

    async def stop(self) -> None:
        """End everything, as when a triggerer is killed: whatever was not awaited is lost."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._streams.stop_all()

    async def _run(self, number: int, trigger: LoopTrigger, events: Events) -> None:
        key = trigger.shared_stream_key()
        stream = self._streams.subscribe(trigger_id=number, trigger=trigger, key=key)
        try:
            async for event in trigger.filter_shared_stream(stream):
                events.payloads.append(event.payload)
        finally:
            await self._streams.unsubscribe(number, key)


class Events:
    """What a trigger has fired."""

    task: asyncio.Task[None]

    def __init__(self) -> None:
        self.payloads: list[Any] = []

    async def ending(self, *, within: float = 20) -> dict[str, Any]:
        """How a wait ended."""
        await asyncio.wait_for(self.task, within)
        (ending,) = self.payloads
        result: dict[str, Any] = ending
        return result


async def until(is_true: Callable[[], bool], *, within: float = 20) -> None:
    """Wait for a condition, which may ask the emulator, without stopping the event loop."""
    deadline = time.monotonic() + within
    while not await asyncio.to_thread(is_true):
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)

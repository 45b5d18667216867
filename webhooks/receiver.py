"""Answers the vendors, and says whether it can.

A delivery is answered when its events are on disk. Whatever Airflow does plays no part in it, and
vendors do not wait for long: Vitay never sends anything twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from ..services.airflow_api import AirflowApi
from ..services.care import READY, AirflowWatch
from . import metrics
from .doors import SAID, Door, Refused, open_doors
from .quiet import QuietLog
from .settings import Settings
from .telling import Telling
from .waiting import QueueFull, QueueUnwritable, WaitingEvents

quiet = QuietLog(logging.getLogger(__name__))

STORED_WITHIN = 1.5
"""Seconds in which the disk must have taken a delivery, so that the answer is there in two."""

LOOK_WITHIN = 0.5
"""Seconds for which `/ready` waits for Airflow: whoever asks does not wait long either."""

COME_BACK_AFTER = "30"
"""Seconds after which a sender that heard "later" may try again."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """What runs while :func:`receiving` lasts.

    :param running: Ends only when something is wrong, and then says what.
    """

    doors: tuple[Door, ...]
    events: WaitingEvents
    airflow: AirflowWatch
    running: asyncio.Task[None]

    def routes(self) -> list[BaseRoute]:
        """The vendors' paths."""
        return [
            Route(door.path, endpoint_of(door, self.events), methods=["POST"])
            for door in self.doors
        ]

    async def look(self) -> Mapping[str, str]:
        """What `/ready` says. Without Airflow the receiver is ready all the same: whatever would
        then send nobody here would lose the events that it is there to keep."""
        if reason := await self.events.check():
            return {"status": "waiting", "reason": reason}
        try:
            async with asyncio.timeout(LOOK_WITHIN):
                reason = await self.airflow.missing()
        except TimeoutError:
            reason = "Airflow does not answer in time."
        return {"status": READY, "airflow": reason or "Airflow answers."}


@contextlib.asynccontextmanager
async def receiving(settings: Settings) -> AsyncIterator[Receiver]:
    """Keep events, and tell Airflow of them, while the block lasts.

    :raises SettingsError: the folder of the queue cannot be used.
    """
    events = WaitingEvents(
        settings.talent_webhook_folder, limit=settings.talent_webhook_queue_limit
    )
    await events.open()
    airflow = AirflowApi.connect(settings, metrics.airflow_request)
    telling = Telling(airflow, events, tells_assets=settings.talent_webhook_asset_events)
    metrics.count_waiting(lambda: len(events), events.age)
    writing = asyncio.create_task(events.run())
    told = asyncio.create_task(telling.run())
    running = asyncio.create_task(_all_of(writing, told))
    try:
        doors = tuple(open_doors(settings))
        yield Receiver(doors, events, AirflowWatch(airflow), running)
    finally:
        told.cancel()
        events.end()
        await asyncio.gather(writing, told, running, return_exceptions=True)
        await events.close()
        await airflow.close()


async def _all_of(*tasks: asyncio.Task[None]) -> None:
    """Both run for ever, so whatever ends one of them is a fault."""
    await asyncio.gather(*tasks)


def endpoint_of(door: Door, events: WaitingEvents) -> Callable[[Request], Awaitable[Response]]:
    """What answers at a door."""

    async def take(request: Request) -> Response:
        began = time.perf_counter()
        try:
            await _take(door, events, request)
        except Refused as refusal:
            metrics.refused(door.vendor, refusal.reason)
            quiet.warn(
                (door.vendor, refusal.reason),
                "a delivery to the door of %s is refused: %s",
                door.vendor,
                refusal.reason,
            )
            # The body may still be on its way, and nobody will read it.
            headers = {"Connection": "close"}
            if refusal.status == 503:
                headers["Retry-After"] = COME_BACK_AFTER
            return PlainTextResponse(SAID[refusal.status], refusal.status, headers)
        finally:
            metrics.answered(door.vendor, time.perf_counter() - began)
        return JSONResponse({"status": "success"})

    return take


async def _take(door: Door, events: WaitingEvents, request: Request) -> None:
    told = await door.admit(request)
    try:
        async with asyncio.timeout(STORED_WITHIN):
            fresh = await events.put(told)
    except QueueFull:
        raise Refused(503, "full") from None
    except (QueueUnwritable, TimeoutError):
        raise Refused(503, "unwritable") from None
    metrics.taken(door.vendor, "accepted", fresh)
    metrics.taken(door.vendor, "repeated", len(told) - fresh)

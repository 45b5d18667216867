"""Finding out what nobody tells: triggers for ``AssetWatcher``.

They are fed by the loops of those who wait, so that an index is read once for
all. What one sweep finds goes into one event.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar

from airflow.sdk.definitions.asset import AssetNameRef
from airflow.triggers.base import TriggerEvent

from ..clients.news import Gazette, News
from ..clients.waits import Resource
from ..provider.contracts import VENDOR_EVENT, VendorEvent
from .announced import Announced
from .base import LoopTrigger
from .loops import Look, watch_of

SPACING = 10.0
"""Seconds between two events of a watcher: Airflow 3.3 lets one wait for the next when they are
close. Also how long Airflow gets to store an event before it counts as announced."""

MOST_RECORDS = 1_000
"""Records in one event."""


class EventTrigger(LoopTrigger):
    """Fires whenever a sweep of an index finds something new, for ever.

    The event's payload is ``{"talent_event": …}``, a :class:`~airflow_talent.provider.\
contracts.VendorEvent` with the ids of up to 1,000 records. Something that happens
    before the first sweep is over is not announced. After a crash the last event
    may come again.

    :param conn_id: the Airflow connection.
    :param interval: seconds between two sweeps, before jitter and growth; with that of
        the sensors on the same connection both share their requests.
    :param asset: name of the asset that is watched, in whose store is kept what was
        announced. One asset has one watcher.
    """

    news: ClassVar[type[News]]

    def __init__(self, *, conn_id: str, interval: float, asset: str) -> None:
        super().__init__(conn_id=conn_id, interval=interval)
        self.asset = asset

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "conn_id": self.conn_id,
            "interval": self.interval,
            "asset": self.asset,
        }

    @classmethod
    def resource_type(cls) -> type[Resource]:
        return cls.news.resource

    async def filter_shared_stream(
        self, stream: AsyncIterator[Look]
    ) -> AsyncIterator[TriggerEvent]:
        if self.asset_state_store is None:
            raise RuntimeError(f"{type(self).__name__} works only as the watcher of an asset")
        announced = Announced(self.asset_state_store[AssetNameRef(self.asset)])
        await announced.load()
        gazette, faults = Gazette(self.news, announced), 0
        with watch_of(self.shared_stream_key()).reading(gazette.see):
            async for look in stream:
                faults = faults + 1 if look.error else 0
                self._tell_of_fault(faults, look.error)
                if announced.has_begun:
                    while batch := gazette.take(MOST_RECORDS):
                        announced.add(batch)
                        yield TriggerEvent(self._payload(batch.values()))
                        await asyncio.sleep(SPACING)
                        await announced.save()
                elif look.is_sweep:
                    announced.add(gazette.take_all())
                    await announced.begin()
                    self.log.info("Watching %s from now on", self.asset)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Watch alone; used where there is no triggerer to share a loop in."""
        async for event in self.filter_shared_stream(self.open_shared_stream(self.serialize()[1])):
            yield event

    def _payload(self, records: Any) -> dict[str, Any]:
        event = VendorEvent(
            vendor=self.news.vendor,
            type=self.news.event,
            conn_id=self.conn_id,
            records=[*records],
        )
        return {VENDOR_EVENT: event.as_json()}

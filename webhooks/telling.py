"""Airflow hears of every event: each DAG that is tagged with it is started once.

Repeating is harmless, since a run's id is made from its event: what Airflow has already it answers
with 409.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, TypeVar

from ..provider.contracts import VENDOR_EVENT
from ..services.airflow_api import (
    AirflowApi,
    AirflowError,
    AirflowForbids,
    AlreadyInAirflow,
    NotInAirflow,
    RequestRejected,
    RunKey,
)
from . import metrics
from .lanes import Lane, Pause
from .quiet import QuietLog
from .vendors import asset_uri
from .waiting import Waiting, WaitingEvents

quiet = QuietLog(logging.getLogger(__name__))

KNOWN_FOR = 5.0
"""Seconds for which it is not looked again which DAGs have a tag: so late may a new one be."""

ASSETS = "asset events"

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


@dataclass(slots=True)
class _Lately(Generic[Key, Value]):
    """What was looked up a few seconds ago at most."""

    look_up: Callable[[Key], Awaitable[Value]]
    _found: dict[Key, tuple[float, Value]] = field(default_factory=dict)

    async def get(self, key: Key) -> Value:
        now = time.monotonic()
        if found := self._found.get(key):
            if now < found[0]:
                return found[1]
            self._found = {one: entry for one, entry in self._found.items() if now < entry[0]}
        value = await self.look_up(key)
        self._found[key] = (time.monotonic() + KNOWN_FOR, value)
        return value


class Telling:
    """:param tells_assets: Whether the asset that stands for an event hears of it too."""

    def __init__(
        self, airflow: AirflowApi, events: WaitingEvents, *, tells_assets: bool = False
    ) -> None:
        self._airflow = airflow
        self._events = events
        self._tells_assets = tells_assets
        self._tagged = _Lately(self._find_tagged)
        self._assets = _Lately(airflow.asset_id)
        self._lanes: dict[str, Lane] = {}
        self._running: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Tell whatever comes, until this coroutine is cancelled."""
        pause = Pause()
        async with asyncio.TaskGroup() as self._running:
            while True:
                waiting = await self._events.next()
                while not await self._has_sent(waiting):
                    await pause.take()
                pause.end()

    async def _has_sent(self, waiting: Waiting) -> bool:
        """Send an event on its ways; False when Airflow does not say which DAGs are tagged."""
        try:
            dag_ids = await self._tagged.get(waiting.event.tag)
        except AirflowError as error:
            quiet.warn("tags", "all events wait: %s", error)
            return False
        except Exception as error:  # One that nobody thought of must not end it for all.
            quiet.warn("tags", "all events wait: %s", type(error).__name__)
            return False
        if not dag_ids:
            metrics.unheard(waiting.event.vendor)
        lanes = [self._lane(dag_id, partial(self._start, dag_id)) for dag_id in dag_ids]
        if self._tells_assets and asset_uri(waiting.event):
            lanes.append(self._lane(ASSETS, self._tell_asset))
        self._send(waiting, lanes)
        return True

    def _send(self, waiting: Waiting, lanes: Sequence[Lane]) -> None:
        left = {lane.name for lane in lanes}

        def leave(name: str) -> None:
            left.discard(name)
            if not left:
                self._events.finish(waiting)

        for lane in lanes:
            lane.add(waiting, partial(leave, lane.name))
        if not lanes:
            self._events.finish(waiting)

    def _lane(self, name: str, deliver: Callable[[Waiting], Awaitable[None]]) -> Lane:
        if name not in self._lanes:
            lane = self._lanes[name] = Lane(name, deliver)
            assert self._running  # noqa: S101 - `run` has made it
            self._running.create_task(lane.run())
        return self._lanes[name]

    async def _find_tagged(self, tag: str) -> Sequence[str]:
        """DAGs that are paused too: their runs wait in Airflow, where people see them."""
        dags = await self._airflow.dags_tagged([tag])
        return [dag.dag_id for dag in dags if tag in dag.tags and not dag.is_stale]

    async def _start(self, dag_id: str, waiting: Waiting) -> None:
        conf = {VENDOR_EVENT: waiting.event.as_json()}
        outcome: metrics.Outcome = "started"
        try:
            await self._airflow.start_run(RunKey(dag_id, waiting.run_id), conf)
        except AlreadyInAirflow:
            outcome = "already_started"
        except RequestRejected as error:
            outcome = "rejected"
            quiet.warn((dag_id, outcome), "%s does not take %s: %s", dag_id, waiting.run_id, error)
        except NotInAirflow:
            # What stands before Airflow may say 404 as well, while Airflow is away.
            if dag_id in await self._find_tagged(waiting.event.tag):
                raise
            outcome = "gone"
        metrics.run(dag_id, outcome)

    async def _tell_asset(self, waiting: Waiting) -> None:
        vendor, uri = waiting.event.vendor, asset_uri(waiting.event)
        outcome: metrics.AssetOutcome = "told"
        try:
            asset_id = await self._assets.get(uri or "")
            if asset_id is None:
                outcome = "unknown"
            else:
                await self._airflow.tell_asset(asset_id, {VENDOR_EVENT: waiting.event.as_json()})
        except (AirflowForbids, NotInAirflow, RequestRejected) as error:
            # Runs are what counts, so events do not pile up here.
            outcome = "rejected"
            quiet.warn(ASSETS, "asset events need the role op: %s", error)
        metrics.asset(vendor, outcome)

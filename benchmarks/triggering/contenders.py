"""The triggers that are compared: ours, of other providers, Airflow's own, and the least one."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from airflow.providers.http.triggers.http import HttpSensorTrigger
from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.triggers.base import BaseEventTrigger, BaseTrigger, TriggerEvent

from airflow_talent.triggers.vitay import VitayReferenceFilledTrigger

FAR = datetime(2100, 1, 1, tzinfo=UTC)
WEEK = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Waits:
    """What is waited for: none of it happens.

    :param ids: one for each wait.
    :param interval: seconds between two looks.
    """

    ids: Sequence[str]
    interval: float


class LeastTrigger(BaseEventTrigger):
    """The least that shares a stream: what a wait costs Airflow, whoever waits."""

    def __init__(self, *, reference_id: str, interval: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Airflow's is not typed
        self.reference_id = reference_id
        self.interval = interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        return f"{type(self).__module__}.{type(self).__qualname__}", {
            "reference_id": self.reference_id,
            "interval": self.interval,
        }

    def shared_stream_key(self) -> str:
        return "least"

    @classmethod
    async def open_shared_stream(cls, kwargs: dict[str, Any]) -> AsyncIterator[int]:
        number = 0
        while True:
            yield number
            number += 1
            await asyncio.sleep(kwargs["interval"])

    async def filter_shared_stream(self, stream: AsyncIterator[int]) -> AsyncIterator[TriggerEvent]:
        async for number in stream:
            if number < 0:
                yield TriggerEvent(number)

    async def run(self) -> AsyncIterator[TriggerEvent]:
        async for event in self.filter_shared_stream(self.open_shared_stream(self.serialize()[1])):
            yield event


def ours(waits: Waits) -> list[BaseTrigger]:
    return [
        VitayReferenceFilledTrigger(
            conn_id="vitay_default", interval=waits.interval, reference_id=each
        )
        for each in waits.ids
    ]


def http(waits: Waits) -> list[BaseTrigger]:
    return [
        HttpSensorTrigger(
            http_conn_id="vitay_http",
            endpoint=f"v1/public/references/{each}",
            poke_interval=waits.interval,
        )
        for each in waits.ids
    ]


def airbyte(waits: Waits) -> list[BaseTrigger]:
    # Not by name, since it is there only with the extra ``bench``.
    trigger: Any = import_module("airflow.providers.airbyte.triggers.airbyte").AirbyteSyncTrigger
    return [
        trigger(
            conn_id="airbyte_default",
            job_id=number,
            end_time=time.time() + WEEK,
            poll_interval=waits.interval,
        )
        for number, _ in enumerate(waits.ids, start=1)
    ]


def at_a_time(waits: Waits) -> list[BaseTrigger]:
    return [DateTimeTrigger(moment=FAR) for _ in waits.ids]


def least(waits: Waits) -> list[BaseTrigger]:
    return [LeastTrigger(reference_id=each, interval=waits.interval) for each in waits.ids]


OURS, HTTP, AIRBYTE = "Vitay trigger", "HttpSensor's trigger", "Airbyte's trigger"
TIME, LEAST = "Airflow's time trigger", "least shared stream"

MAKERS: Mapping[str, Callable[[Waits], list[BaseTrigger]]] = {
    OURS: ours,
    HTTP: http,
    AIRBYTE: airbyte,
    TIME: at_a_time,
    LEAST: least,
}


def environment(vitay_connection: str, airbyte_url: str) -> dict[str, str]:
    """Their connections; those of Vitay as the emulator gives them."""
    host = json.loads(vitay_connection)["host"]
    return {
        "AIRFLOW_CONN_VITAY_DEFAULT": vitay_connection,
        "AIRFLOW_CONN_VITAY_HTTP": json.dumps({"conn_type": "http", "host": f"{host}/"}),
        # Without client id and secret, as Airbyte's documentation says for a server of one's own.
        "AIRFLOW_CONN_AIRBYTE_DEFAULT": json.dumps({"conn_type": "airbyte", "host": airbyte_url}),
    }

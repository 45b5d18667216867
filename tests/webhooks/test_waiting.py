"""What was taken is on disk, and stays there until it is done."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from airflow_talent.provider.contracts import VendorEvent
from airflow_talent.services.settings import SettingsError
from airflow_talent.webhooks import waiting
from airflow_talent.webhooks.events import Told
from airflow_talent.webhooks.waiting import (
    FILE,
    QueueFull,
    QueueUnwritable,
    Waiting,
    WaitingEvents,
)


def told(number: int, *, counts_again: bool = False) -> Told:
    event = VendorEvent(
        vendor="vitay",
        type="reference.completed",
        conn_id="vitay_default",
        records=[{"reference_id": f"r-{number}"}],
    )
    return Told(event, f"identity {number}", counts_again=counts_again)


@asynccontextmanager
async def opened(folder: Path, *, limit: int = 1000) -> AsyncIterator[WaitingEvents]:
    events = WaitingEvents(folder, limit=limit)
    await events.open()
    running = asyncio.create_task(events.run())
    yield events
    events.end()
    await running
    await events.close()


async def take(events: WaitingEvents, count: int) -> list[Waiting]:
    return [await asyncio.wait_for(events.next(), 5) for _ in range(count)]


async def test_what_was_taken_and_is_not_done_comes_again_in_its_order(folder: Path) -> None:
    async with opened(folder) as events:
        for number in range(5):
            await events.put([told(number)])
        first, second, *_ = await take(events, 5)
        events.finish(second)
        events.finish(first)

    async with opened(folder) as events:
        assert len(events) == 3
        again = await take(events, 3)

    assert [one.event.records for one in again] == [
        [{"reference_id": f"r-{number}"}] for number in (2, 3, 4)
    ]


async def test_events_that_wait_together_are_written_together(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    statements: list[str] = []
    async with opened(folder) as events:
        await events._in_thread(lambda: events._database.set_trace_callback(statements.append))
        await asyncio.gather(*(events.put([told(number)]) for number in range(200)))

    assert sum(statement == "commit" for statement in map(str.lower, statements)) <= 4


async def test_a_repeat_is_known_while_it_waits_and_for_some_minutes_after(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    async with opened(folder) as events:
        assert await events.put([told(1)]) == 1
        assert await events.put([told(1)]) == 0
        (one,) = await take(events, 1)
        events.finish(one)
        now += waiting.REMEMBERED - 1
        assert await events.put([told(1)]) == 0
        now += 2
        assert await events.put([told(1)]) == 1
        (later,) = await take(events, 1)
        assert later.run_id == one.run_id
        assert len(events) == 1


async def test_a_repeat_is_known_across_a_restart(folder: Path) -> None:
    async with opened(folder) as events:
        await events.put([told(1, counts_again=True)])
        events.finish((await take(events, 1))[0])

    async with opened(folder) as events:
        assert await events.put([told(1, counts_again=True)]) == 0


async def test_an_event_twice_in_one_delivery_is_one(folder: Path) -> None:
    async with opened(folder) as events:
        assert await events.put([told(1), told(1), told(2)]) == 2


async def test_when_it_is_full_a_delivery_is_refused_whole_and_nothing_is_lost(
    folder: Path,
) -> None:
    async with opened(folder, limit=2) as events:
        await events.put([told(1)])
        with pytest.raises(QueueFull):
            await events.put([told(2), told(3)])
        assert await events.put([told(2)]) == 1
        with pytest.raises(QueueFull):
            await events.put([told(3)])
        assert await events.put([told(1)]) == 0, "a repeat takes no room"
        assert await events.check() == "The queue is full."
        first, _ = await take(events, 2)
        events.finish(first)
        assert await events.put([told(3)]) == 1


async def test_a_second_receiver_is_refused_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "LOCKED_FOR", 0.1)
    async with opened(folder):
        with pytest.raises(SettingsError) as refusal:
            await WaitingEvents(folder, limit=1).open()

    assert str(refusal.value) == (
        "TALENT_WEBHOOK_FOLDER is in use by another receiver: give each its own."
    )


async def test_a_folder_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / FILE).write_bytes(b"not a database" * 1000)

    for folder, said in ((tmp_path / "file", "cannot be written"), (damaged, "is damaged")):
        with pytest.raises(SettingsError, match=rf"^TALENT_WEBHOOK_FOLDER .*{said}.*\.$"):
            await WaitingEvents(folder, limit=1).open()


async def test_what_the_disk_does_not_take_is_refused_and_what_is_done_is_written_later(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(folder) as events:
        await events.put([told(1)])
        (one,) = await take(events, 1)
        await events._in_thread(lambda: events._execute("pragma query_only = on"))
        events.finish(one)
        with pytest.raises(QueueUnwritable):
            await events.put([told(2)])
        assert await events.check() == "The queue cannot be written."
        await events._in_thread(lambda: events._execute("pragma query_only = off"))
        assert await events.put([told(2)]) == 1

    async with opened(folder) as events:
        (left,) = await take(events, 1)
        assert left.event.records == [{"reference_id": "r-2"}]


async def test_the_file_holds_ids_and_is_of_its_owner_alone(folder: Path) -> None:
    async with opened(folder) as events:
        await events.put([told(1)])

    assert (await asyncio.to_thread(folder.stat)).st_mode & 0o077 == 0
    with sqlite3.connect(folder / FILE) as database:
        ((event,),) = database.execute("select event from events").fetchall()
    assert json.loads(event) == told(1).event.as_json()


async def test_its_age_is_that_of_the_oldest(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    async with opened(folder) as events:
        assert events.age() == 0
        await events.put([told(1)])
        now += 10
        await events.put([told(2)])
        assert events.age() == pytest.approx(10)
        events.finish((await take(events, 1))[0])
        await events.put([told(3)])
        assert events.age() == pytest.approx(0)

"""The loops of a triggerer: who asks for whom, how often, and what stops whom."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from airflow.sdk.execution_time.xcom import XCom

from airflow_talent.clients import vitay
from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.rickrut.world import RickRutWorld
from airflow_talent.tests.vitay_world import VitayWorld
from airflow_talent.tests.waiting.triggerer import Triggerer, until
from airflow_talent.triggers import connections, loops
from airflow_talent.triggers.base import STORED_AT_ONCE
from airflow_talent.triggers.rickrut import RickRutApplicantScoredTrigger
from airflow_talent.triggers.vitay import (
    VitayReferenceFilledTrigger,
    VitayReferenceRequestFilledTrigger,
    VitayReferencesFilledTrigger,
)

INDEX = "/v2/references"
REQUESTS = "/v1/public/reference_requests"

Connect = Callable[..., None]


@pytest.fixture
async def triggerer() -> AsyncIterator[Triggerer]:
    triggerer = Triggerer()
    yield triggerer
    await triggerer.stop()


@pytest.fixture(autouse=True)
def _connections(talent_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in talent_emulator.environment().items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def connect(vitay_world: VitayWorld, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Edits the connection ``vitay_default``."""

    def connect(*, extra: dict[str, Any] | None = None, **fields: Any) -> None:
        connection = {**vitay_world.connection, **fields}
        connection["extra"] = {**connection["extra"], **(extra or {})}
        monkeypatch.setenv("AIRFLOW_CONN_VITAY_DEFAULT", json.dumps(connection))

    return connect


@pytest.fixture
def prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let newcomers gather for a moment only."""
    monkeypatch.setattr(loops, "SETTLE", 0.05)


def wait_for(reference_id: str, **changes: Any) -> VitayReferenceFilledTrigger:
    options = {"conn_id": "vitay_default", "interval": 0.3, "timeout": 60, **changes}
    return VitayReferenceFilledTrigger(reference_id=reference_id, **options)


def wait_for_request(request_id: str, **changes: Any) -> VitayReferenceRequestFilledTrigger:
    options = {"conn_id": "vitay_default", "interval": 0.3, "timeout": 60, **changes}
    return VitayReferenceRequestFilledTrigger(request_id=request_id, **options)


def reads(emulator: Emulator) -> Counter[str]:
    """How often each path was read."""
    asked = emulator.requests("vitay")
    return Counter(request["path"] for request in asked if request["method"] == "GET")


def logins(emulator: Emulator) -> int:
    return sum(r["path"].endswith("/login") for r in emulator.requests("vitay"))


async def seed(emulator: Emulator, world: VitayWorld, how_many: int) -> list[str]:
    """References of long ago, the oldest first."""
    await asyncio.to_thread(emulator.act, "vitay/seed", references=how_many)
    return [
        r.id for r in await asyncio.to_thread(list, world.runner.iterate(vitay.list_references()))
    ]


async def test_many_waits_cost_as_many_requests_a_look_as_the_index_has_pages(
    triggerer: Triggerer, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    ids = await seed(talent_emulator, vitay_world, 250)
    for reference_id in ids[::2]:
        triggerer.start(wait_for(reference_id))
    await until(lambda: reads(talent_emulator)[INDEX] >= 3 + 3 * 3)

    before, looks = reads(talent_emulator), 4
    await until(lambda: reads(talent_emulator)[INDEX] >= before[INDEX] + looks * 3)

    spent = reads(talent_emulator) - before
    assert spent.keys() == {INDEX}
    assert spent[INDEX] <= (looks + 1) * 3


async def test_who_joins_late_gets_the_newest_known_state_without_a_request(
    triggerer: Triggerer, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    ids = await seed(talent_emulator, vitay_world, 20)
    await asyncio.to_thread(vitay_world.fill, ids[7])
    triggerer.start(wait_for(ids[0], interval=3600))
    first = triggerer.start(wait_for(ids[7], interval=3600))
    await first.ending()
    before = reads(talent_emulator)

    late = [triggerer.start(wait_for(ids[7], interval=3600)) for _ in range(3)]

    assert [(await each.ending())["status"] for each in late] == ["success"] * 3
    assert reads(talent_emulator) == before


async def test_somebody_new_is_looked_for_out_of_turn(
    prompt: None, triggerer: Triggerer, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    first = await asyncio.to_thread(vitay_world.reference)
    triggerer.start(wait_for(first, interval=3600))
    await until(lambda: reads(talent_emulator).total() > 1)
    filled = await asyncio.to_thread(vitay_world.reference)
    await asyncio.to_thread(vitay_world.fill, filled)

    late = triggerer.start(wait_for(filled, interval=3600))

    assert (await late.ending())["result"]["reference_id"] == filled


async def test_all_loops_of_a_connection_share_its_pace_and_its_login(
    triggerer: Triggerer, connect: Connect, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    connect(extra={"max_requests_per_second": 10})
    ids = await seed(talent_emulator, vitay_world, 6)
    check = await asyncio.to_thread(vitay_world.check)
    before = len(talent_emulator.requests("vitay"))
    had = logins(talent_emulator)

    for number, reference_id in enumerate(ids):
        triggerer.start(wait_for(reference_id, interval=0.2 + number / 100))
    triggerer.start(wait_for_request(check.request_id, interval=0.2))
    await until(lambda: len(talent_emulator.requests("vitay")) >= before + 25)

    asked = talent_emulator.requests("vitay")[before:]
    arrivals = [datetime.fromisoformat(r["at"]).timestamp() for r in asked if r["method"] == "GET"]
    took = arrivals[-1] - arrivals[0]
    assert len(arrivals) - 1 <= took * 10 * 1.2, "more than ten a second"
    assert logins(talent_emulator) - had == 1


async def test_a_token_that_ends_costs_one_login_for_all(
    triggerer: Triggerer, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    ids = await seed(talent_emulator, vitay_world, 8)
    check = await asyncio.to_thread(vitay_world.check)
    waits = [triggerer.start(wait_for(each, interval=0.2 + n % 2)) for n, each in enumerate(ids)]
    waits.append(triggerer.start(wait_for_request(check.request_id)))
    await until(lambda: reads(talent_emulator)[REQUESTS] >= 1 <= reads(talent_emulator)[INDEX])
    had = logins(talent_emulator)
    await asyncio.to_thread(talent_emulator.fault, "vitay", "GET", REQUESTS, "expire_token")

    await until(lambda: logins(talent_emulator) > had)
    before = reads(talent_emulator)
    await until(lambda: (reads(talent_emulator) - before).total() >= 20)

    assert logins(talent_emulator) == had + 1
    assert not any(wait.task.done() for wait in waits)


async def test_an_edited_connection_is_picked_up_and_a_wrong_edit_survived(
    triggerer: Triggerer,
    connect: Connect,
    talent_emulator: Emulator,
    vitay_world: VitayWorld,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "REREAD_AFTER", 0.1)
    reference_id = await asyncio.to_thread(vitay_world.reference)
    wait = triggerer.start(wait_for(reference_id))
    await until(lambda: reads(talent_emulator).total() > 2)

    connect(extra={"mode": "whatever"})
    before = reads(talent_emulator)
    await until(lambda: (reads(talent_emulator) - before).total() >= 3)
    had = logins(talent_emulator)
    connect(login="root@emulator.test")

    await until(lambda: logins(talent_emulator) > had)
    await asyncio.to_thread(vitay_world.fill, reference_id)
    assert (await wait.ending())["status"] == "success"


@pytest.mark.parametrize("trouble", ["slow", "dead"])
async def test_a_vendor_in_trouble_stops_no_other(
    trouble: str, triggerer: Triggerer, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    reference_id = await asyncio.to_thread(vitay_world.reference)
    (applicant,) = await asyncio.to_thread(RickRutWorld(talent_emulator).applicants, 1)
    if trouble == "slow":
        await asyncio.to_thread(talent_emulator.settings, rickrut={"latency": 10})
    else:
        await asyncio.to_thread(talent_emulator.fault, "rickrut", "GET", "", "stall", times=None)
    stuck = triggerer.start(
        RickRutApplicantScoredTrigger(
            conn_id="rickrut_default", interval=0.2, timeout=60, applicant_id=applicant
        )
    )
    asked = len(await asyncio.to_thread(talent_emulator.requests, "rickrut"))
    await until(lambda: len(talent_emulator.requests("rickrut")) > asked)

    wait = triggerer.start(wait_for(reference_id))
    await until(lambda: reads(talent_emulator).total() >= 5)
    await asyncio.to_thread(vitay_world.fill, reference_id)

    assert (await wait.ending())["status"] == "success"
    assert not stuck.task.done()


async def test_an_index_that_forgets_a_record_ends_no_wait(
    triggerer: Triggerer, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    ids = await seed(talent_emulator, vitay_world, 30)
    check = await asyncio.to_thread(vitay_world.check)
    waits = [triggerer.start(wait_for(each, interval=0.1)) for each in ids[:10]]
    waits.append(triggerer.start(wait_for_request(check.request_id, interval=0.1)))
    await until(lambda: reads(talent_emulator)[REQUESTS] >= 2)

    await asyncio.to_thread(
        talent_emulator.settings, vitay={"index_omits": [ids[3], check.request_id]}
    )
    before = reads(talent_emulator)
    await until(lambda: (reads(talent_emulator) - before)[REQUESTS] >= 8)

    assert not any(wait.task.done() for wait in waits)
    await asyncio.to_thread(vitay_world.fill, ids[3])
    assert (await waits[3].ending())["result"]["reference_id"] == ids[3]
    await asyncio.to_thread(vitay_world.submit_unseen, check)
    assert (await waits[-1].ending())["status"] == "success"


async def test_a_request_that_is_in_no_index_is_given_up_in_the_end(
    triggerer: Triggerer, talent_emulator: Emulator
) -> None:
    wait = triggerer.start(wait_for_request("rr-404", interval=0.05))

    ending = await wait.ending()

    assert ending["status"] == "hopeless"
    assert reads(talent_emulator)[REQUESTS] >= 5


async def test_pages_that_shift_while_they_are_read_lose_nobody(
    triggerer: Triggerer, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    await asyncio.to_thread(
        talent_emulator.settings,
        vitay={"index_order": "newest_first", "max_page_size": 5, "latency": 0.01},
    )
    ids = await seed(talent_emulator, vitay_world, 40)
    waits = {each: triggerer.start(wait_for(each, interval=0.1)) for each in ids[::2]}
    await until(lambda: reads(talent_emulator)[INDEX] >= 8)

    candidate = await asyncio.to_thread(vitay_world.candidate)
    for reference_id in ids[::2]:
        await asyncio.to_thread(vitay_world.reference, candidate)
        await asyncio.to_thread(vitay_world.fill, reference_id)

    for reference_id, wait in waits.items():
        assert (await wait.ending())["result"]["reference_id"] == reference_id


async def test_one_trigger_waits_for_enough_of_many(
    triggerer: Triggerer, talent_emulator: Emulator, vitay_world: VitayWorld
) -> None:
    ids = await seed(talent_emulator, vitay_world, 6)
    await asyncio.to_thread(vitay_world.delete, ids[5])
    options: dict[str, Any] = {"conn_id": "vitay_default", "interval": 0.1, "timeout": 60}
    wait = triggerer.start(VitayReferencesFilledTrigger(reference_ids=ids, at_least="3", **options))
    everyone = triggerer.start(VitayReferencesFilledTrigger(reference_ids=ids, **options))
    for reference_id in (ids[4], ids[0]):
        await asyncio.to_thread(vitay_world.fill, reference_id)
    before = reads(talent_emulator)
    await until(lambda: (reads(talent_emulator) - before).total() >= 3)
    assert not wait.task.done()

    await asyncio.to_thread(vitay_world.fill, ids[2])

    assert (await wait.ending())["result"] == {
        "filled_ids": [ids[0], ids[2], ids[4]],
        "open_ids": [ids[1], ids[3]],
        "gone_ids": [ids[5]],
    }
    ending = await everyone.ending()
    assert ending["status"] == "hopeless"
    assert "1 of 6 references" in ending["reason"]


async def test_the_way_of_looking_is_logged_once(
    triggerer: Triggerer,
    talent_emulator: Emulator,
    vitay_world: VitayWorld,
    caplog: pytest.LogCaptureFixture,
) -> None:
    ids = await seed(talent_emulator, vitay_world, 250)
    caplog.set_level(logging.INFO, logger=loops.__name__)
    for reference_id in ids[::4]:
        triggerer.start(wait_for(reference_id, interval=0.1))
    await until(lambda: reads(talent_emulator)[INDEX] >= 3 * 5)

    told = [r.getMessage() for r in caplog.records if "pages of the index" in r.getMessage()]
    assert told == ["Looking for 63 References by 3 of the 3 pages of the index"]


async def test_results_go_to_airflow_a_few_at_a_time(
    triggerer: Triggerer, vitay_world: VitayWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    storing, stored, gate = set[str](), set[str](), asyncio.Event()
    most = 0

    async def store(key: str, value: Any, *, task_id: str, **place: Any) -> None:
        nonlocal most
        storing.add(task_id)
        most = max(most, len(storing))
        await gate.wait()
        storing.discard(task_id)
        stored.add(task_id)

    monkeypatch.setattr(XCom, "aset", store)
    candidate = await asyncio.to_thread(vitay_world.candidate)
    ids = [await asyncio.to_thread(vitay_world.reference, candidate) for _ in range(10)]
    for reference_id in ids:
        await asyncio.to_thread(vitay_world.fill, reference_id)
    waits = []
    for reference_id in ids:
        trigger = wait_for(reference_id, ends_here=True)
        place = {"dag_id": "many", "run_id": "one", "map_index": None}
        trigger.task_instance = cast(Any, SimpleNamespace(task_id=reference_id, **place))
        waits.append(triggerer.start(trigger))

    await until(lambda: len(storing) == STORED_AT_ONCE)
    gate.set()

    for wait in waits:
        await wait.ending()
    assert stored == set(ids)
    assert most == STORED_AT_ONCE

"""Looking for applicants: one by one, politely, and only for what is final."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import pytest
from airflow.triggers.base import TriggerEvent
from airflow.triggers.shared_stream import SharedStreamManager

from airflow_talent.clients.errors import AuthenticationFailed, NotFound, RateLimited
from airflow_talent.clients.rickrut.models import Applicant
from airflow_talent.clients.rickrut.waits import Applicants, ApplicantScored
from airflow_talent.clients.singles import TOGETHER
from airflow_talent.clients.waits import Done, Waiting
from airflow_talent.tests.rickrut.conftest import CONN_ID
from airflow_talent.tests.rickrut.world import RickRutWorld
from airflow_talent.tests.vendors import Connect, NewRunner
from airflow_talent.triggers.rickrut import RickRutApplicantScoredTrigger


def applicant(**changes: Any) -> Applicant:
    scored = {"status": "SCORED", "skill_score": "15.0", "adequation_score": "0.0", "step": 6}
    return Applicant.model_validate({"id": 7, **scored, **changes})


WAIT = ApplicantScored(applicant_id="7")


def test_a_scored_applicant_hands_on_scores_as_text_and_nothing_of_the_person() -> None:
    verdict = WAIT.judge(applicant(email="ada@people.test", first_name="Ada"))
    assert verdict == Done(
        {
            "applicant_id": "7",
            "status": "SCORED",
            "skill_score": "15.0",
            "adequation_score": "0.0",
            "step": 6,
        }
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "INVITED"},
        {"status": "FINISHED", "finished_at": "2016-10-27T09:03:35Z"},
        {"skill_score": None},
        {"adequation_score": None},
    ],
)
def test_anything_less_is_waited_for(changes: dict[str, Any]) -> None:
    assert WAIT.judge(applicant(**changes)) == Waiting()


@pytest.mark.parametrize("given", [31415, "31415", " 31415 "])
def test_an_id_may_be_a_number_or_text(given: Any) -> None:
    assert ApplicantScored.parse({"applicant_id": given}).key == "31415"


def test_each_applicant_is_asked_for_once_a_look(runner: Any, world: RickRutWorld) -> None:
    ids = [*world.applicants(2), "404"]
    seen = runner.follow(Applicants().look(ids))
    assert [seen[key].id for key in ids[:2]] == ids[:2]
    assert isinstance(seen["404"], NotFound)
    assert len(world.asked()) == 3


def test_one_bad_applicant_stops_nobody(runner: Any, world: RickRutWorld) -> None:
    ids = world.applicants(TOGETHER + 5)
    world.emulator.fault("rickrut", "GET", f"/{ids[0]}$", "status", code=500, times=None)
    seen = runner.follow(Applicants().look(ids))
    assert [key for key in ids if isinstance(seen[key], Applicant)] == ids[1:]


def test_a_refused_key_ends_the_look_for_all(new_runner: NewRunner, world: RickRutWorld) -> None:
    ids = world.applicants(3 * TOGETHER)
    runner = new_runner(password=type(world.settings.password)("wrong"))
    seen = runner.follow(Applicants().look(ids))
    assert {type(each) for each in seen.values()} == {AuthenticationFailed}
    assert seen.keys() == set(ids)
    assert len(world.asked()) == TOGETHER


def test_who_was_left_out_for_the_usage_limit_comes_first_next_time(
    runner: Any, world: RickRutWorld
) -> None:
    ids = world.applicants(3 * TOGETHER)
    world.set(usage_limit=TOGETHER, usage_window=1000)
    applicants = Applicants()
    seen: set[str] = set()
    for _ in range(3):
        found = runner.follow(applicants.look(ids))
        now = {key for key, each in found.items() if isinstance(each, Applicant)}
        assert {type(found[key]) for key in set(ids) - now} <= {RateLimited}
        assert not now & seen
        seen |= now
        world.emulator.advance(1001)
    assert seen == set(ids)


@pytest.fixture
async def streams() -> AsyncIterator[SharedStreamManager]:
    """What a triggerer has to feed several triggers by one loop."""
    streams = SharedStreamManager()
    yield streams
    await streams.stop_all()


async def test_twenty_waits_share_one_loop_and_its_few_connections(
    streams: SharedStreamManager, connect: Connect, world: RickRutWorld
) -> None:
    connect(extra={"max_connections": 4})
    world.emulator.settings(rickrut={"latency": 0.1})
    ids = await asyncio.to_thread(world.applicants, 20)
    waits = [asyncio.create_task(wait(streams, n, key)) for n, key in enumerate(ids)]
    await asyncio.to_thread(until, lambda: len(answered(world)) >= len(ids))

    for number, key in enumerate(ids):
        await asyncio.to_thread(world.score, key, skill=number, adequation=100)

    endings = [event.payload for event in await asyncio.wait_for(asyncio.gather(*waits), 20)]
    assert [e["status"] for e in endings] == ["success"] * 20
    assert [e["result"]["applicant_id"] for e in endings] == ids
    assert [e["result"]["skill_score"] for e in endings] == [f"{n}.0" for n in range(20)]
    arrivals = [datetime.fromisoformat(r["at"]).timestamp() for r in world.asked()]
    fifths = zip(arrivals, arrivals[4:], strict=False)
    assert all(later - earlier > 0.09 for earlier, later in fifths)


async def wait(streams: SharedStreamManager, number: int, applicant_id: str) -> TriggerEvent:
    """Wait as a triggerer has a trigger wait."""
    trigger = RickRutApplicantScoredTrigger(
        conn_id=CONN_ID, interval=0.5, timeout=30, applicant_id=applicant_id
    )
    key = trigger.shared_stream_key()
    stream = streams.subscribe(trigger_id=number, trigger=trigger, key=key)
    try:
        return await anext(trigger.filter_shared_stream(stream))
    finally:
        await streams.unsubscribe(number, key)


def answered(world: RickRutWorld) -> list[dict[str, Any]]:
    return [request for request in world.asked() if request["status"] == 200]


def until(is_true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)

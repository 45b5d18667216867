"""Airflow hears of every event, whatever it does in the meantime."""

from __future__ import annotations

import asyncio
import json
import logging
import socket

import httpx
import pytest

from airflow_talent.webhooks import lanes, telling, vitay

from .conftest import (
    FILLED,
    deliver,
    eventually,
    free_port,
    is_done,
    metric,
    riminder_event,
    running_receiver,
    signed,
    vitay_event,
)
from .standin import StandIn, serving


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SHORTEST_PAUSE", 0.02)
    monkeypatch.setattr(lanes, "LONGEST_PAUSE", 0.1)


@pytest.fixture
def may_look_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tags are looked up anew for every event."""
    monkeypatch.setattr(telling, "KNOWN_FOR", -1.0)


def runs(dag_id: str, outcome: str) -> str:
    return f'talent_webhook_runs_total{{dag_id="{dag_id}",outcome="{outcome}"}}'


def ids_of(stand_in: StandIn, dag_id: str = "follow_up") -> list[str]:
    return [event["records"][0]["reference_id"] for event in stand_in.started(dag_id)]


async def test_every_tagged_dag_is_started_once_with_ids_only(
    http: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.dags["second"] = ["slack", FILLED]

    assert (await deliver(http)).json() == {"status": "success"}
    assert (await deliver(http)).status_code == 200
    await eventually(lambda: is_done(http))

    told = {
        "v": 1,
        "vendor": "vitay",
        "type": "reference.completed",
        "conn_id": "vitay_default",
        "records": [{"reference_id": "r-1", "candidate_id": "c-1"}],
    }
    assert stand_in.started("follow_up") == stand_in.started("second") == [told]
    assert stand_in.started("other") == []
    ((_, run_id), *_) = stand_in.runs
    assert run_id.startswith("on__vitay__reference.completed__")


async def test_the_connection_is_the_one_of_the_settings(
    environment: dict[str, str], stand_in: StandIn
) -> None:
    environment["TALENT_WEBHOOK_VITAY_CONN_ID"] = "vitay_berlin"
    async with running_receiver(environment) as http:
        await deliver(http)
        await eventually(lambda: stand_in.started("follow_up"))

    assert stand_in.started("follow_up")[0]["conn_id"] == "vitay_berlin"


async def test_an_event_that_no_dag_wants_is_done(
    http: httpx.AsyncClient, stand_in: StandIn
) -> None:
    sample = 'talent_webhook_unheard_total{vendor="vitay"}'
    before = await metric(http, sample)

    await deliver(http, vitay_event(event="created"))
    await eventually(lambda: is_done(http))

    assert await metric(http, sample) == before + 1
    assert stand_in.runs == {}


async def test_what_airflow_has_already_is_done(http: httpx.AsyncClient, stand_in: StandIn) -> None:
    sample = runs("follow_up", "already_started")
    before = await metric(http, sample)
    stand_in.fails["follow_up"] = 409, "exists"

    await deliver(http)
    await eventually(lambda: is_done(http))

    assert await metric(http, sample) == before + 1


@pytest.mark.parametrize("status", [400, 422])
async def test_what_airflow_rejects_is_said_once_and_holds_up_nothing(
    http: httpx.AsyncClient,
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
) -> None:
    monkeypatch.setattr(telling.quiet, "_written", {})
    stand_in.dags["second"] = [FILLED]
    stand_in.fails["follow_up"] = status, "DAG with dag_id: 'follow_up' has import errors"
    before = await metric(http, runs("follow_up", "rejected"))

    for number in range(5):
        await deliver(http, vitay_event(number))
    await eventually(lambda: is_done(http))

    assert await metric(http, runs("follow_up", "rejected")) == before + 5
    assert len(ids_of(stand_in, "second")) == 5
    assert caplog.text.count("has import errors") == 1


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503])
async def test_whatever_else_airflow_answers_it_is_asked_until_it_does(
    http: httpx.AsyncClient, stand_in: StandIn, status: int
) -> None:
    stand_in.fails["*"] = status, "not now"
    for number in range(3):
        assert (await deliver(http, vitay_event(number))).status_code == 200

    async def has_paused() -> bool:
        return await metric(http, "talent_webhook_retries_total") > before + 2

    before = await metric(http, "talent_webhook_retries_total")
    await eventually(has_paused)
    assert await metric(http, "talent_webhook_waiting") == 3
    assert await metric(http, "talent_webhook_oldest_seconds") > 0
    stand_in.fails.clear()
    await eventually(lambda: is_done(http))

    assert ids_of(stand_in) == ["r-0", "r-1", "r-2"]


async def test_while_airflow_is_away_everything_is_taken_and_later_told(
    environment: dict[str, str], stand_in: StandIn
) -> None:
    port = free_port()
    environment["TALENT_AIRFLOW_URL"] = f"http://127.0.0.1:{port}"
    async with running_receiver(environment) as http:
        for number in range(20):
            assert (await deliver(http, vitay_event(number))).status_code == 200
        said = (await http.get("/ready")).json()
        assert said == {"status": "ready", "airflow": "Airflow does not answer."}
        with serving(stand_in, port):
            await eventually(lambda: is_done(http))

    assert ids_of(stand_in) == [f"r-{number}" for number in range(20)]


async def test_one_dag_that_fails_holds_up_no_other(
    http: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.dags["broken"] = [FILLED]
    stand_in.fails["broken"] = 500, "at a loss"
    for number in range(10):
        await deliver(http, vitay_event(number))

    await eventually(lambda: len(ids_of(stand_in)) == 10)
    assert stand_in.started("broken") == []
    stand_in.fails.clear()
    await eventually(lambda: is_done(http))

    assert len(stand_in.started("broken")) == 10


async def test_one_event_over_which_airflow_fails_holds_up_no_other(
    http: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.fails["*"] = 503, "not yet"
    for number in range(5):
        await deliver(http, vitay_event(number))
    (told,) = vitay.read(json.dumps(vitay_event(0)).encode(), "vitay_default")
    stand_in.fails_runs[told.run_id(0)] = 500
    stand_in.fails.clear()

    async def is_alone() -> bool:
        return await metric(http, "talent_webhook_waiting") == 1

    await eventually(is_alone)
    assert len(ids_of(stand_in)) == 4
    stand_in.fails_runs.clear()
    await eventually(lambda: is_done(http))

    assert sorted(ids_of(stand_in)) == [f"r-{number}" for number in range(5)]


async def test_an_answer_that_is_none_of_airflows_ends_nothing(
    http: httpx.AsyncClient, stand_in: StandIn
) -> None:
    right = stand_in.dags.pop("follow_up")
    stand_in.dags["follow_up"] = [{"name": None}]  # type: ignore[list-item]
    await deliver(http)
    await eventually(lambda: stand_in.asked.count("GET /api/v2/dags") >= 2)
    assert await metric(http, "talent_webhook_waiting") == 1

    stand_in.dags["follow_up"] = right
    await eventually(lambda: is_done(http))

    assert ids_of(stand_in) == ["r-1"]


async def test_a_lost_answer_starts_no_second_run(
    http: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.loses_answers = True

    await deliver(http)
    await eventually(lambda: is_done(http))

    assert ids_of(stand_in) == ["r-1"]


async def test_a_dag_that_was_deleted_in_the_meantime_is_let_go(
    http: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.fails["follow_up"] = 404, "not found"
    await deliver(http)
    await eventually(lambda: "POST /api/v2/dags/follow_up/dagRuns" in stand_in.asked)
    assert await metric(http, "talent_webhook_waiting") == 1

    del stand_in.dags["follow_up"]
    await eventually(lambda: is_done(http))

    assert await metric(http, runs("follow_up", "gone")) >= 1


async def test_tags_are_looked_up_once_for_many_events(
    http: httpx.AsyncClient, stand_in: StandIn
) -> None:
    for number in range(30):
        await deliver(http, vitay_event(number))
    await eventually(lambda: is_done(http))

    assert stand_in.asked.count("GET /api/v2/dags") == 1
    assert len(ids_of(stand_in)) == 30


@pytest.mark.usefixtures("may_look_again")
async def test_a_dag_that_is_tagged_later_hears_of_later_events(
    http: httpx.AsyncClient, stand_in: StandIn
) -> None:
    await deliver(http)
    await eventually(lambda: is_done(http))
    stand_in.dags["late"] = [FILLED]
    await deliver(http, vitay_event(2))
    await eventually(lambda: is_done(http))

    assert ids_of(stand_in, "late") == ["r-2"]


async def test_a_burst_with_repeats_out_of_order_is_one_run_each(
    http: httpx.AsyncClient, stand_in: StandIn
) -> None:
    numbers = [*range(200), *range(0, 200, 3)]
    events = [vitay_event(number) for number in reversed(numbers)]

    answers = await asyncio.gather(*(deliver(http, event) for event in events))
    await eventually(lambda: is_done(http))

    assert {answer.status_code for answer in answers} == {200}
    assert sorted(ids_of(stand_in)) == sorted(f"r-{number}" for number in range(200))


async def test_a_slow_airflow_does_not_delay_an_answer(
    environment: dict[str, str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment["TALENT_AIRFLOW_URL"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with running_receiver(environment) as http, asyncio.timeout(2):
            answers = [await deliver(http, vitay_event(number)) for number in range(10)]
            ready = await http.get("/ready")

    assert {answer.status_code for answer in answers} == {200}
    assert ready.json() == {"status": "ready", "airflow": "Airflow does not answer in time."}


ASSET = "vitay://vitay_default/references/filled"


async def test_without_the_setting_no_asset_hears_of_anything(
    http: httpx.AsyncClient, stand_in: StandIn
) -> None:
    stand_in.assets = {ASSET: 7}
    await deliver(http)
    await eventually(lambda: is_done(http))

    assert not [asked for asked in stand_in.asked if "assets" in asked]


async def test_with_the_setting_the_asset_hears_of_it_too(
    environment: dict[str, str], stand_in: StandIn
) -> None:
    environment["TALENT_WEBHOOK_ASSET_EVENTS"] = "true"
    stand_in.assets = {ASSET.replace("filled", "filled-not"): 6, ASSET: 7}
    async with running_receiver(environment) as http:
        await deliver(http)
        await http.post("/riminder", **signed(riminder_event()))
        await eventually(lambda: is_done(http))

    assert [(event["asset_id"], event["extra"]) for event in stand_in.asset_events] == [
        (7, {"talent_event": stand_in.started("follow_up")[0]})
    ]


async def test_an_account_that_may_not_tell_assets_starts_runs_all_the_same(
    environment: dict[str, str],
    stand_in: StandIn,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling.quiet, "_written", {})
    caplog.set_level(logging.INFO)
    environment["TALENT_WEBHOOK_ASSET_EVENTS"] = "true"
    stand_in.assets = {ASSET: 7}
    stand_in.fails["assets"] = 403, "Forbidden"
    async with running_receiver(environment) as http:
        for number in range(3):
            await deliver(http, vitay_event(number))
        await eventually(lambda: is_done(http))

    assert len(ids_of(stand_in)) == 3
    assert caplog.text.count("need the role op") == 1

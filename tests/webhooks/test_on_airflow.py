"""The whole way to a real Airflow: a vendor tells, and the tagged DAGs run, once for each event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.vitay_world import VitayWorld

from .conftest import (
    VITAY_PATH,
    client_of,
    deliver,
    eventually,
    is_done,
    receiver_environment,
    receiver_process,
    running_receiver,
    vitay_event,
)


@pytest.fixture
def environment(listening: LocalAirflow, folder: Path) -> dict[str, str]:
    """A receiver whose account has the role `user`."""
    given = receiver_environment(folder)
    del given["TALENT_AIRFLOW_TOKEN"]
    return {**given, **listening.bot_environment}


@pytest.fixture
async def http(environment: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    async with running_receiver(environment) as http:
        yield http


def runs_of(airflow: LocalAirflow, dag_id: str, candidate: str = "") -> list[dict[str, Any]]:
    """The runs of a DAG that events have started, of one candidate's records or of all."""
    found: list[dict[str, Any]] = []
    while True:
        page = airflow.api.get(
            f"/dags/{dag_id}/dagRuns", run_id_prefix_pattern="on__", limit=100, offset=len(found)
        )["dag_runs"]
        found += page
        if len(page) < 100:
            break
    return [run for run in found if candidate in str(run["conf"])]


async def test_a_filled_reference_runs_its_dag_once_with_ids_in_the_conf(
    http: httpx.AsyncClient, talent_emulator: Emulator, listening: LocalAirflow
) -> None:
    talent_emulator.webhook("vitay", f"{http.base_url}/vitay/{VITAY_PATH}")
    world = VitayWorld(talent_emulator)
    reference = await asyncio.to_thread(world.reference)
    await asyncio.to_thread(world.fill, reference)
    await eventually(lambda: runs_of(listening, "hears_filled", reference))
    again = vitay_event(id=reference, data={"candidate_id": "changed"})
    assert (await deliver(http, again)).status_code == 200
    await eventually(lambda: is_done(http))
    talent_emulator.webhook("vitay", None)
    world.close()

    (run,) = runs_of(listening, "hears_filled", reference)
    event = run["conf"]["talent_event"]
    assert (event["type"], event["conn_id"]) == ("reference.completed", "vitay_default")
    assert event["records"][0].keys() == {"reference_id", "candidate_id"}
    run_id = run["dag_run_id"]
    state = await asyncio.to_thread(listening.api.wait_for_run, "hears_filled", run_id)
    assert state == "success", listening.api.task_log("hears_filled", run_id, "read_event")
    assert listening.api.xcom("hears_filled", run_id, "read_event") == event["records"][0]


async def test_airflow_itself_knows_an_event_again_after_the_queue_forgot_it(
    environment: dict[str, str], listening: LocalAirflow, tmp_path: Path
) -> None:
    for folder in ("first", "second"):
        environment["TALENT_WEBHOOK_FOLDER"] = str(tmp_path / folder)
        async with running_receiver(environment) as http:
            await deliver(http, vitay_event("known-again", event="created"))
            await eventually(lambda http=http: is_done(http))  # type: ignore[misc]

    assert len(runs_of(listening, "hears_created", "known-again")) == 1


async def test_a_dag_that_the_conf_does_not_fit_is_rejected_and_holds_up_nothing(
    http: httpx.AsyncClient, listening: LocalAirflow
) -> None:
    await deliver(http, vitay_event("does-not-fit"))
    await eventually(lambda: is_done(http))

    assert len(runs_of(listening, "hears_filled", "does-not-fit")) == 1
    assert runs_of(listening, "takes_no_events") == []


async def test_a_burst_with_repeats_and_a_kill_is_one_run_each_of_a_paused_dag(
    environment: dict[str, str], listening: LocalAirflow, tmp_path: Path
) -> None:
    port, log = environment["TALENT_WEBHOOK_PORT"], tmp_path / "receiver.log"
    events = [
        vitay_event(f"burst-{number}", event="created")
        for number in (*range(199, -1, -1), *range(0, 200, 4))
    ]
    with receiver_process(environment, log) as process:
        await process.ready()
        async with client_of(port) as http:
            # A few at a time: who opens all connections at once may be too busy to use them.
            for start in range(0, len(events), 50):
                burst = [deliver(http, event) for event in events[start : start + 50]]
                answers = await asyncio.gather(*burst)
                assert {answer.status_code for answer in answers} == {200}
        await eventually(lambda: runs_of(listening, "hears_created", "burst-"))
        process.kill()
    with receiver_process(environment, log) as process:
        await process.ready()
        async with client_of(port) as http:
            await eventually(lambda: is_done(http), within=120)

    runs = runs_of(listening, "hears_created", "burst-")
    told = [run["conf"]["talent_event"]["records"][0]["reference_id"] for run in runs]
    assert sorted(told) == sorted(f"r-burst-{number}" for number in range(200))
    assert {run["state"] for run in runs} == {"queued"}


async def test_with_the_role_op_the_asset_hears_of_it_too(
    environment: dict[str, str], listening: LocalAirflow
) -> None:
    environment |= {
        "TALENT_WEBHOOK_ASSET_EVENTS": "true",
        "TALENT_AIRFLOW_USERNAME": listening.admin_username,
        "TALENT_AIRFLOW_PASSWORD": listening.admin_password,
    }
    data = {"identifiable_type": "Reference", "identifiable_id": "r-asset"}
    async with running_receiver(environment) as http:
        await deliver(http, {"event": "declined", "type": "Decline", "id": "d-1", "data": data})
        await eventually(lambda: is_done(http))

    events = listening.api.get("/assets/events", order_by="-timestamp")["asset_events"]
    assert events[0]["uri"] == "vitay://vitay_default/references/declined"
    assert events[0]["extra"]["talent_event"]["records"] == [{"reference_id": "r-asset"}]

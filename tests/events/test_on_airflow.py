"""What only a real Airflow shows: runs at once, events left out, tasks cleared, runs deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from airflow_talent.assets import vitay
from airflow_talent.provider.airflow_api import AirflowApi
from airflow_talent.provider.contracts import VENDOR_EVENT
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.events.conftest import DAGS, filled, ids_of
from airflow_talent.tests.operators.steps import Run, eventually
from airflow_talent.tests.vitay_world import VitayWorld

Start = Callable[..., Run]


@pytest.fixture(scope="session")
def event_dags(airflow: LocalAirflow) -> LocalAirflow:
    airflow.add_dags(DAGS)
    for dag_id in ("take_on_asset", "take_when_told", "tell_mapped"):
        airflow.wait_for_dag(dag_id)
    return airflow


@pytest.fixture
def start(event_dags: LocalAirflow) -> Start:
    """Starts a DAG with a configuration, as a webhook or a person does."""

    def start(dag_id: str, *, run_id: str | None = None, **conf: Any) -> Run:
        started = event_dags.api.trigger(dag_id, conf, run_id=run_id)
        return Run(event_dags, dag_id, started)

    return start


@pytest.fixture
def emit(event_dags: LocalAirflow) -> Callable[..., None]:
    """Adds events of the asset, as a watcher or a receiver of webhooks does."""

    def emit(*extras: dict[str, Any]) -> None:
        asset_id = asset_of(event_dags.admin_api, vitay.references_filled().uri)
        for extra in extras:
            event_dags.admin_api.post("/assets/events", {"asset_id": asset_id, "extra": extra})

    return emit


def asset_of(api: AirflowApi, uri: str) -> int:
    (asset,) = (
        each for each in api.get("/assets", uri_pattern=uri)["assets"] if each["uri"] == uri
    )
    return int(asset["id"])


def filled_references(world: VitayWorld, how_many: int) -> list[str]:
    ids = [world.reference() for _ in range(how_many)]
    for reference_id in ids:
        world.fill(reference_id)
    return ids


def handled(runs: Iterable[Run]) -> Counter[str]:
    """How many mapped tasks have handled each reference."""
    return Counter(
        run.result("handle", map_index=task["map_index"])["reference_id"]
        for run in runs
        for task in run.api.task_instances(run.dag_id, run.run_id)
        if task["task_id"] == "handle" and task["state"] == "success"
    )


def runs_of(airflow: LocalAirflow, dag_id: str) -> list[Run]:
    """All runs of a DAG, when none of them goes on."""
    runs: list[dict[str, Any]] = eventually(
        lambda: (
            (found := airflow.api.get(f"/dags/{dag_id}/dagRuns", limit=100)["dag_runs"])
            and all(run["state"] in ("success", "failed") for run in found)
            and found
        )
    )
    return [Run(airflow, dag_id, run["dag_run_id"]) for run in runs]


def test_told_by_webhooks_and_by_assets_at_once_each_record_is_handled_once(
    event_dags: LocalAirflow, start: Start, emit: Callable[..., None], world: VitayWorld
) -> None:
    ids = filled_references(world, 6)

    emit(filled(*ids[:3]), filled(ids[3]), filled(ids[4]))
    told = [start("take_on_asset", **filled(each)) for each in ids]
    emit(filled(ids[5]), {"from_trigger": True, "payload": filled(ids[0])})

    for run in told:
        run.succeed()
    # Whatever Airflow has left out of all runs so far, the next one finds.
    start("take_on_asset").succeed()
    counts = handled(runs_of(event_dags, "take_on_asset"))
    assert {each: counts[each] for each in ids} == dict.fromkeys(ids, 1)


def test_events_that_airflow_leaves_out_are_taken_by_the_next_run(
    event_dags: LocalAirflow, start: Start, emit: Callable[..., None], world: VitayWorld
) -> None:
    before = len(runs_of(event_dags, "take_on_asset"))
    ids = filled_references(world, 8)

    emit(*(filled(each) for each in ids))
    eventually(lambda: len(runs_of(event_dags, "take_on_asset")) > before)
    start("take_on_asset").succeed()

    counts = handled(runs_of(event_dags, "take_on_asset"))
    assert {each: counts[each] for each in ids} == dict.fromkeys(ids, 1)


def test_two_runs_that_race_for_the_same_records_share_them(
    start: Start, world: VitayWorld
) -> None:
    ids = filled_references(world, 30)

    runs = [start("take_many", **filled(*ids)) for _ in range(2)]
    for run in runs:
        run.succeed()

    assert sorted(each for run in runs for each in ids_of(run.result("take"))) == sorted(ids)


def test_a_try_that_fails_after_it_took_them_is_followed_by_one_that_has_them(
    start: Start, world: VitayWorld
) -> None:
    ids = filled_references(world, 2)

    run = start("take_and_stumble", **filled(*ids))
    run.succeed()

    assert run.tries("take") == 2
    assert ids_of(run.result("take")) == ids


def test_a_cleared_run_has_its_records_again_in_the_same_order(
    start: Start, world: VitayWorld
) -> None:
    first, second, later = filled_references(world, 3)
    run = start("take_when_told", **filled(second, first))
    run.succeed()
    start("take_when_told", **filled(later)).succeed()

    run.clear()
    eventually(lambda: run.tries("take") == 2)
    run.succeed()

    assert ids_of(run.result("take")) == [second, first]


def test_a_run_that_was_deleted_and_comes_again_takes_only_what_is_new(
    event_dags: LocalAirflow, start: Start, world: VitayWorld
) -> None:
    before, since = filled_references(world, 2)
    run = start("take_when_told", run_id=f"on__{before}", **filled(before))
    run.succeed()
    event_dags.admin_api.request("DELETE", f"/dags/{run.dag_id}/dagRuns/{run.run_id}")
    # Airflow takes the end of a task for that of its namesake while it has not seen to it.
    start("take_requests").succeed()

    again = start("take_when_told", run_id=f"on__{before}", **filled(before, since))
    again.succeed()

    assert ids_of(again.result("take")) == [since]


def test_hundreds_of_records_are_taken_in_seconds(start: Start, world: VitayWorld) -> None:
    world.emulator.act("vitay/seed", references=200, filled=True)
    ids = [each["id"] for each in world.emulator.records()["vitay"]["References"]]

    run = start("take_many", record_ids=ids)
    run.succeed()

    assert len(run.result("take")) == len(ids)


def test_mapped_steps_tell_each_of_its_own_and_not_again_when_cleared(
    event_dags: LocalAirflow, start: Start, world: VitayWorld
) -> None:
    # Somebody must name the asset, which a mapped step cannot do when the file is read.
    asset_id = asset_of(event_dags.api, vitay.candidates_created().uri)

    run = start("tell_mapped", email=f"{world.candidate()}@people.test")
    run.succeed()
    run.clear("create")
    eventually(lambda: run.tries("create", map_index=0) == 2)
    run.succeed()

    events = [
        event
        for event in event_dags.api.get("/assets/events", asset_id=asset_id)["asset_events"]
        if event["source_run_id"] == run.run_id
    ]
    told = {event["source_map_index"]: event["extra"][VENDOR_EVENT]["records"] for event in events}
    assert len(events) == 2
    assert told == {
        number: [{"candidate_id": run.result("create", map_index=number)["candidate_id"]}]
        for number in range(2)
    }

"""Waits on a real Airflow: the same result in every mode, and every ending."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.vitay_world import VitayWorld

MODES = (
    "poking",
    "rescheduled",
    "started_in_triggerer",
    "deferred_by_worker",
    "reading_an_xcom",
)


def eventually(is_true: Callable[[], bool], *, within: float = 90) -> None:
    deadline = time.monotonic() + within
    while not is_true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def test_a_wait_gives_the_same_result_in_every_mode(
    waiting_dags: LocalAirflow, vitay_world: VitayWorld
) -> None:
    api, reference_id = waiting_dags.api, vitay_world.reference()
    run = api.trigger("wait_modes", {"reference_id": reference_id})
    waiting = {"started_in_triggerer", "deferred_by_worker", "reading_an_xcom"}
    eventually(
        lambda: all(api.task_states("wait_modes", run)[task] == "deferred" for task in waiting)
    )

    vitay_world.fill(reference_id)

    assert api.wait_for_run("wait_modes", run) == "success"
    results = {mode: api.xcom("wait_modes", run, f"show_{mode}") for mode in MODES}
    assert {result["type"] for result in results.values()} == {"dict"}
    first = results["poking"]["result"]
    assert first["reference_id"] == reference_id
    assert first["filled_at"]
    assert all(result["result"] == first for result in results.values())
    assert api.xcom("wait_modes", run, "mapped", map_index=1) == first


def test_a_wait_started_in_the_triggerer_uses_no_worker(
    waiting_dags: LocalAirflow, vitay_world: VitayWorld
) -> None:
    api, reference_id = waiting_dags.api, vitay_world.reference()
    vitay_world.fill(reference_id)
    run = api.trigger("wait_successes", {"reference_id": reference_id})

    assert api.wait_for_run("wait_successes", run) == "success"

    tasks = {t["task_id"]: t for t in api.task_instances("wait_successes", run)}
    assert not tasks["plain"]["hostname"]
    assert tasks["with_outlet"]["hostname"]


def test_outlets_and_success_callbacks_are_honoured(
    waiting_dags: LocalAirflow, vitay_world: VitayWorld, tmp_path: Path
) -> None:
    api, reference_id = waiting_dags.api, vitay_world.reference()
    vitay_world.fill(reference_id)
    run = api.trigger("wait_successes", {"reference_id": reference_id, "folder": str(tmp_path)})

    assert api.wait_for_run("wait_successes", run) == "success"

    events = waiting_dags.admin_api.get("/assets/events", source_run_id=run)["asset_events"]
    assert [event["source_task_id"] for event in events] == ["with_outlet"]
    eventually(lambda: any(tmp_path.glob("with_success_callback.*")))


def test_a_check_ends_when_the_list_is_in_and_enough_have_answered(
    waiting_dags: LocalAirflow, vitay_world: VitayWorld
) -> None:
    api, check = waiting_dags.api, vitay_world.check(references=2)
    run = api.trigger(
        "wait_for_check", {"candidate_id": check.candidate_id, "request_id": check.request_id}
    )

    def states() -> dict[str, str | None]:
        return api.task_states("wait_for_check", run)

    eventually(lambda: states()["enough"] == "deferred" and states()["all"] == "deferred")
    references = vitay_world.submit(check.request_id, references=3)
    eventually(lambda: states()["request"] == states()["request_by_poking"] == "success")
    vitay_world.fill(references[0])
    eventually(lambda: states()["one"] == "success")
    assert states()["enough"] == "deferred"
    vitay_world.fill(references[1])
    eventually(lambda: states()["enough"] == "success")
    assert states()["all"] == "deferred"
    vitay_world.fill(references[2])

    assert api.wait_for_run("wait_for_check", run) == "success"
    enough = api.xcom("wait_for_check", run, "enough")
    assert set(enough["filled_ids"]) == set(references[:2])
    assert api.xcom("wait_for_check", run, "all") | {"request_id": None} == api.xcom(
        "wait_for_check", run, "all_by_poking"
    )


@pytest.fixture(scope="module")
def endings() -> dict[str, object]:
    return {}


def test_every_other_ending_is_the_same_in_every_mode(
    waiting_dags: LocalAirflow, vitay_world: VitayWorld, wrong_password: None, tmp_path: Path
) -> None:
    api = waiting_dags.api
    reference_id, deleted_id = vitay_world.reference(), vitay_world.reference()
    vitay_world.delete(deleted_id)
    run = api.trigger(
        "wait_endings",
        {"reference_id": reference_id, "deleted_id": deleted_id, "folder": str(tmp_path)},
    )
    eventually(lambda: api.task_states("wait_endings", run)["killed"] == "deferred")
    api.patch_task("wait_endings", run, "killed", new_state="failed")

    assert api.wait_for_run("wait_endings", run, timeout=240) == "failed"

    expected = {
        "gone": ("failed", "is gone"),
        "gone_softly": ("skipped", ""),
        "late": ("failed", "waited for in vain"),
        "late_softly": ("skipped", ""),
        "wrong_password": ("failed", "correct the connection"),
        "no_connection": ("failed", "nowhere"),
    }
    tasks = {t["task_id"]: t for t in api.task_instances("wait_endings", run)}
    for mode in ("poking", "rescheduled", "deferred"):
        for ending, (state, reason) in expected.items():
            task_id = f"{mode}_{ending}"
            assert tasks[task_id]["state"] == state, task_id
            if ending != "no_connection":
                assert tasks[task_id]["try_number"] == 1, task_id
            if reason:
                assert reason in api.task_log("wait_endings", run, task_id), task_id
    assert tasks["killed"]["state"] == "failed"
    eventually(lambda: any(tmp_path.glob("with_failure_callback.*")))
    logins = [r for r in vitay_world.emulator.requests("vitay") if r["path"].endswith("/login")]
    assert sum(r["status"] == 401 for r in logins) <= 3

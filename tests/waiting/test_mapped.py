"""Waits for ids that other tasks found: the cheapest way that Airflow allows, and no nonsense."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk import dag, task

from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.sensors.vitay import VitayReferenceFilledSensor, VitayReferencesFilledSensor
from airflow_talent.tests.vitay_world import VitayWorld
from airflow_talent.tests.waiting.test_waits import eventually

STARTED_IN_TRIGGERER = {
    "many_as_text",
    "many_as_json",
    "many_as_list",
    "in_group.literal[0]",
    "in_group.literal[1]",
    "in_group.literal[2]",
}


def test_ids_from_everywhere_are_waited_for(
    waiting_dags: LocalAirflow, vitay_world: VitayWorld
) -> None:
    api, candidate_id = waiting_dags.api, vitay_world.candidate()
    ids = [vitay_world.reference(candidate_id) for _ in range(3)]
    run = api.trigger("wait_mapped", {"reference_ids": ids, "first": ids[0]})

    def states() -> dict[str, str | None]:
        return api.task_states("wait_mapped", run)

    def waiting() -> set[str]:
        return {name for name, state in states().items() if state == "deferred"}

    eventually(
        lambda: len(waiting()) == 3 * 4 + 7 + 2 and states()["many_poking"] == "running",
        within=240,
    )
    vitay_world.fill(ids[0])
    eventually(lambda: states()["one_of_many"] == "success")
    assert states()["many_as_output"] == "deferred"
    for reference_id in ids[1:]:
        vitay_world.fill(reference_id)

    assert api.wait_for_run("wait_mapped", run, timeout=180) == "success"

    def result(task_id: str, map_index: int = -1) -> Any:
        return api.xcom("wait_mapped", run, task_id, map_index=map_index)

    for task_id in ("expanded", "expanded_kwargs", "in_group.handed_on"):
        assert [result(task_id, n)["reference_id"] for n in range(3)] == ids
    assert [result("in_group.literal", n)["reference_id"] for n in range(3)] == ids[:1] * 3
    whole = {"filled_ids": ids, "open_ids": [], "gone_ids": []}
    for task_id in ("output", "of_mapped", "text", "json", "poking"):
        name = task_id if task_id in ("of_mapped", "poking") else f"as_{task_id}"
        assert result(f"many_{name}") == whole, task_id
    assert result("many_pulled") == whole
    assert result("many_as_outputs")["filled_ids"] == ids[:2]
    assert result("many_as_list")["filled_ids"] == ids[:1]
    assert result("one_of_many")["filled_ids"] == ids[:1]
    assert [result("many_expanded", n)["filled_ids"] for n in range(2)] == [ids[:1], ids]
    on_workers = {
        f"{t['task_id']}[{t['map_index']}]" if t["map_index"] >= 0 else t["task_id"]: t["hostname"]
        for t in api.task_instances("wait_mapped", run)
    }
    assert {name for name, hostname in on_workers.items() if not hostname} == STARTED_IN_TRIGGERER


def test_nonsense_is_refused_before_anybody_waits(
    waiting_dags: LocalAirflow, vitay_world: VitayWorld
) -> None:
    api = waiting_dags.api
    run = api.trigger("wait_nonsense")

    assert api.wait_for_run("wait_nonsense", run, timeout=180) == "failed"

    reasons = {
        "no_id": "reference_id must not be empty",
        "a_list_for_an_id": "reference_id must be one id, got dict",
        "no_ids": "reference_ids must hold at least one id",
        "no_list_of_ids": "reference_ids must be a list of ids, got dict",
        "a_key_that_nobody_pushed": "reference_id must not be empty",
        "more_than_there_are": "at_least is 2, of only 1 references",
    }
    tasks = {t["task_id"]: t for t in api.task_instances("wait_nonsense", run)}
    for task_id, reason in reasons.items():
        assert (tasks[task_id]["state"], tasks[task_id]["try_number"]) == ("failed", 1), task_id
        assert reason in api.task_log("wait_nonsense", run, task_id), task_id


@pytest.mark.parametrize(
    ("arguments", "is_started_in_triggerer"),
    [
        ({"reference_ids": ["r-1", "r-2"]}, True),
        ({"reference_ids": "{{ dag_run.conf['ids'] }}"}, True),
        ({"reference_ids": ["r-1", "{{ run_id }}"]}, True),
        ({"reference_ids": ["r-1", "{{ ti.task_id }}"]}, False),
        ({"reference_ids": "{{ task_instance.xcom_pull('ids') }}"}, False),
        ({"reference_ids": ["r-1"], "at_least": "{{ var.value.enough }}"}, False),
    ],
)
def test_a_wait_starts_in_the_triggerer_where_that_renders_rightly(
    arguments: dict[str, Any], is_started_in_triggerer: bool
) -> None:
    sensor = VitayReferencesFilledSensor(task_id="wait", deferrable=True, **arguments)
    assert bool(sensor.start_from_trigger) is is_started_in_triggerer


def test_results_of_other_tasks_are_never_handed_to_the_triggerer() -> None:
    @dag(schedule=None)
    def with_results() -> None:
        @task
        def found() -> list[str]:
            return ["r-1"]

        ids: Any = found()
        sensors = [
            VitayReferencesFilledSensor(task_id="all", reference_ids=ids, deferrable=True),
            VitayReferencesFilledSensor(
                task_id="some", reference_ids=["r-2", ids], deferrable=True
            ),
            VitayReferenceFilledSensor(task_id="one", reference_id=ids, deferrable=True),
        ]
        assert not any(sensor.start_from_trigger for sensor in sensors)

    with_results()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"reference_ids": []}, "at least one id"),
        ({"reference_ids": ["r-1", ""]}, "no empty one"),
        ({"reference_ids": 5}, "must be a list of ids, got int"),
        ({"reference_ids": ["r-1"], "at_least": 2}, "at_least is 2, of only 1"),
        ({"reference_ids": ["r-1"], "at_least": 0}, "at_least must be a whole number from 1"),
        ({"reference_ids": "_XComRef(data=1)"}, "that Airflow did not read"),
        ({"reference_ids": "[r-1"}, "begins as one and is none"),
    ],
)
def test_wrong_arguments_are_told_when_the_dag_is_parsed(
    arguments: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        VitayReferencesFilledSensor(task_id="wait", **arguments)

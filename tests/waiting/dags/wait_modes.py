"""The same wait in each of its modes."""

from datetime import timedelta

from airflow.sdk import Param, dag, task

from airflow_talent.sensors.vitay import (
    VitayReferenceCheckCompletedSensor,
    VitayReferenceFilledSensor,
    VitayReferenceRequestFilledSensor,
)

RESCHEDULED = 6
"""Seconds; Airflow 3.3 may take the end of one worker for that of the next when it is less."""

PARAMS = {
    "reference_id": Param("none", type="string"),
    "candidate_id": Param("none", type="string"),
    "request_id": Param("none", type="string"),
}


@dag(schedule=None, params=PARAMS)
def wait_modes():
    @task
    def hand_on(params=None):
        return params["reference_id"]

    @task
    def show(result):
        return {"type": type(result).__name__, "result": result}

    templated = {"reference_id": "{{ params.reference_id }}", "poke_interval": 1}
    handed_on = hand_on()
    waits = [
        VitayReferenceFilledSensor(task_id="poking", deferrable=False, **templated),
        VitayReferenceFilledSensor(
            task_id="rescheduled",
            deferrable=False,
            mode="reschedule",
            **templated | {"poke_interval": RESCHEDULED},
        ),
        VitayReferenceFilledSensor(task_id="started_in_triggerer", deferrable=True, **templated),
        VitayReferenceFilledSensor(
            task_id="deferred_by_worker", reference_id=handed_on, poke_interval=1, deferrable=True
        ),
        VitayReferenceFilledSensor(
            task_id="reading_an_xcom",
            reference_id="{{ ti.xcom_pull('hand_on') }}",
            poke_interval=1,
            deferrable=True,
        ),
    ]
    handed_on >> waits[-1]
    for wait in waits:
        show.override(task_id=f"show_{wait.task_id}")(wait.output)

    VitayReferenceFilledSensor.partial(task_id="mapped", poke_interval=1, deferrable=True).expand(
        reference_id=["{{ params.reference_id }}"] * 3
    )


@dag(schedule=None, params=PARAMS)
def wait_for_check():
    common = {"poke_interval": 1, "deferrable": True}
    VitayReferenceRequestFilledSensor(
        task_id="request", request_id="{{ params.request_id }}", **common
    )
    VitayReferenceRequestFilledSensor(
        task_id="request_by_poking",
        request_id="{{ params.request_id }}",
        poke_interval=1,
        deferrable=False,
    )
    check = {"candidate_id": "{{ params.candidate_id }}", **common}
    VitayReferenceCheckCompletedSensor(
        task_id="enough", request_id="{{ params.request_id }}", **check
    )
    VitayReferenceCheckCompletedSensor(task_id="one", min_filled=1, **check)
    VitayReferenceCheckCompletedSensor(task_id="all", require="all", **check)
    VitayReferenceCheckCompletedSensor(
        task_id="all_by_poking",
        candidate_id="{{ params.candidate_id }}",
        require="all",
        poke_interval=1,
        deferrable=False,
    )


@dag(schedule=None, params={"references": Param([], type="array")})
def wait_for_many():
    @task
    def ids(params=None):
        return params["references"]

    VitayReferenceFilledSensor.partial(
        task_id="wait", poke_interval=5, deferrable=True, timeout=timedelta(minutes=5)
    ).expand(reference_id=ids())


wait_modes()
wait_for_check()
wait_for_many()

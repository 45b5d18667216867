"""Every way in which a wait can end."""

from datetime import timedelta
from pathlib import Path

from airflow.sdk import Param, dag

from airflow_talent.assets import vitay
from airflow_talent.sensors.vitay import VitayReferenceFilledSensor


def leave_a_mark(context):
    ti = context["ti"]
    folder = Path(context["params"]["folder"])
    (folder / f"{ti.task_id}.{ti.state or 'none'}").write_text("called")


@dag(
    schedule=None,
    params={
        "reference_id": Param("none", type="string"),
        "deleted_id": Param("none", type="string"),
        "folder": Param("/tmp", type="string"),
    },
    default_args={"retries": 3, "retry_delay": timedelta(seconds=1)},
)
def wait_endings():
    filled = {"reference_id": "{{ params.reference_id }}"}
    deleted = {"reference_id": "{{ params.deleted_id }}"}
    deferred = {"deferrable": True, "poke_interval": 1}
    for mode, options in {
        "deferred": deferred,
        "poking": {"deferrable": False, "poke_interval": 1},
        # Airflow 3.3 may take the end of one worker for that of the next when it is less.
        "rescheduled": {"deferrable": False, "mode": "reschedule", "poke_interval": 6},
    }.items():
        VitayReferenceFilledSensor(task_id=f"{mode}_gone", **deleted, **options)
        VitayReferenceFilledSensor(
            task_id=f"{mode}_gone_softly", soft_fail=True, **deleted, **options
        )
        VitayReferenceFilledSensor(task_id=f"{mode}_late", timeout=2, **filled, **options)
        VitayReferenceFilledSensor(
            task_id=f"{mode}_late_softly", timeout=2, soft_fail=True, **filled, **options
        )
        VitayReferenceFilledSensor(
            task_id=f"{mode}_wrong_password",
            vitay_conn_id="vitay_wrong_password",
            **filled,
            **options,
        )
        VitayReferenceFilledSensor(
            task_id=f"{mode}_no_connection", vitay_conn_id="nowhere", **filled, **options
        )
    VitayReferenceFilledSensor(task_id="killed", **filled, **deferred)
    VitayReferenceFilledSensor(
        task_id="with_failure_callback", on_failure_callback=leave_a_mark, **deleted, **deferred
    )


@dag(schedule=None, params={"reference_id": Param("none", type="string"), "folder": Param("/tmp")})
def wait_successes():
    filled = {
        "reference_id": "{{ params.reference_id }}",
        "poke_interval": 1,
        "deferrable": True,
    }
    VitayReferenceFilledSensor(task_id="plain", **filled)
    VitayReferenceFilledSensor(task_id="with_outlet", outlets=[vitay.references_filled()], **filled)
    VitayReferenceFilledSensor(
        task_id="with_success_callback", on_success_callback=leave_a_mark, **filled
    )


wait_endings()
wait_successes()

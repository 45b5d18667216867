"""The same waits by each contender: a DAG to warm up with, and one that is measured."""

import json
import os

from airflow.providers.http.sensors.http import HttpSensor
from airflow.sdk import DAG

from airflow_talent.sensors.vitay import VitayReferenceFilledSensor

REFERENCES = json.loads(os.environ["WAITING_REFERENCES"])
EVERY = {"poke_interval": float(os.environ["WAITING_INTERVAL"])}


def show_reference(reference_id):
    return f"v1/public/references/{reference_id}"


for act, references in REFERENCES.items():
    with DAG(f"started_in_triggerer_{act}", schedule=None):
        for number, reference_id in enumerate(references):
            VitayReferenceFilledSensor(
                task_id=f"wait_{number}", reference_id=reference_id, deferrable=True, **EVERY
            )

    with DAG(f"deferred_by_workers_{act}", schedule=None):
        VitayReferenceFilledSensor.partial(task_id="wait", deferrable=True, **EVERY).expand(
            reference_id=references
        )

    for mode, options in {
        "deferred": {"deferrable": True},
        "rescheduled": {"deferrable": False, "mode": "reschedule"},
    }.items():
        with DAG(f"http_{mode}_{act}", schedule=None):
            HttpSensor.partial(
                task_id="wait", http_conn_id="vitay_http", **options, **EVERY
            ).expand(endpoint=[show_reference(reference_id) for reference_id in references])

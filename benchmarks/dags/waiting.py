"""The waits of one contender: a DAG to warm up with, and one that is measured.

The references come with each run, as a recruiter's would; only a sensor that waits for all of
them at once has them in the DAG.
"""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from airflow.providers.http.sensors.http import HttpSensor
from airflow.providers.standard.sensors.date_time import DateTimeSensorAsync
from airflow.sdk import DAG

from airflow_talent.sensors import vitay

CONTENDER = os.environ["WAITING_CONTENDER"]
PER_RUN = int(os.environ["WAITING_PER_RUN"])
EVERY = {"poke_interval": float(os.environ["WAITING_INTERVAL"])}
REFERENCES = [f"{{{{ params.references[{number}] }}}}" for number in range(PER_RUN)]
FAR = datetime(2100, 1, 1, tzinfo=UTC)


def started_in_triggerer(references):
    for number, reference in enumerate(REFERENCES):
        vitay.VitayReferenceFilledSensor(
            task_id=f"wait_{number}", reference_id=reference, deferrable=True, **EVERY
        )


def deferred_by_workers(references):
    # What is mapped begins on a worker.
    sensor = vitay.VitayReferenceFilledSensor.partial(task_id="wait", deferrable=True, **EVERY)
    sensor.expand(reference_id=REFERENCES)


def batch(references):
    vitay.VitayReferencesFilledSensor(
        task_id="wait_0", reference_ids=references, deferrable=True, **EVERY
    )


def http_deferred(references):
    http(deferrable=True)


def http_rescheduled(references):
    http(deferrable=False, mode="reschedule")


def http(**mode):
    for number, reference in enumerate(REFERENCES):
        HttpSensor(
            task_id=f"wait_{number}",
            http_conn_id="vitay_http",
            endpoint=f"v1/public/references/{reference}",
            timeout=timedelta(days=7).total_seconds(),
            **mode,
            **EVERY,
        )


def time(references):
    for number, _ in enumerate(REFERENCES):
        DateTimeSensorAsync(task_id=f"wait_{number}", target_time=FAR, start_from_trigger=True)


for act, references in json.loads(Path(os.environ["WAITING_REFERENCES"]).read_text()).items():
    with DAG(f"{CONTENDER}_{act}", schedule=None, params={"references": []}):
        globals()[CONTENDER](references)

"""DAGs that are started by events."""

from __future__ import annotations

from typing import Any

from airflow.sdk import DAG, Asset, Param, get_current_context, task

from airflow_talent.provider.contracts import VENDOR_EVENT, VendorEvent


@task
def read_event() -> dict[str, Any]:
    run = get_current_context()["dag_run"]
    event = VendorEvent.from_json((run.conf or {})[VENDOR_EVENT])
    return dict(event.records[0])


with DAG("hears_filled", tags=["on:vitay:reference.completed"]):
    read_event()

with DAG(
    "hears_created",
    tags=["on:vitay:reference.created", "on:vitay:reference_request.completed"],
    is_paused_upon_creation=True,
):
    read_event()

with DAG(
    "takes_no_events",
    tags=["on:vitay:reference.completed"],
    params={"needed": Param(type="string")},
):
    read_event()

with DAG(
    "hears_asset",
    schedule=[Asset("vitay://vitay_default/references/declined")],
    is_paused_upon_creation=True,
):
    read_event()

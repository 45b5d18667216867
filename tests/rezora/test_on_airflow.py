"""What only a real Airflow shows: a killed try, and waits without workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.operators.steps import Run, eventually
from airflow_talent.tests.rezora.world import RezoraWorld

DAGS = Path(__file__).parent / "dags"

Start = Callable[..., Run]


@pytest.fixture(scope="session")
def rezora_dags(airflow: LocalAirflow) -> LocalAirflow:
    airflow.add_dags(DAGS)
    for dag_id in ("rezora_save", "rezora_wait_for_many"):
        airflow.wait_for_dag(dag_id)
    return airflow


@pytest.fixture
def start(rezora_dags: LocalAirflow) -> Start:
    """Starts a DAG with params."""

    def start(dag_id: str, **params: Any) -> Run:
        return Run(rezora_dags, dag_id, rezora_dags.api.trigger(dag_id, params))

    return start


def test_a_try_killed_after_the_contact_was_added_is_taken_over(
    start: Start, world: RezoraWorld
) -> None:
    world.spoil("POST", "contacts", "drop_after")
    run = start("rezora_save", email="killed@people.test", name="Killed Person")
    eventually(lambda: world.asked("POST"))
    world.spoil("GET", "contacts", "stall")
    eventually(lambda: any(request["status"] is None for request in world.asked("GET")))

    run.kill("save")

    run.succeed()
    assert run.tries("save") == 2
    assert run.result("save")["is_new"] is True
    assert len(world.asked("POST")) == 1
    assert "taken over" in run.log("save")


def test_many_waits_need_no_worker_and_share_one_loop(start: Start, world: RezoraWorld) -> None:
    emails = [f"waited-for-{number}@people.test" for number in range(8)]
    run = start("rezora_wait_for_many", emails=emails)
    eventually(lambda: {task["state"] for task in tasks(run)} == {"deferred"})
    ids = [world.add_contact(f"Waited For {email}", email) for email in emails]
    before = len(world.asked("GET"))

    run.succeed()

    assert [run.result(f"wait_{n}")["contact_id"] for n in range(len(ids))] == ids
    assert {task["hostname"] for task in tasks(run)} == {""}
    assert len(world.asked("GET")) - before <= 3


def tasks(run: Run) -> list[dict[str, Any]]:
    return run.api.task_instances(run.dag_id, run.run_id)

"""What only a real Airflow shows: a killed try, two runs at once, waits without workers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.emulator.rickrut.records import KEY
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.operators.steps import Run, eventually
from airflow_talent.tests.rickrut.world import RickRutWorld

DAGS = Path(__file__).parent / "dags"

Start = Callable[..., Run]


@pytest.fixture(scope="session")
def rickrut_dags(airflow: LocalAirflow, planted: set[str]) -> LocalAirflow:
    planted.add(KEY)
    airflow.add_dags(DAGS)
    airflow.wait_for_dag("rickrut_wait_for_many")
    return airflow


@pytest.fixture
def start(rickrut_dags: LocalAirflow) -> Start:
    """Starts a DAG with params."""

    def start(dag_id: str, **params: Any) -> Run:
        return Run(rickrut_dags, dag_id, rickrut_dags.api.trigger(dag_id, params))

    return start


def test_a_killed_try_and_a_lost_answer_are_left_to_a_person(
    start: Start, world: RickRutWorld
) -> None:
    world.spoil("POST", "stall")
    killed = start("rickrut_invite", email=world.address())
    eventually(lambda: world.asked("POST"))
    killed.kill("invite")
    world.spoil("POST", "drop_after")
    lost = start("rickrut_invite", email=world.address())

    assert (killed.end(), lost.end()) == ("failed", "failed")

    assert len(world.asked("POST")) == 2
    assert len(world.invitations()) == 1
    for run in (killed, lost):
        assert run.tries("invite") == 2
        assert "an earlier try lost the answer" in run.log("invite")


def test_of_two_runs_at_once_one_invites(start: Start, world: RickRutWorld) -> None:
    email = world.address()
    runs = [start("rickrut_invite", email=email) for _ in range(2)]

    assert sorted(run.end() for run in runs) == ["failed", "success"]

    assert len(world.invitations()) == 1
    (refused,) = (run for run in runs if run.states()["invite"] == "failed")
    assert "not sent, because rickrut_invite.invite of run" in refused.log("invite")


def test_many_waits_need_no_worker_and_share_one_loop(start: Start, world: RickRutWorld) -> None:
    ids = world.applicants(12)
    run = start("rickrut_wait_for_many", applicants=ids)
    eventually(lambda: {task["state"] for task in tasks(run)} == {"deferred"})
    world.set(latency=0.2)
    before = len(world.asked())
    for number, applicant_id in enumerate(ids):
        world.score(applicant_id, skill=number, adequation=100)

    run.succeed()

    results = [run.result(f"wait_{n}") for n in range(len(ids))]
    assert [r["applicant_id"] for r in results] == ids
    assert [r["skill_score"] for r in results] == [f"{n}.0" for n in range(12)]
    assert {task["hostname"] for task in tasks(run)} == {""}
    # The connection allows four at a time, which separate loops would not know of each other.
    arrivals = [datetime.fromisoformat(r["at"]).timestamp() for r in world.asked()[before:]]
    fifths = zip(arrivals[4:], arrivals[8:], strict=False)
    assert all(later - earlier > 0.19 for earlier, later in fifths)


def tasks(run: Run) -> list[dict[str, Any]]:
    return run.api.task_instances(run.dag_id, run.run_id)

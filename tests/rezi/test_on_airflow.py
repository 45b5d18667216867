"""What only a real Airflow shows: a killed try, two runs at once, waits without workers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.operators.steps import Run, eventually
from airflow_talent.tests.rezi.world import RESUME, ReziWorld

DAGS = Path(__file__).parent / "dags"

Start = Callable[..., Run]


@pytest.fixture(scope="session")
def rezi_dags(airflow: LocalAirflow, planted: set[str]) -> LocalAirflow:
    planted |= {"rezi-emulator-key", "rezi-emulator-uid-secret"}
    airflow.add_dags(DAGS)
    airflow.wait_for_dag("rezi_wait_in_triggerer")
    return airflow


@pytest.fixture
def start(rezi_dags: LocalAirflow) -> Start:
    """Starts a DAG with params."""

    def start(dag_id: str, **params: Any) -> Run:
        return Run(rezi_dags, dag_id, rezi_dags.api.trigger(dag_id, params))

    return start


@pytest.fixture
def writer(world: ReziWorld, http: Any) -> str:
    email = world.address()
    assert http.post("/user/token", json={"email": email, "uid": "u"}).status_code == 200
    return email


def test_a_killed_purchase_is_left_to_a_person(start: Start, writer: str, world: ReziWorld) -> None:
    world.spoil("upgrade", "stall")
    run = start("rezi_buy", email=writer)
    eventually(lambda: world.asked("upgrade"))
    run.kill("buy")

    assert run.end() == "failed"

    assert run.tries("buy") == 2
    assert "an earlier try lost the answer" in run.log("buy")
    assert world.asked("upgrade") == 1


def test_of_two_runs_at_once_one_buys(start: Start, writer: str, world: ReziWorld) -> None:
    runs = [start("rezi_buy", email=writer) for _ in range(2)]

    assert sorted(run.end() for run in runs) == ["failed", "success"]

    assert world.asked("upgrade") == 1
    (refused,) = (run for run in runs if run.states()["buy"] == "failed")
    assert "not sent, because rezi_buy.buy of run" in refused.log("buy")


def test_waits_share_one_loop_and_end_with_what_they_waited_for(
    start: Start, world: ReziWorld
) -> None:
    made = world.emulator.act("rezi/seed", users=1, resumes=10)
    assert made["resumes"] == 10
    resumes = [str(row["id"]) for row in world.resumes() if row["id"] != RESUME]
    for resume in resumes:
        world.score(None, resume)
    alone = start("rezi_wait_in_triggerer", resume_id=RESUME, min_score=70)
    many = start("rezi_wait_for_many", resumes=resumes)
    eventually(lambda: alone.states().get("wait") == "deferred")
    eventually(lambda: {task["state"] for task in waits_of(many)} == {"deferred"}, within=120)
    world.score(69)
    before = world.asked(f"{RESUME}/score")
    eventually(lambda: world.asked(f"{RESUME}/score") > before + 1)
    assert alone.states()["wait"] == "deferred"
    for resume in (RESUME, *resumes):
        world.score(90, resume)

    alone.succeed()
    many.succeed()

    assert alone.result("wait") == {"resume_id": RESUME, "score": 90}
    assert many.result("wait", map_index=3) == {"resume_id": resumes[3], "score": 90}


def waits_of(run: Run) -> list[dict[str, Any]]:
    return [
        task for task in run.api.task_instances(run.dag_id, run.run_id) if task["task_id"] == "wait"
    ]

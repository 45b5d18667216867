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


def test_a_wait_starts_and_ends_in_the_triggerer(start: Start, world: ReziWorld) -> None:
    run = start("rezi_wait_in_triggerer", resume_id=RESUME, min_score=70)
    eventually(lambda: run.states().get("wait") == "deferred")
    world.score(69)
    before = world.asked("/score")
    eventually(lambda: world.asked("/score") > before + 1)
    assert run.states()["wait"] == "deferred"
    world.score(70)

    run.succeed()

    assert run.result("wait") == {"resume_id": RESUME, "score": 70}
    assert run.task("wait")["hostname"] == ""

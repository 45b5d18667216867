"""What only a real Airflow shows: a killed try, and waits without workers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_talent.emulator.riminder.records import READ_WRITE_KEY, WEBHOOK_SECRET
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.operators.steps import Run, eventually
from airflow_talent.tests.riminder.world import RiminderWorld, resume

DAGS = Path(__file__).parent / "dags"

FILES = 60
WAITS = 5

Start = Callable[..., Run]


@pytest.fixture(scope="session")
def riminder_dags(airflow: LocalAirflow, planted: set[str]) -> LocalAirflow:
    planted |= {READ_WRITE_KEY, WEBHOOK_SECRET, "Planted Person"}
    airflow.add_dags(DAGS)
    airflow.wait_for_dag("riminder_wait_for_many")
    return airflow


@pytest.fixture
def start(riminder_dags: LocalAirflow) -> Start:
    """Starts a DAG with params."""

    def start(dag_id: str, **params: object) -> Run:
        return Run(riminder_dags, dag_id, riminder_dags.api.trigger(dag_id, params))

    return start


def test_a_killed_upload_goes_on_where_it_was(
    start: Start, world: RiminderWorld, tmp_path: Path
) -> None:
    folder, manifest = tmp_path / "resumes", tmp_path / "manifest.jsonl"
    folder.mkdir()
    for number in range(FILES):
        (folder / f"Planted Person {number}.pdf").write_bytes(resume(f"number {number}"))
    world.set(latency=0.5)

    run = start("riminder_folder", files=str(folder), manifest=str(manifest))
    eventually(lambda: len(world.profiles()) >= 10)
    run.kill("upload")
    world.set(latency=0.0)
    run.succeed()

    assert run.tries("upload") == 2
    assert run.result("upload")["counts"] == {"uploaded": FILES}
    rows = [json.loads(line) for line in manifest.read_text().splitlines()]
    known = {row["profile_id"] for row in rows} - {None}
    assert len(known) >= 10
    assert len(world.profiles()) == FILES
    # Those that were on their way when the try was killed are the most that came again.
    assert len(world.asked("POST", "/profile")) <= FILES + 16


def test_many_waits_need_no_worker_and_read_one_page(start: Start, world: RiminderWorld) -> None:
    world.set(auto=False)
    references = [f"r-{number}" for number in range(WAITS)]
    ids = {reference: world.profile(reference) for reference in references}
    run = start("riminder_wait_for_many", references=references)
    eventually(
        lambda: (
            {task["state"] for task in run.api.task_instances(run.dag_id, run.run_id)}
            == {"deferred"}
        )
    )
    eventually(lambda: world.asked("GET", "/profiles"))
    for profile_id in ids.values():
        world.parse(profile_id)

    run.succeed()

    results = [run.result(f"wait_{number}") for number in range(WAITS)]
    assert {r["profile_reference"]: r["profile_id"] for r in results} == ids
    assert all(result["score"] > 0 for result in results)
    tasks = run.api.task_instances(run.dag_id, run.run_id)
    assert {task["hostname"] for task in tasks} == {""}
    asked = world.asked("GET")
    # Names are looked up once for all, not once for each wait.
    assert sum(r["path"] == "/filters" for r in asked) == 1
    assert sum(r["path"] == "/profile/scoring" for r in asked) <= WAITS

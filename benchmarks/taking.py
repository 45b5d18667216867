"""What it costs to take the records that a run was told of, many of them at once.

A real Airflow runs a task that was told of filled references at the emulated Vitay: it reads
them there, leaves out what others have taken, and claims the rest. Beside it the same task
claims with the ledger, one record after the other. Then thousands of claims are there from
earlier runs, and at last two runs are told of the same records at the same moment.

Seconds are those of the whole task, imports included, which an empty run shows.
"""

from __future__ import annotations

import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer

from airflow_talent.benchmarks.common.figures import timings
from airflow_talent.benchmarks.common.reporting import JsonFile, PlotFile, Report
from airflow_talent.clients import vitay
from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.server import EmulatorServer
from airflow_talent.provider.airflow_api import AirflowApi
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.vitay_world import VitayWorld

DAG_FILE = Path(__file__).parent / "dags" / "taking.py"
CLAIMS, LEDGER = "taken_by_claims", "taken_by_ledger"


def measure(
    records: Annotated[int, typer.Option(help="Records that a run is told of.")] = 200,
    earlier: Annotated[int, typer.Option(help="Claims of earlier runs.")] = 5000,
    runs: Annotated[int, typer.Option(help="Runs of each kind.")] = 3,
    json_path: JsonFile = None,
    plot_path: PlotFile = None,
) -> None:
    """Measure how long it takes to take records."""
    with EmulatorServer() as emulator, TemporaryDirectory() as home:
        environment = emulator.environment()
        world = VitayWorld(Emulator(emulator.url))
        with LocalAirflow(Path(home), environment=environment) as airflow:
            airflow.add_dags(DAG_FILE)
            airflow.wait_for_dag(LEDGER)
            times = play(airflow, world, records=records, earlier=earlier, runs=runs)
    comparison = timings(
        f"Taking {records} records in a task",
        times,
        others=["claimed one by one"],
        standard="claimed together",
    )
    report = Report("taking", "What it costs to take the records of a run", [comparison])
    report.publish(json_path, plot_path)


def play(
    airflow: LocalAirflow, world: VitayWorld, *, records: int, earlier: int, runs: int
) -> dict[str, list[float]]:
    """Seconds of the tasks, by what they were about."""

    def take(dag_id: str, at_once: int = 1) -> float:
        ids = seed(world, records)
        started = [airflow.api.trigger(dag_id, {"record_ids": ids}) for _ in range(at_once)]
        return max(seconds_of(airflow.api, dag_id, run_id) for run_id in started)

    def idle(_: int) -> float:
        return seconds_of(airflow.api, CLAIMS, airflow.api.trigger(CLAIMS))

    idle(0)
    times = {
        "told of nothing": [idle(number) for number in range(runs)],
        "claimed together": [take(CLAIMS) for _ in range(runs)],
        "claimed one by one": [take(LEDGER) for _ in range(runs)],
        "two runs at once": [take(CLAIMS, at_once=2) for _ in range(runs)],
    }
    add_claims(airflow.admin_api, earlier)
    times[f"with {earlier} earlier claims"] = [take(CLAIMS) for _ in range(runs)]
    return times


def seed(world: VitayWorld, how_many: int) -> list[str]:
    """The ids of new references, all filled."""
    world.emulator.reset()
    world.emulator.act("vitay/seed", references=how_many, filled=True)
    return [each.id for each in world.runner.iterate(vitay.list_references())]


def seconds_of(api: AirflowApi, dag_id: str, run_id: str) -> float:
    """How long the task of a run took, once it is over."""
    if api.wait_for_run(dag_id, run_id, timeout=300) != "success":
        raise RuntimeError(f"{dag_id} failed; its log says why")
    (task,) = api.task_instances(dag_id, run_id)
    return float(task["duration"])


def add_claims(api: AirflowApi, how_many: int) -> None:
    """Leave claims behind as earlier runs of the DAG do, in the scope of its own."""
    mine = api.get("/variables", limit=1, variable_key_pattern="talent_ledger_%")["variables"]
    scope, _, _, since = mine[0]["key"].rsplit("_", 3)
    digest = random.Random(0)  # the same each time
    entities = [
        {"key": f"{scope}_{digest.getrandbits(64):016x}_{'0' * 16}_{since}", "value": "{}"}
        for _ in range(how_many)
    ]
    for start in range(0, how_many, 500):
        batch = entities[start : start + 500]
        api.patch("/variables", {"actions": [{"action": "create", "entities": batch}]})


if __name__ == "__main__":
    typer.run(measure)

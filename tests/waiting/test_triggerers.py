"""Triggerers that are killed in the middle, and two of them: nobody waits in vain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.vitay_world import VitayWorld
from airflow_talent.tests.waiting.test_waits import eventually

INDEX = "/v2/references"
WATCHED = Path(__file__).parent / "dags" / "watched" / "watched_references.py"
ANY_FILE = Path(__file__).parent / "dags" / "wait_endings.py"
DAG_OF_ANY_FILE = "wait_endings"
ASSET = "vitay://vitay_watched/references/filled"


@pytest.fixture
def watched(waiting_dags: LocalAirflow, vitay_world: VitayWorld) -> Iterator[LocalAirflow]:
    """Watches references, and knows what is there, until the test is over."""
    connection = {
        **{
            name: vitay_world.connection[name]
            for name in ("conn_type", "host", "login", "password")
        },
        "connection_id": "vitay_watched",
    }
    waiting_dags.admin_api.post("/connections", connection)
    waiting_dags.add_dags(WATCHED)
    waiting_dags.wait_for_dag("watched_references")
    eventually(lambda: "watching_since_all_before_is_known" in stored(waiting_dags))
    yield waiting_dags
    (waiting_dags.dags_folder / WATCHED.name).unlink()
    while is_watching(vitay_world.emulator):
        # Airflow ends the watchers of assets that nobody names any more when it reads any file,
        # some time after it has missed the one that named them.
        read_again(waiting_dags)
    waiting_dags.admin_api.request("DELETE", "/connections/vitay_watched")


def stored(airflow: LocalAirflow) -> set[str]:
    """What the watcher keeps, by key."""
    found = airflow.api.get("/assets", uri_pattern=ASSET)["assets"]
    if not found:
        return set()
    kept = airflow.admin_api.get(f"/assets/{found[0]['id']}/state-store", limit=100)
    return {entry["key"] for entry in kept["asset_state_store"]}


def sweeps(emulator: Emulator) -> list[dict[str, Any]]:
    return [request for request in emulator.requests("vitay") if request["path"] == INDEX]


def is_watching(emulator: Emulator) -> bool:
    return bool(sweeps(emulator)) and age_of_last_sweep(emulator) <= 5


def read_again(airflow: LocalAirflow) -> None:
    """Have Airflow read a DAG file, and wait until it has."""
    before = airflow.api.dag(DAG_OF_ANY_FILE)["last_parsed_time"]
    airflow.add_dags(ANY_FILE)
    eventually(lambda: airflow.api.dag(DAG_OF_ANY_FILE)["last_parsed_time"] != before)


def age_of_last_sweep(emulator: Emulator) -> float:
    return (datetime.now(UTC) - datetime.fromisoformat(sweeps(emulator)[-1]["at"])).total_seconds()


def announced(airflow: LocalAirflow) -> list[str]:
    """The references of all runs that were started, once each time."""
    runs = airflow.api.get("/dags/watched_references/dagRuns", state="success")["dag_runs"]
    found = [airflow.api.xcom("watched_references", r["dag_run_id"], "found") for r in runs]
    return [reference_id for each in found for reference_id in each]


def test_a_triggerer_killed_in_a_sweep_and_two_after_it_lose_nobody(
    watched: LocalAirflow, vitay_world: VitayWorld
) -> None:
    api, emulator, candidate = watched.api, vitay_world.emulator, vitay_world.candidate()
    references = [vitay_world.reference(candidate) for _ in range(12)]
    run = api.trigger("wait_for_many", {"references": references})
    eventually(
        lambda: (
            list(api.task_states("wait_for_many", run).values()).count("deferred")
            == len(references)
        )
    )
    emulator.settings(vitay={"latency": 0.5, "max_page_size": 4})
    begun = len(sweeps(emulator))
    eventually(lambda: len(sweeps(emulator)) > begun)

    watched.kill("triggerer")
    emulator.settings(vitay={"latency": 0})
    for reference_id in references:
        vitay_world.fill(reference_id)
    with watched.another("triggerer"):
        watched.restart("triggerer")
        assert api.wait_for_run("wait_for_many", run) == "success"
        eventually(lambda: set(announced(watched)) >= set(references))

    assert sorted(announced(watched)) == sorted(references)

"""DAGs that wait, on the real Airflow of this test run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.airflow_api import AirflowApiError
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.vitay_world import VitayWorld

DAGS = Path(__file__).parent / "dags"


@pytest.fixture
def vitay_world(talent_emulator: Emulator) -> Iterator[VitayWorld]:
    world = VitayWorld(talent_emulator)
    yield world
    world.close()


@pytest.fixture(scope="session")
def waiting_dags(airflow: LocalAirflow) -> LocalAirflow:
    airflow.add_dags(DAGS)
    for dag_id in ("wait_modes", "wait_for_many", "wait_endings", "wait_nonsense"):
        airflow.wait_for_dag(dag_id)
    return airflow


@pytest.fixture
def wrong_password(waiting_dags: LocalAirflow, vitay_world: VitayWorld) -> Iterator[None]:
    """The connection ``vitay_wrong_password``."""
    connection: dict[str, Any] = {
        "connection_id": "vitay_wrong_password",
        "conn_type": "vitay",
        "host": vitay_world.connection["host"],
        "login": vitay_world.connection["login"],
        "password": "not-the-password",
        "extra": json.dumps({"max_requests_per_second": 50}),
    }
    with suppress(AirflowApiError):
        waiting_dags.admin_api.request("DELETE", "/connections/vitay_wrong_password")
    waiting_dags.admin_api.post("/connections", connection)
    yield
    waiting_dags.admin_api.request("DELETE", "/connections/vitay_wrong_password")

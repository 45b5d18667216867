"""The example DAGs exactly as shipped, on the real Airflow of this test run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import airflow_talent.example_dags
from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.airflow_api import AirflowApi
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.vitay_world import VitayWorld


@pytest.fixture
def world(talent_emulator: Emulator) -> Iterator[VitayWorld]:
    world = VitayWorld(talent_emulator)
    yield world
    world.close()


@pytest.fixture(scope="session")
def api(airflow: LocalAirflow) -> AirflowApi:
    (folder,) = airflow_talent.example_dags.__path__
    airflow.add_dags(Path(folder))
    for dag_id in ("reference_check", "reference_reminders"):
        airflow.wait_for_dag(dag_id)
    return airflow.api

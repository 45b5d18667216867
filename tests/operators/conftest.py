"""One DAG per operator, on the real Airflow of this test run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.airflow_api import AirflowApiError
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.tests.operators.intermediary import Intermediary, intermediary_before
from airflow_talent.tests.operators.steps import Run
from airflow_talent.tests.vitay_world import VitayWorld

DAGS = Path(__file__).parent / "dags"

Start = Callable[..., Run]


@pytest.fixture
def world(talent_emulator: Emulator) -> Iterator[VitayWorld]:
    world = VitayWorld(talent_emulator)
    yield world
    world.close()


@pytest.fixture(scope="session")
def steps(airflow: LocalAirflow) -> LocalAirflow:
    airflow.add_dags(DAGS)
    airflow.wait_for_dag("step_natively")
    return airflow


@pytest.fixture
def start(steps: LocalAirflow) -> Start:
    """Starts a DAG with params."""

    def start(dag_id: str, **params: Any) -> Run:
        return Run(steps, dag_id, steps.api.trigger(dag_id, params))

    return start


@pytest.fixture(scope="session")
def add_connection(steps: LocalAirflow) -> Iterator[Callable[..., None]]:
    """Adds an Airflow connection, or replaces it."""
    added: set[str] = set()

    def add(conn_id: str, *, extra: dict[str, Any], **fields: Any) -> None:
        _remove(steps, conn_id)
        steps.admin_api.post(
            "/connections", {"connection_id": conn_id, **fields, "extra": json.dumps(extra)}
        )
        added.add(conn_id)

    yield add
    for conn_id in added:
        _remove(steps, conn_id)


@pytest.fixture
def connect(add_connection: Callable[..., None], world: VitayWorld) -> Callable[..., None]:
    """Adds a connection that is like ``vitay_default`` but for what is said."""

    def connect(conn_id: str, *, extra: dict[str, Any] | None = None, **fields: Any) -> None:
        default = world.connection
        add_connection(
            conn_id, **{**default, **fields, "extra": {**default["extra"], **(extra or {})}}
        )

    return connect


@pytest.fixture
def intermediary(world: VitayWorld, connect: Callable[..., None]) -> Iterator[Intermediary]:
    """What the connection ``vitay_by_intermediary`` goes by."""
    with intermediary_before(world.connection["host"]) as intermediary:
        connect("vitay_by_intermediary", host=intermediary.url)
        yield intermediary


def _remove(airflow: LocalAirflow, conn_id: str) -> None:
    with suppress(AirflowApiError):
        airflow.admin_api.request("DELETE", f"/connections/{conn_id}")

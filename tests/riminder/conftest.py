"""An emulated Riminder, and clients of it, blocking and awaiting."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import tenacity

from airflow_talent.clients import runners
from airflow_talent.clients.riminder.api import RiminderApi
from airflow_talent.emulator.client import Emulator
from airflow_talent.operators import once, riminder_uploading
from airflow_talent.tests.clients.adapters import RUNNERS
from airflow_talent.tests.offline import OfflineAirflow
from airflow_talent.tests.riminder.world import RiminderWorld

CONN_ID = "riminder_test"

DAGS = Path(__file__).parent / "dags"

NewRunner = Callable[..., Any]
Connect = Callable[..., None]
Run = Callable[..., "Ran"]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "BACKOFF", tenacity.wait_none())
    for module in (once, riminder_uploading):
        monkeypatch.setattr(module, "READ_BACK_AFTER", 0.0)


@pytest.fixture
def world(talent_emulator: Emulator) -> RiminderWorld:
    return RiminderWorld(talent_emulator)


SHAPES: dict[str, dict[str, str]] = {
    "shapes of 2018": {"empty_objects": "object"},
    "shapes of 2019": {
        "parsing_shape": "2019",
        "revealing_shape": "arrays",
        "filter_detail_key": "filter",
        "source_id_key": "_id",
        "metadata_key": "profile_metadatas",
        "numbers": "text",
        "webhook_check_shape": "successor",
        "empty_objects": "array",
    },
}
"""The published sources contradict each other; these are the two ends."""


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest, world: RiminderWorld) -> str:
    """Each of the two ends of what the published sources say."""
    world.set(**SHAPES[request.param])
    return str(request.param)


@pytest.fixture(params=RUNNERS)
def new_runner(request: pytest.FixtureRequest, world: RiminderWorld) -> Iterator[NewRunner]:
    """Makes runners; keyword arguments change the settings, without their bounds."""
    made: list[Any] = []

    def make(**changes: Any) -> Any:
        settings = world.settings.model_copy(update=changes)
        made.append(RUNNERS[request.param](RiminderApi(settings)))
        return made[-1]

    yield make
    for runner in made:
        runner.close()


@pytest.fixture
def runner(new_runner: NewRunner) -> Any:
    """Once the blocking one, once the awaiting one."""
    return new_runner()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, world: RiminderWorld) -> Connect:
    """Sets the connection ``riminder_test`` to the emulator; arguments change its fields."""

    def connect(conn_id: str = CONN_ID, **fields: Any) -> None:
        extra = {**world.connection["extra"], **fields.pop("extra", {})}
        connection = {**world.connection, **fields, "extra": extra}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))

    connect()
    return connect


@dataclass(frozen=True, slots=True)
class Ran:
    """A run that is over."""

    run: Any

    @property
    def state(self) -> str:
        return str(self.run.state)

    def task(self, task_id: str) -> tuple[str, int]:
        """Its state, and how often it was tried."""
        ti = self.run.get_task_instance(task_id)
        return str(ti.state), int(ti.try_number)

    def result(self, task_id: str, key: str = "return_value") -> Any:
        return self.run.get_task_instance(task_id).xcom_pull(task_ids=task_id, key=key)


@pytest.fixture
def run(offline_airflow: OfflineAirflow) -> Run:
    """Runs a DAG to its end."""
    offline_airflow.add_dags(*DAGS.glob("*.py"))

    def run(dag_id: str, **params: Any) -> Ran:
        return Ran(offline_airflow.run(dag_id, params))

    return run

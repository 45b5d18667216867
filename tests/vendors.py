"""What the tests of each vendor share: runners, connections, and DAGs run in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import tenacity

from airflow_talent.clients import runners
from airflow_talent.clients.api import Api
from airflow_talent.operators import once
from airflow_talent.tests.clients.adapters import RUNNERS
from airflow_talent.tests.offline import OfflineAirflow, Ran

NewRunner = Callable[..., Any]
Connect = Callable[..., None]
Run = Callable[..., Ran]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for a vendor to come round, which takes the emulator no time."""
    monkeypatch.setattr(runners, "BACKOFF", tenacity.wait_none())
    monkeypatch.setattr(once, "READ_BACK_AFTER", 0.0)


def runners_of(api: type[Api[Any]]) -> Any:
    """The fixture ``new_runner`` of a vendor whose ``world`` has ``settings``."""

    @pytest.fixture(name="new_runner", params=RUNNERS)
    def new_runner(request: pytest.FixtureRequest, world: Any) -> Iterator[NewRunner]:
        """Makes runners; keyword arguments change the settings, without their bounds."""
        made: list[Any] = []

        def make(**changes: Any) -> Any:
            made.append(RUNNERS[request.param](api(world.settings.model_copy(update=changes))))
            return made[-1]

        yield make
        for runner in made:
            runner.close()

    return new_runner


@pytest.fixture
def runner(new_runner: NewRunner) -> Any:
    """Once the blocking one, once the awaiting one."""
    return new_runner()


def connection_named(conn_id: str) -> Any:
    """The fixture ``connect`` of a vendor whose ``world`` has a ``connection``."""

    @pytest.fixture(name="connect")
    def connect(monkeypatch: pytest.MonkeyPatch, world: Any) -> Connect:
        """Sets the connection to the emulator; arguments change its fields."""

        def connect(conn_id: str = conn_id, **fields: Any) -> None:
            extra = {**world.connection["extra"], **fields.pop("extra", {})}
            connection = {**world.connection, **fields, "extra": extra}
            monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))

        connect()
        return connect

    return connect


def dags_of(folder: Path) -> Any:
    """The fixture ``run``, which runs a DAG of ``folder`` to its end."""

    @pytest.fixture(name="run")
    def run(offline_airflow: OfflineAirflow, world: Any) -> Run:
        """Runs a DAG at a fresh ``world``; only its own file is read, which takes long enough."""

        def run(dag_id: str, **params: Any) -> Ran:
            files = (f for f in folder.glob("*.py") if f"\n{dag_id}()" in f.read_text())
            offline_airflow.add_dags(*files)
            return Ran(offline_airflow.run(dag_id, params))

        return run

    return run

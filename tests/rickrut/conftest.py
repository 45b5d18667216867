"""An emulated RickRut, and clients of it, blocking and awaiting."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import tenacity

from airflow_talent.clients import runners
from airflow_talent.clients.rickrut.api import RickRutApi
from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.clients.adapters import RUNNERS
from airflow_talent.tests.rickrut.world import RickRutWorld

CONN_ID = "rickrut_test"

NewRunner = Callable[..., Any]
Connect = Callable[..., None]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "BACKOFF", tenacity.wait_none())


@pytest.fixture
def world(talent_emulator: Emulator) -> RickRutWorld:
    return RickRutWorld(talent_emulator)


@pytest.fixture(params=["flat", "jsonapi"])
def structure(request: pytest.FixtureRequest, world: RickRutWorld) -> str:
    """Each of the two structures in which the emulator answers."""
    world.set(structure=request.param)
    return str(request.param)


@pytest.fixture(params=RUNNERS)
def new_runner(request: pytest.FixtureRequest, world: RickRutWorld) -> Iterator[NewRunner]:
    """Makes runners; keyword arguments change the settings, without their bounds."""
    made: list[Any] = []

    def make(**changes: Any) -> Any:
        settings = world.settings.model_copy(update=changes)
        made.append(RUNNERS[request.param](RickRutApi(settings)))
        return made[-1]

    yield make
    for runner in made:
        runner.close()


@pytest.fixture
def runner(new_runner: NewRunner) -> Any:
    """Once the blocking one, once the awaiting one."""
    return new_runner()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, world: RickRutWorld) -> Connect:
    """Sets the connection ``rickrut_test`` to the emulator; arguments change its fields."""

    def connect(conn_id: str = CONN_ID, **fields: Any) -> None:
        extra = {**world.connection["extra"], **fields.pop("extra", {})}
        connection = {**world.connection, **fields, "extra": extra}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))

    connect()
    return connect

"""An emulated Rezi, and clients of it, blocking and awaiting."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import tenacity

from airflow_talent.clients import runners
from airflow_talent.clients.rezi.api import ReziApi
from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.clients.adapters import RUNNERS
from airflow_talent.tests.rezi.world import ReziWorld

CONN_ID = "rezi_test"

NewRunner = Callable[..., Any]
Connect = Callable[..., None]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "BACKOFF", tenacity.wait_none())


@pytest.fixture
def world(talent_emulator: Emulator) -> ReziWorld:
    return ReziWorld(talent_emulator)


@pytest.fixture(params=["endpoint", "overview"])
def error_mode(request: pytest.FixtureRequest, world: ReziWorld) -> str:
    """Errors with an HTTP status, and errors inside a 200."""
    world.set(error_mode=request.param)
    return str(request.param)


@pytest.fixture(params=RUNNERS)
def new_runner(request: pytest.FixtureRequest, world: ReziWorld) -> Iterator[NewRunner]:
    """Makes runners; keyword arguments change the settings, without their bounds."""
    made: list[Any] = []

    def make(**changes: Any) -> Any:
        settings = world.settings.model_copy(update=changes)
        made.append(RUNNERS[request.param](ReziApi(settings)))
        return made[-1]

    yield make
    for runner in made:
        runner.close()


@pytest.fixture
def runner(new_runner: NewRunner) -> Any:
    """Once the blocking one, once the awaiting one."""
    return new_runner()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, world: ReziWorld) -> Connect:
    """Sets the connection ``rezi_test`` to the emulator; arguments change its fields."""

    def connect(conn_id: str = CONN_ID, **fields: Any) -> None:
        extra = {**world.connection["extra"], **fields.pop("extra", {})}
        connection = {**world.connection, **fields, "extra": extra}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))

    connect()
    return connect


@pytest.fixture
def http(talent_emulator: Emulator) -> Iterator[httpx.Client]:
    """A partner who speaks plain HTTP with the key in the printed header."""
    with httpx.Client(
        base_url=f"{talent_emulator.url}/rezi/v1",
        headers={"Authentication": "Bearer rezi-emulator-key"},
        trust_env=False,
        verify=False,
    ) as client:
        yield client

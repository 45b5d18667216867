"""An emulated Rezora, and clients of it, blocking and awaiting."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import tenacity

from airflow_talent.clients import runners
from airflow_talent.clients.rezora.api import RezoraApi
from airflow_talent.emulator.client import Emulator
from airflow_talent.operators import once
from airflow_talent.tests.clients.adapters import RUNNERS
from airflow_talent.tests.rezora.world import RezoraWorld

CONN_ID = "rezora_test"

NewRunner = Callable[..., Any]
Connect = Callable[..., None]


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runners, "BACKOFF", tenacity.wait_none())
    monkeypatch.setattr(once, "READ_BACK_AFTER", 0)


@pytest.fixture(scope="session", autouse=True)
def _planted_password(planted: set[str]) -> None:
    """The password of both levels is looked for in the logs at the end."""
    planted.add("demo-secret")


@pytest.fixture
def world(talent_emulator: Emulator) -> RezoraWorld:
    return RezoraWorld(talent_emulator)


@pytest.fixture(params=RUNNERS)
def new_runner(request: pytest.FixtureRequest, world: RezoraWorld) -> Iterator[NewRunner]:
    """Makes an agent's runners; keyword arguments change the settings, without their bounds."""
    made: list[Any] = []

    def make(account: str = "DEFAULT", **changes: Any) -> Any:
        settings = world.settings(account).model_copy(update=changes)
        made.append(RUNNERS[request.param](RezoraApi(settings)))
        return made[-1]

    yield make
    for runner in made:
        runner.close()


@pytest.fixture
def runner(new_runner: NewRunner) -> Any:
    """An agent's, once the blocking one, once the awaiting one."""
    return new_runner()


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch, world: RezoraWorld) -> Connect:
    """Sets the connection ``rezora_test`` to the emulator; arguments change its fields."""

    def connect(conn_id: str = CONN_ID, **fields: Any) -> None:
        default = world.connection()
        extra = {**default["extra"], **fields.pop("extra", {})}
        connection = {**default, **fields, "extra": extra}
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(connection))

    connect()
    return connect

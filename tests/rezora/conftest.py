"""An emulated Rezora, and clients of it, blocking and awaiting."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.clients.rezora.api import RezoraApi
from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.clients.adapters import RUNNERS
from airflow_talent.tests.rezora.world import RezoraWorld
from airflow_talent.tests.vendors import Connect, NewRunner, dags_of
from airflow_talent.tests.vendors import runner as runner
from airflow_talent.tests.vendors import short_pauses as short_pauses

CONN_ID = "rezora_test"


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
    for each in made:
        each.close()


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


run = dags_of(Path(__file__).parent / "dags")

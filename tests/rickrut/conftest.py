"""An emulated RickRut, and clients of it, blocking and awaiting."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_talent.clients.rickrut.api import RickRutApi
from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.rickrut.world import RickRutWorld
from airflow_talent.tests.vendors import connection_named, dags_of, runners_of
from airflow_talent.tests.vendors import runner as runner
from airflow_talent.tests.vendors import short_pauses as short_pauses

CONN_ID = "rickrut_test"


@pytest.fixture
def world(talent_emulator: Emulator) -> RickRutWorld:
    return RickRutWorld(talent_emulator)


@pytest.fixture(params=["flat", "jsonapi"])
def structure(request: pytest.FixtureRequest, world: RickRutWorld) -> str:
    """Each of the two structures in which the emulator answers."""
    world.set(structure=request.param)
    return str(request.param)


new_runner = runners_of(RickRutApi)
connect = connection_named(CONN_ID)
run = dags_of(Path(__file__).parent / "dags")

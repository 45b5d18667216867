"""An emulated Rezi, and clients of it, blocking and awaiting."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from airflow_talent.clients.rezi.api import ReziApi
from airflow_talent.emulator.client import Emulator
from airflow_talent.tests.rezi.world import ReziWorld
from airflow_talent.tests.vendors import connection_named, runners_of
from airflow_talent.tests.vendors import runner as runner
from airflow_talent.tests.vendors import short_pauses as short_pauses

CONN_ID = "rezi_test"


@pytest.fixture
def world(talent_emulator: Emulator) -> ReziWorld:
    return ReziWorld(talent_emulator)


@pytest.fixture(params=["endpoint", "overview"])
def error_mode(request: pytest.FixtureRequest, world: ReziWorld) -> str:
    """Errors with an HTTP status, and errors inside a 200."""
    world.set(error_mode=request.param)
    return str(request.param)


new_runner = runners_of(ReziApi)
connect = connection_named(CONN_ID)


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

"""The fixture ``talent_emulator``: five vendors and Slack on loopback, for your own DAG tests.

It is an entry point that every pytest run loads, so nothing heavy is imported before it is used.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from .client import Emulator
    from .server import EmulatorServer


@pytest.fixture(scope="session")
def talent_emulator_server() -> Iterator[EmulatorServer]:
    """One emulator for the whole run; most tests want ``talent_emulator`` instead."""
    from .server import EmulatorServer

    with EmulatorServer() as server:
        yield server


@pytest.fixture(scope="session")
def _talent_emulator_client(talent_emulator_server: EmulatorServer) -> Iterator[Emulator]:
    from .client import Emulator

    client = Emulator(talent_emulator_server.url)
    yield client
    client.close()


@pytest.fixture
def talent_emulator(_talent_emulator_client: Emulator) -> Emulator:
    """The emulator, fresh for this test: first records, no faults, the real clock.

    Its ``environment()`` holds the ``AIRFLOW_CONN_…`` variables that point hooks at it.
    """
    _talent_emulator_client.reset()
    return _talent_emulator_client

"""Callers of the emulated Riminder, one for each kind of key."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.riminder.records import READ_WRITE_KEY
from airflow_talent.tests.riminder.emulator.callers import Caller, Receiver


@pytest.fixture
def new_caller(talent_emulator: Emulator) -> Iterator[Callable[[str], Caller]]:
    made: list[Caller] = []

    def make(key: str) -> Caller:
        made.append(Caller(talent_emulator, key))
        return made[-1]

    yield make
    for caller in made:
        caller.http.close()


@pytest.fixture
def caller(new_caller: Callable[[str], Caller]) -> Caller:
    return new_caller(READ_WRITE_KEY)


@pytest.fixture
def receiver(talent_emulator: Emulator) -> Iterator[Receiver]:
    """Gets the events, signed in the default mode."""
    server = Receiver()
    thread = server.listen()
    talent_emulator.webhook("riminder", server.url)
    yield server
    talent_emulator.webhook("riminder", None)
    server.shutdown()
    server.server_close()
    thread.join()

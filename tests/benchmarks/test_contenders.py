"""The parts of the benchmarks that need nobody else run."""

from __future__ import annotations

import pytest

from airflow_talent.benchmarks.triggering import beat, holding
from airflow_talent.benchmarks.triggering.contenders import LEAST, Waits
from airflow_talent.benchmarks.waits.databases import NoDatabase, scratch_database
from airflow_talent.benchmarks.waits.stage import Scene

WAITS = Waits([str(number) for number in range(5)], interval=0.02)


async def test_a_loop_beats_beside_triggers() -> None:
    assert await beat.measure(LEAST, WAITS, seconds=0.1)


async def test_what_triggers_hold_is_read() -> None:
    assert isinstance(await holding.measure(LEAST, WAITS, holding.resident), int)


def test_sqlite_needs_no_database_of_its_own() -> None:
    with scratch_database(None) as address:
        assert address is None


@pytest.mark.parametrize(
    "address", ["postgresql://someone:planted-secret@127.0.0.1:1/postgres", "sqlite:///x", "?"]
)
def test_a_database_that_cannot_be_used_is_told_without_its_password(address: str) -> None:
    with pytest.raises(NoDatabase) as refused, scratch_database(address):
        pass
    assert "planted-secret" not in str(refused.value)


def test_waits_that_do_not_fill_their_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="multiple"):
        Scene(
            waits=7,
            per_run=2,
            interval=1,
            seconds=1,
            old=0,
            workers=1,
            patience=1,
            database=None,
        )

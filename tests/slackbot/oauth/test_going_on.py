"""What becomes of a run that goes on when its workspace uninstalls the app."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from airflow_talent.benchmarks.standins.airflow import DAG, ShapedAirflow, serving

from ..conftest import eventually
from .conftest import FIRST, SECOND, World


@pytest.fixture
def airflow() -> ShapedAirflow:
    return ShapedAirflow()


@pytest.fixture
def airflow_url(airflow: ShapedAirflow) -> Iterator[str]:
    """Overrides the one of `conftest`: here runs go on for ever."""
    with serving(airflow) as url:
        yield url


async def followed(world: World) -> float:
    page = (await world.http.get(f"{world.bot}/metrics")).text
    (line,) = (one for one in page.splitlines() if one.startswith("talent_bot_runs_followed "))
    return float(line.split()[1])


async def test_a_run_goes_on_unreported_when_its_workspace_uninstalls(
    world: World, airflow: ShapedAirflow, caplog: pytest.LogCaptureFixture
) -> None:
    for team in (FIRST, SECOND):
        await world.install(team)
        await world.start(team, f"{DAG} number=1")
        assert "Measured" in await world.root(team)
    assert await followed(world) == 2
    caplog.set_level(logging.WARNING, logger="airflow_talent")
    caplog.clear()

    await world.uninstall(SECOND)

    assert await followed(world) == 1
    polls = airflow.requests.total()

    async def has_polled() -> bool:
        return airflow.requests.total() > polls + 3

    await eventually(has_polled, within=20)
    assert len(airflow.runs) == 2
    # A look at the tokens may be faster than the event, and says so once.
    assert [record for record in caplog.records if "no longer served" not in record.msg] == []


async def test_whoever_installs_again_finds_the_run(world: World) -> None:
    await world.install(SECOND)
    await world.start(SECOND, f"{DAG} number=1")
    await world.root(SECOND)
    await world.uninstall(SECOND)
    assert await followed(world) == 0

    await world.install(SECOND)

    async def is_followed() -> bool:
        return await followed(world) == 1

    await eventually(is_followed, within=20)
    await world.start(SECOND, f"{DAG} number=2")
    await world.root(SECOND, count=2)
    assert await followed(world) == 2

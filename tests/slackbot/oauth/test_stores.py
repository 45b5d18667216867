"""Where installations are kept: a database or a bucket, with the same outcome."""

from __future__ import annotations

import socket
from contextlib import suppress

import pytest

from airflow_talent.emulator.client import Emulator

from ...bucket import REGION, SECRET, Bucket
from .conftest import SECOND, running_world

POSTGRES = ("127.0.0.1", 5432)
POSTGRES_URL = "postgresql+asyncpg://postgres:postgres@127.0.0.1/postgres"


def has_postgres() -> bool:
    with suppress(OSError), socket.create_connection(POSTGRES, timeout=1):
        return True
    return False


@pytest.fixture(params=["sqlite", "s3", "postgresql"])
def installations(request: pytest.FixtureRequest) -> str:
    """Overrides the one of `conftest`: each kind of store."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{request.getfixturevalue('tmp_path')}/installations.db"
    if request.param == "postgresql":
        pytest.importorskip("asyncpg")
        if not has_postgres():
            pytest.skip("no PostgreSQL answers")
        return POSTGRES_URL
    url = request.getfixturevalue("aws")
    set_in = request.getfixturevalue("monkeypatch").setenv
    set_in("AWS_ENDPOINT_URL_S3", url)
    set_in("AWS_ACCESS_KEY_ID", "testing")
    set_in("AWS_SECRET_ACCESS_KEY", SECRET)
    set_in("AWS_DEFAULT_REGION", REGION)
    return f"s3://{Bucket(url, 'installations').name}"


async def test_a_workspace_comes_back_after_a_restart_and_goes_when_it_uninstalls(
    environment: dict[str, str], talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"token_lifetime": 12 * 3600})
    async with running_world(environment, talent_emulator) as world:
        assert (await world.install(SECOND)).status_code == 200
    talent_emulator.settings(slack={"token_lifetime": 24 * 3600})

    async with running_world(environment, talent_emulator) as world:
        await world.start(SECOND)
        assert "Say hello" in await world.root(SECOND)
        await world.uninstall(SECOND)

    asked = len(talent_emulator.requests("slack"))
    async with running_world(environment, talent_emulator):
        assert len(talent_emulator.requests("slack")) == asked


async def test_a_state_is_good_once_everywhere(
    environment: dict[str, str], talent_emulator: Emulator
) -> None:
    async with running_world(environment, talent_emulator) as world:
        assert (await world.install(SECOND, state="made-up")).status_code == 401
        assert (await world.install(SECOND)).status_code == 200

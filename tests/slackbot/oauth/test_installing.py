"""Several workspaces install the app: who may, what each gets, and how it ends."""

from __future__ import annotations

import logging
import sqlite3

import pytest

from airflow_talent.emulator.client import Emulator

from ..conftest import eventually
from .conftest import FIRST, SECOND, THIRD, World, running_world


def stored_teams(installations: str) -> list[str]:
    with sqlite3.connect(installations.partition(":///")[2]) as database:
        return [team for (team,) in database.execute("select team_id from slack_bots")]


async def test_each_workspace_is_answered_with_its_own_token(world: World) -> None:
    for team in (FIRST, SECOND):
        page = await world.install(team)
        assert page.status_code == 200, page.text
        assert "is at work in" in page.text

    for team in (FIRST, SECOND):
        assert (await world.start(team))["error"] is None
        # Slack finds a conversation only with a token of its own workspace.
        assert "Say hello" in await world.root(team)


async def test_a_workspace_that_is_not_served_is_refused_and_not_kept(
    world: World, installations: str
) -> None:
    page = await world.install(THIRD)

    assert page.status_code == 403
    assert "This app does not serve your workspace." in page.text
    assert stored_teams(installations) == []
    assert world.asked("auth.revoke") == 1


async def test_whose_state_is_not_known_installs_nothing(world: World, installations: str) -> None:
    page = await world.install(SECOND, state="made-up")

    assert page.status_code == 401
    assert "begin again" in page.text
    assert stored_teams(installations) == []


async def test_another_browser_than_the_one_that_began_installs_nothing(world: World) -> None:
    began = await world.http.get(f"{world.bot}/slack/install?team={SECOND}")
    agreed = await world.http.get(began.headers["location"])
    page = await world.http.get(agreed.headers["location"], headers={"cookie": "other=1"})

    assert page.status_code == 400
    assert "did not begin" in page.text
    assert world.asked("oauth.v2.access") == 0


async def test_a_state_is_good_once(world: World) -> None:
    began = await world.http.get(f"{world.bot}/slack/install?team={SECOND}")
    cookie = {"cookie": began.headers["set-cookie"].partition(";")[0]}
    back = (await world.http.get(began.headers["location"])).headers["location"]

    assert (await world.http.get(back, headers=cookie)).status_code == 200
    assert (await world.http.get(back, headers=cookie)).status_code == 401


async def test_who_does_not_agree_reads_that_nothing_was_installed(world: World) -> None:
    page = await world.http.get(f"{world.bot}/slack/oauth_redirect?error=access_denied")

    assert "You did not agree" in page.text


async def test_another_process_finds_what_was_installed(
    environment: dict[str, str], talent_emulator: Emulator
) -> None:
    async with running_world(environment, talent_emulator) as world:
        await world.install(SECOND)
    async with running_world(environment, talent_emulator) as world:
        await world.start(SECOND)
        assert "Say hello" in await world.root(SECOND)


async def test_a_token_that_ends_soon_is_replaced(world: World, talent_emulator: Emulator) -> None:
    talent_emulator.settings(slack={"token_lifetime": 7000})
    assert (await world.install(SECOND)).status_code == 200
    await world.start(SECOND)
    await world.root(SECOND)
    talent_emulator.settings(slack={"token_lifetime": 12 * 3600})
    before = world.asked("oauth.v2.access")

    async def is_renewed() -> bool:
        return world.asked("oauth.v2.access") > before and world.asked("auth.test") > before

    await eventually(is_renewed, within=10)
    talent_emulator.advance(seconds=7100)
    await world.start(SECOND)

    assert "Say hello" in await world.root(SECOND, count=2)


async def test_after_uninstalling_nothing_is_kept_asked_or_logged_again(
    world: World, installations: str, caplog: pytest.LogCaptureFixture
) -> None:
    for team in (FIRST, SECOND):
        await world.install(team)
    await world.start(SECOND)
    await world.root(SECOND)

    told = await world.uninstall(SECOND)

    assert [one["error"] for one in told["told"]] == [None, None]
    assert stored_teams(installations) == [FIRST]
    await world.start(FIRST)
    await world.root(FIRST)
    caplog.clear()
    await world.start(SECOND)
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


async def test_a_token_that_was_taken_back_unheard_is_noticed_and_said_once(
    world: World, talent_emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    await world.install(SECOND)
    talent_emulator.settings(slack={"events": ["app_home_opened"]})
    caplog.set_level(logging.WARNING, logger="airflow_talent")
    await world.uninstall(SECOND)

    async def is_noticed() -> bool:
        return "T0SECOND is no longer served" in caplog.text

    await eventually(is_noticed, within=10)
    looks = world.asked("auth.test")
    assert (await world.install(SECOND)).status_code == 200
    await world.start(SECOND)
    assert "Say hello" in await world.root(SECOND)
    assert caplog.text.count("T0SECOND is no longer served") == 1
    assert world.asked("auth.test") > looks

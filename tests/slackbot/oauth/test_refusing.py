"""What does not start, and which runs belong to which workspace."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.commands.doctor_slack import look_at_slack
from airflow_talent.services.airflow_api import DagRun, RunKey
from airflow_talent.services.settings import SettingsError
from airflow_talent.slackbot.access import Home, read_rules
from airflow_talent.slackbot.identity import Starter, sign
from airflow_talent.slackbot.reports import owe_reports

from ..conftest import bot_process
from .conftest import FIRST, SECOND, running_world

KEY = b"key"


@pytest.mark.parametrize(
    ("store", "sentence"),
    [
        ("sqlite+aiosqlite:////nowhere/at/all.db", "TALENT_SLACK_INSTALLATIONS cannot be used"),
        ("nothing+known://u:secret@h/d", "TALENT_SLACK_INSTALLATIONS is wrong (NoSuchModuleErr"),
    ],
)
async def test_a_store_that_cannot_be_used_is_said_without_its_password(
    environment: dict[str, str], talent_emulator: Emulator, store: str, sentence: str
) -> None:
    changed = {**environment, "talent_slack_installations": store}

    with pytest.raises(SettingsError) as refusal:
        async with running_world(changed, talent_emulator):
            pass

    assert str(refusal.value).startswith(sentence)
    assert "secret" not in str(refusal.value)


def targets(home: Home, *tags: str, starter: Starter | None = None) -> list[str]:
    """Where a run is reported by the bot of one workspace."""
    conf = {"slack": sign(RunKey("d", "r"), starter, KEY)} if starter else {}
    run = DagRun(dag_id="d", dag_run_id="r", dag_display_name="D", state="running", conf=conf)
    return [one.target for one in owe_reports(run, read_rules(tags), KEY, home).reports]


def test_a_run_is_reported_in_one_workspace() -> None:
    first, second = Home("T1", is_first=True), Home("T2", is_first=False)
    in_second = Starter("T2", "C2", "U2")

    assert targets(first, "slack-report:C1") == ["C1"]
    assert targets(second, "slack-report:C1") == []
    assert targets(first, "slack-report:T2/C2", "slack-report:C1") == []
    assert targets(second, "slack-report:T2/C2", "slack-report:C1") == ["C2"]
    assert targets(first, "slack", "slack-report:C1", starter=in_second) == []
    assert targets(second, "slack", "slack-report:T2/C3", starter=in_second) == ["C2", "C3"]


def names_below(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir()}


async def test_the_bot_runs_with_nothing_but_its_environment(
    environment: dict[str, str], talent_emulator: Emulator, tmp_path: Path
) -> None:
    given = {name.upper(): value for name, value in environment.items()}
    with bot_process({**given, "HOME": str(tmp_path)}, tmp_path / "bot.log") as bot:
        await bot.ready()
        assert "WARNING" not in bot.said()
        assert bot.stop() == 0
    # Bolt keeps installations in files of its own when it is let.
    assert names_below(tmp_path) == {"bot.log", "installations.db"}


async def test_the_doctor_says_who_has_installed_the_app(
    environment: dict[str, str], talent_emulator: Emulator
) -> None:
    async with running_world(environment, talent_emulator) as world:
        await world.install(SECOND)
    given = {name.upper(): value for name, value in environment.items()}

    found = await asyncio.to_thread(lambda: list(look_at_slack(given)))

    assert [(one.state, one.subject) for one in found] == [("warning", FIRST), ("works", SECOND)]

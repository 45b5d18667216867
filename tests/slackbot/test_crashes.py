"""A bot killed at any step leaves one run, one root message, one result: the next one sees to it.

Slack's own dropping of doubles is switched off, so that what is shown does not depend on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.local_airflow import LocalAirflow

from .conftest import BotProcess, Slack, bot_process, eventually, running_bot, shown_text
from .gate import Gate, Hold, open_gate

POST, NOTE, UPLOAD = "chat.postMessage$", "/dagRuns/[^/]+$", "files.completeUploadExternal$"


@dataclass(frozen=True, slots=True)
class Gates:
    """Between the bot and Airflow, and between the bot and Slack."""

    airflow: Gate
    slack: Gate
    environment: dict[str, str]


@pytest.fixture
def gates(
    environment: dict[str, str], talent_emulator: Emulator, workflows: LocalAirflow
) -> Iterator[Gates]:
    talent_emulator.settings(slack={"honour_client_msg_id": False})
    with open_gate(workflows.url) as airflow, open_gate(talent_emulator.url) as slack:
        through = {
            **environment,
            "TALENT_AIRFLOW_URL": airflow.url,
            "SLACK_API_URL": f"{slack.url}/slack/api/",
        }
        yield Gates(airflow, slack, through)


@pytest.mark.parametrize(
    ("server", "hold"),
    [
        pytest.param("slack", Hold("POST", POST, "before"), id="before the root is posted"),
        pytest.param("slack", Hold("POST", POST, "after"), id="when the root is posted"),
        pytest.param("airflow", Hold("PATCH", NOTE, "before"), id="before the root is noted"),
        pytest.param("airflow", Hold("PATCH", NOTE, "after"), id="when the root is noted"),
        pytest.param("slack", Hold("POST", POST, "before", skip=1), id="before the result"),
        pytest.param("slack", Hold("POST", POST, "after", skip=1), id="when the result is posted"),
        pytest.param("slack", Hold("POST", UPLOAD, "after"), id="when the file is uploaded"),
        pytest.param(
            "airflow", Hold("PATCH", NOTE, "before", skip=1), id="before the end is noted"
        ),
        pytest.param("airflow", Hold("PATCH", NOTE, "after", skip=1), id="when the end is noted"),
    ],
)
async def test_a_bot_killed(
    slack: Slack,
    gates: Gates,
    workflows: LocalAirflow,
    files: Path,
    tmp_path: Path,
    server: str,
    hold: Hold,
) -> None:
    report = files / "report.txt"
    report.write_text("fine")
    getattr(gates, server).hold = Hold(hold.method, hold.path, hold.when, hold.skip)
    held = getattr(gates, server).hold.happened
    with bot_process(gates.environment, tmp_path / "bot.log") as bot:
        await bot.ready()
        await slack.type(f"wait_long until={report}")
        assert await asyncio.to_thread(held.wait, 60), bot.said()
        bot.kill()

    with bot_process(gates.environment, tmp_path / "next.log") as successor:
        getattr(gates, server).hold = None
        await successor.ready()
        await all_is_noted(workflows, "wait_long", successor)

    roots = await slack.roots("C0HIRING", "wait_long")
    assert len(roots) == 1
    assert "done in" in shown_text(roots[0])
    results = [reply for reply in roots[0]["replies"] if reply.get("metadata")]
    uploads = [reply for reply in roots[0]["replies"] if reply.get("files")]
    assert len(results) == 1
    assert "Waited" in shown_text(results[0])
    assert [file["title"] for upload in uploads for file in upload["files"]] == ["report.txt"]


async def all_is_noted(airflow: LocalAirflow, dag_id: str, bot: BotProcess) -> None:
    """Every run of a DAG has the bot's note that nothing is owed any more."""

    async def look() -> bool:
        assert bot.is_running, bot.said()
        answer = await asyncio.to_thread(airflow.api.get, f"/dags/{dag_id}/dagRuns", limit=100)
        return all('"told":' in (run["note"] or "") for run in answer["dag_runs"])

    await eventually(look)


async def test_of_two_bots_only_one_posts(
    slack: Slack, environment: dict[str, str], talent_emulator: Emulator, workflows: LocalAirflow
) -> None:
    talent_emulator.settings(slack={"honour_client_msg_id": False})
    async with running_bot(environment), running_bot(environment):
        # Slack hands commands to connections in turn. One after the other: on SQLite, Airflow
        # stands still for seconds when two processes write at once.
        for count, name in enumerate(("Ann", "Bob"), start=1):
            await slack.type(f"say_hello name={name}")
            await slack.replies("C0HIRING", "say_hello", count=count)
        await asyncio.to_thread(workflows.api.trigger, "report_here")
        await slack.replies("C0HIRING", "report_here")
        await slack.root("C0GENERAL", "report_here", saying="done in")

    for dag_id, runs in (("say_hello", 2), ("report_here", 1)):
        assert len(await slack.roots("C0HIRING", dag_id)) == runs
        assert len(await slack.replies("C0HIRING", dag_id)) == runs


async def test_a_bot_that_is_stopped_leaves_its_runs_to_the_one_that_stays(
    slack: Slack, environment: dict[str, str], files: Path, tmp_path: Path
) -> None:
    until = files / "go.txt"
    with bot_process(environment, tmp_path / "bot.log") as bot:
        await bot.ready()
        await slack.type(f"wait_long until={until}")
        await slack.root("C0HIRING", "wait_long", saying="running since")
        async with running_bot(environment):
            assert bot.stop() == 0
            until.write_text("now")
            replies = await slack.replies("C0HIRING", "wait_long")
    assert "Waited" in shown_text(replies[0])
    assert len(await slack.roots("C0HIRING", "wait_long")) == 1

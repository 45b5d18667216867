"""Running the bot: HTTP instead of Socket Mode, and an Airflow or Slack that is not there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.services.settings import SettingsError
from airflow_talent.slackbot.manifest import SCOPES

from .conftest import Slack, bot_process, eventually, free_port, running_bot, shown_text
from .gate import Hold, open_gate


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"TALENT_AIRFLOW_URL": "http://127.0.0.1:9"}, "Airflow does not answer"),
        ({"TALENT_AIRFLOW_PASSWORD": "wrong"}, "does not accept my login"),
    ],
)
async def test_without_airflow_a_person_reads_so_within_three_seconds(
    slack: Slack, environment: dict[str, str], change: dict[str, str], said: str
) -> None:
    async with running_bot({**environment, **change}):
        began = time.monotonic()
        await slack.type("say_hello name=Ann")
        assert said in await slack.told("C0HIRING")
        assert time.monotonic() - began < 3


@pytest.fixture
async def broken_workflow(workflows: LocalAirflow, tmp_path: Path) -> AsyncIterator[str]:
    """A workflow whose file stopped to be importable after Airflow had read it."""
    file = tmp_path / "broken_later.py"
    good = "from airflow.sdk import DAG\ndag = DAG('broken_later', schedule=None, tags=['slack'])\n"
    file.write_text(good)
    workflows.add_dags(file)
    await asyncio.to_thread(workflows.wait_for_dag, "broken_later")

    async def has_errors() -> bool:
        dag = await asyncio.to_thread(workflows.api.dag, "broken_later")
        return bool(dag["has_import_errors"])

    async def is_good() -> bool:
        return not await has_errors()

    try:
        file.write_text(f"{good}\nraise ValueError\n")
        workflows.add_dags(file)
        await eventually(has_errors)
        yield "broken_later"
    finally:
        file.write_text(good)
        workflows.add_dags(file)
        await eventually(is_good)


async def test_a_workflow_that_airflow_cannot_read_is_not_started(
    slack: Slack, environment: dict[str, str], broken_workflow: str
) -> None:
    async with running_bot(environment):
        await slack.type(broken_workflow)

        assert "its DAG file has an error" in await slack.told("C0HIRING")


async def test_when_airflow_is_slow_a_person_reads_so_and_the_run_starts_all_the_same(
    slack: Slack, environment: dict[str, str], workflows: LocalAirflow
) -> None:
    with open_gate(workflows.url) as gate:
        gate.delay = ("POST", "/dagRuns$", 3.0)
        async with running_bot({**environment, "TALENT_AIRFLOW_URL": gate.url}):
            began = time.monotonic()
            await slack.type("say_hello name=Ann")
            assert "has not answered yet" in await slack.told("C0HIRING")
            assert time.monotonic() - began < 3
            assert await slack.replies("C0HIRING", "say_hello")


async def test_a_lost_answer_to_a_start_starts_one_run(
    slack: Slack, environment: dict[str, str], workflows: LocalAirflow
) -> None:
    with open_gate(workflows.url) as gate:
        gate.lose = Hold("POST", "/dagRuns$", "after")
        async with running_bot({**environment, "TALENT_AIRFLOW_URL": gate.url}):
            await slack.type("say_hello name=Ann")
            assert await slack.replies("C0HIRING", "say_hello")

    assert gate.lose.happened.is_set()
    assert len(await slack.roots("C0HIRING", "say_hello")) == 1


async def test_a_paused_poll_of_airflow_goes_on_when_airflow_is_back(
    slack: Slack, environment: dict[str, str], workflows: LocalAirflow, files: Path
) -> None:
    until = files / "go.txt"
    with open_gate(workflows.url) as gate:
        async with running_bot({**environment, "TALENT_AIRFLOW_URL": gate.url}):
            await slack.type(f"wait_long until={until}")
            await slack.root("C0HIRING", "wait_long", saying="running since")
            gate.is_broken = True
            seen = len(gate.seen)

            async def has_asked() -> bool:
                return len(gate.seen) > seen

            await eventually(has_asked)
            until.write_text("now")
            gate.is_broken = False
            assert "Waited" in shown_text((await slack.replies("C0HIRING", "wait_long"))[0])


@pytest.fixture
async def http_bot(
    environment: dict[str, str], talent_emulator: Emulator
) -> AsyncIterator[httpx.AsyncClient]:
    """A bot that serves HTTP, and a client to call it as Slack does."""
    port = free_port()
    talent_emulator.settings(slack={"request_url": f"http://127.0.0.1:{port}/slack/events"})
    changed = {**environment, "SLACK_APP_TOKEN": "", "TALENT_BOT_PORT": str(port)}
    async with (
        running_bot({name: value for name, value in changed.items() if value}),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http,
    ):
        yield http


async def test_without_socket_mode_signed_requests_are_served(
    http_bot: httpx.AsyncClient, slack: Slack
) -> None:
    typed = await slack.type("say_hello name=Ann")

    assert typed["error"] is None
    assert await slack.replies("C0HIRING", "say_hello")
    assert (await http_bot.get("/health")).status_code == 200
    assert (await http_bot.get("/ready")).json() == {"status": "ready"}


@pytest.mark.parametrize("signature", ["", "v0=00"])
async def test_without_socket_mode_unsigned_requests_are_refused(
    http_bot: httpx.AsyncClient, slack: Slack, signature: str
) -> None:
    headers = {"X-Slack-Signature": signature, "X-Slack-Request-Timestamp": str(int(time.time()))}
    command = {
        "command": "/talent",
        "text": "say_hello name=Ann",
        "team_id": "T0EMULATOR",
        "user_id": "U0RECRUIT",
        "channel_id": "C0HIRING",
        "trigger_id": "1.2.3",
        "response_url": "http://127.0.0.1:9",
    }

    answer = await http_bot.post("/slack/events", data=command, headers=headers)

    assert answer.status_code == 401
    assert await slack.posts("C0HIRING") == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, "SLACK_BOT_TOKEN is refused by Slack: invalid_auth."),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, "SLACK_APP_TOKEN is refused by Slack: invalid_auth."),
        ({"SLACK_API_URL": "http://127.0.0.1:9/"}, "SLACK_API_URL does not answer."),
    ],
)
async def test_a_bot_that_slack_refuses_does_not_start(
    environment: dict[str, str], change: dict[str, str], sentence: str
) -> None:
    # Without this the bot has no need to ask Slack before it connects.
    environment.pop("TALENT_SLACK_TEAMS")

    with pytest.raises(SettingsError) as refusal:
        async with running_bot({**environment, **change}):
            pass

    assert str(refusal.value) == sentence


async def test_another_workspace_is_refused(slack: Slack, environment: dict[str, str]) -> None:
    async with running_bot({**environment, "TALENT_SLACK_TEAMS": "T0OTHER"}):
        typed = await slack.type("say_hello name=Ann")

    assert typed["ack"] == {"text": "This app does not serve your workspace."}
    assert await slack.posts("C0HIRING") == []


async def test_the_scopes_of_the_manifest_are_enough(
    slack: Slack, environment: dict[str, str], talent_emulator: Emulator, files: Path
) -> None:
    talent_emulator.settings(slack={"scopes": list(SCOPES)})
    report = files / "report.txt"
    report.write_text("fine")
    async with running_bot(environment):
        await slack.type(f"send_files files={report}")
        await slack.replies("C0HIRING", "send_files", count=2)
        await slack.type("only_recruiters", channel="C0GENERAL")
        await slack.root("C0GENERAL", "only_recruiters", saying="done in")

        async def in_direct_message() -> list[str]:
            return await slack.posts("D0RECRUIT", about="is done")

        await eventually(in_direct_message)


async def test_a_stopped_bot_ends_cleanly_and_logs_neither_secrets_nor_values(
    slack: Slack, environment: dict[str, str], tmp_path: Path
) -> None:
    with bot_process(environment, tmp_path / "bot.log") as bot:
        await bot.ready()
        await slack.type("say_hello name=Annabel")
        await slack.replies("C0HIRING", "say_hello")
        await slack.type("fail_badly")
        await slack.replies("C0HIRING", "fail_badly")
        assert await asyncio.to_thread(bot.stop) == 0

    log = bot.said()
    assert "allowed act=start team=T0EMULATOR user=U0RECRUIT channel=C0HIRING" in log
    for secret in (
        "Annabel",
        "ann@example.com",
        "hunter2",
        environment["SLACK_BOT_TOKEN"],
        environment["SLACK_APP_TOKEN"],
        environment["TALENT_AIRFLOW_PASSWORD"] + '"',
        "Traceback",
    ):
        assert secret not in log

"""What becomes of a report when Slack does not let the bot say it where it belongs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.provider.local_airflow import LocalAirflow
from airflow_talent.services.airflow_api import AirflowApi, RunKey
from airflow_talent.slackbot.note import MAX_NOTE

from .conftest import Slack, eventually, running_bot, settings_from, shown_text
from .gate import Gate, open_gate

POST = "chat.postMessage$"


@pytest.fixture
def slack_gate(talent_emulator: Emulator) -> Iterator[Gate]:
    with open_gate(talent_emulator.url) as gate:
        yield gate


@pytest.fixture
async def bot(environment: dict[str, str], slack_gate: Gate) -> AsyncIterator[None]:
    async with running_bot({**environment, "SLACK_API_URL": f"{slack_gate.url}/slack/api/"}):
        yield


@pytest.fixture
async def let_it_end(slack: Slack, bot: None, files: Path) -> AsyncIterator[Callable[[], object]]:
    """A run that goes on until this is called."""
    path = files / "go.txt"
    await slack.type(f"wait_long until={path}")
    await slack.root("C0HIRING", "wait_long", saying="running since")
    yield lambda: path.write_text("now")
    path.touch()


async def delete_root(slack: Slack, url: str) -> None:
    (root,) = await slack.roots("C0HIRING", "wait_long")
    answer = await slack.http.post(
        f"{url}/slack/api/chat.delete",
        headers={"Authorization": "Bearer xoxb-emulator"},
        data={"channel": "C0HIRING", "ts": root["ts"]},
    )
    assert answer.json()["ok"], answer.text


async def in_direct_message(slack: Slack, about: str) -> list[str]:
    async def look() -> list[str]:
        return await slack.posts("D0RECRUIT", about=about)

    return await eventually(look)


async def test_where_messages_cannot_be_edited_the_end_is_told_in_the_thread_once(
    slack: Slack, talent_emulator: Emulator, bot: None
) -> None:
    talent_emulator.settings(slack={"edit_window_closed": True})

    await slack.type("say_hello name=Ann")

    replies = await slack.replies("C0HIRING", "say_hello", count=2)
    assert "Hello Ann" in shown_text(replies[0])
    assert "done in" in shown_text(replies[1])
    assert len(await slack.roots("C0HIRING", "say_hello")) == 1


async def test_a_deleted_root_message_gets_one_successor(
    slack: Slack, talent_emulator: Emulator, let_it_end: Callable[[], object]
) -> None:
    await delete_root(slack, talent_emulator.url)
    let_it_end()

    await slack.root("C0HIRING", "wait_long", saying="done in")
    replies = await slack.replies("C0HIRING", "wait_long")
    assert "Waited" in shown_text(replies[0])
    assert len(await slack.roots("C0HIRING", "wait_long")) == 1


async def test_who_deletes_the_successor_too_hears_no_more(
    slack: Slack,
    talent_emulator: Emulator,
    let_it_end: Callable[[], object],
    environment: dict[str, str],
) -> None:
    await delete_root(slack, talent_emulator.url)
    api = AirflowApi.connect(settings_from(environment))
    (run,) = await api.latest_runs("slack__", dag_id="wait_long", count=1)
    # Something to draw, so that the bot sees that its message is gone.
    await api.end_run(run.key)
    root = await slack.root("C0HIRING", "wait_long", saying="failed after")
    await slack.replies("C0HIRING", "wait_long")
    await slack.http.post(
        f"{talent_emulator.url}/slack/api/chat.delete",
        headers={"Authorization": "Bearer xoxb-emulator"},
        data={"channel": "C0HIRING", "ts": root["ts"]},
    )
    await api.clear_failed(run.key)
    let_it_end()

    async def is_silent() -> bool:
        return '"ts":""' in ((await api.run(run.key)).note or "")

    await eventually(is_silent)
    await api.close()
    assert await slack.posts("C0HIRING", about="done in") == []


async def test_a_locked_thread_sends_the_result_to_its_starter(
    slack: Slack, slack_gate: Gate, let_it_end: Callable[[], object]
) -> None:
    slack_gate.errors.append((POST, "thread_ts", "restricted_action_thread_locked"))
    let_it_end()

    (told,) = await in_direct_message(slack, "Waited")
    assert "started in <#C0HIRING>" in told
    await slack.root("C0HIRING", "wait_long", saying="done in")


async def test_an_archived_channel_sends_the_result_to_its_starter(
    slack: Slack, people: SlackPeople, let_it_end: Callable[[], object]
) -> None:
    await people.channel_is("C0HIRING", is_archived=True)
    let_it_end()

    assert len(await in_direct_message(slack, "Waited")) == 1


async def test_a_bot_that_was_removed_from_the_channel_tells_the_starter(
    slack: Slack, people: SlackPeople, let_it_end: Callable[[], object]
) -> None:
    await people.channel_is("C0HIRING", members=["U0RECRUIT", "U0LEAD"])
    let_it_end()

    assert len(await in_direct_message(slack, "Waited")) == 1


async def test_a_starter_who_left_is_told_nothing_and_the_root_goes_on(
    slack: Slack, people: SlackPeople, bot: None, caplog: pytest.LogCaptureFixture
) -> None:
    await slack.type("fail_at_first", channel="C0GENERAL")
    await slack.root("C0GENERAL", "fail_at_first")
    await people.user_is("U0RECRUIT", is_deleted=True)

    await slack.root("C0GENERAL", "fail_at_first", saying="done in")
    assert "user_disabled" in caplog.text
    assert await slack.posts("D0RECRUIT") == []


async def test_where_neither_channel_nor_direct_message_is_open_the_run_goes_on_unseen(
    slack: Slack, slack_gate: Gate, bot: None, environment: dict[str, str]
) -> None:
    slack_gate.errors.append(("conversations.open$", "", "cannot_dm_bot"))
    await slack.type("say_hello name=Ann", channel="C0RANDOM")

    api = AirflowApi.connect(settings_from(environment))

    async def is_noted() -> RunKey | None:
        runs = await api.latest_runs("slack__", dag_id="say_hello", count=1)
        return runs[0].key if runs and '"ts":""' in (runs[0].note or "") else None

    assert await eventually(is_noted)
    await api.close()


async def test_a_wrong_channel_in_a_tag_is_warned_of_once(
    workflows: LocalAirflow, bot: None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(2):
        await asyncio.to_thread(workflows.api.trigger, "report_wrongly")

    async def all_noted() -> bool:
        answer = await asyncio.to_thread(workflows.api.get, "/dags/report_wrongly/dagRuns")
        return all('"ts":""' in (run["note"] or "") for run in answer["dag_runs"])

    await eventually(all_noted)
    warnings = [record for record in caplog.records if "C0NOWHERE" in record.getMessage()]
    assert len(warnings) == 1


async def test_a_full_note_stops_nothing_and_repeats_nothing(
    slack: Slack, workflows: LocalAirflow, environment: dict[str, str]
) -> None:
    run_id = await asyncio.to_thread(workflows.api.trigger, "report_here")
    api = AirflowApi.connect(settings_from(environment))
    await api.set_note(RunKey("report_here", run_id), "x" * MAX_NOTE)
    await api.close()

    for _ in range(2):
        async with running_bot(environment):
            await slack.root("C0HIRING", "report_here", saying="done in")
            replies = await slack.replies("C0HIRING", "report_here")
    assert "nightly figures" in shown_text(replies[0])
    assert len(replies) == len(await slack.roots("C0HIRING", "report_here")) == 1


async def test_a_queued_run_that_is_deleted_in_airflow_is_shown_as_deleted(
    slack: Slack, bot: None, workflows: LocalAirflow, files: Path
) -> None:
    first, second = files / "first.txt", files / "second.txt"
    await slack.type(f"one_at_a_time until={first}")
    await slack.root("C0HIRING", "one_at_a_time", saying="running since")
    await slack.type(f"one_at_a_time until={second}")
    queued = await slack.root("C0HIRING", "one_at_a_time", saying="waiting to start")
    run_id = queued["metadata"]["event_payload"]["run_id"]

    path = f"/dags/one_at_a_time/dagRuns/{run_id}"
    await asyncio.to_thread(workflows.admin_api.request, "DELETE", path)

    root = await slack.root("C0HIRING", "one_at_a_time", saying="deleted from Airflow")
    assert root["ts"] == queued["ts"]
    assert not [block for block in root["blocks"] if block["type"] == "actions"]
    first.write_text("now")
    await slack.root("C0HIRING", "one_at_a_time", saying="done in")


def attached(replies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [file for reply in replies for file in reply.get("files", ())]


async def test_what_is_too_long_for_a_message_becomes_files(
    slack: Slack, bot: None, talent_emulator: Emulator
) -> None:
    await slack.type("say_at_length")

    replies = await slack.replies("C0HIRING", "say_at_length", count=3)
    shown = shown_text(replies[0])
    assert "A long <!channel> story." in shown
    assert "The whole text is in the file below." in shown
    assert "10 of 250 rows" in shown
    assert [file["name"] for file in attached(replies)] == ["write.txt", "write.csv"]
    assert [file["title"] for file in attached(replies)] == ["write.txt", "write.csv"]

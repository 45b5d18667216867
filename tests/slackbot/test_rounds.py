"""A run that goes on after its end is told of again, and one that was cancelled is no failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.services.airflow_api import AirflowApi, RunKey

from .conftest import Slack, eventually, running_bot, settings_from, shown_text


@pytest.fixture
async def airflow_api(environment: dict[str, str]) -> AsyncIterator[AirflowApi]:
    """Airflow as somebody uses it who has nothing to do with Slack."""
    api = AirflowApi.connect(settings_from(environment))
    yield api
    await api.close()


def run_of(root: dict[str, Any]) -> RunKey:
    payload = root["metadata"]["event_payload"]
    return RunKey(payload["dag_id"], payload["run_id"])


def steps(replies: list[dict[str, Any]]) -> list[str]:
    return [
        reply["metadata"]["event_payload"]["step"] for reply in replies if reply.get("metadata")
    ]


async def ended(api: AirflowApi, run: RunKey, state: str) -> None:
    async def look() -> bool:
        return (await api.run(run)).state == state

    await eventually(look)


def buttons(message: dict[str, Any]) -> list[str]:
    return [
        element["text"]["text"]
        for block in message["blocks"]
        if block["type"] == "actions"
        for element in block["elements"]
    ]


async def test_a_run_that_is_retried_is_told_of_twice(
    slack: Slack, people: SlackPeople, files: Path, environment: dict[str, str]
) -> None:
    path = files / "found.txt"
    async with running_bot(environment):
        await slack.type(f"fail_at path={path}")
        root = await slack.root("C0HIRING", "fail_at", saying="failed after")
        assert buttons(root) == ["Again"]
        failure = next(r for r in root["replies"] if "failed" in shown_text(r))
        assert buttons(failure) == ["Retry"]
        path.write_text("here")

        await people.press(failure["ts"], "talent_retry")

        await slack.root("C0HIRING", "fail_at", saying="done in")
        replies = await slack.replies("C0HIRING", "fail_at", count=4)
    assert steps(replies) == [
        "result:before:-1@C0HIRING",
        "failure@C0HIRING",
        "result:after:-1@C0HIRING#2",
    ]
    assert len(await slack.roots("C0HIRING", "fail_at")) == 1


async def test_a_run_that_was_cleared_and_ended_while_no_bot_ran_is_told_of(
    slack: Slack, files: Path, environment: dict[str, str], airflow_api: AirflowApi
) -> None:
    path = files / "found.txt"
    async with running_bot(environment):
        await slack.type(f"fail_at path={path}")
        root = await slack.root("C0HIRING", "fail_at", saying="failed after")
    await airflow_api.clear_failed(run_of(root))
    await ended(airflow_api, run_of(root), "failed")

    async with running_bot(environment):
        replies = await slack.replies("C0HIRING", "fail_at", count=3)
        assert steps(replies)[2:] == ["failure@C0HIRING#2"]
        path.write_text("here")
        await airflow_api.clear_failed(run_of(root))
        await slack.root("C0HIRING", "fail_at", saying="done in")
        replies = await slack.replies("C0HIRING", "fail_at", count=5)
    assert steps(replies)[3:] == ["result:after:-1@C0HIRING#3"]
    assert len(await slack.roots("C0HIRING", "fail_at")) == 1


async def test_a_cancelled_run_says_who_did_it_and_is_no_failure(
    slack: Slack, people: SlackPeople, files: Path, environment: dict[str, str]
) -> None:
    async with running_bot(environment):
        await slack.type(f"wait_long until={files / 'never.txt'}")
        root = await slack.root("C0HIRING", "wait_long", saying="running since")
        assert buttons(root) == ["Cancel"]
        short = run_of(root).run_id.rpartition("__")[2][:8]
        assert f"`{short}`" in shown_text(root)

        await people.press(root["ts"], "talent_cancel")

        root = await slack.root("C0HIRING", "wait_long", saying="cancelled by <@U0RECRUIT> after")
        (reply,) = await slack.replies("C0HIRING", "wait_long")
    assert "was cancelled by <@U0RECRUIT>" in shown_text(reply)
    assert "failed" not in shown_text(reply)
    assert buttons(root) == buttons(reply) == ["Again"]


async def test_runs_that_an_event_started_are_reported(
    slack: Slack, workflows: Any, environment: dict[str, str]
) -> None:
    async with running_bot(environment):
        await asyncio.to_thread(workflows.api.trigger, "make_news")
        root = await slack.root("C0HIRING", "report_news", saying="done in")
        replies = await slack.replies("C0HIRING", "report_news")
    assert "started by an event" in shown_text(root)
    assert "there was an event" in shown_text(replies[0])
    assert buttons(root) == []

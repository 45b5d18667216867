"""A bot killed at any step leaves one run, one root message, one result: the next one sees to it.

Slack's own dropping of doubles is switched off, so that what is shown does not depend on it,
except where a test says otherwise.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from airflow_talent.emulator.client import Emulator
from airflow_talent.emulator.slack.client import SlackPeople
from airflow_talent.provider.local_airflow import LocalAirflow

from .conftest import (
    BotProcess,
    Slack,
    bot_process,
    eventually,
    free_port,
    running_bot,
    shown_text,
)
from .gate import Gate, Hold, open_gate

CREATE, NOTE, CLEAR = "/dagRuns$", "/dagRuns/[^/]+$", "/clear$"
POST, EDIT, OPEN = "chat.postMessage$", "chat.update$", "conversations.open$"
UPLOAD = "files.completeUploadExternal$"

Act = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Gates:
    """Between the bot and Airflow, and between the bot and Slack."""

    airflow: Gate
    slack: Gate
    environment: dict[str, str]
    folder: Path

    async def kill_at(self, server: str, hold: Hold, act: Act) -> None:
        """Have a bot do something, and kill it at a request of it."""
        gate: Gate = getattr(self, server)
        gate.hold = Hold(hold.method, hold.path, hold.when, hold.skip)
        with bot_process(self.environment, self.folder / "bot.log") as bot:
            await bot.ready()
            await act()
            assert await asyncio.to_thread(gate.hold.happened.wait, 60), bot.said()
            bot.kill()
        gate.hold = None


@pytest.fixture
def gates(
    environment: dict[str, str],
    talent_emulator: Emulator,
    workflows: LocalAirflow,
    tmp_path: Path,
) -> Iterator[Gates]:
    talent_emulator.settings(slack={"honour_client_msg_id": False})
    with open_gate(workflows.url) as airflow, open_gate(talent_emulator.url) as slack:
        through = {
            **environment,
            "TALENT_AIRFLOW_URL": airflow.url,
            "SLACK_API_URL": f"{slack.url}/slack/api/",
        }
        yield Gates(airflow, slack, through, tmp_path)


async def all_is_told(airflow: LocalAirflow, dag_id: str, bot: BotProcess | None = None) -> None:
    """The latest run of a DAG has the bot's note that nothing is owed any more."""

    async def look() -> bool:
        assert bot is None or bot.is_running, bot.said()
        run = await latest_run(airflow, dag_id)
        return f'"told":"{run["state"]} ' in run["note"]

    await eventually(look)


async def latest_run(airflow: LocalAirflow, dag_id: str) -> dict[str, Any]:
    path = f"/dags/{dag_id}/dagRuns"
    answer = await asyncio.to_thread(airflow.api.get, path, order_by="-run_after", limit=1)
    run: dict[str, Any] = answer["dag_runs"][0]
    return run


async def steps_shown(
    slack: Slack, airflow: LocalAirflow, dag_id: str, *channels: str
) -> list[str]:
    """Every message about the latest run of a DAG, none of them twice."""
    run = await latest_run(airflow, dag_id)
    found = [
        payload["step"]
        for channel in channels or ("C0HIRING",)
        for root in await slack.messages(channel)
        for message in (root, *root["replies"])
        if (payload := (message.get("metadata") or {}).get("event_payload"))
        and payload["run_id"] == run["dag_run_id"]
    ]
    assert max(Counter(found).values()) == 1, found
    return found


def titles(messages: list[dict[str, Any]]) -> list[str]:
    return [file["title"] for message in messages for file in message.get("files", ())]


@pytest.mark.parametrize(
    ("server", "hold"),
    [
        pytest.param("airflow", Hold("POST", CREATE, "after"), id="when the run is created"),
        pytest.param("slack", Hold("POST", POST, "before"), id="before the root is posted"),
        pytest.param("slack", Hold("POST", POST, "after"), id="when the root is posted"),
        pytest.param("airflow", Hold("PATCH", NOTE, "before"), id="before the root is noted"),
        pytest.param("airflow", Hold("PATCH", NOTE, "after"), id="when the root is noted"),
        pytest.param("slack", Hold("POST", POST, "before", skip=1), id="before the summary"),
        pytest.param("slack", Hold("POST", POST, "after", skip=1), id="when the summary is posted"),
        pytest.param(
            "airflow", Hold("PATCH", NOTE, "before", skip=1), id="before the end is noted"
        ),
        pytest.param("airflow", Hold("PATCH", NOTE, "after", skip=1), id="when the end is noted"),
    ],
)
async def test_a_bot_killed(
    slack: Slack, gates: Gates, workflows: LocalAirflow, server: str, hold: Hold
) -> None:
    await gates.kill_at(server, hold, lambda: slack.type("pass_by"))

    async with running_bot(gates.environment):
        await all_is_told(workflows, "pass_by")

    (root,) = await slack.roots("C0HIRING", "pass_by")
    assert "done in" in shown_text(root)
    shown = await steps_shown(slack, workflows, "pass_by")
    assert shown == ["root@C0HIRING", "summary@C0HIRING"]


@pytest.mark.parametrize(
    "hold",
    [
        pytest.param(Hold("POST", POST, "after", skip=1), id="when the result is posted"),
        pytest.param(Hold("POST", UPLOAD, "before"), id="before the file is there"),
        pytest.param(Hold("POST", UPLOAD, "after"), id="when the file is uploaded"),
    ],
)
async def test_a_bot_killed_with_a_file_in_its_hands(
    slack: Slack, gates: Gates, workflows: LocalAirflow, files: Path, hold: Hold
) -> None:
    report = files / "report.txt"
    report.write_text("fine")
    await gates.kill_at("slack", hold, lambda: slack.type(f"wait_long until={report}"))

    async with running_bot(gates.environment):
        await all_is_told(workflows, "wait_long")

    (root,) = await slack.roots("C0HIRING", "wait_long")
    shown = await steps_shown(slack, workflows, "wait_long")
    assert shown == ["root@C0HIRING", "result:wait:-1@C0HIRING"]
    assert titles(root["replies"]) == ["report.txt"]


@pytest.mark.parametrize(
    ("server", "hold"),
    [
        pytest.param("slack", Hold("POST", OPEN, "after"), id="when a direct message is opened"),
        pytest.param("slack", Hold("POST", POST, "after", skip=1), id="when the result is in it"),
    ],
)
async def test_a_bot_killed_while_the_result_goes_to_a_direct_message(
    slack: Slack, gates: Gates, workflows: LocalAirflow, files: Path, server: str, hold: Hold
) -> None:
    report = files / "report.txt"
    report.write_text("fine")
    await gates.kill_at(
        server, hold, lambda: slack.type(f"wait_long until={report}", channel="C0GENERAL")
    )

    async with running_bot(gates.environment):
        await all_is_told(workflows, "wait_long")

    shown = await steps_shown(slack, workflows, "wait_long", "C0GENERAL", "D0RECRUIT")
    assert shown == ["root@C0GENERAL", "result:wait:-1@C0GENERAL"]
    (told,) = await slack.messages("D0RECRUIT")
    assert titles(told["replies"]) == ["report.txt"]


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_bot_killed_where_messages_cannot_be_edited(
    slack: Slack, gates: Gates, workflows: LocalAirflow, talent_emulator: Emulator, when: Any
) -> None:
    talent_emulator.settings(slack={"edit_window_closed": True})
    hold = Hold("POST", POST, when, skip=2)
    await gates.kill_at("slack", hold, lambda: slack.type("pass_by"))

    async with running_bot(gates.environment):
        await all_is_told(workflows, "pass_by")

    assert await steps_shown(slack, workflows, "pass_by") == [
        "root@C0HIRING",
        "summary@C0HIRING",
        "end@C0HIRING",
    ]


@pytest.mark.parametrize(
    ("server", "hold"),
    [
        pytest.param("airflow", Hold("POST", CLEAR, "after"), id="when the tasks are cleared"),
        pytest.param("airflow", Hold("PATCH", NOTE, "before"), id="before the round is noted"),
        pytest.param("airflow", Hold("PATCH", NOTE, "after"), id="when the round is noted"),
    ],
)
async def test_a_bot_killed_at_a_retry(
    slack: Slack,
    people: SlackPeople,
    gates: Gates,
    workflows: LocalAirflow,
    files: Path,
    server: str,
    hold: Hold,
) -> None:
    path = files / "found.txt"
    async with running_bot(gates.environment):
        await slack.type(f"fail_until path={path}")
        await slack.root("C0HIRING", "fail_until", saying="failed after")
        await all_is_told(workflows, "fail_until")
    (root,) = await slack.roots("C0HIRING", "fail_until")
    (failure,) = root["replies"]
    path.write_text("here")

    await gates.kill_at(server, hold, lambda: people.press(failure["ts"], "talent_retry"))

    async with running_bot(gates.environment):
        await slack.root("C0HIRING", "fail_until", saying="done in")
        await all_is_told(workflows, "fail_until")

    assert await steps_shown(slack, workflows, "fail_until") == [
        "root@C0HIRING",
        "failure@C0HIRING",
        "result:try_it:-1@C0HIRING#2",
    ]


async def test_a_bot_killed_when_it_has_replaced_a_deleted_root_message(
    slack: Slack,
    gates: Gates,
    workflows: LocalAirflow,
    talent_emulator: Emulator,
    files: Path,
) -> None:
    until = files / "go.txt"

    async def delete_the_root() -> None:
        await slack.type(f"wait_long until={until}")
        root = await slack.root("C0HIRING", "wait_long", saying="running since")
        await slack.http.post(
            f"{talent_emulator.url}/slack/api/chat.delete",
            headers={"Authorization": "Bearer xoxb-emulator"},
            data={"channel": "C0HIRING", "ts": root["ts"]},
        )
        until.write_text("now")

    # The first is the root, the second a result that finds no thread.
    await gates.kill_at("slack", Hold("POST", POST, "after", skip=2), delete_the_root)

    async with running_bot(gates.environment):
        await all_is_told(workflows, "wait_long")

    shown = await steps_shown(slack, workflows, "wait_long")
    assert shown == ["root2@C0HIRING", "result:wait:-1@C0HIRING"]


async def test_where_slack_drops_doubles_itself_nothing_is_different(
    slack: Slack, gates: Gates, workflows: LocalAirflow, talent_emulator: Emulator
) -> None:
    talent_emulator.settings(slack={"honour_client_msg_id": True})
    hold = Hold("POST", POST, "after", skip=1)
    await gates.kill_at("slack", hold, lambda: slack.type("pass_by"))

    async with running_bot(gates.environment):
        await all_is_told(workflows, "pass_by")

    shown = await steps_shown(slack, workflows, "pass_by")
    assert shown == ["root@C0HIRING", "summary@C0HIRING"]


@pytest.mark.parametrize("fault", ["429", "500", "ratelimited", "drop_after"])
async def test_slacks_bad_moments_at_every_kind_of_call_lose_and_repeat_nothing(
    slack: Slack,
    gates: Gates,
    workflows: LocalAirflow,
    talent_emulator: Emulator,
    files: Path,
    fault: str,
) -> None:
    report = files / "report.txt"
    report.write_text("fine")
    paths = [POST, EDIT, OPEN, UPLOAD, "conversations.info$", "getUploadURLExternal$"]
    async with running_bot(gates.environment):
        match fault:
            case "ratelimited":
                # Some are enough: after each the bot waits twice as long.
                gates.slack.errors_once |= dict.fromkeys(paths[:3], fault)
            case "drop_after":
                for path in paths:
                    talent_emulator.fault("slack", "POST", path, fault)
            case _:
                answer = {"code": int(fault), "retry_after": 1}
                for path in paths:
                    talent_emulator.fault("slack", "POST", path, "status", **answer)
        await slack.type(f"wait_long until={report}", channel="C0GENERAL")
        await slack.root("C0GENERAL", "wait_long", saying="done in")
        await all_is_told(workflows, "wait_long")

    shown = await steps_shown(slack, workflows, "wait_long", "C0GENERAL", "D0RECRUIT")
    assert shown == ["root@C0GENERAL", "result:wait:-1@C0GENERAL"]
    (told,) = await slack.messages("D0RECRUIT")
    assert titles(told["replies"]) == ["report.txt"]


async def test_an_airflow_that_restarts_loses_and_repeats_nothing(
    slack: Slack, environment: dict[str, str], workflows: LocalAirflow, files: Path
) -> None:
    until = files / "go.txt"
    port = free_port()
    with open_gate(workflows.url, port) as gate:
        through = {**environment, "TALENT_AIRFLOW_URL": gate.url}
        bot = asyncio.create_task(_run_until_told(slack, through, until, workflows))
        await slack.root("C0HIRING", "wait_long", saying="running since")
        gate.is_broken = True
        until.write_text("now")
        seen = len(gate.seen)

        async def has_asked() -> bool:
            return len(gate.seen) > seen

        await eventually(has_asked)
    # Nothing listens there now, for as long as the workflow takes to end.

    async def has_ended() -> bool:
        state: str = (await latest_run(workflows, "wait_long"))["state"]
        return state == "success"

    await eventually(has_ended)
    with open_gate(workflows.url, port):
        await bot

    shown = await steps_shown(slack, workflows, "wait_long")
    assert shown == ["root@C0HIRING", "result:wait:-1@C0HIRING"]


async def _run_until_told(
    slack: Slack, environment: dict[str, str], until: Path, workflows: LocalAirflow
) -> None:
    async with running_bot(environment):
        await slack.type(f"wait_long until={until}")
        await slack.root("C0HIRING", "wait_long", saying="done in")
        await all_is_told(workflows, "wait_long")


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


async def test_of_two_bots_only_one_tells_a_second_round(
    slack: Slack,
    people: SlackPeople,
    environment: dict[str, str],
    talent_emulator: Emulator,
    workflows: LocalAirflow,
    files: Path,
) -> None:
    talent_emulator.settings(slack={"honour_client_msg_id": False})
    path = files / "found.txt"
    async with running_bot(environment), running_bot(environment):
        await slack.type(f"fail_until path={path}")
        root = await slack.root("C0HIRING", "fail_until", saying="failed after")
        path.write_text("here")
        (failure,) = root["replies"]
        await people.press(failure["ts"], "talent_retry")
        await slack.root("C0HIRING", "fail_until", saying="done in")
        await all_is_told(workflows, "fail_until")

    shown = await steps_shown(slack, workflows, "fail_until")
    assert shown[2:] == ["result:try_it:-1@C0HIRING#2"]


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

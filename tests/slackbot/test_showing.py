"""How things look, what is taken out of errors, which files are read, who may edit when."""

from __future__ import annotations

import asyncio
import csv
import io
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.emulator.slack.blocks import find_block_problem
from airflow_talent.provider.contracts import SlackResult
from airflow_talent.services.airflow_api import DagRun, RunKey, TaskInstance
from airflow_talent.slackbot import files as files_module
from airflow_talent.slackbot import result_messages, run_messages
from airflow_talent.slackbot.blocks import escape, split
from airflow_talent.slackbot.budget import Budget
from airflow_talent.slackbot.buttons import ActionKey, read_action
from airflow_talent.slackbot.files import FileRoots, NotReadable, name_of, show_link
from airflow_talent.slackbot.manifest import manifest
from airflow_talent.slackbot.progress import RunProgress, show_run
from airflow_talent.slackbot.result_messages import ActionButton
from airflow_talent.slackbot.run_messages import TASK_STATES
from airflow_talent.slackbot.scrub import MAX_REASON, scrub

START = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
RUN = RunKey("d", "r")


def task(name: str, state: str | None, **more: Any) -> TaskInstance:
    return TaskInstance(
        task_id=name, dag_id="d", dag_run_id="r", task_display_name=name, state=state, **more
    )


def run_of(*tasks: TaskInstance, state: str = "running", ended: float | None = None) -> RunProgress:
    run = DagRun(
        dag_id="d",
        dag_run_id="r",
        dag_display_name="D",
        state=state,
        start_date=START,
        end_date=START + timedelta(seconds=ended) if ended else None,
    )
    return show_run(run, tasks, starter="U1", link="http://airflow/d")


def lines_of(run: RunProgress) -> list[str]:
    return [
        line
        for block in run_messages.root_message(run).blocks[1:-1]
        for line in block["text"]["text"].split("\n")
    ]


def test_tasks_are_shown_in_the_order_they_started() -> None:
    run = run_of(
        task("later", None),
        task("second", "running", start_date=START + timedelta(seconds=2)),
        task("first", "success", start_date=START, end_date=START + timedelta(seconds=61)),
        task("gone", "removed"),
    )

    assert lines_of(run) == [
        ":white_check_mark:  first  ·  1 min 1 s",
        ":hourglass_flowing_sand:  second  ·  since <!date^1769851802^{time}|09:30 UTC>",
        ":white_small_square:  later",
    ]


def test_mapped_tasks_are_one_line_with_counts() -> None:
    states = ["success", "success", "running", None, "failed"]
    run = run_of(*(task("m", state, map_index=i) for i, state in enumerate(states)))

    assert lines_of(run) == [
        ":hourglass_flowing_sand:  m  ·  2 of 5 done, 1 failed, 1 running, 1 to come"
    ]


def test_a_state_that_airflow_may_invent_is_shown() -> None:
    assert lines_of(run_of(task("a", "levitating"))) == [
        ":grey_question:  a  ·  in a state I do not know"
    ]


def test_equal_progress_is_not_drawn_twice() -> None:
    assert run_of(task("a", "running")) == run_of(task("a", "running"))
    assert run_of(task("a", "running")) != run_of(task("a", "success"))


@given(st.lists(st.tuples(st.text(max_size=200), st.sampled_from(sorted(TASK_STATES)))))
def test_any_run_fits_into_a_message(tasks: list[tuple[str, str]]) -> None:
    shown = run_of(*(task(f"{name}{index}", state) for index, (name, state) in enumerate(tasks)))

    message = run_messages.root_message(shown)
    assert find_block_problem(message.blocks) is None
    assert len(message.text) < 4000


cells = st.one_of(st.none(), st.text(), st.integers(), st.floats())
results = st.builds(
    SlackResult,
    text=st.text() | st.text(min_size=2900, max_size=9000),
    fields=st.dictionaries(st.text(), cells, max_size=30),
    table=st.lists(st.dictionaries(st.text(max_size=5), cells), max_size=120),
)


@given(results, st.lists(st.text(max_size=100)))
def test_any_result_fits_into_a_message_and_its_texts_are_no_markup(
    result: SlackResult, links: list[str]
) -> None:
    message = result_messages.result_message(result, links)

    assert find_block_problem(message.blocks) is None
    assert message.text.strip("\u2060") or message.blocks
    for block in message.blocks:
        assert block.get("text", {}).get("type", "plain_text") == "plain_text"
        labels, values = block.get("fields", [])[::2], block.get("fields", [])[1::2]
        assert all(value["type"] == "plain_text" for value in values)
        assert all("<" not in label["text"] for label in labels)


@given(results, st.lists(st.text(max_size=90), max_size=30))
def test_what_a_message_does_not_show_is_in_a_file(result: SlackResult, labels: list[str]) -> None:
    buttons = [
        ActionButton(ActionKey(RUN, "t", -1, number), label or "x", START)
        for number, label in enumerate(labels)
    ]
    parts = result_messages.long_parts(result)

    message = result_messages.result_message(result, (), buttons)
    assert find_block_problem(message.blocks) is None
    shown = "".join(
        block["text"]["text"]
        for block in message.blocks
        if block["type"] == "section" and "text" in block
    )
    if "txt" in parts:
        assert parts["txt"].decode() == result.text
    else:
        # Blanks at the ends of sections are Slack's own loss.
        assert result.text.strip().replace("\n", "") in shown.replace("\n", "")
    if "csv" in parts:
        rows = list(csv.reader(io.StringIO(parts["csv"].decode("utf-8-sig"), newline="")))
        assert len(rows) == len(result.table) + 1


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1", "-1", "@x", " =1", "\t=1", "\u200b=1", "\uff1d1", "\r", "=HYPERLINK()"]
)
def test_a_table_as_a_file_runs_nothing_in_a_spreadsheet(cell: str) -> None:
    table: list[Any] = [{cell: cell, "number": -5, "list": ["=1"]}] * 100

    written = result_messages.long_parts(SlackResult(text="", table=table))["csv"]
    header, first, *_ = csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""))
    assert header == [f"'{cell}", "number", "list"]
    assert first == [f"'{cell}", "-5", '["=1"]']


def test_a_button_says_when_it_makes_sense() -> None:
    button = ActionButton(ActionKey(RUN, "t", -1, 3), "Remind <now>", START)

    message = result_messages.result_message(SlackResult(text="Sent"), (), [button])
    pressed, when = message.blocks[1:]
    assert pressed["elements"][0]["action_id"] == "talent_action:3"
    assert read_action(pressed["elements"][0]["value"]) == ActionKey(RUN, "t", -1, 3)
    assert when["elements"][0]["text"] == (
        "Remind &lt;now&gt;: next allowed"
        " <!date^1769851800^{date_short_pretty}, {time}|2026-01-31 09:30 UTC>"
    )


def buttons_of(run: RunProgress) -> list[str]:
    failure = run_messages.failure_message(run, [])
    return [
        element["text"]["text"]
        for block in (*run_messages.root_message(run).blocks, *failure.blocks)
        if block["type"] == "actions"
        for element in block["elements"]
    ]


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("queued", ["Cancel", "Retry"]),
        ("running", ["Cancel", "Retry"]),
        ("failed", ["Again", "Retry"]),
        ("deleted", ["Retry"]),
    ],
)
def test_a_workflow_is_steered_by_buttons(state: str, shown: list[str]) -> None:
    run = run_of(task("a", "failed"), state=state, ended=1 if state == "failed" else None)

    assert buttons_of(replace(run, is_workflow=True)) == shown
    assert buttons_of(run) == []


@given(st.lists(st.text(max_size=200), max_size=60))
def test_before_a_retry_people_read_what_runs_again(names: list[str]) -> None:
    run = replace(
        run_of(*(task(f"{n}{i}", "failed") for i, n in enumerate(names))), is_workflow=True
    )

    message = run_messages.failure_message(run, [])
    assert find_block_problem(message.blocks) is None
    asked = message.blocks[-1]["elements"][0]["confirm"]["text"]["text"]
    assert "do not do it twice" in asked
    assert not names or asked.startswith("These run again: ")


@given(st.text(alphabet="&<>x\n", max_size=400), st.integers(20, 60))
def test_long_texts_are_cut_but_never_inside_an_entity(text: str, size: int) -> None:
    parts = list(split(escape(text), size))

    assert all(0 < len(part) <= size for part in parts)
    for part in parts:
        assert part.count("&") == part.count(";")
    assert "".join(parts).replace("\n", "") == escape(text).replace("\n", "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("no ann.lee+x@mail.example.com here", "no [e-mail] here"),
        ("GET https://u:pw@host.example/a?secret=1 failed", "GET https://host.example/a failed"),
        ("Authorization: Bearer abc.def", "Authorization: [secret] [secret]"),
        ("token=abc, 'password': 'p w', api_key=x", None),
        ("use xoxb-123456789-abc now", "use [secret] now"),
        ("call +49 (170) 1234-567 now", "call [number] now"),
        ("key deadbeef00deadbeef00deadbeef0000", "key [secret]"),
        (
            "HTTP 404 after 3 tries at 2026-01-31T09:30:00",
            "HTTP 404 after 3 tries at 2026-01-31T09:30:00",
        ),
        ("line one\n  line two", "line one line two"),
    ],
)
def test_errors_are_scrubbed(text: str, shown: str | None) -> None:
    scrubbed = scrub(text)

    if shown is None:
        assert scrubbed == "token=[secret] 'password': [secret], api_key=[secret]"
    else:
        assert scrubbed == shown


@given(st.text(max_size=2000))
def test_an_error_is_one_short_line(text: str) -> None:
    assert len(scrub(text)) <= MAX_REASON
    assert "\n" not in scrub(text)


async def test_a_file_is_read_below_a_root_only(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a b.txt").write_text("a")
    (tmp_path / "root-like").mkdir()
    (tmp_path / "root-like" / "x").write_text("x")
    roots = FileRoots([str(root)])

    assert await roots.read(f"file://{root}/a%20b.txt") == b"a"
    for outside in (f"{tmp_path}/root-like/x", f"{root}/../root-like/x", "/etc/passwd", "a b.txt"):
        with pytest.raises(NotReadable):
            await roots.read(outside)


async def test_a_pipe_a_folder_and_too_large_a_file_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_text("12345")
    monkeypatch.setattr(files_module, "MAX_FILE", 4)

    for name in ("pipe", "large", ""):
        with pytest.raises(NotReadable):
            await FileRoots([str(tmp_path)]).read(str(tmp_path / name))


async def test_without_roots_nothing_is_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")

    for uri in (str(tmp_path / "a"), "memory://bucket/a", "https://vendor.example/a"):
        with pytest.raises(NotReadable):
            await FileRoots([]).read(uri)


async def test_a_bucket_is_read_below_a_root_only() -> None:
    from upath import UPath

    UPath("memory://bucket/reports/a.txt").write_bytes(b"a")
    UPath("memory://bucket/other/a.txt").write_bytes(b"secret")
    roots = FileRoots(["memory://bucket/reports"])

    assert await roots.read("memory://conn@bucket/reports/a.txt") == b"a"
    for outside in (
        "memory://bucket/other/a.txt",
        "memory://bucket/reports/../other/a.txt",
        "memory://bucket2/reports/a.txt",
        "memory://bucket/reports2/a.txt",
    ):
        with pytest.raises(NotReadable):
            await roots.read(outside)


def test_links_show_no_credentials() -> None:
    assert show_link("s3://aws_default@bucket/a.pdf") == "s3://bucket/a.pdf"
    assert name_of("s3://bucket/x/a%20b.pdf") == "a b.pdf"


async def test_urgent_turns_come_first_and_no_minute_has_too_many() -> None:
    now = 0.0
    budget = Budget(50, clock=lambda: now)
    taken: list[str] = []

    async def take(name: str, *, is_urgent: bool) -> None:
        await budget.take(is_urgent=is_urgent)
        taken.append(name)

    waiting = [asyncio.create_task(take("edit", is_urgent=False)) for _ in range(60)]
    await asyncio.sleep(0)
    waiting += [asyncio.create_task(take("end", is_urgent=True)) for _ in range(5)]
    await asyncio.sleep(0.01)
    assert taken.count("end") == 5
    assert len(taken) <= 25

    now = 60.0
    waiting.append(asyncio.create_task(take("end", is_urgent=True)))
    await asyncio.sleep(0.01)
    assert taken.count("end") == 6
    assert len(taken) <= 50
    for one in waiting:
        one.cancel()


def test_the_manifest_names_the_command_and_socket_mode() -> None:
    made = manifest()

    assert made["settings"]["socket_mode_enabled"] is True
    assert made["features"]["slash_commands"][0]["command"] == "/talent"
    assert "url" not in made["features"]["slash_commands"][0]


def test_the_manifest_for_http_says_where_slack_finds_the_bot() -> None:
    made = manifest("https://bot.example/slack/events")

    assert made["settings"]["socket_mode_enabled"] is False
    assert made["features"]["slash_commands"][0]["url"] == "https://bot.example/slack/events"

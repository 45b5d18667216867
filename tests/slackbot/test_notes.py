"""What the bot writes into notes, and how it counts the rounds of a run."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_talent.services.airflow_api import DagRun, TaskInstance
from airflow_talent.slackbot.access import read_rules
from airflow_talent.slackbot.identity import short_name, team_prefix
from airflow_talent.slackbot.note import Line, Post, begin_round, read_line, write_line
from airflow_talent.slackbot.progress import merge_tasks
from airflow_talent.slackbot.reports import owe_reports, take_posts

names = st.text(alphabet="ABC012", min_size=3, max_size=11)
posts = st.builds(
    Post,
    channel=names,
    ts=st.sampled_from(["", "1769851802.000100"]),
    told=st.sampled_from([None, "failed 1769851802.123", "success 1769851900.000"]),
    is_second=st.booleans(),
)
lines = st.builds(
    Line,
    follower=st.none() | names,
    round=st.integers(1, 9),
    since=st.sampled_from([0.0, 1769851802.123]),
    cancelled_by=st.none() | names.map("U{}".format),
    posts=st.dictionaries(names, posts, max_size=3),
)


@given(lines)
def test_a_line_is_read_as_it_was_written(line: Line) -> None:
    note = write_line("people's own words\n", line)

    assert read_line(note) == line
    assert note.startswith("people's own words\n")


@pytest.mark.parametrize(
    "written",
    [
        '{"posts": []}',
        '{"posts": {"C1": {"channel": 1, "ts": "1"}}}',
        '{"round": "2", "by": 3, "since": "x"}',
        '{"cancelled": "U1|<!channel>"}',
        '{"posts": {"C1": {"channel": "C1", "ts": "1", "told": 5}}}',
    ],
)
def test_what_somebody_else_wrote_into_the_line_is_not_believed(written: str) -> None:
    assert read_line(f"talent: {written}") == Line()


def test_a_round_begins_once_when_the_end_that_was_told_is_no_longer_the_runs() -> None:
    told = Line(cancelled_by="U1", posts={"C1": Post("C1", "1.0", told="failed 5.000")})

    assert begin_round(told, "failed 5.000") == told
    for end in (None, "failed 9.000", "success 5.000"):
        begun = begin_round(told, end)
        assert begun == Line(round=2, since=5.0, posts={"C1": Post("C1", "1.0")})
        assert begin_round(begun, end) == begun


def test_what_was_not_told_begins_no_round() -> None:
    line = Line(posts={"C1": Post("C1", "1.0"), "C2": Post("C2", "")})

    assert begin_round(line, None) == begin_round(line, "success 5.000") == line


def test_a_note_cannot_move_a_report_to_another_conversation() -> None:
    run = DagRun(dag_id="d", dag_run_id="r", dag_display_name="D", state="running")
    watch = owe_reports(run, read_rules(["slack-report:C1"]), b"key")
    moved = Line(posts={"C1": Post("C2", "1.0")})

    take_posts(watch, moved, own_places=["C2"])
    assert watch.reports[0].post
    take_posts(watch, moved, own_places=[])
    assert watch.reports[0].post is None


def test_each_end_of_a_run_is_another() -> None:
    def run(state: str, second: int) -> DagRun:
        ended = datetime(2026, 1, 31, 9, 30, second, tzinfo=UTC)
        return DagRun(dag_id="d", dag_run_id="r", dag_display_name="D", state=state, end_date=ended)

    ends = {run("failed", 1).end, run("failed", 2).end, run("success", 2).end}
    assert len(ends) == 3
    assert run("running", 1).end is None


@pytest.mark.parametrize(
    ("run_id", "name", "prefix"),
    [
        ("slack__T1__U1__0123456789abcdef", "01234567", "slack__T1__"),
        ("scheduled__2026-01-31T09:30:00+00:00", "scheduled__2026-01-31T09:30:00+00:00", None),
        ("slack__mine", "slack__mine", None),
    ],
)
def test_runs_of_slack_have_short_names(run_id: str, name: str, prefix: str | None) -> None:
    assert short_name(run_id) == name
    assert team_prefix(run_id) == prefix


def task(name: str, state: str | None, map_index: int = -1) -> TaskInstance:
    return TaskInstance(
        task_id=name,
        dag_id="d",
        dag_run_id="r",
        task_display_name=name,
        state=state,
        map_index=map_index,
    )


def test_changed_tasks_take_the_place_of_what_was_known() -> None:
    known = [task("a", "running"), task("b", None), task("c", "success", 1)]
    changed = [task("a", "success"), task("b", "running", 0), task("b", None, 1)]

    merged = {(one.task_id, one.map_index): one.state for one in merge_tasks(known, changed)}
    assert merged == {
        ("a", -1): "success",
        ("b", 0): "running",
        ("b", 1): None,
        ("c", 1): "success",
    }

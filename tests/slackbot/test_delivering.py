"""Giving what a run owes, when something happens in the middle of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_talent.slackbot import reports, result_messages
from airflow_talent.slackbot.access import read_rules
from airflow_talent.slackbot.note import Line, read_line, write_line
from airflow_talent.slackbot.reports import TakenOver, Watch, owe_reports, take_posts
from airflow_talent.slackbot.results import MAX_FILES
from airflow_talent.slackbot.slack_calls import SlackError

from .small_world import CHANNEL, DM, KEY, RUN, SmallAirflow, SmallSlack, ended_run, reporter

OTHER = "bot-2"
REPORTED = f"slack-report:{CHANNEL}"


def watch_of(airflow: SmallAirflow, *, tags: tuple[str, ...] = ("slack",)) -> Watch:
    """The run as a process looks after it that has posted its root message."""
    run = airflow.runs[RUN]
    watch = owe_reports(run, read_rules(tags), KEY)
    line = read_line(run.note)
    assert line
    take_posts(watch, line, ())
    watch.is_doubtful = False
    return watch


def result(**parts: Any) -> dict[str, Any]:
    return {"v": 1, "text": "Here it is", **parts}


def write_files(folder: Path, *names: str) -> list[str]:
    for name in names:
        (folder / name).write_text(name)
    return [str(folder / name) for name in names]


async def test_a_process_stops_posting_when_another_takes_the_run_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "SURE_FOR", 0.0)
    uris = write_files(tmp_path, "a.txt", "b.txt")
    airflow = SmallAirflow({"report": result(files=uris)}, runs={RUN: ended_run()})

    async def take_over() -> None:
        line = read_line(airflow.runs[RUN].note)
        assert line
        taken = Line(OTHER, posts=line.posts)
        airflow.runs[RUN].note = write_line(None, taken)

    slack = SmallSlack(before_upload=take_over)

    with pytest.raises(TakenOver):
        await reporter(airflow, slack, tmp_path).advance(watch_of(airflow))

    assert list(slack.files) == ["a.txt"]


async def test_who_looked_a_moment_ago_does_not_look_again() -> None:
    airflow = SmallAirflow(runs={RUN: ended_run()})
    watch = watch_of(airflow)

    await reporter(airflow, SmallSlack()).advance(watch)

    assert watch.is_done
    # Once to write down that the end is told.
    assert airflow.asked.count("run") == 1


async def test_letting_go_leaves_a_run_to_who_took_it_over() -> None:
    note = write_line(None, Line(OTHER))
    airflow = SmallAirflow(runs={RUN: ended_run(note=note)})

    await reporter(airflow, SmallSlack()).release(watch_of(airflow))

    assert airflow.runs[RUN].note == note


async def test_one_strange_value_hides_nothing_but_itself() -> None:
    too_late = {"workflow": RUN.dag_id, "not_before": "9999-12-31T23:59:59-01:00"}
    late = {"workflow": RUN.dag_id, "not_before": "2999-12-31T23:59:59-01:00"}
    airflow = SmallAirflow(
        {
            "a": result(files=["s3://[bucket/key.pdf"]),
            "b": result(actions=[too_late]),
            "c": result(text="fine", actions=[late]),
        },
        runs={RUN: ended_run()},
    )
    slack = SmallSlack()

    await reporter(airflow, slack).advance(watch_of(airflow))

    said = {step.split(":")[1]: text for _, step, text in slack.posts}
    assert "(an address that cannot be read)" in said["a"]
    assert said["b"]
    assert "fine" in said["c"]
    assert "2999-12-31 23:59 UTC-01:00" in said["c"]


async def test_what_breaks_the_drawing_of_a_result_is_told_without_its_text(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("ann@example.com")

    monkeypatch.setattr(result_messages, "long_parts", fail)
    airflow = SmallAirflow({"report": result()}, runs={RUN: ended_run()})
    slack = SmallSlack()

    await reporter(airflow, slack).advance(watch_of(airflow))

    assert "cannot be shown: it holds a strange value" in slack.posts[0][2]
    assert "ann@" not in caplog.text


async def test_a_file_is_read_when_its_turn_has_come(tmp_path: Path) -> None:
    uris = write_files(tmp_path, "a.txt", "b.txt")
    airflow = SmallAirflow({"report": result(files=uris)}, runs={RUN: ended_run()})

    async def change_the_second() -> None:
        (tmp_path / "b.txt").write_text("read later")

    slack = SmallSlack(before_upload=change_the_second)
    await reporter(airflow, slack, tmp_path).advance(watch_of(airflow))

    assert slack.files == {"a.txt": b"a.txt", "b.txt": b"read later"}


async def test_of_many_files_the_first_are_attached_and_the_others_linked(tmp_path: Path) -> None:
    uris = write_files(tmp_path, *(f"{number}.txt" for number in range(MAX_FILES + 1)))
    airflow = SmallAirflow({"report": result(files=uris)}, runs={RUN: ended_run()})
    slack = SmallSlack()

    await reporter(airflow, slack, tmp_path).advance(watch_of(airflow))

    assert list(slack.files) == [f"{number}.txt" for number in range(MAX_FILES)]
    assert uris[-1] in slack.posts[0][2]
    assert uris[0] not in slack.posts[0][2]


async def test_a_result_is_no_longer_public_when_the_tag_is_taken_away_while_the_run_goes_on() -> (
    None
):
    airflow = SmallAirflow({"report": result()}, runs={RUN: ended_run()})
    watch = watch_of(airflow, tags=("slack", "slack-public-result"))
    slack = SmallSlack(privacy=False)

    await reporter(airflow, slack).advance(watch)

    assert [channel for channel, _, _ in slack.posts] == [DM]


@pytest.mark.parametrize(("tags", "told"), [(["slack", REPORTED], 1), (["slack"], 0)])
async def test_a_channel_gets_no_results_when_its_tag_is_taken_away_while_the_run_goes_on(
    tags: list[str], told: int
) -> None:
    airflow = SmallAirflow({"report": result()}, tags_of_dag=tags, runs={RUN: ended_run(conf=None)})
    watch = watch_of(airflow, tags=("slack", REPORTED))
    slack = SmallSlack()

    await reporter(airflow, slack).advance(watch)

    assert len(slack.posts) == told
    assert watch.is_done


async def test_a_report_without_a_starter_waits_until_slack_tells_who_reads_there() -> None:
    airflow = SmallAirflow(
        {"report": result()}, tags_of_dag=["slack", REPORTED], runs={RUN: ended_run(conf=None)}
    )
    watch = watch_of(airflow, tags=("slack", REPORTED))
    slack = SmallSlack(privacy=SlackError("internal_error"))

    with pytest.raises(SlackError):
        await reporter(airflow, slack).advance(watch)
    assert not watch.is_done
    slack.privacy = True
    await reporter(airflow, slack).advance(watch)

    assert [channel for channel, _, _ in slack.posts] == [CHANNEL]

"""Finding runs that nobody looks after."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from airflow_talent.services.airflow_api import DagRun
from airflow_talent.slackbot import recovery
from airflow_talent.slackbot.access import read_rules
from airflow_talent.slackbot.accounts import Accounts
from airflow_talent.slackbot.approvals import Approvals
from airflow_talent.slackbot.note import Line, Post, write_line
from airflow_talent.slackbot.recovery import Recovery
from airflow_talent.slackbot.reports import Watch
from airflow_talent.slackbot.slack_calls import CannotWrite

from .conftest import eventually
from .small_world import (
    CHANNEL,
    DM,
    KEY,
    RUN,
    TEAM,
    SmallAirflow,
    SmallSlack,
    ended_run,
    reporter,
)


class Taken:
    """What is looked after from now on."""

    def __init__(self) -> None:
        self.watches: list[Watch] = []
        self.returned = asyncio.Event()

    def knows(self, run: DagRun) -> bool:
        return any(watch.key == run.key for watch in self.watches)

    def watch(self, watch: Watch) -> None:
        self.watches.append(watch)


@pytest.fixture(autouse=True)
def _settle_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recovery, "SETTLE", 0.0)


def recovery_of(airflow: SmallAirflow, slack: SmallSlack, taken: Any) -> Recovery:
    airflow_side: Any = airflow
    slack_side: Any = slack
    teams = frozenset({TEAM})
    return Recovery(airflow_side, slack_side, reporter(airflow, slack), taken, teams, KEY)


GONE_ON_IN_DM = write_line(None, Line(posts={CHANNEL: Post(DM, "0.1")}))
LEFT = CannotWrite("user_disabled")


async def test_a_run_whose_starter_left_is_taken_up_all_the_same() -> None:
    airflow = SmallAirflow(runs={RUN: ended_run(note=GONE_ON_IN_DM)})
    taken = Taken()

    found = recovery_of(airflow, SmallSlack(dm=LEFT), taken)
    await found.look(datetime.now(UTC) - timedelta(hours=1), takes_over=False)

    (watch,) = taken.watches
    assert watch.reports[0].post is None


async def test_the_questions_of_a_run_whose_starter_left_can_be_answered() -> None:
    airflow: Any = SmallAirflow(runs={RUN: ended_run(note=GONE_ON_IN_DM)})
    slack: Any = SmallSlack(dm=LEFT)
    taken: Any = Taken()
    unused: Any = None
    approvals = Approvals(airflow, slack, Accounts(airflow), taken, unused, unused, key=KEY)

    watch = await approvals.watch_of(RUN, read_rules(["slack"]))

    assert watch.reports[0].post is None


async def test_a_run_that_came_and_went_between_two_answers_of_airflow_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recovery, "INTERVAL", 0.01)
    monkeypatch.setattr(recovery, "LATELY", timedelta())
    airflow, taken = SmallAirflow(), Taken()

    async def is_answered() -> bool:
        return bool(airflow.asked)

    async def is_taken() -> bool:
        return bool(taken.watches)

    looking = asyncio.create_task(recovery_of(airflow, SmallSlack(), taken).run())
    try:
        await eventually(is_answered)
        airflow.runs[RUN] = ended_run(ago=0, note="")
        await eventually(is_taken)
    finally:
        looking.cancel()

    assert [watch.key for watch in taken.watches] == [RUN]

"""What waits for a person, and whose an answer is, on a small Airflow and a small Slack."""

from __future__ import annotations

from typing import Any

from airflow_talent.slackbot.access import Account, Person
from airflow_talent.slackbot.accounts import Accounts
from airflow_talent.slackbot.airflow_api import Question
from airflow_talent.slackbot.answers import MAX_LOOKED_AT, Answers
from airflow_talent.slackbot.approvals import Approvals
from airflow_talent.slackbot.identity import RunKey
from airflow_talent.slackbot.links import Links
from airflow_talent.tests.slackbot.small_world import (
    CHANNEL,
    KEY,
    RUN,
    TEAM,
    SmallAirflow,
    SmallSlack,
    ended_run,
    question_of,
)

LEAD = Person(TEAM, "U0LEAD", CHANNEL)


class Everybody:
    """Members of the workspace, who follow no run."""

    watches = ()

    async def account(self, user: str) -> Account:
        return Account(frozenset({TEAM}), is_guest=False, is_stranger=False, is_person=True)


def answers_of(airflow: Any, slack: Any) -> Answers:
    everybody: Any = Everybody()
    unused: Any = None
    accounts = Accounts(airflow)
    links = Links("http://airflow")
    approvals = Approvals(airflow, slack, accounts, everybody, links, unused, key=KEY)
    return Answers(airflow, accounts, everybody, slack, approvals, frozenset({TEAM}))


def strange(number: int) -> Question:
    return question_of(RunKey("of_others", f"run {number}"), minutes_ago=60)


async def test_older_questions_of_other_dags_hide_none() -> None:
    airflow = SmallAirflow(runs={RUN: ended_run()})
    airflow.waiting = [*(strange(number) for number in range(MAX_LOOKED_AT)), question_of(RUN)]

    (found,) = await answers_of(airflow, SmallSlack()).open_for(LEAD)

    assert found.asking.question.task_instance.key == RUN


async def test_each_run_is_looked_at_once_however_much_it_asks() -> None:
    airflow = SmallAirflow(runs={RUN: ended_run()})
    airflow.waiting = [question_of(RUN, f"ask_{number}") for number in range(5)]

    assert len(await answers_of(airflow, SmallSlack()).open_for(LEAD)) == 5
    assert airflow.asked == ["dags_tagged", "run"]
